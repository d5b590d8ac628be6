"""Charges: what a consumed booking cost (B7), and their correction by reversal (§5.2)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from sqlalchemy.orm import Session

from app.charging.models import Charge
from app.core.actor import Actor


def charge_due(
    session: Session, now: datetime, *, commit: Callable[[], None], batch: int = 5_000
) -> int:
    """Charge every live booking of a day before today; each batch is committed. How many."""
    raise NotImplementedError


def reverse_charge(
    session: Session, actor: Actor, charge_id: int, *, reason: str, now: datetime
) -> Charge:
    """Give back what a charge took, by a second charge with opposite amounts."""
    raise NotImplementedError
