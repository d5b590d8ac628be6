"""Jobs of these tests. What they do is seen in the table of settings."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from sqlalchemy.orm import Session

from app.core.models import Setting


def count(session: Session, now: datetime, *ids: int) -> int:
    """Add one for each run, and remember when and with which ids."""
    row = session.merge(Setting(key="sample"))
    row.value = {"runs": (row.value or {}).get("runs", 0) + 1, "ids": list(ids)}
    return int(row.value["runs"])


def fail(session: Session, now: datetime) -> None:
    session.add(Setting(key="half", value="done"))
    session.flush()
    raise RuntimeError("out of paper")


def in_batches(session: Session, now: datetime, commit: Callable[[], None]) -> None:
    """Two batches, and an accident in the second."""
    session.add(Setting(key="first batch", value=1))
    commit()
    session.add(Setting(key="second batch", value=2))
    session.flush()
    raise RuntimeError("power cut")


def slow_once(session: Session, now: datetime) -> str:
    """The first run hangs until it is killed, the second ends; both leave a trace."""
    trace = Path(os.environ["PORTAIL_TEST_TRACE"])
    first = not trace.exists()
    with trace.open("a") as file:
        file.write(f"{os.getpid()}\n")
    if first:
        time.sleep(60)
    return "second"
