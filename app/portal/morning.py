"""Today's places by slot and site, and what is going to be full: two statements."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.activities.models import Opening, Site, Slot

AHEAD = timedelta(days=14)
FULL_PERCENT = 90
MOST_SHOWN = 8


@dataclass(frozen=True)
class Place:
    """One opening: how many are booked out of how many; ``closed``: why it is not open."""

    taken: int
    capacity: int
    is_closed: bool = False

    @property
    def is_full(self) -> bool:
        """Nobody can be added."""
        return not self.is_closed and self.taken >= self.capacity


@dataclass(frozen=True)
class Places:
    """A day: sites across, slots down; a slot that a site does not have is not in ``cells``."""

    sites: Sequence[str]
    slots: Sequence[str]
    cells: Mapping[tuple[str, str], Place]

    def total(self, slot: str) -> int:
        """Booked on this slot, every site together."""
        return sum(one.taken for (_, name), one in self.cells.items() if name == slot)


@dataclass(frozen=True)
class NearlyFull:
    """An opening to come that has few places left."""

    id: int
    day: date
    slot: str
    site: str
    taken: int
    capacity: int


def places(session: Session, day: date) -> Places:
    """What is booked on ``day``."""
    found = session.execute(
        sa.select(Site.name, Slot.name, Opening.taken, Opening.capacity, Opening.closed_at)
        .join(Opening.site)
        .join(Opening.slot)
        .where(Opening.day == day)
        .order_by(Slot.starts_at, Slot.name, Site.name)
    ).all()
    return Places(
        sites=sorted({row[0] for row in found}),
        slots=list(dict.fromkeys(row[1] for row in found)),
        cells={
            (site, slot): Place(taken, capacity, closed_at is not None)
            for site, slot, taken, capacity, closed_at in found
        },
    )


def nearly_full(session: Session, day: date) -> list[NearlyFull]:
    """The next openings where nine places of ten are taken, the soonest first."""
    found = session.execute(
        sa.select(Opening.id, Opening.day, Slot.name, Site.name, Opening.taken, Opening.capacity)
        .join(Opening.site)
        .join(Opening.slot)
        .where(
            Opening.day > day,
            Opening.day <= day + AHEAD,
            Opening.closed_at.is_(None),
            Opening.capacity > 0,
            Opening.taken * 100 >= Opening.capacity * FULL_PERCENT,
        )
        .order_by(Opening.day, Slot.starts_at, Site.name)
        .limit(MOST_SHOWN)
    )
    return [NearlyFull(*row) for row in found]
