"""Households, their adults and children, the ties between them, schools, levels and years."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.core.db import Base, UtcDateTime, choice


class Household(Base):
    """The unit that owns a file, books and pays. Its address is the one for letters.

    ``holder_id`` is the account that gets messages about money (§3.8). ``family_code_hash`` is the
    « code famille » given to a family that was known before (§3.9).
    """

    __tablename__ = "household"

    id: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[str] = mapped_column(sa.String(20), unique=True)
    name: Mapped[str] = mapped_column(sa.String(120))
    street: Mapped[str] = mapped_column(sa.String(200), default="")
    postcode: Mapped[str] = mapped_column(sa.String(10), default="")
    city: Mapped[str] = mapped_column(sa.String(100), default="")
    holder_id: Mapped[int | None] = mapped_column(sa.ForeignKey("ab_user.id"))
    exempt_from_cover: Mapped[bool] = mapped_column(default=False)
    family_code_hash: Mapped[str | None] = mapped_column(sa.String(64), unique=True)
    family_code_used_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    closed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    adults: Mapped[list[Adult]] = relationship(back_populates="household")
    guardianships: Mapped[list[Guardianship]] = relationship(back_populates="household")

    def __repr__(self) -> str:
        return f"{self.name} ({self.number})"


class Adult(Base):
    """An adult member of a household; ``account_id`` when this adult has a login."""

    __tablename__ = "adult"

    id: Mapped[int] = mapped_column(primary_key=True)
    household_id: Mapped[int] = mapped_column(sa.ForeignKey("household.id"), index=True)
    account_id: Mapped[int | None] = mapped_column(sa.ForeignKey("ab_user.id"), unique=True)
    first_name: Mapped[str] = mapped_column(sa.String(64))
    last_name: Mapped[str] = mapped_column(sa.String(64))
    email: Mapped[str] = mapped_column(sa.String(320), default="")
    mobile_phone: Mapped[str] = mapped_column(sa.String(30), default="")
    home_phone: Mapped[str] = mapped_column(sa.String(30), default="")
    work_phone: Mapped[str] = mapped_column(sa.String(30), default="")

    household: Mapped[Household] = relationship(back_populates="adults")

    def __repr__(self) -> str:
        return f"{self.first_name} {self.last_name}"


class Child(Base):
    """A child, tied to one household or more."""

    __tablename__ = "child"

    id: Mapped[int] = mapped_column(primary_key=True)
    first_name: Mapped[str] = mapped_column(sa.String(64))
    last_name: Mapped[str] = mapped_column(sa.String(64))
    born_on: Mapped[date]
    left_on: Mapped[date | None]

    guardianships: Mapped[list[Guardianship]] = relationship(back_populates="child")
    schoolings: Mapped[list[Schooling]] = relationship(back_populates="child")

    def __repr__(self) -> str:
        return f"{self.first_name} {self.last_name}"


class Guardianship(Base):
    """The tie of a child to a household: who may see, book and pay (A12).

    ``restricted_at``: a court restriction set by an agent; takes everything away at once (§3.5).
    ``ended_on``: first day on which the tie no longer holds.
    """

    __tablename__ = "guardianship"
    __table_args__ = (sa.UniqueConstraint("child_id", "household_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    child_id: Mapped[int] = mapped_column(sa.ForeignKey("child.id"))
    household_id: Mapped[int] = mapped_column(sa.ForeignKey("household.id"), index=True)
    can_book: Mapped[bool] = mapped_column(default=True)
    can_pay: Mapped[bool] = mapped_column(default=True)
    can_see_other: Mapped[bool] = mapped_column(default=True)
    started_on: Mapped[date]
    ended_on: Mapped[date | None]
    restricted_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    restriction_note: Mapped[str] = mapped_column(sa.Text, default="")
    do_not_hand_to: Mapped[str] = mapped_column(sa.Text, default="")

    child: Mapped[Child] = relationship(back_populates="guardianships")
    household: Mapped[Household] = relationship(back_populates="guardianships")


class QuotientRecord(Base):
    """Quotient familial in euros, from a day on, until a day (None: until the next one)."""

    __tablename__ = "quotient_record"
    __table_args__ = (sa.UniqueConstraint("household_id", "valid_from"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    household_id: Mapped[int] = mapped_column(sa.ForeignKey("household.id"), index=True)
    quotient: Mapped[int]
    valid_from: Mapped[date]
    valid_until: Mapped[date | None]
    recorded_by: Mapped[int | None] = mapped_column(sa.ForeignKey("ab_user.id"))
    recorded_at: Mapped[datetime] = mapped_column(UtcDateTime)

    household: Mapped[Household] = relationship()


class ResidenceRecord(Base):
    """Whether the household pays as a resident of the commune, from a day on."""

    __tablename__ = "residence_record"
    __table_args__ = (sa.UniqueConstraint("household_id", "valid_from"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    household_id: Mapped[int] = mapped_column(sa.ForeignKey("household.id"), index=True)
    is_resident: Mapped[bool]
    valid_from: Mapped[date]
    recorded_by: Mapped[int | None] = mapped_column(sa.ForeignKey("ab_user.id"))
    recorded_at: Mapped[datetime] = mapped_column(UtcDateTime)

    household: Mapped[Household] = relationship()


class Invitation(Base):
    """A second adult invited by e-mail into a household (§3.8)."""

    __tablename__ = "invitation"

    id: Mapped[int] = mapped_column(primary_key=True)
    household_id: Mapped[int] = mapped_column(sa.ForeignKey("household.id"), index=True)
    email: Mapped[str] = mapped_column(sa.String(320))
    token_hash: Mapped[str] = mapped_column(sa.String(64), unique=True)
    invited_by: Mapped[int] = mapped_column(sa.ForeignKey("ab_user.id"))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)
    accepted_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    household: Mapped[Household] = relationship()


class SchoolYear(Base):
    """A school year, « 2026-2027 », with its holiday zone (A, B or C)."""

    __tablename__ = "school_year"

    id: Mapped[int] = mapped_column(primary_key=True)
    label: Mapped[str] = mapped_column(sa.String(9), unique=True)
    starts_on: Mapped[date]
    ends_on: Mapped[date]
    zone: Mapped[str] = mapped_column(sa.String(1))

    def __repr__(self) -> str:
        return self.label


class School(Base):
    """A school of the commune."""

    __tablename__ = "school"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(sa.String(100), unique=True)
    address: Mapped[str] = mapped_column(sa.Text, default="")

    def __repr__(self) -> str:
        return self.name


class Level(Base):
    """A level of schooling, « CE1 », in order of age."""

    __tablename__ = "level"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(sa.String(20), unique=True)
    position: Mapped[int]

    def __repr__(self) -> str:
        return self.name


class Schooling(Base):
    """Where a child goes to school in a school year."""

    __tablename__ = "schooling"
    __table_args__ = (sa.UniqueConstraint("child_id", "school_year_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    child_id: Mapped[int] = mapped_column(sa.ForeignKey("child.id"))
    school_year_id: Mapped[int] = mapped_column(sa.ForeignKey("school_year.id"), index=True)
    school_id: Mapped[int] = mapped_column(sa.ForeignKey("school.id"))
    level_id: Mapped[int] = mapped_column(sa.ForeignKey("level.id"))

    child: Mapped[Child] = relationship(back_populates="schoolings")
    school_year: Mapped[SchoolYear] = relationship()
    school: Mapped[School] = relationship()
    level: Mapped[Level] = relationship()


class MealCode(StrEnum):
    """What a child is served: neutral, so that it can be counted (§3.10)."""

    STANDARD = "standard"
    NO_PORK = "no_pork"
    NO_MEAT = "no_meat"
    PACKED = "packed"


class YearFile(Base):
    """« Dossier annuel enfant »: one per child, household and school year, once its request is closed.

    ``contacts``: people to call, [{"name", "phone", "relation"}]; ``authorisations``: word → given or not.
    ``health_cipher``: allergies, PAI and doctor, sealed by ``app.core.encryption``; None once erased.
    """

    __tablename__ = "year_file"
    __table_args__ = (sa.UniqueConstraint("child_id", "household_id", "school_year_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    child_id: Mapped[int] = mapped_column(sa.ForeignKey("child.id"))
    household_id: Mapped[int] = mapped_column(sa.ForeignKey("household.id"), index=True)
    school_year_id: Mapped[int] = mapped_column(sa.ForeignKey("school_year.id"), index=True)
    meal_code: Mapped[MealCode] = mapped_column(choice(MealCode), default=MealCode.STANDARD)
    contacts: Mapped[list[dict[str, str]]] = mapped_column(sa.JSON, default=list)
    authorisations: Mapped[dict[str, bool]] = mapped_column(sa.JSON, default=dict)
    insurer: Mapped[str] = mapped_column(sa.String(100), default="")
    insurance_number: Mapped[str] = mapped_column(sa.String(60), default="")
    health_cipher: Mapped[bytes | None] = mapped_column(sa.LargeBinary)
    closed_at: Mapped[datetime] = mapped_column(UtcDateTime)

    child: Mapped[Child] = relationship()
    household: Mapped[Household] = relationship()
    school_year: Mapped[SchoolYear] = relationship()
    school: Mapped[School | None] = relationship(
        secondary="schooling",
        primaryjoin="and_(YearFile.child_id == Schooling.child_id,"
        " YearFile.school_year_id == Schooling.school_year_id)",
        secondaryjoin="Schooling.school_id == School.id",
        viewonly=True,
        uselist=False,
    )


class HealthReading(Base):
    """Somebody of the staff opened health data of a child (§5.10); the family sees these lines.

    ``subject``: what was opened: « year_file », « request » or « document », with its id.
    """

    __tablename__ = "health_reading"

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
    account_id: Mapped[int] = mapped_column(sa.ForeignKey("ab_user.id"))
    household_id: Mapped[int] = mapped_column(sa.ForeignKey("household.id"), index=True)
    child_id: Mapped[int | None] = mapped_column(sa.ForeignKey("child.id"))
    subject: Mapped[str] = mapped_column(sa.String(20))
    subject_id: Mapped[int]


class PickupPerson(Base):
    """« Personne autorisée »: somebody whom this household lets collect a child (D6)."""

    __tablename__ = "pickup_person"

    id: Mapped[int] = mapped_column(primary_key=True)
    household_id: Mapped[int] = mapped_column(sa.ForeignKey("household.id"), index=True)
    first_name: Mapped[str] = mapped_column(sa.String(64))
    last_name: Mapped[str] = mapped_column(sa.String(64))
    phone: Mapped[str] = mapped_column(sa.String(30))
    relation: Mapped[str] = mapped_column(sa.String(60), default="")
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)

    household: Mapped[Household] = relationship()

    def __repr__(self) -> str:
        return f"{self.first_name} {self.last_name}"


class PickupRight(Base):
    """This person may collect this child, from an instant until another (None: still)."""

    __tablename__ = "pickup_right"
    __table_args__ = (
        sa.Index(
            "uq_pickup_right_live",
            "person_id",
            "child_id",
            unique=True,
            sqlite_where=sa.text("ended_at IS NULL"),
            postgresql_where=sa.text("ended_at IS NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(sa.ForeignKey("pickup_person.id"))
    child_id: Mapped[int] = mapped_column(sa.ForeignKey("child.id"), index=True)
    started_at: Mapped[datetime] = mapped_column(UtcDateTime)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    person: Mapped[PickupPerson] = relationship()
    child: Mapped[Child] = relationship()
