"""B8: the holder is told once per crossing below zero, or below the threshold the parent chose.

The mark left on the wallet (``negative_since``, ``low_since``) is what makes it once.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.wallet import notices, queries, rules
from app.wallet.models import Wallet
from app.wallet.rules import Crossing, Crossings
from app.wallet.services import lock_wallets

BATCH = 5_000


def note(session: Session, household_ids: Sequence[int], now: datetime) -> None:
    """Compare balances with the marks; move the marks and tell. Constant statements a batch."""
    for start in range(0, len(household_ids), BATCH):
        _note_batch(session, household_ids[start : start + BATCH], now)


def _note_batch(session: Session, household_ids: Sequence[int], now: datetime) -> None:
    wallets = lock_wallets(session, household_ids)
    balances = queries.balances(session, list(wallets))
    found = {
        wallet: _crossings(wallet, balances[wallet.household_id]) for wallet in wallets.values()
    }
    for wallet, crossed in found.items():
        wallet.negative_since = _mark(crossed.negative, wallet.negative_since, now)
        wallet.low_since = _mark(crossed.low, wallet.low_since, now)
    session.flush()
    _tell(session, found, balances, now)


def _crossings(wallet: Wallet, balance_cents: int) -> Crossings:
    return rules.crossings(
        balance_cents,
        was_negative=wallet.negative_since is not None,
        threshold_cents=wallet.low_threshold_cents,
        was_low=wallet.low_since is not None,
    )


def _mark(crossing: Crossing, before: datetime | None, now: datetime) -> datetime | None:
    return {Crossing.NONE: before, Crossing.BEGINS: now, Crossing.ENDS: None}[crossing]


def _tell(
    session: Session, found: dict[Wallet, Crossings], balances: dict[int, int], now: datetime
) -> None:
    notices.negative(session, _sums(found, balances, "says_negative"), now)
    notices.low(session, _sums(found, balances, "says_low"), now)


def _sums(
    found: dict[Wallet, Crossings], balances: dict[int, int], what: str
) -> dict[int, tuple[int, int | None]]:
    """Household id → (balance, threshold) of those that ``what`` concerns."""
    return {
        wallet.household_id: (balances[wallet.household_id], wallet.low_threshold_cents)
        for wallet, crossed in found.items()
        if getattr(crossed, what)
    }


def choose_threshold(session: Session, household_id: int, cents: int | None, now: datetime) -> None:
    """The amount under which the family wants to be warned; None: not at all.

    A balance that is below the new threshold already is marked and not told: the family sees it on
    the page where it chooses. Raises BadThreshold.
    """
    rules.check_threshold(cents)
    wallet = lock_wallets(session, [household_id])[household_id]
    wallet.low_threshold_cents = cents
    is_low = cents is not None and queries.balance(session, household_id) < cents
    wallet.low_since = (wallet.low_since or now) if is_low else None
    session.flush()


def marked(session: Session, household_ids: Iterable[int]) -> set[int]:
    """Those of ``household_ids`` whose wallet is marked negative (new bookings wait, B8)."""
    return set(
        session.scalars(
            sa.select(Wallet.household_id).where(
                Wallet.household_id.in_(set(household_ids)), Wallet.negative_since.is_not(None)
            )
        )
    )
