"""A household that asked to be erased (« Demander la suppression de mes données »), once an agent agreed.

It goes the way of those without a child: told, then erased a month later by the night's purge, which
looks again that nothing is owed and that no child is expected.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.core import audit, clock
from app.core.actor import Actor
from app.core.errors import NotFound
from app.core.money import euros
from app.households.services.members import open_household
from app.reservations.models import Booking, BookingState
from app.retention.errors import NotSettled, StillBooked
from app.retention.models import PurgeWarning
from app.retention.rules import forget_on
from app.wallet.queries import balance, balances

EXPECTED = (BookingState.LIVE, BookingState.HELD)


def agree(session: Session, household_id: int, now: datetime) -> date:
    """From which day on it is erased; called again, the same day. NotSettled, StillBooked."""
    open_household(session, household_id)
    warning = _warning(session, household_id)
    if warning is not None and warning.on_request:
        return warning.forget_on
    today = clock.paris(now).date()
    if cents := balance(session, household_id):
        raise NotSettled(balance=euros(cents))
    if count := _bookings(session, [household_id], today).get(household_id):
        raise StillBooked(count=count)
    warning = warning or PurgeWarning(household_id=household_id)
    warning.warned_at, warning.forget_on, warning.on_request = now, forget_on(today), True
    session.add(warning)
    session.flush()
    return warning.forget_on


def take_back(session: Session, actor: Actor, household_id: int) -> None:
    """The family changed its mind: nothing is erased. NotFound."""
    warning = _warning(session, household_id)
    if warning is None or not warning.on_request:
        raise NotFound
    session.delete(warning)
    session.flush()
    audit.record(session, actor, "keep_household", "household", household_id, household_id)


def ready(session: Session, household_ids: Collection[int], today: date) -> set[int]:
    """Of these, those that owe nothing, are owed nothing and expect no child. Two statements."""
    owed = balances(session, list(household_ids))
    booked = _bookings(session, household_ids, today)
    return {one for one in household_ids if not owed[one] and one not in booked}


def _warning(session: Session, household_id: int) -> PurgeWarning | None:
    return session.scalar(
        sa.select(PurgeWarning).where(PurgeWarning.household_id == household_id).with_for_update()
    )


def _bookings(session: Session, household_ids: Collection[int], today: date) -> dict[int, int]:
    """Household → how many places are booked from today on; households without any are left out."""
    found = session.execute(
        sa.select(Booking.household_id, sa.func.count())
        .where(
            Booking.household_id.in_(household_ids),
            Booking.state.in_(EXPECTED),
            Booking.day >= today,
        )
        .group_by(Booking.household_id)
    )
    return {row[0]: row[1] for row in found}
