"""The forecast of the balance: from bookings not charged yet, then at the usual pace."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

PACE_DAYS = 28
"""Days of past charges from which the usual pace is read: four of each weekday."""
HORIZON_DAYS = 60
"""The usual pace is not prolonged further than this after the last booking."""


@dataclass(frozen=True)
class Step:
    """The balance once the care of ``day`` is charged, in cents."""

    day: date
    cost_cents: int
    balance_cents: int


@dataclass(frozen=True)
class Forecast:
    """``booked``: one step per day with bookings; ``usual``: what would follow at the usual pace.

    ``covered_until``: last booked day that the account covers without a break, None when not even
    the first; ``missing_cents``: what the last bookings lack; ``empty_on``: the day on which the
    usual pace would take more than is left, None when it does not within the horizon.
    """

    today: date
    balance_cents: int
    booked: tuple[Step, ...]
    usual: tuple[Step, ...]
    covered_until: date | None
    missing_cents: int
    empty_on: date | None

    @property
    def last_day(self) -> date:
        """Where the drawing ends."""
        steps = self.usual or self.booked
        return max(steps[-1].day if steps else self.today, self.today + timedelta(days=7))


def forecast(
    today: date, balance_cents: int, costs: Mapping[date, int], past: Mapping[date, int]
) -> Forecast:
    """From ``costs`` (cents of uncharged bookings by day) and ``past`` (cents charged by day)."""
    booked = _steps(balance_cents, sorted(costs.items()))
    covered = [step.day for step in booked if step.balance_cents >= 0]
    end = booked[-1].balance_cents if booked else balance_cents
    first_free = max(booked[-1].day if booked else today, today) + timedelta(days=1)
    usual = _usual(first_free, end, pace(today, past)) if booked and end >= 0 else ()
    return Forecast(
        today=today,
        balance_cents=balance_cents,
        booked=booked,
        usual=usual,
        covered_until=covered[-1] if covered else None,
        missing_cents=max(-end, 0),
        empty_on=usual[-1].day if usual and usual[-1].balance_cents < 0 else None,
    )


def _steps(balance_cents: int, costs: list[tuple[date, int]]) -> tuple[Step, ...]:
    steps = []
    for day, cost in costs:
        balance_cents -= cost
        steps.append(Step(day, cost, balance_cents))
    return tuple(steps)


def pace(today: date, past: Mapping[date, int]) -> dict[int, int]:
    """Cents by weekday (0 is Monday) of an ordinary week, from the last ``PACE_DAYS`` days."""
    totals = dict.fromkeys(range(7), 0)
    for day, cents in past.items():
        if today - timedelta(days=PACE_DAYS) <= day < today:
            totals[day.weekday()] += cents
    return {weekday: round(total * 7 / PACE_DAYS) for weekday, total in totals.items()}


def _usual(first: date, balance_cents: int, by_weekday: Mapping[int, int]) -> tuple[Step, ...]:
    """Day after day at the usual pace, until it takes more than is left."""
    steps: list[Step] = []
    for offset in range(HORIZON_DAYS):
        day = first + timedelta(days=offset)
        cost = by_weekday[day.weekday()]
        if cost <= 0:
            continue
        balance_cents -= cost
        steps.append(Step(day, cost, balance_cents))
        if balance_cents < 0:
            break
    return tuple(steps)


@dataclass(frozen=True)
class Period:
    """What a statement covers: a civil year, or one of its months; ``years``: those offered."""

    year: int
    month: int | None
    years: tuple[int, ...]

    @property
    def first(self) -> date:
        return date(self.year, self.month or 1, 1)

    @property
    def last(self) -> date:
        month = self.month or 12
        return date(self.year + month // 12, month % 12 + 1, 1) - timedelta(days=1)

    @property
    def months(self) -> list[date]:
        return [date(self.year, month, 1) for month in range(1, 13)]
