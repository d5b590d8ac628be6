"""What the agenda's pages read: a constant number of statements whatever the month holds."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from functools import cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.activities.models import Activity, CalendarPeriod, Enrolment, Opening, PeriodKind, Slot
from app.core import settings
from app.core.errors import NotFound
from app.households.models import SchoolYear, YearFile
from app.requests.models import Procedure, Request, Status
from app.reservations.models import Booking, BookingChange, BookingState

YEAR_FILE = "dossier-annuel-enfant"
"""Code of the démarche, which stands in a room above."""


@dataclass(frozen=True)
class SlotInfo:
    """A slot of an activity: its names and hours."""

    id: int
    name: str
    short_name: str
    starts_at: time
    ends_at: time


@dataclass(frozen=True)
class SlotRow:
    """One slot of one child on one day, with its active booking if there is one."""

    child_id: int
    opening_id: int
    slot: SlotInfo
    day: date
    capacity: int
    taken: int
    book_until: datetime
    cancel_until: datetime
    closed_at: datetime | None
    closed_reason: str
    offered: bool
    """The commune still offers the activity; else only what is booked shows."""
    booked_by: int | None
    """Household of the active booking."""
    booked_cents: int | None
    charged: bool | None
    is_hold: bool
    has_file: bool = True
    """The household that looks has closed the yearly child file, or the commune needs none."""
    file_sent: bool = False
    """It has sent the file, which the service has not closed yet."""


def slot_rows(
    session: Session, household_id: int, child_ids: Collection[int], first: date, last: date
) -> list[SlotRow]:
    """Every opening of these children's enrolments in the period: one statement, ordered by day.

    Camps are booked by their own démarche (B12), so they are not here.
    """
    wants_file = settings.get(session, settings.YEAR_FILE_REQUIRED)
    asked = {"children": list(child_ids), "first": first, "last": last}
    if wants_file:
        asked["household"] = household_id
    found = session.execute(_slot_rows(wants_file), asked)
    slots: dict[int, SlotInfo] = {}

    def slot_row(child_id: int, opening_id: int, *values: Any) -> SlotRow:
        slot = slots.setdefault(values[0], SlotInfo(*values[:5]))
        return SlotRow(child_id, opening_id, slot, *values[5:])

    return [slot_row(*row) for row in found]


@cache
def _slot_rows(wants_file: bool) -> sa.Select[*tuple[Any, ...]]:
    """Built once: putting the statement together costs as much as reading it."""
    asked = _bare_slot_rows()
    if not wants_file:
        return asked
    of_household = sa.and_(
        YearFile.child_id == Enrolment.child_id,
        YearFile.school_year_id == Opening.school_year_id,
        YearFile.household_id == sa.bindparam("household"),
    )
    sent = sa.case((YearFile.id.is_(None), _file_sent()), else_=sa.false())
    return asked.add_columns(YearFile.id.is_not(None), sent).outerjoin(YearFile, of_household)


def _file_sent() -> sa.Exists:
    """The household’s request for the file of that child and year waits for the service."""
    return (
        sa.exists()
        .where(
            Request.household_id == sa.bindparam("household"),
            Request.child_id == Enrolment.child_id,
            Request.school_year_id == Opening.school_year_id,
            Request.status.in_([Status.PENDING, Status.PROCESSING]),
            Request.procedure_id == Procedure.id,
            Procedure.code == YEAR_FILE,
        )
        .correlate(Enrolment, Opening)
    )


def _bare_slot_rows() -> sa.Select[*tuple[Any, ...]]:
    booking = sa.and_(
        Booking.opening_id == Opening.id,
        Booking.child_id == Enrolment.child_id,
        # Word for word the unique index's own condition, or it would not be used.
        sa.text("booking.state IN ('held', 'live')"),
    )
    return (
        sa.select(
            Enrolment.child_id,
            Opening.id,
            Slot.id,
            Slot.name,
            Slot.short_name,
            Slot.starts_at,
            Slot.ends_at,
            Opening.day,
            Opening.capacity,
            Opening.taken,
            Opening.book_until,
            Opening.cancel_until,
            Opening.closed_at,
            Opening.closed_reason,
            Activity.is_active,
            Booking.household_id,
            Booking.care_cents + Booking.meal_cents,
            Booking.charged,
            sa.func.coalesce(Booking.state == BookingState.HELD, sa.false()),
        )
        .select_from(Enrolment)
        .join(Activity, Activity.id == Enrolment.activity_id)
        .join(Slot, Slot.activity_id == Activity.id)
        .join(
            Opening,
            sa.and_(
                Opening.slot_id == Slot.id,
                Opening.site_id == Enrolment.site_id,
                Opening.school_year_id == Enrolment.school_year_id,
                Opening.day.between(Enrolment.starts_on, Enrolment.ends_on),
            ),
        )
        .outerjoin(Booking, booking)
        .where(
            Enrolment.child_id.in_(sa.bindparam("children")),
            Opening.day.between(sa.bindparam("first"), sa.bindparam("last")),
            sa.or_(Activity.is_active, Booking.id.is_not(None)),
        )
        .order_by(Opening.day, Activity.position, Slot.position, Slot.starts_at, Opening.id)
    )


@dataclass(frozen=True)
class Closure:
    """Days on which nothing is open, and how a cell says it."""

    kind: PeriodKind
    name: str
    starts_on: date
    ends_on: date


def closures(session: Session, first: date, last: date) -> Sequence[Closure]:
    """School holidays, public holidays and closures of every site that touch the period."""
    found = session.execute(_closures(), {"first": first, "last": last})
    return [Closure(*row) for row in found]


@cache
def _closures() -> sa.Select[*tuple[Any, ...]]:
    return (
        sa.select(
            CalendarPeriod.kind,
            CalendarPeriod.name,
            CalendarPeriod.starts_on,
            CalendarPeriod.ends_on,
        )
        .where(
            CalendarPeriod.starts_on <= sa.bindparam("last"),
            CalendarPeriod.ends_on >= sa.bindparam("first"),
            CalendarPeriod.kind != PeriodKind.OFFICE_CLOSED,
            CalendarPeriod.site_id.is_(None),
        )
        .order_by(CalendarPeriod.starts_on)
    )


def own_bookings(
    session: Session, household_id: int, child_ids: Collection[int], first: date, last: date
) -> set[tuple[int, date]]:
    """(slot id, day) of what this household booked and did not cancel, to copy a week or a year."""
    found = session.execute(
        sa.select(Opening.slot_id, Booking.day)
        .join(Opening, Opening.id == Booking.opening_id)
        .where(
            Booking.child_id.in_(child_ids),
            Booking.household_id == household_id,
            Booking.state == BookingState.LIVE,
            Booking.day.between(first, last),
        )
    )
    return {(slot_id, day) for slot_id, day in found}


@dataclass(frozen=True)
class SlotOffer:
    """A slot that at least one of the children is enrolled on."""

    slot: SlotInfo


def offers(session: Session, child_ids: Collection[int], today: date) -> list[SlotOffer]:
    """Slots that these children can be booked on from today to the end of their enrolments."""
    found = session.execute(
        sa.select(Slot.id, Slot.name, Slot.short_name, Slot.starts_at, Slot.ends_at)
        .join(Activity, Activity.id == Slot.activity_id)
        .join(Enrolment, Enrolment.activity_id == Activity.id)
        .where(Enrolment.child_id.in_(child_ids), Enrolment.ends_on >= today, Activity.is_active)
        .group_by(Slot.id, Activity.id)
        .order_by(Activity.position, Slot.position, Slot.starts_at)
    )
    return [SlotOffer(SlotInfo(*row)) for row in found]


def next_landmarks(session: Session, today: date) -> tuple[date | None, date | None]:
    """Last day of the school year in course, first day of the next school holidays."""
    year_end = (
        sa.select(sa.func.min(SchoolYear.ends_on))
        .where(SchoolYear.ends_on >= today)
        .scalar_subquery()
    )
    holidays = (
        sa.select(sa.func.min(CalendarPeriod.starts_on))
        .where(CalendarPeriod.kind == PeriodKind.SCHOOL_HOLIDAY, CalendarPeriod.starts_on > today)
        .scalar_subquery()
    )
    row = session.execute(sa.select(year_end, holidays)).one()
    return row[0], row[1]


def change_of(session: Session, household_id: int, change_id: int) -> BookingChange:
    """A save of this household; NotFound for anybody else's."""
    found = session.scalar(
        sa.select(BookingChange).where(
            BookingChange.id == change_id, BookingChange.household_id == household_id
        )
    )
    if found is None:
        raise NotFound
    return found


def moved(session: Session, change_id: int) -> tuple[dict[int, int], dict[int, int]]:
    """What a save did: bookings added and removed, each by child id. One statement."""
    found = session.execute(
        sa.select(
            Booking.child_id,
            sa.func.count().filter(Booking.created_in == change_id),
            sa.func.count().filter(Booking.cancelled_in == change_id),
        )
        .where(sa.or_(Booking.created_in == change_id, Booking.cancelled_in == change_id))
        .group_by(Booking.child_id)
    ).all()
    return {row[0]: row[1] for row in found}, {row[0]: row[2] for row in found}
