"""Price grids and their bands (§3.1, §3.11)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.activities import queries
from app.activities.errors import NoBand
from app.activities.models import PriceBand, PriceGrid
from app.activities.rules import BandFacts, above_cost, checked_bands, unpriced
from app.core import audit, hooks
from app.core.actor import Actor
from app.core.errors import NotFound
from app.households.rules import PriceFacts

NEW = 0
"""``BandFacts.id`` of a band to add."""


@dataclass(frozen=True)
class Saved:
    """What saving a grid did, and what the agent should look at again."""

    repriced: int
    above_cost: list[BandFacts] = field(default_factory=list)
    unpriced: list[PriceFacts] = field(default_factory=list)


def save_bands(
    session: Session,
    actor: Actor,
    grid_id: int,
    bands: Sequence[BandFacts],
    cost_cents: int | None = None,
) -> Saved:
    """Make ``bands`` the bands of a grid, at once; uncharged bookings are repriced and told (§3.1).

    A band of the grid that is not given any more is for nobody from now on; it stays because
    charges name it. Raises NotFound, NoBand, BadBand, BandsOverlap.
    """
    grid = session.get(PriceGrid, grid_id, with_for_update=True)
    if grid is None:
        raise NotFound
    if not bands:
        raise NoBand
    checked_bands(bands)
    grid.cost_cents = cost_cents
    _write(session, grid_id, bands)
    audit.record(session, actor, "save_bands", "price_grid", grid_id, bands=len(bands))
    repriced = prices_changed(session, actor, grid.valid_from)
    return Saved(repriced, above_cost(bands, cost_cents), unpriced(bands))


def prices_changed(session: Session, actor: Actor, from_day: date) -> int:
    """Reprice what is uncharged from a day on (§3.1). How many bookings changed price."""
    return sum(handler(session, actor, None, from_day) for handler in hooks.prices_changed)


def _write(session: Session, grid_id: int, bands: Sequence[BandFacts]) -> None:
    known = {
        band.id: band
        for band in session.scalars(sa.select(PriceBand).where(PriceBand.grid_id == grid_id))
    }
    for facts in bands:
        if facts.id == NEW:
            session.add(PriceBand(grid_id=grid_id, **_values(facts)))
        elif facts.id in known:
            _put(known.pop(facts.id), facts)
        else:
            raise NotFound
    for band in known.values():
        band.quotient_to = band.quotient_from
    session.flush()


def _put(band: PriceBand, facts: BandFacts) -> None:
    for name, value in _values(facts).items():
        setattr(band, name, value)


def _values(facts: BandFacts) -> dict[str, object]:
    return {name: value for name, value in facts._asdict().items() if name != "id"}


def copy_grids(session: Session, actor: Actor, valid_from: date) -> int:
    """Copy the grid in force the day before into one that begins on ``valid_from``, for each slot
    that has none beginning that day. How many. Prices are the same until an agent changes them.
    """
    there = set(
        session.scalars(sa.select(PriceGrid.slot_id).where(PriceGrid.valid_from == valid_from))
    )
    grids = queries.latest_grids(session, valid_from)
    costs = {
        row.id: row.cost_cents
        for row in session.execute(sa.select(PriceGrid.id, PriceGrid.cost_cents))
    }
    copied = 0
    for slot_id, grid in sorted(grids.items()):
        if slot_id in there:
            continue
        bands = [PriceBand(**_values(band)) for band in grid.bands]
        session.add(
            PriceGrid(
                slot_id=slot_id, valid_from=valid_from, cost_cents=costs[grid.id], bands=bands
            )
        )
        copied += 1
    session.flush()
    return copied
