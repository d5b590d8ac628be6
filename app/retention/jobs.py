"""The night's purge: all that is due until now, warned first; a second run does nothing."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from app.accounts.purge import purge_accounts
from app.retention import households
from app.retention.policies import POLICIES, Policy

BATCH = 5_000
"""Rows erased by one transaction: other writers pass between two."""


def purge(session: Session, now: datetime, commit: Callable[[], Any]) -> dict[str, int]:
    """Erase what each policy says; how many rows of each kind went."""
    erased = {"links": purge_accounts(session, now)}
    commit()
    for policy in POLICIES:
        erased[policy.name] = _erase_all(session, policy, now, commit)
    erased["warned"] = households.warn(session, now)
    commit()
    erased["households"] = households.erase(session, households.due_households(session, now), now)
    commit()
    return {name: count for name, count in erased.items() if count}


def _erase_all(session: Session, policy: Policy, now: datetime, commit: Callable[[], Any]) -> int:
    total = 0
    while ids := session.scalars(policy.due(session, now).limit(BATCH)).all():
        policy.erase(session, ids)
        commit()
        total += len(ids)
    return total
