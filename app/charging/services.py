"""Charges: what a consumed booking cost (B7), and their correction by reversal (§5.2)."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased

from app.activities import queries as activities
from app.activities.errors import NoPrice
from app.activities.models import Opening
from app.activities.rules import Price
from app.charging import coverage, rules
from app.charging.errors import NotReversible, ReasonMissing
from app.charging.models import Charge
from app.core import audit
from app.core.actor import Actor
from app.core.db import table_of
from app.core.errors import NotFound
from app.households import queries as households
from app.households.rules import PriceFacts
from app.reservations.locking import chunks
from app.reservations.models import Booking
from app.reservations.queries import uncharged
from app.wallet import services as wallets
from app.wallet.models import LedgerKind, Wallet
from app.wallet.services import NewTransaction

log = logging.getLogger(__name__)

BATCH = 5_000
"""Bookings charged in one transaction: what a killed night has to do again at most."""


@dataclass
class Night:
    """What a run did: bookings charged, and those whose slot has no price."""

    charged: int = 0
    without_price: int = 0


class Due(NamedTuple):
    """A booking to charge."""

    id: int
    day: date
    household_id: int
    child_id: int
    slot_id: int
    estimate_cents: int


class Costed(NamedTuple):
    """A booking with what it costs at the facts of its day."""

    due: Due
    price: Price
    facts: PriceFacts


def charge_due(
    session: Session, now: datetime, *, commit: Callable[[], object], batch: int = BATCH
) -> Night:
    """Charge every live booking of a day before today, the oldest first (B7, §5.6).

    Each batch is one transaction: killed half-way and run again, the ledger is the same; run twice,
    the second does nothing. A booking without a price is left, counted and logged.
    """
    night = Night()
    after = (date.min, 0)
    while due := _next(session, rules.last_day_due(now), after, batch):
        after = (due[-1].day, due[-1].id)
        charged, unpriced = _charge_batch(session, due, now)
        night.charged += charged
        night.without_price += unpriced
        commit()
    return night


def _next(session: Session, until: date, after: tuple[date, int], batch: int) -> list[Due]:
    """The next bookings to charge; those just seen are left behind by the cursor."""
    rows = session.execute(
        _due()
        .where(
            Booking.day <= until,
            sa.or_(Booking.day > after[0], sa.and_(Booking.day == after[0], Booking.id > after[1])),
        )
        .order_by(Booking.day, Booking.id)
        .limit(batch)
    )
    return [Due(*row) for row in rows]


def _due() -> sa.Select[*tuple[Any, ...]]:
    return (
        sa.select(
            Booking.id,
            Booking.day,
            Booking.household_id,
            Booking.child_id,
            Opening.slot_id,
            Booking.care_cents + Booking.meal_cents,
        )
        .join(Opening, Opening.id == Booking.opening_id)
        .where(uncharged())
    )


def _charge_batch(session: Session, due: Sequence[Due], now: datetime) -> tuple[int, int]:
    """Charge what is still due once the wallets are locked: (charged, without price)."""
    locked = wallets.lock_wallets(session, {one.household_id for one in due})
    still = _still_due(session, due)
    costed = _cost(session, [one for one in due if one.id in still])
    if costed:
        _write(session, costed, locked, now)
        wallets.note_crossings(session, sorted({one.due.household_id for one in costed}), now)
    return len(costed), len(still) - len(costed)


def _still_due(session: Session, due: Sequence[Due]) -> set[int]:
    """A booking may have been cancelled between the read and the lock."""
    found: set[int] = set()
    for part in chunks(one.id for one in due):
        found.update(
            session.scalars(sa.select(Booking.id).where(Booking.id.in_(part), uncharged()))
        )
    return found


def _cost(session: Session, due: Sequence[Due]) -> list[Costed]:
    """Price of each at the grid, quotient and residence in force on the day of care (§3.1)."""
    if not due:
        return []
    book = activities.price_book(session, {one.slot_id for one in due}, due[0].day, due[-1].day)
    pairs = {(one.household_id, one.child_id) for one in due}
    known = households.pricing_facts(session, pairs)
    facts: dict[tuple[int, int, date], PriceFacts] = {}
    costed = []
    for one in due:
        key = (one.household_id, one.child_id, one.day)
        if key not in facts:
            facts[key] = known.on(*key)
        try:
            costed.append(Costed(one, book.price(one.slot_id, one.day, facts[key]), facts[key]))
        except NoPrice:
            log.warning("booking %d is not charged: slot %d has no price", one.id, one.slot_id)
    return costed


def _write(
    session: Session, costed: Sequence[Costed], locked: dict[int, Wallet], now: datetime
) -> None:
    """Ledger, charges and the mark on the bookings, by sets."""
    transactions = [_transaction(one, locked[one.due.household_id].id) for one in costed]
    ids = wallets.post_many(session, transactions, now)
    rows = [_charge_row(one, ledger_id, now) for one, ledger_id in zip(costed, ids, strict=True)]
    session.execute(sa.insert(table_of(Charge)), rows)
    for part in chunks(one.due.id for one in costed):
        session.execute(
            sa.update(Booking)
            .where(Booking.id.in_(part))
            .values(charged=True)
            .execution_options(synchronize_session=False)
        )


def _transaction(one: Costed, wallet_id: int) -> NewTransaction:
    return NewTransaction(
        LedgerKind.CHARGE,
        f"booking:{one.due.id}",
        one.due.day,
        rules.charge_lines(wallet_id, one.price.care_cents, one.price.meal_cents),
    )


def _charge_row(one: Costed, ledger_id: int, now: datetime) -> dict[str, Any]:
    return {
        "booking_id": one.due.id,
        "household_id": one.due.household_id,
        "child_id": one.due.child_id,
        "slot_id": one.due.slot_id,
        "day": one.due.day,
        "care_cents": one.price.care_cents,
        "meal_cents": one.price.meal_cents,
        "explanation": _explanation(one),
        "ledger_transaction_id": ledger_id,
        "reverses_id": None,
        "created_at": now,
    }


def _explanation(one: Costed) -> dict[str, Any]:
    """Why it cost that: ids and figures, no names (§3.3); the band tells the grid."""
    return {
        "band_id": one.price.band_id,
        "quotient": one.facts.quotient,
        "resident": one.facts.resident,
        "sibling_rank": one.facts.sibling_rank,
        "care_cents": one.price.care_cents,
        "meal_cents": one.price.meal_cents,
        "estimate_cents": one.due.estimate_cents,
    }


def reverse_charge(
    session: Session, actor: Actor, charge_id: int, *, reason: str, now: datetime
) -> Charge:
    """Give back what a charge took, by a second charge with opposite amounts.

    Raises NotFound, ReasonMissing, NotReversible when it is a reversal or reversed already.
    """
    if not reason.strip():
        raise ReasonMissing
    charge = session.get(Charge, charge_id)
    if charge is None:
        raise NotFound
    wallets.lock_wallets(session, [charge.household_id])
    open_charges = _reversible(session, Charge.id == charge_id)
    if not open_charges:
        raise NotReversible
    _reverse(session, actor, open_charges, reason.strip(), now)
    return session.scalars(sa.select(Charge).where(Charge.reverses_id == charge_id)).one()


def bookings_uncharged(
    session: Session, actor: Actor, booking_ids: Sequence[int], reason: str, now: datetime
) -> int:
    """Hook: charged bookings were cancelled, their money goes back to the wallets (§3.2, §3.7).

    The caller holds the wallets' locks. Returns how many charges were reversed.
    """
    found: list[Charge] = []
    for part in chunks(booking_ids):
        found += _reversible(session, Charge.booking_id.in_(part))
    _reverse(session, actor, found, reason or "-", now)
    return len(found)


def _reversible(session: Session, where: sa.ColumnElement[bool]) -> list[Charge]:
    """Charges that are no reversal and have none."""
    undone = aliased(Charge)
    return list(
        session.scalars(
            sa.select(Charge)
            .outerjoin(undone, undone.reverses_id == Charge.id)
            .where(where, Charge.reverses_id.is_(None), undone.id.is_(None))
            .order_by(Charge.id)
        )
    )


def _reverse(
    session: Session, actor: Actor, charges: Sequence[Charge], reason: str, now: datetime
) -> None:
    if not charges:
        return
    households_ids = sorted({charge.household_id for charge in charges})
    locked = wallets.lock_wallets(session, households_ids)
    rows = [
        NewTransaction(
            LedgerKind.REVERSAL,
            f"reversal:{charge.ledger_transaction_id}",
            charge.day,
            rules.charge_lines(
                locked[charge.household_id].id, -charge.care_cents, -charge.meal_cents
            ),
            actor.account_id,
            reason,
            charge.ledger_transaction_id,
        )
        for charge in charges
    ]
    ids = wallets.post_many(session, rows, now)
    session.execute(sa.insert(Charge), list(_opposites(charges, ids, actor, reason, now)))
    wallets.note_crossings(session, households_ids, now)
    for household_id in households_ids:
        coverage.credited(session, household_id)
    for charge in charges:
        audit.record(
            session, actor, "reverse", "charge", charge.id, charge.household_id, reason=reason
        )


def _opposites(
    charges: Iterable[Charge], ids: Iterable[int], actor: Actor, reason: str, now: datetime
) -> Iterable[dict[str, Any]]:
    for charge, ledger_id in zip(charges, ids, strict=True):
        yield {
            "booking_id": charge.booking_id,
            "household_id": charge.household_id,
            "child_id": charge.child_id,
            "slot_id": charge.slot_id,
            "day": charge.day,
            "care_cents": -charge.care_cents,
            "meal_cents": -charge.meal_cents,
            "explanation": {"reason": reason, "author": actor.account_id},
            "ledger_transaction_id": ledger_id,
            "reverses_id": charge.id,
            "created_at": now,
        }
