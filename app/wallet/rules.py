"""Pure decisions on money: a transaction's balance, the crossings of a wallet (B8)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from app.wallet.errors import BadThreshold, Unbalanced
from app.wallet.models import LedgerAccount

LARGEST_THRESHOLD_CENTS = 50_000


@dataclass(frozen=True)
class Line:
    """One entry to write: positive credits the account, negative debits it."""

    account: LedgerAccount
    amount_cents: int
    wallet_id: int | None = None


@dataclass(frozen=True)
class Standing:
    """Where a household stands (B6): available = balance − required cover."""

    balance_cents: int
    required_cents: int

    @property
    def available_cents(self) -> int:
        return self.balance_cents - self.required_cents


class Crossing(StrEnum):
    """What happens to one mark of a wallet."""

    NONE = "none"
    BEGINS = "begins"
    ENDS = "ends"


@dataclass(frozen=True)
class Crossings:
    """What happens to both marks of a wallet, and what is said of it."""

    negative: Crossing
    low: Crossing

    @property
    def says_negative(self) -> bool:
        return self.negative is Crossing.BEGINS

    @property
    def says_low(self) -> bool:
        """One message per fall: a wallet that falls below zero is told that alone."""
        return self.low is Crossing.BEGINS and not self.says_negative


def check_balanced(lines: Iterable[Line]) -> None:
    """Raise Unbalanced unless the lines sum to zero and each wallet line names its wallet."""
    lines = list(lines)
    if len(lines) < 2 or sum(line.amount_cents for line in lines) != 0:
        raise Unbalanced(f"lines must sum to zero: {lines}")
    for line in lines:
        if (line.account is LedgerAccount.WALLET) != (line.wallet_id is not None):
            raise Unbalanced(f"a wallet line names its wallet, others none: {line}")


def crossing(is_below: bool, was_below: bool) -> Crossing:
    """Compare now with the mark left by the last look."""
    if is_below == was_below:
        return Crossing.NONE
    return Crossing.BEGINS if is_below else Crossing.ENDS


def crossings(
    balance_cents: int, *, was_negative: bool, threshold_cents: int | None, was_low: bool
) -> Crossings:
    """Below zero, and below the threshold that the parent chose (None: not watched)."""
    is_low = threshold_cents is not None and balance_cents < threshold_cents
    return Crossings(
        negative=crossing(balance_cents < 0, was_negative), low=crossing(is_low, was_low)
    )


def check_threshold(cents: int | None) -> None:
    """Raise BadThreshold unless empty or from 1 cent to 500 €."""
    if cents is not None and not 1 <= cents <= LARGEST_THRESHOLD_CENTS:
        raise BadThreshold(minimum_cents=100, maximum_cents=LARGEST_THRESHOLD_CENTS)


def opposite(lines: Sequence[Line]) -> list[Line]:
    """The lines that undo ``lines``."""
    return [Line(line.account, -line.amount_cents, line.wallet_id) for line in lines]
