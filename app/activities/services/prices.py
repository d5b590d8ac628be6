"""Prices that change, and a new year made like the last one."""

from __future__ import annotations

from datetime import date

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.activities.models import OpeningPattern
from app.core import audit, hooks
from app.core.actor import Actor


def prices_changed(session: Session, actor: Actor, from_day: date) -> int:
    """A grid changed: uncharged bookings from that day on are repriced and told (§3.1)."""
    audit.record(session, actor, "prices_changed", "price_grid", None, from_day=str(from_day))
    return sum(handler(session, actor, None, from_day) for handler in hooks.prices_changed)


def copy_year(session: Session, actor: Actor, from_year_id: int, to_year_id: int) -> int:
    """Copy the opening patterns of a school year into another; how many were added."""
    there = set(
        session.execute(
            sa.select(
                OpeningPattern.slot_id, OpeningPattern.site_id, OpeningPattern.in_holidays
            ).where(OpeningPattern.school_year_id == to_year_id)
        ).tuples()
    )
    rows = [
        {
            "slot_id": pattern.slot_id,
            "site_id": pattern.site_id,
            "in_holidays": pattern.in_holidays,
            "weekdays": pattern.weekdays,
            "capacity": pattern.capacity,
            "school_year_id": to_year_id,
        }
        for pattern in session.scalars(
            sa.select(OpeningPattern).where(OpeningPattern.school_year_id == from_year_id)
        )
        if (pattern.slot_id, pattern.site_id, pattern.in_holidays) not in there
    ]
    if rows:
        session.execute(sa.insert(OpeningPattern), rows)
    audit.record(session, actor, "copy_year", "school_year", to_year_id, count=len(rows))
    return len(rows)
