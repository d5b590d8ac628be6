"""« Dossier annuel enfant »: kept by child, household and school year; its health part is sealed (§3.10)."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.orm import Session, contains_eager, joinedload

from app.accounts.models import Account
from app.accounts.roles import HEALTH
from app.core import audit, clock
from app.core.actor import Actor
from app.core.encryption import seal_json, unseal_json
from app.core.errors import Forbidden, NotFound
from app.households.models import (
    Child,
    Guardianship,
    HealthReading,
    Household,
    MealCode,
    SchoolYear,
    YearFile,
)
from app.households.queries import child_for, holding
from app.households.services.members import open_household
from app.households.sets import grouped


@dataclass(frozen=True)
class YearFileValues:
    """What is not health: the team on the ground may need it."""

    meal_code: MealCode = MealCode.STANDARD
    contacts: Sequence[Mapping[str, str]] = ()
    authorisations: Mapping[str, bool] = field(default_factory=dict)
    insurer: str = ""
    insurance_number: str = ""


@dataclass(frozen=True)
class Reading:
    """Who opened health data of which child, when; what the family sees."""

    at: datetime
    reader: str
    child: str
    subject: str


def close_year_file(
    session: Session,
    actor: Actor,
    household_id: int,
    child_id: int,
    school_year_id: int,
    values: YearFileValues,
    health: Mapping[str, Any],
    *,
    now: datetime,
) -> YearFile:
    """The file of that year, made or brought up to date; however often it is called. NotFound."""
    open_household(session, household_id)
    child_for(session, household_id, child_id, clock.paris(now).date())
    row = _row(session, household_id, child_id, school_year_id)
    row.meal_code = values.meal_code
    row.contacts = [dict(one) for one in values.contacts]
    row.authorisations = dict(values.authorisations)
    row.insurer, row.insurance_number = values.insurer.strip(), values.insurance_number.strip()
    row.closed_at = now
    session.add(row)
    session.flush()
    row.health_cipher = seal_json(health, _place(row.id)) if health else None
    session.flush()
    audit.record(session, actor, "close_year_file", "year_file", row.id, household_id)
    return row


def open_health(
    session: Session, actor: Actor, year_file_id: int, *, now: datetime
) -> dict[str, Any]:
    """The health part, for the role Santé; the family will see this reading. Forbidden, NotFound."""
    if HEALTH not in actor.roles or not actor.is_agent:
        raise Forbidden
    row = session.get(YearFile, year_file_id)
    if row is None or row.health_cipher is None:
        raise NotFound
    session.add(HealthReading(**_reading(actor, row, now)))
    session.flush()
    return own_health(row)


@dataclass(frozen=True)
class OpenedHealth:
    """What one household said of a child’s health that year, and whom to call."""

    child_id: int
    household: str
    health: Mapping[str, Any]
    contacts: Sequence[Mapping[str, str]]
    hospital: bool | None
    closed_at: datetime


def open_children(
    session: Session,
    actor: Actor,
    school_year_id: int,
    child_ids: Collection[int],
    *,
    now: datetime,
) -> dict[int, list[OpenedHealth]]:
    """Child → what each of its households said, for the role Santé; each reading is written.

    Statements do not grow with the children. Forbidden.
    """
    if HEALTH not in actor.roles or not actor.is_agent:
        raise Forbidden
    rows = session.execute(
        sa.select(YearFile, Household.name)
        .join(YearFile.household)
        .where(
            YearFile.school_year_id == school_year_id,
            YearFile.child_id.in_(child_ids),
            YearFile.health_cipher.is_not(None),
        )
        .order_by(YearFile.child_id, Household.name, YearFile.id)
    ).all()
    if rows:
        session.execute(sa.insert(HealthReading), [_reading(actor, row, now) for row, _ in rows])
    return grouped((row.child_id, _opened(row, name)) for row, name in rows)


def _reading(actor: Actor, row: YearFile, now: datetime) -> dict[str, Any]:
    return {
        "at": now,
        "account_id": actor.account_id,
        "household_id": row.household_id,
        "child_id": row.child_id,
        "subject": "year_file",
        "subject_id": row.id,
    }


def _opened(row: YearFile, household: str) -> OpenedHealth:
    return OpenedHealth(
        row.child_id,
        household,
        own_health(row),
        row.contacts,
        row.authorisations.get("hospital"),
        row.closed_at,
    )


class Marks(NamedTuple):
    """What stands out of a file, without saying more: for lists of the role Santé."""

    has_pai: bool
    has_allergies: bool


def marks(year_file_id: int, health_cipher: bytes | None) -> Marks:
    """The marks of one file."""
    health = unseal_json(health_cipher, _place(year_file_id))
    return Marks(bool(health.get("pai")), bool(str(health.get("allergies") or "").strip()))


@dataclass(frozen=True)
class NewFile:
    """A file to write with many others."""

    household_id: int
    child_id: int
    school_year_id: int
    values: YearFileValues
    health: Mapping[str, Any] = field(default_factory=dict)

    @property
    def key(self) -> tuple[int, int, int]:
        """What is unique."""
        return self.household_id, self.child_id, self.school_year_id


def close_many(session: Session, actor: Actor, files: Sequence[NewFile], *, now: datetime) -> int:
    """Write many files at once (a demonstration, an import); those that are there stay as they are.

    How many were written, in six statements. The caller answers for the ties of the children.
    """
    key = (YearFile.household_id, YearFile.child_id, YearFile.school_year_id)
    there = {tuple(row) for row in session.execute(sa.select(*key))}
    new = list({one.key: one for one in files if one.key not in there}.values())
    if not new:
        return 0
    session.execute(sa.insert(YearFile), [_values(one, now) for one in new])
    asked = sa.select(*key, YearFile.id)
    ids = {tuple(row[:3]): row[3] for row in session.execute(asked)}
    sealed = [(ids[one.key], one.health) for one in new if one.health]
    if sealed:
        session.execute(
            sa.update(YearFile),
            [
                {"id": row_id, "health_cipher": seal_json(health, _place(row_id))}
                for row_id, health in sealed
            ],
        )
    audit.record(session, actor, "close_year_files", "year_file", None, files=len(new))
    return len(new)


def _values(one: NewFile, now: datetime) -> dict[str, Any]:
    return {
        "household_id": one.household_id,
        "child_id": one.child_id,
        "school_year_id": one.school_year_id,
        "meal_code": one.values.meal_code,
        "contacts": [dict(contact) for contact in one.values.contacts],
        "authorisations": dict(one.values.authorisations),
        "insurer": one.values.insurer,
        "insurance_number": one.values.insurance_number,
        "closed_at": now,
    }


def last_file(
    session: Session, household_id: int, child_id: int, school_year_id: int | None = None
) -> YearFile | None:
    """The household's own file of that year, else its latest one before (None: the latest).

    Ask ``child_for`` first: it refuses the household whose tie is restricted or ended.
    """
    until = sa.select(SchoolYear.starts_on).where(SchoolYear.id == school_year_id)
    asked = (
        sa.select(YearFile)
        .join(YearFile.school_year)
        .where(YearFile.household_id == household_id, YearFile.child_id == child_id)
        .order_by(SchoolYear.starts_on.desc())
        .limit(1)
    )
    if school_year_id is not None:
        asked = asked.where(SchoolYear.starts_on <= until.scalar_subquery())
    return session.scalar(asked)


def files_of(session: Session, household_id: int, child_id: int) -> Sequence[YearFile]:
    """The household’s own files of the child, the latest year first. Ask ``child_for`` first."""
    return session.scalars(
        sa.select(YearFile)
        .join(YearFile.school_year)
        .options(contains_eager(YearFile.school_year), joinedload(YearFile.school))
        .where(YearFile.household_id == household_id, YearFile.child_id == child_id)
        .order_by(SchoolYear.starts_on.desc())
    ).all()


def years_closed(session: Session, household_id: int) -> dict[int, list[str]]:
    """Child → the school years of its files in this household, the latest first. One statement."""
    rows = session.execute(
        sa.select(YearFile.child_id, SchoolYear.label)
        .join(YearFile.school_year)
        .where(YearFile.household_id == household_id)
        .order_by(SchoolYear.starts_on.desc())
    )
    return grouped(rows)


def own_health(row: YearFile) -> dict[str, Any]:
    """The health part, for the household that gave it; nothing once erased."""
    return unseal_json(row.health_cipher, _place(row.id))


def erase_health(session: Session, actor: Actor, household_id: int, year_file_id: int) -> None:
    """The health part goes, the rest of the file stays. NotFound."""
    row = session.get(YearFile, year_file_id)
    if row is None or row.household_id != household_id:
        raise NotFound
    row.health_cipher = None
    session.flush()
    audit.record(session, actor, "erase_health", "year_file", row.id, household_id)


def readings_of(session: Session, household_id: int, limit: int = 20) -> list[Reading]:
    """The last openings of health data of the household and its children, the newest first.

    One statement. A child whose tie is restricted or ended tells this household nothing; what
    concerns no child in particular (a document of the household) has an empty ``child``.
    """
    rows = session.execute(
        sa.select(
            HealthReading.at,
            Account.first_name,
            Account.last_name,
            Child.first_name,
            HealthReading.subject,
        )
        .join(Account, Account.id == HealthReading.account_id)
        .outerjoin(Child, Child.id == HealthReading.child_id)
        .outerjoin(
            Guardianship,
            sa.and_(
                Guardianship.child_id == HealthReading.child_id,
                Guardianship.household_id == HealthReading.household_id,
            ),
        )
        .where(
            HealthReading.household_id == household_id,
            sa.or_(HealthReading.child_id.is_(None), holding(clock.today())),
        )
        .order_by(HealthReading.at.desc(), HealthReading.id.desc())
        .limit(limit)
    )
    return [
        Reading(at, f"{first} {last}", child or "", what) for at, first, last, child, what in rows
    ]


def _row(session: Session, household_id: int, child_id: int, school_year_id: int) -> YearFile:
    """The file there is, or a new one; the household is locked, so no other can come between."""
    if session.get(SchoolYear, school_year_id) is None:
        raise NotFound
    found = session.scalar(
        sa.select(YearFile).where(
            YearFile.household_id == household_id,
            YearFile.child_id == child_id,
            YearFile.school_year_id == school_year_id,
        )
    )
    return found or YearFile(
        household_id=household_id, child_id=child_id, school_year_id=school_year_id
    )


def _place(year_file_id: int) -> str:
    return f"year_file:{year_file_id}"
