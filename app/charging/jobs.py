"""What runs at night. Each does « all that is due until now » and may run twice (§5.6)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from sqlalchemy.orm import Session

from app.charging import coverage, services


def charge(session: Session, now: datetime, *, commit: Callable[[], object]) -> str:
    """Job « charge »: debit what was consumed before today (B7)."""
    night = services.charge_due(session, now, commit=commit)
    return f"{night.charged} charged, {night.without_price} without price"


def cover(session: Session, now: datetime, *, commit: Callable[[], object]) -> str:
    """Job « cover »: warn of, then remove, what prepaid accounts cannot cover (B9)."""
    return coverage.review(session, now, commit=commit)
