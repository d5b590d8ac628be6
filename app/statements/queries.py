"""Reads of a household's money, all of it its own; a constant number of statements a page."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.activities.models import PriceBand, Slot
from app.charging.models import Charge
from app.core import clock
from app.core.errors import NotFound
from app.households.models import Child
from app.payments.models import Method, Payment
from app.reservations.models import Booking, BookingState
from app.statements.rules import PACE_DAYS
from app.wallet.models import LedgerEntry, LedgerKind, LedgerTransaction, Wallet

PAGE_SIZE = 20


@dataclass(frozen=True)
class Movement:
    """One line of the account. ``balance_cents``: after it, in the order of the ledger.

    ``charge``: what a care line comes from, None for money in or out. ``reason``: of a correction.
    """

    entry_id: int
    transaction_id: int
    kind: LedgerKind
    accounted_at: datetime
    value_date: date
    amount_cents: int
    balance_cents: int
    reason: str
    reverses_id: int | None
    charge: ChargeFacts | None
    payment: PaymentFacts | None


@dataclass(frozen=True)
class ChargeFacts:
    """What a charge was: ``explanation`` as written by the charge, ids and figures."""

    child: str
    slot: str
    day: date
    care_cents: int
    meal_cents: int
    band: str | None
    explanation: Mapping[str, Any]

    @property
    def quotient(self) -> int | None:
        return self.explanation.get("quotient")


@dataclass(frozen=True)
class PaymentFacts:
    """Where money in came from."""

    id: int
    method: Method
    receipt_number: str | None


@dataclass(frozen=True)
class Page:
    """One page of movements, the newest first."""

    lines: tuple[Movement, ...]
    number: int
    pages: int


def page(session: Session, household_id: int, number: int) -> Page:
    """A page of the household's movements; a number out of range gives the nearest page."""
    count = session.scalar(sa.select(sa.func.count()).select_from(_entries(household_id)))
    pages = max(1, -(-(count or 0) // PAGE_SIZE))
    number = min(max(number, 1), pages)
    inner = _entries(household_id)
    rows = session.execute(
        _described(inner)
        .order_by(inner.c.id.desc())
        .limit(PAGE_SIZE)
        .offset((number - 1) * PAGE_SIZE)
    ).all()
    return Page(tuple(_movements(session, rows)), number, pages)


def movement(session: Session, household_id: int, entry_id: int) -> Movement:
    """One movement of the household. Raises NotFound."""
    inner = _entries(household_id)
    rows = session.execute(_described(inner).where(inner.c.id == entry_id)).all()
    if not rows:
        raise NotFound
    return next(iter(_movements(session, rows)))


def between(
    session: Session, household_id: int, first: date, last: date
) -> tuple[int, list[Movement]]:
    """Balance before ``first`` and the movements accounted from ``first`` to ``last``, the oldest
    first (days of Paris)."""
    start, end = _instant(first), _instant(last + timedelta(days=1))
    inner = _entries(household_id)
    before = session.scalar(
        sa.select(sa.func.coalesce(sa.func.sum(inner.c.amount_cents), 0))
        .join(LedgerTransaction, LedgerTransaction.id == inner.c.transaction_id)
        .where(LedgerTransaction.accounted_at < start)
    )
    rows = session.execute(
        _described(inner)
        .where(LedgerTransaction.accounted_at >= start, LedgerTransaction.accounted_at < end)
        .order_by(inner.c.id)
    ).all()
    return int(before or 0), list(_movements(session, rows))


def first_year(session: Session, household_id: int) -> int | None:
    """Civil year of the household's first movement."""
    first = session.scalar(
        sa.select(sa.func.min(LedgerTransaction.accounted_at))
        .join(LedgerEntry, LedgerEntry.transaction_id == LedgerTransaction.id)
        .join(Wallet, Wallet.id == LedgerEntry.wallet_id)
        .where(Wallet.household_id == household_id)
    )
    return clock.paris(first).year if first else None


def _instant(day: date) -> datetime:
    return datetime.combine(day, time(), tzinfo=clock.PARIS).astimezone(UTC)


def _entries(household_id: int) -> Any:
    """The wallet's entries, each with the balance after it."""
    running = sa.func.sum(LedgerEntry.amount_cents).over(order_by=LedgerEntry.id)
    return (
        sa.select(
            LedgerEntry.id,
            LedgerEntry.transaction_id,
            LedgerEntry.amount_cents,
            running.label("balance_cents"),
        )
        .join(Wallet, Wallet.id == LedgerEntry.wallet_id)
        .where(Wallet.household_id == household_id)
        .subquery()
    )


def _described(inner: Any) -> sa.Select[Any]:
    return (
        sa.select(
            inner.c.id,
            inner.c.amount_cents,
            inner.c.balance_cents,
            LedgerTransaction,
            Charge,
            Child,
            Slot,
        )
        .select_from(inner)
        .join(LedgerTransaction, LedgerTransaction.id == inner.c.transaction_id)
        .outerjoin(Charge, Charge.ledger_transaction_id == LedgerTransaction.id)
        .outerjoin(Child, Child.id == Charge.child_id)
        .outerjoin(Slot, Slot.id == Charge.slot_id)
    )


def _movements(session: Session, rows: Sequence[Any]) -> Iterable[Movement]:
    payments = _payments(session, [row.LedgerTransaction for row in rows])
    bands = _bands(session, [row.Charge for row in rows if row.Charge])
    for row in rows:
        transaction = row.LedgerTransaction
        yield Movement(
            entry_id=row.id,
            transaction_id=transaction.id,
            kind=transaction.kind,
            accounted_at=transaction.accounted_at,
            value_date=transaction.value_date,
            amount_cents=row.amount_cents,
            balance_cents=int(row.balance_cents),
            reason=transaction.reason,
            reverses_id=transaction.reverses_id,
            charge=_charge(row, bands) if row.Charge else None,
            payment=payments.get(transaction.id),
        )


def _charge(row: Any, bands: Mapping[int, str]) -> ChargeFacts:
    charge = row.Charge
    return ChargeFacts(
        child=row.Child.first_name,
        slot=row.Slot.name,
        day=charge.day,
        care_cents=charge.care_cents,
        meal_cents=charge.meal_cents,
        band=bands.get(charge.explanation.get("band_id", 0)),
        explanation=charge.explanation,
    )


def _payments(
    session: Session, transactions: Sequence[LedgerTransaction]
) -> dict[int, PaymentFacts]:
    """Transaction id → the payment it credits (« payment:12 »), or that it takes back."""
    origins = _origins(session, transactions)
    ids = {
        transaction_id: int(ref.removeprefix("payment:"))
        for transaction_id, ref in origins.items()
        if ref.startswith("payment:")
    }
    if not ids:
        return {}
    found = {
        payment.id: PaymentFacts(payment.id, payment.method, payment.receipt_number)
        for payment in session.scalars(sa.select(Payment).where(Payment.id.in_(set(ids.values()))))
    }
    return {key: found[payment_id] for key, payment_id in ids.items() if payment_id in found}


def _origins(session: Session, transactions: Sequence[LedgerTransaction]) -> dict[int, str]:
    """Transaction id → its reference; of a reversal, the reference of what it reverses."""
    refs = {transaction.id: transaction.ref for transaction in transactions}
    reversed_ids = {one.reverses_id: one.id for one in transactions if one.reverses_id}
    if reversed_ids:
        rows = session.execute(
            sa.select(LedgerTransaction.id, LedgerTransaction.ref).where(
                LedgerTransaction.id.in_(reversed_ids)
            )
        )
        refs |= {reversed_ids[row.id]: row.ref for row in rows}
    return refs


def _bands(session: Session, charges: Sequence[Charge]) -> dict[int, str]:
    ids = {charge.explanation.get("band_id") for charge in charges} - {None}
    if not ids:
        return {}
    rows = session.execute(sa.select(PriceBand.id, PriceBand.name).where(PriceBand.id.in_(ids)))
    return {row.id: row.name for row in rows}


def upcoming_costs(session: Session, household_id: int) -> dict[date, int]:
    """Estimated cents of live, uncharged bookings by day of care. One statement."""
    cents = sa.func.sum(Booking.care_cents + Booking.meal_cents)
    rows = session.execute(
        sa.select(Booking.day, cents)
        .where(
            Booking.household_id == household_id,
            Booking.state == BookingState.LIVE,
            sa.not_(Booking.charged),
        )
        .group_by(Booking.day)
    )
    return {row[0]: int(row[1]) for row in rows}


def past_costs(session: Session, household_id: int, today: date) -> dict[date, int]:
    """Cents charged by day of care in the last ``PACE_DAYS`` days, corrections counted."""
    cents = sa.func.sum(Charge.care_cents + Charge.meal_cents)
    rows = session.execute(
        sa.select(Charge.day, cents)
        .where(
            Charge.household_id == household_id,
            Charge.day >= today - timedelta(days=PACE_DAYS),
            Charge.day < today,
        )
        .group_by(Charge.day)
    )
    return {row[0]: int(row[1]) for row in rows}
