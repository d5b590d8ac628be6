"""Reads of calendars and prices; constant numbers of statements."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.activities.errors import NoPrice
from app.activities.models import CalendarPeriod, PeriodKind, PriceBand, PriceGrid, Slot
from app.activities.rules import BandFacts, Calendar, Days, pick_band
from app.households.rules import PriceFacts

LEAD = timedelta(days=60)
"""Deadlines look this far back for working days."""


@dataclass(frozen=True)
class Price:
    """What one child pays for one slot on one day, in cents, and by which band."""

    care_cents: int
    meal_cents: int
    band_id: int
    band_name: str
    grid_id: int

    @property
    def total(self) -> int:
        return self.care_cents + self.meal_cents


@dataclass(frozen=True)
class Grid:
    """A dated price grid of one slot."""

    id: int
    valid_from: date
    bands: Sequence[BandFacts]


@dataclass
class PriceBook:
    """Every grid of some slots, ready to answer for any day without another statement."""

    grids: Mapping[int, Sequence[Grid]]
    """Slot id → grids, the oldest first."""
    names: Mapping[int, str]
    _known: dict[tuple[int, PriceFacts], Price | None] = field(default_factory=dict)

    def price(self, slot_id: int, day: date, facts: PriceFacts) -> Price:
        """The price by the grid in force on ``day``. NoPrice when there is none."""
        grids = self.grids.get(slot_id, ())
        place = bisect_right(grids, day, key=lambda grid: grid.valid_from)
        found = self._of(grids[place - 1], facts) if place else None
        if found is None:
            raise NoPrice(slot=self.names.get(slot_id, ""), day=day)
        return found

    def _of(self, grid: Grid, facts: PriceFacts) -> Price | None:
        key = (grid.id, facts)
        if key not in self._known:
            band = pick_band(grid.bands, facts)
            self._known[key] = band and Price(
                band.care_cents, band.meal_cents, band.id, band.name, grid.id
            )
        return self._known[key]


def price_book(session: Session, slot_ids: Collection[int], first: date, last: date) -> PriceBook:
    """The prices of these slots for days from ``first`` to ``last``, in one statement."""
    found = session.execute(
        sa.select(
            Slot.id,
            Slot.name,
            PriceGrid.id,
            PriceGrid.valid_from,
            PriceBand.id,
            PriceBand.name,
            PriceBand.quotient_from,
            PriceBand.quotient_to,
            PriceBand.resident,
            PriceBand.sibling_rank,
            PriceBand.care_cents,
            PriceBand.meal_cents,
        )
        .join(PriceGrid, PriceGrid.slot_id == Slot.id)
        .join(PriceBand, PriceBand.grid_id == PriceGrid.id)
        .where(Slot.id.in_(slot_ids), PriceGrid.valid_from <= last)
        .order_by(Slot.id, PriceGrid.valid_from, PriceBand.id)
    )
    grids: dict[int, dict[int, Grid]] = {}
    names: dict[int, str] = {}
    for slot_id, name, grid_id, valid_from, *band in found:
        names[slot_id] = name
        grid = grids.setdefault(slot_id, {}).setdefault(grid_id, Grid(grid_id, valid_from, []))
        grid.bands.append(BandFacts(*band))  # type: ignore[attr-defined]
    return PriceBook({slot: list(by_id.values()) for slot, by_id in grids.items()}, names)


def calendar(session: Session, first: date, last: date) -> Calendar:
    """The periods that matter for openings from ``first`` to ``last`` and their deadlines."""
    periods = session.scalars(
        sa.select(CalendarPeriod).where(
            CalendarPeriod.starts_on <= last, CalendarPeriod.ends_on >= first - LEAD
        )
    ).all()

    def days(kind: PeriodKind) -> tuple[Days, ...]:
        return tuple(
            Days(period.starts_on, period.ends_on, period.name)
            for period in periods
            if period.kind is kind
        )

    return Calendar(
        school_holidays=days(PeriodKind.SCHOOL_HOLIDAY),
        public_holidays=days(PeriodKind.PUBLIC_HOLIDAY),
        office_closed=days(PeriodKind.OFFICE_CLOSED),
        closures=tuple(
            (Days(period.starts_on, period.ends_on, period.name), period.site_id)
            for period in periods
            if period.kind is PeriodKind.CLOSURE
        ),
    )
