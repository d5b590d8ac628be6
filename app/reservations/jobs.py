"""What runs outside the requests."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from app.reservations import cancelling


def holds(session: Session, now: datetime) -> str:
    """Job « holds »: release the places held for payments that did not come (B12)."""
    return f"{cancelling.release_holds(session, now)} released"
