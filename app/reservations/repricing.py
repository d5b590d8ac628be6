"""A changed grid, quotient or residence reprices what is not charged yet, in one set (§3.1)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.activities import queries as activities
from app.activities.errors import NoPrice
from app.activities.models import Opening
from app.core import audit, clock
from app.core.actor import Actor
from app.households import queries as households
from app.notices import services as notices
from app.reservations import queries
from app.reservations.locking import chunks
from app.reservations.models import Booking
from app.wallet import services as wallets


class Cost(NamedTuple):
    """Price of a booking, in cents, and the band that says so."""

    care_cents: int
    meal_cents: int
    band_id: int | None

    @property
    def total(self) -> int:
        return self.care_cents + self.meal_cents


class Priced(NamedTuple):
    """An uncharged booking with the price it has now."""

    id: int
    household_id: int
    child_id: int
    slot_id: int
    day: date
    cost: Cost


@dataclass
class Difference:
    """What repricing changes for one household."""

    count: int = 0
    before_cents: int = 0
    after_cents: int = 0

    def add(self, before: Cost, after: Cost) -> None:
        self.count += 1
        self.before_cents += before.total
        self.after_cents += after.total


def prices_changed(
    session: Session, actor: Actor, household_ids: Sequence[int] | None, from_day: date
) -> int:
    """Hook: reprice live, uncharged bookings from a day on, and tell the families.

    ``household_ids`` None: everybody. Statements grow with the prices, not with the bookings.
    Returns how many bookings changed price. A booking whose slot has no price any more keeps its
    estimate (the night's charge will name it).
    """
    concerned = _households(session, household_ids, from_day)
    if not concerned:
        return 0
    wallets.lock_wallets(session, concerned)
    changed = _changed(session, _bookings(session, concerned, from_day))
    _write(session, changed)
    _tell(session, changed)
    if changed:
        audit.record(
            session,
            actor,
            "reprice",
            "booking",
            None,
            household_ids[0] if household_ids and len(household_ids) == 1 else None,
            bookings=len(changed),
            from_day=from_day.isoformat(),
        )
    return len(changed)


def _households(session: Session, household_ids: Sequence[int] | None, from_day: date) -> list[int]:
    if household_ids is not None:
        return list(household_ids)
    return list(
        session.scalars(
            sa.select(Booking.household_id)
            .where(queries.uncharged(), Booking.day >= from_day)
            .distinct()
        )
    )


def _bookings(session: Session, household_ids: Collection[int], from_day: date) -> list[Priced]:
    asked = (
        sa.select(
            Booking.id,
            Booking.household_id,
            Booking.child_id,
            Opening.slot_id,
            Booking.day,
            Booking.care_cents,
            Booking.meal_cents,
            Booking.band_id,
        )
        .join(Opening, Opening.id == Booking.opening_id)
        .where(queries.uncharged(), Booking.day >= from_day)
    )
    if len(household_ids) <= queries.SOME:
        asked = asked.where(Booking.household_id.in_(household_ids))
    return [Priced(*row[:5], Cost(*row[5:])) for row in session.execute(asked)]


def _changed(session: Session, bookings: Sequence[Priced]) -> list[tuple[Priced, Cost]]:
    """Those whose price is no longer the one they have."""
    if not bookings:
        return []
    days = [one.day for one in bookings]
    book = activities.price_book(session, {one.slot_id for one in bookings}, min(days), max(days))
    pairs = {(one.household_id, one.child_id) for one in bookings}
    facts = households.pricing_facts(session, pairs)
    changed = []
    for one in bookings:
        try:
            price = book.price(
                one.slot_id, one.day, facts.on(one.household_id, one.child_id, one.day)
            )
        except NoPrice:
            continue
        cost = Cost(price.care_cents, price.meal_cents, price.band_id)
        if cost != one.cost:
            changed.append((one, cost))
    return changed


def _write(session: Session, changed: Iterable[tuple[Priced, Cost]]) -> None:
    """One update per new price."""
    by_cost: dict[Cost, list[int]] = defaultdict(list)
    for one, cost in changed:
        by_cost[cost].append(one.id)
    for cost, ids in by_cost.items():
        for part in chunks(ids):
            session.execute(
                sa.update(Booking)
                .where(Booking.id.in_(part))
                .values(**cost._asdict())
                .execution_options(synchronize_session=False)
            )


def _tell(session: Session, changed: Iterable[tuple[Priced, Cost]]) -> None:
    """Each holder whose bookings cost more or less than was said."""
    sums: dict[int, Difference] = defaultdict(Difference)
    for one, cost in changed:
        sums[one.household_id].add(one.cost, cost)
    told = [key for key, one in sums.items() if one.before_cents != one.after_cents]
    if not told:
        return
    holders = households.recipients(session, told, money=True)
    moment = clock.now().isoformat()
    rows = [
        (recipient, vars(sums[key]), f"prices:{key}:{moment}:{sums[key].after_cents}")
        for key in told
        for recipient in holders[key]
    ]
    notices.tell_many(session, "prices_changed", rows, url="/paiements/")
