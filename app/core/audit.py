"""The trail: who did what to which row, and when (product.md §5)."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.core import clock
from app.core.actor import Actor
from app.core.db import table_of
from app.core.models import AuditEvent


def record(
    session: Session,
    actor: Actor,
    verb: str,
    subject: str,
    subject_id: int | None,
    household_id: int | None = None,
    **details: Any,
) -> None:
    """Add a line to the trail, in the transaction of what it tells.

    ``verb`` and ``subject`` are code words (« lift_restriction », « guardianship »); ``details``
    hold ids and values that explain, JSON-ready, never health data nor a secret.
    """
    session.add(
        AuditEvent(
            at=clock.now(),
            actor_id=actor.account_id,
            verb=verb,
            subject=subject,
            subject_id=subject_id,
            household_id=household_id,
            details=details,
        )
    )


def record_many(
    session: Session,
    actor: Actor,
    verb: str,
    subject: str,
    household_ids: Collection[int],
    **details: Any,
) -> None:
    """One such line for each household, in one statement."""
    lines = [
        {
            "at": clock.now(),
            "actor_id": actor.account_id,
            "verb": verb,
            "subject": subject,
            "household_id": household_id,
            "details": details,
        }
        for household_id in sorted(household_ids)
    ]
    if lines:
        session.execute(sa.insert(table_of(AuditEvent)), lines)
