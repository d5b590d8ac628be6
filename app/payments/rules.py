"""Pure decisions on payments: the table of moves, what the platform's word does, amounts."""

from __future__ import annotations

from app.payments.errors import (
    AmountOutOfRange,
    ChequeIncomplete,
    CounterAmountOutOfRange,
)
from app.payments.models import Method, PaymentState
from app.payments.providers.base import EURO, Fate, Outcome

S = PaymentState

TRANSITIONS: dict[PaymentState, set[PaymentState]] = {
    S.CREATED: {S.PENDING, S.PAID, S.FAILED, S.EXPIRED, S.TO_REVIEW},
    S.PENDING: {S.PAID, S.FAILED, S.EXPIRED, S.TO_REVIEW},
    # Money that comes after we gave up is money all the same.
    S.FAILED: {S.PAID, S.TO_REVIEW},
    S.EXPIRED: {S.PAID, S.TO_REVIEW},
    S.TO_REVIEW: {S.PAID, S.FAILED},
    S.PAID: {S.REVERSED},
    S.REVERSED: set(),
}
"""Every move of a payment; nothing beside it."""

WAITING = (S.CREATED, S.PENDING)
DECIDED_BY_AGENTS = {S.TO_REVIEW, S.PAID, S.REVERSED}
"""States that no word of a platform changes any more."""

COUNTER_MAX_CENTS = 500_000


def judge(state: PaymentState, asked_cents: int, outcome: Outcome) -> PaymentState | None:
    """The state that the platform's word leads to; None when it changes nothing.

    Words come twice, late and in any order: paid wins over failed and expired, whenever it comes.
    """
    wanted = _wanted(asked_cents, outcome)
    if wanted is None or state in DECIDED_BY_AGENTS:
        return None
    return wanted if wanted in TRANSITIONS[state] else None


def _wanted(asked_cents: int, outcome: Outcome) -> PaymentState | None:
    if outcome.fate is Fate.PAID:
        matches = outcome.amount_cents == asked_cents and outcome.currency == EURO
        return S.PAID if matches else S.TO_REVIEW
    return {Fate.FAILED: S.FAILED, Fate.EXPIRED: S.EXPIRED, Fate.OPEN: None}[outcome.fate]


def check_top_up(cents: int, minimum_cents: int, maximum_cents: int) -> None:
    """Raise AmountOutOfRange unless minimum ≤ cents ≤ maximum (B10)."""
    if not minimum_cents <= cents <= maximum_cents:
        raise AmountOutOfRange(minimum_cents=minimum_cents, maximum_cents=maximum_cents)


def check_counter(method: Method, cents: int, bank: str, cheque_number: str) -> None:
    """Raise unless the amount is from 1 cent to 5,000 € and a cheque has bank and number (B11)."""
    if not 1 <= cents <= COUNTER_MAX_CENTS:
        raise CounterAmountOutOfRange(minimum_cents=1, maximum_cents=COUNTER_MAX_CENTS)
    if method is Method.CHEQUE and not (bank.strip() and cheque_number.strip()):
        raise ChequeIncomplete


def receipt_number(year: int, number: int) -> str:
    """« 2027-00318 »."""
    return f"{year}-{number:05d}"
