"""The rows that decide a booking, read with or without their locks (docs/locking.md).

Order: ties, enrolments, openings by id, wallets by id. Whoever writes a booking holds its
opening (when ``taken`` moves) and its household's wallet, so booking rows need no lock of their own.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import date, datetime
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.activities.models import Activity, Category, Enrolment, Opening, Slot
from app.households.models import YearFile
from app.reservations.models import Booking, BookingState
from app.reservations.plan import GroupRequest
from app.wallet import services as wallet_services

CHUNK = 10_000
"""Ids named in one statement (SQLite allows 32,766 variables)."""


class EnrolmentRow(NamedTuple):
    """A child may be booked on an activity at a site, these days included."""

    child_id: int
    activity_id: int
    site_id: int
    school_year_id: int
    starts_on: date
    ends_on: date


class OpeningRow(NamedTuple):
    """An opening with what decides a booking on it."""

    id: int
    slot_id: int
    activity_id: int
    site_id: int
    school_year_id: int
    day: date
    capacity: int
    taken: int
    book_until: datetime
    cancel_until: datetime
    closed_at: datetime | None
    offered: bool
    """The commune still offers the activity; what is booked on another one stays booked."""


def chunks(ids: Iterable[int]) -> Iterable[list[int]]:
    """The ids in order, in pieces that fit in one statement."""
    ordered = sorted(ids)
    for start in range(0, len(ordered), CHUNK):
        yield ordered[start : start + CHUNK]


def enrolments(
    session: Session, child_ids: Collection[int], *, lock: bool = False
) -> list[EnrolmentRow]:
    """Enrolments of these children, camps apart (they are booked by their démarche, B12).

    ``lock`` shares them until the end of the transaction, so that none ends meanwhile (§3.5).
    """
    asked = (
        sa.select(
            Enrolment.child_id,
            Enrolment.activity_id,
            Enrolment.site_id,
            Enrolment.school_year_id,
            Enrolment.starts_on,
            Enrolment.ends_on,
        )
        .join(Activity, Activity.id == Enrolment.activity_id)
        .where(Enrolment.child_id.in_(child_ids), Activity.category != Category.CAMP)
        .order_by(Enrolment.id)
    )
    if lock:
        asked = asked.with_for_update(read=True, of=Enrolment)
    return [EnrolmentRow(*row) for row in session.execute(asked)]


def openings_of_group(
    session: Session, group: GroupRequest, known: Collection[EnrolmentRow]
) -> list[OpeningRow]:
    """Openings of the slots at the sites of the enrolments, on the days; one range, not locked."""
    if not group.days or not group.slot_ids or not known:
        return []
    rows = session.execute(
        _openings().where(
            Opening.slot_id.in_(group.slot_ids),
            Opening.site_id.in_({row.site_id for row in known}),
            Opening.day.between(min(group.days), max(group.days)),
        )
    )
    return [OpeningRow(*row) for row in rows if row.day in group.days]


def booked_of_group(session: Session, group: GroupRequest) -> list[tuple[int, int, date, int]]:
    """(child, slot, day, opening) of what is booked for the group, by whoever; not locked."""
    if not group.days or not group.slot_ids:
        return []
    rows = session.execute(
        sa.select(Booking.child_id, Opening.slot_id, Booking.day, Booking.opening_id)
        .join(Opening, Opening.id == Booking.opening_id)
        .where(
            Booking.child_id.in_(group.child_ids),
            Booking.day.between(min(group.days), max(group.days)),
            Booking.state == BookingState.LIVE,
            Opening.slot_id.in_(group.slot_ids),
        )
        .order_by(Booking.day, Opening.slot_id, Booking.child_id)
    )
    return [(row[0], row[1], row[2], row[3]) for row in rows if row.day in group.days]


def closed_year_files(
    session: Session, household_id: int, child_ids: Collection[int]
) -> set[tuple[int, int]]:
    """(child, school year) of the yearly files that this household closed. One statement."""
    rows = session.execute(
        sa.select(YearFile.child_id, YearFile.school_year_id).where(
            YearFile.household_id == household_id, YearFile.child_id.in_(child_ids)
        )
    )
    return {(child_id, year_id) for child_id, year_id in rows}


def activities_of(session: Session, slot_ids: Collection[int]) -> dict[int, int]:
    """Slot id → activity id."""
    rows = session.execute(sa.select(Slot.id, Slot.activity_id).where(Slot.id.in_(slot_ids)))
    return {row[0]: row[1] for row in rows}


def openings_by_id(
    session: Session, ids: Collection[int], *, lock: bool = False
) -> dict[int, OpeningRow]:
    """The openings as they are now; ``lock``: locked in the order of their ids.

    ``FOR NO KEY UPDATE`` on PostgreSQL: rows that only refer to them do not wait. On SQLite the
    whole transaction holds the write lock already (facts.md).
    """
    found: dict[int, OpeningRow] = {}
    for part in chunks(ids):
        asked = _openings().where(Opening.id.in_(part)).order_by(Opening.id)
        if lock:
            asked = asked.with_for_update(of=Opening, key_share=True)
        found |= {row.id: OpeningRow(*row) for row in session.execute(asked)}
    return found


def lock_wallet(session: Session, household_id: int) -> None:
    """Lock the household's prepaid account: whoever books or is charged waits here."""
    wallet_services.lock_wallets(session, [household_id])


def _openings() -> sa.Select[*tuple[Any, ...]]:
    asked = sa.select(
        Opening.id,
        Opening.slot_id,
        Slot.activity_id,
        Opening.site_id,
        Opening.school_year_id,
        Opening.day,
        Opening.capacity,
        Opening.taken,
        Opening.book_until,
        Opening.cancel_until,
        Opening.closed_at,
        Activity.is_active,
    )
    return asked.join(Slot, Slot.id == Opening.slot_id).join(
        Activity, Activity.id == Slot.activity_id
    )
