"""Business time and real time.

Business time is real time plus the offset that the supervisor wrote for ``PORTAIL_CLOCK``
(product.md §6); leases and rate limits use real time.
"""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from pathlib import Path
from zoneinfo import ZoneInfo

PARIS = ZoneInfo("Europe/Paris")
OFFSET_FILE = "clock.json"

_state_folder: Path | None = None


def configure(state_folder: Path | None) -> None:
    """Say where the offset file is; ``None`` means no offset."""
    global _state_folder
    _state_folder = state_folder


def real_now() -> datetime:
    """This instant, aware, UTC."""
    return datetime.now(UTC)


def now() -> datetime:
    """The instant that business rules see, aware, UTC."""
    return real_now() + _offset()


def today() -> date:
    """The day that business rules see, in Paris."""
    return paris(now()).date()


def paris(moment: datetime) -> datetime:
    """The same instant on the wall clock of the commune."""
    return moment.astimezone(PARIS)


def _offset() -> timedelta:
    if _state_folder is None:
        return timedelta(0)
    path = _state_folder / OFFSET_FILE
    try:
        stamp = path.stat().st_mtime_ns
    except FileNotFoundError:
        return timedelta(0)
    return _read_offset(path, stamp)


@lru_cache(maxsize=4)
def _read_offset(path: Path, stamp: int) -> timedelta:
    """Read once per version of the file: ``stamp`` is its time of change."""
    return timedelta(seconds=json.loads(path.read_text())["offset_seconds"])
