"""Pure decisions of charging: what is due, what a charge posts, what cover removes (B7, B9)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import NamedTuple

from app.core import clock
from app.wallet.models import LedgerAccount
from app.wallet.rules import Line


def last_day_due(now: datetime) -> date:
    """Days of care up to this one are charged: the night after the day (B7), in Paris."""
    return clock.paris(now).date() - timedelta(days=1)


def charge_lines(wallet_id: int, care_cents: int, meal_cents: int) -> list[Line]:
    """Ledger lines of a charge: out of the wallet, to care and to meals. Nothing is left at zero,
    except a free day, which is written too: it was consumed."""
    lines = [Line(LedgerAccount.WALLET, -(care_cents + meal_cents), wallet_id)]
    if care_cents or not meal_cents:
        lines.append(Line(LedgerAccount.CARE, care_cents))
    if meal_cents:
        lines.append(Line(LedgerAccount.MEAL, meal_cents))
    return lines


class AtStake(NamedTuple):
    """A live, uncharged booking inside the horizon."""

    id: int
    household_id: int
    child_id: int
    opening_id: int
    slot_id: int
    day: date
    cents: int
    cancel_until: datetime


def removable(bookings: Iterable[AtStake], missing_cents: int, still_at: datetime) -> list[AtStake]:
    """What is removed until ``missing_cents`` are covered: the latest first, only what can still
    be cancelled at ``still_at``, nothing that costs nothing (B9)."""
    chosen: list[AtStake] = []
    for one in sorted(bookings, key=lambda one: (one.day, one.id), reverse=True):
        if missing_cents <= 0:
            break
        if one.cents > 0 and still_at < one.cancel_until:
            chosen.append(one)
            missing_cents -= one.cents
    return chosen


def shortest_horizon(lead_days: int, grace_hours: int) -> int:
    """Fewest days of horizon that leave time to warn, wait and remove (B6)."""
    return lead_days + -(-grace_hours // 24) + 1


@dataclass(frozen=True)
class Mails:
    """When a household was last told by the cover policy."""

    moments: Sequence[datetime | None]

    def told_on(self, now: datetime) -> bool:
        """Whether it was told on this day already: at most one such mail a day (B9)."""
        today = clock.paris(now).date()
        return any(one is not None and clock.paris(one).date() == today for one in self.moments)
