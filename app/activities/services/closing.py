"""What agents change on openings by hand: closing, reopening, capacity, one more day (§3.4, §3.7).

An opening changed here is « edited by hand »: generating and rules leave it alone afterwards.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.activities import queries
from app.activities.errors import (
    BadCapacity,
    NoSchoolYear,
    NothingChosen,
    OpeningExists,
    ReasonMissing,
)
from app.activities.models import Opening, Site, Slot
from app.activities.rules import DAY, MOST_DAYS, deadline
from app.core import audit, clock, hooks
from app.core.actor import Actor
from app.core.errors import NotFound

MOST_PLACES = 10_000


class Closed(NamedTuple):
    """What closing did."""

    openings: int
    bookings: int


def close_openings(
    session: Session, actor: Actor, opening_ids: Collection[int], reason: str
) -> Closed:
    """Close openings; their bookings are cancelled, money freed or given back, families told (§3.7).

    Those closed already keep their reason. Raises ReasonMissing, NothingChosen.
    """
    reason = reason.strip()
    if not reason:
        raise ReasonMissing
    ids = _lock(session, opening_ids, Opening.closed_at.is_(None))
    now = clock.now()
    _set(session, ids, now, closed_at=now, closed_reason=reason[:200])
    audit.record(session, actor, "close", "opening", None, ids=ids[:50], count=len(ids))
    cancelled = sum(handler(session, actor, ids, reason) for handler in hooks.openings_closed)
    return Closed(len(ids), cancelled)


def reopen_openings(session: Session, actor: Actor, opening_ids: Collection[int]) -> int:
    """Open again what is closed; no booking comes back (§3.7). How many. Raises NothingChosen."""
    ids = _lock(session, opening_ids, Opening.closed_at.is_not(None))
    _set(session, ids, clock.now(), closed_at=None, closed_reason="")
    audit.record(session, actor, "reopen", "opening", None, ids=ids[:50], count=len(ids))
    return len(ids)


def set_capacity(
    session: Session, actor: Actor, opening_ids: Collection[int], capacity: int
) -> int:
    """Change the number of places; below what is booked it shows full, nobody loses a place (§3.4).

    How many openings. Raises BadCapacity, NothingChosen.
    """
    check_capacity(capacity)
    ids = _lock(session, opening_ids, sa.true())
    _set(session, ids, clock.now(), capacity=capacity)
    audit.record(
        session, actor, "resize", "opening", None, ids=ids[:50], count=len(ids), capacity=capacity
    )
    return len(ids)


def edit_opening(
    session: Session,
    actor: Actor,
    opening_id: int,
    *,
    capacity: int,
    book_until: datetime,
    cancel_until: datetime,
) -> None:
    """Change one opening: places and deadlines, which rules then leave alone (B13).

    Raises BadCapacity, NotFound.
    """
    check_capacity(capacity)
    opening = session.get(Opening, opening_id, with_for_update=True)
    if opening is None:
        raise NotFound
    opening.capacity, opening.edited_at = capacity, clock.now()
    opening.book_until, opening.cancel_until = book_until, cancel_until
    session.flush()


def add_opening(
    session: Session, actor: Actor, slot_id: int, site_id: int, day: date, capacity: int
) -> Opening:
    """Open a slot at a site on one more day, with the deadlines of its rules.

    It is edited by hand: generating does not close it. Raises BadCapacity, NoSchoolYear,
    OpeningExists, NotFound.
    """
    check_capacity(capacity)
    for kind, key in ((Slot, slot_id), (Site, site_id)):
        if session.get(kind, key) is None:
            raise NotFound
    year = queries.year_of(session, day)
    if year is None:
        raise NoSchoolYear(day=day)
    _check_free(session, slot_id, site_id, day)
    rules = queries.rules_by_slot(session)[slot_id]
    working = queries.calendar(session, day - DAY * 2 * MOST_DAYS, day).is_working_day
    opening = Opening(
        slot_id=slot_id,
        site_id=site_id,
        school_year_id=year.id,
        day=day,
        capacity=capacity,
        book_until=deadline(rules.book, day, working),
        cancel_until=deadline(rules.cancel, day, working),
        edited_at=clock.now(),
    )
    session.add(opening)
    session.flush()
    return opening


def _check_free(session: Session, slot_id: int, site_id: int, day: date) -> None:
    taken = sa.select(Opening.id).where(
        Opening.slot_id == slot_id, Opening.site_id == site_id, Opening.day == day
    )
    if session.scalar(taken) is not None:
        raise OpeningExists(day=day)


def check_capacity(capacity: int) -> None:
    """Raise BadCapacity when this is no number of places."""
    if not 0 <= capacity <= MOST_PLACES:
        raise BadCapacity(most=MOST_PLACES)


def _lock(
    session: Session, opening_ids: Collection[int], where: sa.ColumnElement[bool]
) -> list[int]:
    """Those of the openings that fit, locked in the order of their ids. Raises NothingChosen."""
    found: list[int] = []
    for part in queries.batched(opening_ids):
        found += session.scalars(
            sa.select(Opening.id)
            .where(Opening.id.in_(part), where)
            .order_by(Opening.id)
            .with_for_update()
        )
    if not found:
        raise NothingChosen
    return found


def _set(session: Session, ids: Collection[int], now: datetime, **values: Any) -> None:
    for part in queries.batched(ids):
        session.execute(
            sa.update(Opening).where(Opening.id.in_(part)).values(edited_at=now, **values)
        )
