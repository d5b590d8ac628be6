"""Activities, their slots and openings, calendars, deadlines, prices and enrolments."""

from __future__ import annotations

from datetime import date, datetime, time
from enum import StrEnum

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.accounts.models import Account
from app.core.db import Base, UtcDateTime, choice
from app.documents.models import DocumentType
from app.households.models import Child, School, SchoolYear


class Site(Base):
    """A place where children are received; often, but not always, a school."""

    __tablename__ = "site"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(sa.String(100), unique=True)
    school_id: Mapped[int | None] = mapped_column(sa.ForeignKey("school.id"))
    address: Mapped[str] = mapped_column(sa.Text, default="")

    school: Mapped[School | None] = relationship()

    def __repr__(self) -> str:
        return self.name


class SiteStaff(Base):
    """An animator receives children at this site: the day's lists of his own sites (§4)."""

    __tablename__ = "site_staff"
    __table_args__ = (sa.UniqueConstraint("account_id", "site_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(sa.ForeignKey("ab_user.id"))
    site_id: Mapped[int] = mapped_column(sa.ForeignKey("site.id"), index=True)

    account: Mapped[Account] = relationship()
    site: Mapped[Site] = relationship()


class DeadlineKind(StrEnum):
    """How a deadline is counted back from the day of care (B13)."""

    DAYS_BEFORE = "days_before"
    WORKING_DAYS_BEFORE = "working_days_before"
    PREVIOUS_WEEK = "previous_week"


class DeadlineRule(Base):
    """« la veille ouvrée à 10 h », « le jeudi midi pour la semaine suivante » (B13).

    ``days``: how many (working) days before, for the first two kinds; ``weekday``: 0 is Monday, of
    the week before, for the third. ``at``: the time on the clock in Paris.
    """

    __tablename__ = "deadline_rule"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(sa.String(100), unique=True)
    kind: Mapped[DeadlineKind] = mapped_column(choice(DeadlineKind))
    days: Mapped[int] = mapped_column(default=0)
    weekday: Mapped[int] = mapped_column(default=0)
    at: Mapped[time]

    def __repr__(self) -> str:
        return self.name


class Category(StrEnum):
    """What kind of service an activity is."""

    CARE = "care"
    MEAL = "meal"
    CENTRE = "centre"
    CAMP = "camp"


class Activity(Base):
    """« Restaurant scolaire »: what families see and enrol on."""

    __tablename__ = "activity"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(sa.String(80), unique=True)
    category: Mapped[Category] = mapped_column(choice(Category))
    position: Mapped[int] = mapped_column(default=0)
    book_rule_id: Mapped[int] = mapped_column(sa.ForeignKey("deadline_rule.id"))
    cancel_rule_id: Mapped[int] = mapped_column(sa.ForeignKey("deadline_rule.id"))
    is_active: Mapped[bool] = mapped_column(default=True)

    book_rule: Mapped[DeadlineRule] = relationship(foreign_keys=[book_rule_id])
    cancel_rule: Mapped[DeadlineRule] = relationship(foreign_keys=[cancel_rule_id])
    slots: Mapped[list[Slot]] = relationship(back_populates="activity", order_by="Slot.position")

    def __repr__(self) -> str:
        return self.name


class Slot(Base):
    """A time of the day in an activity: « Restaurant scolaire », midi, 11:30–13:30."""

    __tablename__ = "slot"
    __table_args__ = (sa.UniqueConstraint("activity_id", "name"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    activity_id: Mapped[int] = mapped_column(sa.ForeignKey("activity.id"))
    name: Mapped[str] = mapped_column(sa.String(80))
    short_name: Mapped[str] = mapped_column(sa.String(20))
    starts_at: Mapped[time]
    ends_at: Mapped[time]
    position: Mapped[int] = mapped_column(default=0)

    activity: Mapped[Activity] = relationship(back_populates="slots")

    def __repr__(self) -> str:
        return self.name


class OpeningPattern(Base):
    """From which openings are generated: a slot at a site, on these weekdays, this year.

    ``weekdays``: text of digits, « 0134 » for Monday, Tuesday, Thursday, Friday.
    ``in_holidays``: open in the school holidays instead of in term.
    """

    __tablename__ = "opening_pattern"
    __table_args__ = (sa.UniqueConstraint("slot_id", "site_id", "school_year_id", "in_holidays"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    slot_id: Mapped[int] = mapped_column(sa.ForeignKey("slot.id"))
    site_id: Mapped[int] = mapped_column(sa.ForeignKey("site.id"))
    school_year_id: Mapped[int] = mapped_column(sa.ForeignKey("school_year.id"))
    weekdays: Mapped[str] = mapped_column(sa.String(7))
    in_holidays: Mapped[bool] = mapped_column(default=False)
    capacity: Mapped[int]

    slot: Mapped[Slot] = relationship()
    site: Mapped[Site] = relationship()
    school_year: Mapped[SchoolYear] = relationship()


class PeriodKind(StrEnum):
    """What a period of the calendar means."""

    SCHOOL_HOLIDAY = "school_holiday"
    PUBLIC_HOLIDAY = "public_holiday"
    CLOSURE = "closure"
    OFFICE_CLOSED = "office_closed"


class CalendarPeriod(Base):
    """Days, first and last included, on which schools, sites or the office are closed.

    ``site_id`` limits a closure to one site. OFFICE_CLOSED days are no working days (B13).
    """

    __tablename__ = "calendar_period"

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[PeriodKind] = mapped_column(choice(PeriodKind))
    name: Mapped[str] = mapped_column(sa.String(100))
    starts_on: Mapped[date] = mapped_column(index=True)
    ends_on: Mapped[date] = mapped_column(index=True)
    site_id: Mapped[int | None] = mapped_column(sa.ForeignKey("site.id"))

    site: Mapped[Site | None] = relationship()

    def __repr__(self) -> str:
        return self.name


class Opening(Base):
    """A slot at one site on one day: its capacity and its deadlines, stored in UTC (B13).

    ``taken`` counts live and held bookings; it moves only in the transaction that writes them,
    under this row's lock (§3.4), so that no page counts bookings. ``edited_at``: set by hand, so
    recomputing the rules leaves it alone. ``closed_at``: closed with ``closed_reason`` (§3.7).
    """

    __tablename__ = "opening"
    __table_args__ = (
        sa.UniqueConstraint("site_id", "day", "slot_id"),
        sa.CheckConstraint("taken >= 0", name="taken_not_negative"),
        sa.CheckConstraint("capacity >= 0", name="capacity_not_negative"),
        sa.Index("ix_opening_day", "day"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    slot_id: Mapped[int] = mapped_column(sa.ForeignKey("slot.id"))
    site_id: Mapped[int] = mapped_column(sa.ForeignKey("site.id"))
    school_year_id: Mapped[int] = mapped_column(sa.ForeignKey("school_year.id"))
    day: Mapped[date]
    capacity: Mapped[int]
    taken: Mapped[int] = mapped_column(default=0, server_default="0")
    book_until: Mapped[datetime] = mapped_column(UtcDateTime)
    cancel_until: Mapped[datetime] = mapped_column(UtcDateTime)
    closed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    closed_reason: Mapped[str] = mapped_column(sa.String(200), default="")
    edited_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    slot: Mapped[Slot] = relationship()
    site: Mapped[Site] = relationship()
    school_year: Mapped[SchoolYear] = relationship()


class Enrolment(Base):
    """A child may be booked on an activity, at a site, on these days of a school year."""

    __tablename__ = "enrolment"
    __table_args__ = (sa.UniqueConstraint("child_id", "activity_id", "school_year_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    child_id: Mapped[int] = mapped_column(sa.ForeignKey("child.id"))
    activity_id: Mapped[int] = mapped_column(sa.ForeignKey("activity.id"))
    site_id: Mapped[int] = mapped_column(sa.ForeignKey("site.id"))
    school_year_id: Mapped[int] = mapped_column(sa.ForeignKey("school_year.id"), index=True)
    starts_on: Mapped[date]
    ends_on: Mapped[date]
    """Last day on which the child may be booked."""

    child: Mapped[Child] = relationship()
    activity: Mapped[Activity] = relationship()
    site: Mapped[Site] = relationship()
    school_year: Mapped[SchoolYear] = relationship()


class ActivityDocument(Base):
    """An enrolment on this activity asks for this document (of the child, or of its household)."""

    __tablename__ = "activity_document"
    __table_args__ = (sa.UniqueConstraint("activity_id", "document_type_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    activity_id: Mapped[int] = mapped_column(sa.ForeignKey("activity.id"))
    document_type_id: Mapped[int] = mapped_column(sa.ForeignKey("document_type.id"))

    activity: Mapped[Activity] = relationship()
    document_type: Mapped[DocumentType] = relationship()


class PriceGrid(Base):
    """The prices of a slot from a day on, until the next grid of that slot (§3.11)."""

    __tablename__ = "price_grid"
    __table_args__ = (sa.UniqueConstraint("slot_id", "valid_from"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    slot_id: Mapped[int] = mapped_column(sa.ForeignKey("slot.id"))
    valid_from: Mapped[date]
    cost_cents: Mapped[int | None]
    """What the service costs the commune: a price above it warns the agent."""

    slot: Mapped[Slot] = relationship()
    bands: Mapped[list[PriceBand]] = relationship(
        back_populates="grid", order_by="PriceBand.quotient_from"
    )

    def __repr__(self) -> str:
        return f"{self.slot} {self.valid_from:%d/%m/%Y}"


class PriceBand(Base):
    """One price of a grid: for quotients from (included) to (excluded; None: no end).

    ``resident`` None: whoever; ``sibling_rank``: from this rank among siblings on. The most
    specific band that fits wins; no quotient pays the highest band (§3.1).
    """

    __tablename__ = "price_band"
    __table_args__ = (
        sa.CheckConstraint("care_cents >= 0 AND meal_cents >= 0", name="price_not_negative"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    grid_id: Mapped[int] = mapped_column(sa.ForeignKey("price_grid.id"), index=True)
    name: Mapped[str] = mapped_column(sa.String(40))
    quotient_from: Mapped[int] = mapped_column(default=0)
    quotient_to: Mapped[int | None]
    resident: Mapped[bool | None]
    sibling_rank: Mapped[int] = mapped_column(default=1)
    care_cents: Mapped[int]
    meal_cents: Mapped[int] = mapped_column(default=0)

    grid: Mapped[PriceGrid] = relationship(back_populates="bands")
