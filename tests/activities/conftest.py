"""What the tests of activities start from."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import time
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.activities import services
from app.activities.models import Activity, Category, OpeningPattern, Site, Slot
from app.core.actor import SYSTEM
from app.households.models import SchoolYear
from tests.factories import Factory


@dataclass
class Town:
    """A canteen open on school days at one site, in zone A, in 2026-2027; nothing generated yet."""

    year: SchoolYear
    site: Site
    canteen: Activity
    midi: Slot
    pattern: OpeningPattern


@pytest.fixture
def town(make: Factory, session: Session) -> Town:
    """See ``Town``; its calendar is loaded."""
    year, site = make.year(), make.site()
    canteen = make.activity("Restaurant scolaire", Category.MEAL)
    midi = make.slot(canteen, "Restaurant scolaire", "midi", (time(11, 30), time(13, 30)))
    pattern = make.add(
        OpeningPattern(
            slot_id=midi.id, site_id=site.id, school_year_id=year.id, weekdays="0134", capacity=90
        )
    )
    services.load_calendar(session, SYSTEM, year.id)
    return Town(year, site, canteen, midi, pattern)


@contextmanager
def count_statements(session: Session) -> Iterator[list[str]]:
    """The SQL sent meanwhile."""
    seen: list[str] = []

    def note(connection: Any, cursor: Any, statement: str, *more: Any) -> None:
        seen.append(statement)

    engine = session.get_bind()
    sa.event.listen(engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        sa.event.remove(engine, "before_cursor_execute", note)
