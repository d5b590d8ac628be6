"""The drawing of a forecast as plain figures: percentages across, pixels down.

Percentages let the same SVG keep its text and strokes at their size on every width, without any
style attribute.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from app.statements.rules import Forecast, Step

TOP, BOTTOM = 16, 156
"""Pixels of the highest and of the zero line."""
NEAR = 45
"""Per cent of the width under which two labels would touch on a telephone."""
NICE_CENTS = (1_000, 2_000, 5_000, 10_000, 20_000, 50_000, 100_000, 200_000)


@dataclass(frozen=True)
class Tread:
    """A flat piece of the line (``x1`` to ``x2`` at ``y``) and the riser at its end, to ``y2``."""

    x1: float
    x2: float
    y: float
    y2: float


@dataclass(frozen=True)
class Mark:
    """A date under the drawing or an amount beside it."""

    at: float
    day: date | None = None
    cents: int = 0
    minor: bool = False


@dataclass(frozen=True)
class Chart:
    """What the template draws. ``end``: where the bookings end; ``empty``: where the usual pace
    reaches nothing (x, y)."""

    booked: tuple[Tread, ...]
    usual: tuple[Tread, ...]
    days: tuple[Mark, ...]
    amounts: tuple[Mark, ...]
    end: tuple[float, float]
    end_cents: int
    empty: tuple[float, float] | None
    bottom: int = BOTTOM

    @property
    def end_label(self) -> float:
        """Baseline of the amount where the bookings end; higher when « vide » stands close by."""
        near = self.empty is not None and self.empty[0] - self.end[0] < NEAR
        return min(self.end[1] - 10, BOTTOM - 50) if near else self.end[1] - 10


def draw(forecast: Forecast) -> Chart:
    """Lay the forecast out."""
    scale = _Scale(forecast)
    booked = scale.treads(forecast.today, forecast.balance_cents, forecast.booked)
    start = (
        forecast.booked[-1] if forecast.booked else Step(forecast.today, 0, forecast.balance_cents)
    )
    usual = scale.treads(start.day, start.balance_cents, forecast.usual)
    return Chart(
        booked=booked,
        usual=usual,
        days=scale.days(),
        amounts=scale.amounts(),
        end=(scale.x(start.day), scale.y(start.balance_cents)),
        end_cents=start.balance_cents,
        empty=(scale.x(forecast.empty_on), float(BOTTOM)) if forecast.empty_on else None,
    )


class _Scale:
    def __init__(self, forecast: Forecast) -> None:
        self.first = forecast.today
        self.span = (forecast.last_day - forecast.today).days + 2
        self.top = max(forecast.balance_cents, 100)

    def x(self, day: date) -> float:
        """Per cent from the left; the bookings of a day fall at its end."""
        return round(100 * ((day - self.first).days + 1) / self.span, 2)

    def y(self, cents: int) -> float:
        """Pixels from the top; what is below nothing is drawn at nothing."""
        return round(BOTTOM - (BOTTOM - TOP) * max(cents, 0) / self.top, 1)

    def treads(self, start: date, cents: int, steps: tuple[Step, ...]) -> tuple[Tread, ...]:
        treads = []
        x = self.x(start) if start != self.first else 0.0
        for step in steps:
            x2 = self.x(step.day)
            treads.append(Tread(x, x2, self.y(cents), self.y(step.balance_cents)))
            x, cents = x2, step.balance_cents
        return tuple(treads)

    def days(self) -> tuple[Mark, ...]:
        """Today, then Mondays, five at most; every other one is left out on a telephone."""
        monday = self.first + timedelta(days=7 - self.first.weekday())
        if (monday - self.first).days < 4:
            monday += timedelta(days=7)
        weeks = max(1, -(-self.span // 35))
        last = self.first + timedelta(days=self.span - 3)
        days = [self.first]
        while monday <= last:
            days.append(monday)
            monday += timedelta(days=7 * weeks)
        return tuple(
            Mark(0.0 if index == 0 else self.x(day - timedelta(days=1)), day, minor=index % 2 == 1)
            for index, day in enumerate(days)
        )

    def amounts(self) -> tuple[Mark, ...]:
        """Round amounts, three or four lines."""
        step = next((nice for nice in NICE_CENTS if self.top / nice <= 4), NICE_CENTS[-1])
        return tuple(Mark(self.y(cents), cents=cents) for cents in range(0, self.top + 1, step))
