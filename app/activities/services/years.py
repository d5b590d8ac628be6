"""A new school year made from the one before."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.activities import queries
from app.activities.errors import NothingToCopy
from app.activities.models import OpeningPattern
from app.activities.services.prices import copy_grids
from app.core import audit
from app.core.actor import Actor

COPIED = ("slot_id", "site_id", "weekdays", "in_holidays", "capacity")


@dataclass(frozen=True)
class Copied:
    """What copying a year added."""

    patterns: int
    grids: int


def copy_year(
    session: Session, actor: Actor, from_year_id: int, to_year_id: int, *, with_prices: bool = False
) -> Copied:
    """Copy the opening patterns of a year into another, and its prices from the first day on.

    What the other year has already is left as it is: run twice, the second run does nothing.
    Raises NotFound, NothingToCopy.
    """
    source = queries.school_year(session, from_year_id)
    target = queries.school_year(session, to_year_id)
    rows = _patterns(session, source.id)
    if not rows:
        raise NothingToCopy(year=source.label)
    there = {_place(row) for row in _patterns(session, target.id)}
    added = [row | {"school_year_id": target.id} for row in rows if _place(row) not in there]
    if added:
        session.execute(sa.insert(OpeningPattern), added)
    grids = copy_grids(session, actor, target.starts_on) if with_prices else 0
    audit.record(
        session, actor, "copy_year", "school_year", target.id, patterns=len(added), grids=grids
    )
    return Copied(len(added), grids)


def _patterns(session: Session, school_year_id: int) -> list[dict[str, Any]]:
    columns = [getattr(OpeningPattern, name) for name in COPIED]
    found = session.execute(
        sa.select(*columns).where(OpeningPattern.school_year_id == school_year_id)
    )
    return [dict(row._mapping) for row in found]


def _place(row: dict[str, Any]) -> tuple[Any, ...]:
    return row["slot_id"], row["site_id"], row["in_holidays"]
