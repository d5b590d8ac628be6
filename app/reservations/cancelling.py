"""Cancelling by an agent or by the portal: closures, ended ties and enrolments, cover (§3.2–3.7).

One engine: find, lock, find again, cancel by sets, give the money back, tell. Nothing here asks
for money, so nothing here is refused for lack of it.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.activities.models import Opening, Slot
from app.core import audit, clock, hooks
from app.core.actor import Actor
from app.reservations import locking, notices, writing
from app.reservations.errors import ReasonMissing
from app.reservations.models import Booking, BookingState, ChangeOrigin
from app.reservations.notices import Line
from app.wallet import services as wallets

ACTIVE = (BookingState.HELD, BookingState.LIVE)


class Found(NamedTuple):
    """An active booking to cancel."""

    id: int
    opening_id: int
    household_id: int
    child_id: int
    slot_id: int
    day: date
    cents: int
    charged: bool

    @property
    def line(self) -> Line:
        return Line(self.household_id, self.child_id, self.slot_id, self.day, self.cents)


@dataclass(frozen=True)
class Because:
    """Why bookings are cancelled, by whom, when."""

    actor: Actor
    origin: ChangeOrigin
    reason: str
    now: datetime


def agent_cancel(
    session: Session, actor: Actor, booking_ids: Collection[int], *, reason: str, now: datetime
) -> int:
    """An agent cancels at any time; what is charged is reversed (§3.2). How many were cancelled.

    What is cancelled already is left alone. Raises ReasonMissing.
    """
    if not reason.strip():
        raise ReasonMissing
    because = Because(actor, ChangeOrigin.AGENT, reason.strip(), now)
    return len(cancel_where(session, _any_of(Booking.id, booking_ids), because))


def cancel_for_system(
    session: Session,
    actor: Actor,
    *,
    booking_ids: Collection[int] = (),
    opening_ids: Collection[int] = (),
    origin: ChangeOrigin,
    reason: str,
    now: datetime,
) -> int:
    """Cancel bookings, or all those of openings, whoever made them; told to the families.

    What is charged already is reversed. How many were cancelled.
    """
    because = Because(actor, origin, reason, now)
    found = 0
    if opening_ids:
        found += len(cancel_where(session, _any_of(Booking.opening_id, opening_ids), because))
    if booking_ids:
        found += len(cancel_where(session, _any_of(Booking.id, booking_ids), because))
    return found


def openings_closed(session: Session, actor: Actor, opening_ids: Sequence[int], reason: str) -> int:
    """Hook: the openings closed, their bookings are cancelled and the families told (§3.7)."""
    return cancel_for_system(
        session,
        actor,
        opening_ids=opening_ids,
        origin=ChangeOrigin.CLOSURE,
        reason=reason,
        now=clock.now(),
    )


def tie_ended(
    session: Session,
    actor: Actor,
    child_id: int,
    household_id: int | None,
    from_day: date,
    reason: str,
) -> int:
    """Hook: the child left the household (None: every one); later bookings go, uncharged (§3.5)."""
    where = _later(child_id, from_day)
    if household_id is not None:
        where = sa.and_(where, Booking.household_id == household_id)
    because = Because(actor, ChangeOrigin.TIE_ENDED, reason, clock.now())
    return len(cancel_where(session, where, because))


def enrolment_ended(
    session: Session, actor: Actor, child_id: int, activity_id: int, from_day: date, reason: str
) -> int:
    """Hook: the child is no longer enrolled from a day on; later bookings go, uncharged (§3.5)."""
    slots = sa.select(Slot.id).where(Slot.activity_id == activity_id)
    where = sa.and_(_later(child_id, from_day), Opening.slot_id.in_(slots))
    because = Because(actor, ChangeOrigin.ENROLMENT_ENDED, reason, clock.now())
    return len(cancel_where(session, where, because))


def _later(child_id: int, from_day: date) -> sa.ColumnElement[bool]:
    """Bookings of the child from a day on; what was consumed and charged stays so."""
    return sa.and_(
        Booking.child_id == child_id, Booking.day >= from_day, Booking.charged.is_(False)
    )


def release_holds(session: Session, now: datetime) -> int:
    """Job « holds »: places held for a payment that did not come are free again (B12)."""
    where = sa.and_(Booking.state == BookingState.HELD, Booking.held_until <= now)
    because = Because(Actor(account_id=None), ChangeOrigin.CAMP, "", now)
    return len(cancel_where(session, where, because, tell=False))


def _any_of(column: Any, ids: Collection[int]) -> sa.ColumnElement[bool]:
    return sa.or_(*(column.in_(part) for part in locking.chunks(ids)))


def cancel_where(
    session: Session, where: sa.ColumnElement[bool], because: Because, *, tell: bool = True
) -> list[Found]:
    """Cancel the active bookings that fit; what was cancelled. Statements do not grow with them.

    Looked for twice: before the locks to know what to lock, then under them to know what is there.
    """
    before = _find(session, where)
    locking.openings_by_id(session, {one.opening_id for one in before}, lock=True)
    wallets.lock_wallets(session, {one.household_id for one in before})
    known = {one.id for one in before}
    found = [one for one in _find(session, where) if one.id in known]
    if found:
        _cancel(session, found, because, tell=tell)
    return found


def _find(session: Session, where: sa.ColumnElement[bool]) -> list[Found]:
    rows = session.execute(
        sa.select(
            Booking.id,
            Booking.opening_id,
            Booking.household_id,
            Booking.child_id,
            Opening.slot_id,
            Booking.day,
            Booking.care_cents + Booking.meal_cents,
            Booking.charged,
        )
        .join(Opening, Opening.id == Booking.opening_id)
        .where(where, Booking.state.in_(ACTIVE))
        .order_by(Booking.id)
    )
    return [Found(*row) for row in rows]


def _cancel(session: Session, found: Sequence[Found], because: Because, *, tell: bool) -> None:
    change_id = _new_change(session, found, because)
    writing.cancel(session, [one.id for one in found], change_id, because.now)
    writing.move_taken(session, change_id)
    writing.finish_change(session, change_id, 0, len(found))
    charged = [one.id for one in found if one.charged]
    if charged:
        for reverse in hooks.bookings_uncharged:
            reverse(session, because.actor, charged, because.reason, because.now)
    _record(session, found, because, change_id)
    if tell:
        notices.cancelled(
            session,
            [one.line for one in found],
            origin=because.origin,
            reason=because.reason,
            change_id=change_id,
        )


def _new_change(session: Session, found: Sequence[Found], because: Because) -> int:
    """One change for all; it names the household when there is only one."""
    concerned = {one.household_id for one in found}
    change_id = writing.begin_change(
        session,
        because.actor,
        concerned.pop() if len(concerned) == 1 else None,
        because.origin,
        because.now,
        reason=because.reason,
    )
    if change_id is None:  # pragma: no cover (only a form's token can be refused)
        raise RuntimeError("a change without a form was refused")
    return change_id


def _record(session: Session, found: Sequence[Found], because: Because, change_id: int) -> None:
    concerned = {one.household_id for one in found}
    audit.record(
        session,
        because.actor,
        "cancel_bookings",
        "booking_change",
        change_id,
        concerned.pop() if len(concerned) == 1 else None,
        origin=because.origin.value,
        bookings=len(found),
        reason=because.reason,
    )
