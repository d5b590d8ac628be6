"""What accounts keep for a while only: waiting registrations, links, typed names."""

from __future__ import annotations

from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.accounts.models import OneTimeLink, PendingRegistration, TypedName
from app.core import clock

KEPT_LINKS = timedelta(days=30)
KEPT_NAMES = timedelta(days=2)
"""Longer than the longest lock."""


def purge_accounts(session: Session, now: datetime) -> int:
    """Forget what has expired (A4: « nothing exists any more »); how many lines went."""
    statements = (
        sa.delete(PendingRegistration).where(PendingRegistration.expires_at <= now),
        sa.delete(OneTimeLink).where(OneTimeLink.expires_at <= now - KEPT_LINKS),
        sa.delete(TypedName).where(TypedName.seen_at <= clock.real_now() - KEPT_NAMES),
    )
    return sum(session.connection().execute(statement).rowcount for statement in statements)
