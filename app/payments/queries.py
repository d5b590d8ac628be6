"""Reads of payments, each scoped to who looks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.accounts.models import Account
from app.core import clock
from app.core.errors import NotFound
from app.households.models import Household
from app.payments.models import Method, Payment, PaymentState
from app.payments.rules import WAITING

CREDITED = (PaymentState.PAID, PaymentState.REVERSED)
"""States of a payment that has a receipt."""
COUNTER = "counter"
TREASURER_ROLE = "Régisseur"
ASK_AFTER = timedelta(minutes=2)
"""A payment younger than this is still in the hands of the family."""


@dataclass(frozen=True)
class Receipt:
    """What a receipt says. ``number`` « 2027-00318 »; ``reversed_on`` when taken back since."""

    payment_id: int
    number: str
    household_id: int
    household: str
    household_number: str
    address: str
    amount_cents: int
    method: Method
    paid_at: datetime
    bank: str
    cheque_number: str
    is_reversed: bool


def payment_for(session: Session, household_id: int, payment_id: int) -> Payment:
    """One payment of the household. Raises NotFound."""
    payment = session.get(Payment, payment_id)
    if payment is None or payment.household_id != household_id:
        raise NotFound
    return payment


def receipt(session: Session, payment_id: int, household_id: int | None = None) -> Receipt:
    """The receipt of a credited payment; of the household's own when one is given.

    Raises NotFound.
    """
    statement = (
        sa.select(Payment, Household)
        .join(Household, Household.id == Payment.household_id)
        .where(Payment.id == payment_id, Payment.receipt_number.is_not(None))
    )
    if household_id is not None:
        statement = statement.where(Payment.household_id == household_id)
    found = session.execute(statement).first()
    if found is None:
        raise NotFound
    return _receipt(*found)


def _receipt(payment: Payment, household: Household) -> Receipt:
    return Receipt(
        payment_id=payment.id,
        number=payment.receipt_number or "",
        household_id=household.id,
        household=household.name,
        household_number=household.number,
        address=", ".join(
            part
            for part in (household.street, f"{household.postcode} {household.city}".strip())
            if part
        ),
        amount_cents=payment.amount_cents,
        method=payment.method,
        paid_at=payment.paid_at or payment.created_at,
        bank=payment.details.get("bank", ""),
        cheque_number=payment.details.get("cheque_number", ""),
        is_reversed=payment.state is PaymentState.REVERSED,
    )


def waiting(session: Session, provider: str, now: datetime, limit: int) -> list[int]:
    """Ids of payments whose end the portal does not know yet, the oldest first."""
    statement = (
        sa.select(Payment.id)
        .where(
            Payment.state.in_(WAITING),
            Payment.provider == provider,
            Payment.created_at <= now - ASK_AFTER,
        )
        .order_by(Payment.created_at, Payment.id)
        .limit(limit)
    )
    return list(session.scalars(statement))


def day_bounds(day: date) -> tuple[datetime, datetime]:
    """First instant of the day in Paris, and of the next one, in UTC."""
    start = datetime.combine(day, time(), tzinfo=clock.PARIS)
    end = datetime.combine(day + timedelta(days=1), time(), tzinfo=clock.PARIS)
    return start.astimezone(UTC), end.astimezone(UTC)


@dataclass(frozen=True)
class CounterLine:
    """One line of the day's list; ``reason``: why it was reversed, else empty."""

    payment_id: int
    number: str
    paid_at: datetime
    household: str
    household_number: str
    method: Method
    amount_cents: int
    bank: str
    cheque_number: str
    recorded_by: str
    is_reversed: bool
    reason: str


@dataclass(frozen=True)
class CounterDay:
    """The day's list of the régisseur (B11); reversed payments are shown and not counted."""

    day: date
    lines: tuple[CounterLine, ...]

    def total(self, method: Method | None = None) -> int:
        """Cents kept, of one method or of both."""
        return sum(
            line.amount_cents
            for line in self.lines
            if not line.is_reversed and method in (None, line.method)
        )

    def count(self, method: Method) -> int:
        return sum(1 for line in self.lines if line.method == method and not line.is_reversed)


def counter_day(session: Session, day: date) -> CounterDay:
    """Everything taken at the counter on ``day`` (in Paris). One statement."""
    start, end = day_bounds(day)
    statement = (
        sa.select(Payment, Household, Account.first_name, Account.last_name)
        .join(Household, Household.id == Payment.household_id)
        .outerjoin(Account, Account.id == Payment.recorded_by)
        .where(
            Payment.provider == COUNTER,
            Payment.state.in_(CREDITED),
            Payment.paid_at >= start,
            Payment.paid_at < end,
        )
        .order_by(Payment.paid_at, Payment.id)
    )
    return CounterDay(day, tuple(_line(*row) for row in session.execute(statement)))


def _line(
    payment: Payment, household: Household, first: str | None, last: str | None
) -> CounterLine:
    facts = _receipt(payment, household)
    return CounterLine(
        payment_id=payment.id,
        number=facts.number,
        paid_at=facts.paid_at,
        household=facts.household,
        household_number=facts.household_number,
        method=facts.method,
        amount_cents=facts.amount_cents,
        bank=facts.bank,
        cheque_number=facts.cheque_number,
        recorded_by=f"{first or ''} {last or ''}".strip(),
        is_reversed=facts.is_reversed,
        reason=payment.details.get("reason", ""),
    )


def treasurers(session: Session) -> Sequence[Account]:
    """Active accounts with the role that looks after money."""
    return session.scalars(
        sa.select(Account).where(Account.roles.any(name=TREASURER_ROLE), Account.active.is_(True))
    ).all()
