"""Booking and cancelling: the verbs. Each locks, decides again, writes sets, and tells (§5.1).

Callers commit. Order of the locks: docs/locking.md.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from app.core.actor import Actor
from app.reservations.errors import CannotSave as CannotSave
from app.reservations.errors import NegativeBalance as NegativeBalance
from app.reservations.errors import NotEnoughMoney as NotEnoughMoney
from app.reservations.errors import PlanChanged as PlanChanged
from app.reservations.models import ChangeOrigin as ChangeOrigin
from app.reservations.plan import GroupRequest as GroupRequest
from app.reservations.plan import LeftOut as LeftOut
from app.reservations.plan import Plan as Plan
from app.reservations.plan import PlannedLine as PlannedLine
from app.reservations.plan import Report as Report
from app.reservations.plan import Wish as Wish
from app.reservations.rules import Refused as Refused

Asked = Sequence[Wish] | GroupRequest


def plan_wishes(session: Session, household_id: int, wishes: Sequence[Wish], now: datetime) -> Plan:
    """What saving these ticks would do (month page). Writes and locks nothing.

    A tick that is already so is silently nothing; NotFound for a child or opening of nobody here.
    """
    raise NotImplementedError


def plan_group(session: Session, household_id: int, group: GroupRequest, now: datetime) -> Plan:
    """What saving a grouped entry would do (B5). Writes and locks nothing."""
    raise NotImplementedError


def save(
    session: Session,
    actor: Actor,
    household_id: int,
    asked: Asked,
    *,
    now: datetime,
    form_token: str | None,
    origin: ChangeOrigin,
    fingerprint: str | None = None,
) -> Report:
    """Save a month's ticks or a grouped entry, whole or not at all.

    Month: CannotSave when anything is left out. Grouped: PlanChanged when the plan is not the one
    of ``fingerprint``. NotEnoughMoney (B6), NegativeBalance (B8): each carries the plan. The same
    ``form_token`` again: the first report, nothing written.
    """
    raise NotImplementedError


def agent_book(
    session: Session,
    actor: Actor,
    household_id: int,
    wishes: Sequence[Wish],
    *,
    reason: str,
    now: datetime,
    form_token: str | None = None,
) -> Report:
    """An agent books for a family: deadlines ignored, capacity and money not (§3.2, §3.4)."""
    raise NotImplementedError


def agent_cancel(
    session: Session, actor: Actor, booking_ids: Collection[int], *, reason: str, now: datetime
) -> int:
    """An agent cancels at any time; what is charged is reversed (§3.2). How many were cancelled."""
    raise NotImplementedError


def cancel_for_system(
    session: Session,
    actor: Actor,
    *,
    booking_ids: Collection[int] = (),
    opening_ids: Collection[int] = (),
    origin: ChangeOrigin,
    reason: str,
    now: datetime,
) -> int:
    """Cancel bookings, or all those of openings, whoever made them; told to the families."""
    raise NotImplementedError
