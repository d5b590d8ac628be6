"""Booking and cancelling: the verbs. Each locks, decides again, writes sets, and tells (§5.1).

Callers commit. Order of the locks: docs/locking.md. Agents' and the portal's own verbs are in
``cancelling.py`` and ``repricing.py``.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.core import audit
from app.core.actor import Actor
from app.core.errors import NotFound
from app.reservations import notices, writing
from app.reservations.cancelling import agent_cancel as agent_cancel
from app.reservations.cancelling import cancel_for_system as cancel_for_system
from app.reservations.errors import CannotBook as CannotBook
from app.reservations.errors import CannotSave as CannotSave
from app.reservations.errors import NegativeBalance as NegativeBalance
from app.reservations.errors import NotEnoughMoney as NotEnoughMoney
from app.reservations.errors import PlanChanged as PlanChanged
from app.reservations.errors import ReasonMissing as ReasonMissing
from app.reservations.models import BookingChange
from app.reservations.models import ChangeOrigin as ChangeOrigin
from app.reservations.plan import GroupRequest as GroupRequest
from app.reservations.plan import LeftOut as LeftOut
from app.reservations.plan import Plan as Plan
from app.reservations.plan import PlannedLine as PlannedLine
from app.reservations.plan import Report as Report
from app.reservations.plan import Wish as Wish
from app.reservations.planning import Asked as Asked
from app.reservations.planning import Terms, make_plan
from app.reservations.rules import Refused as Refused


def plan_wishes(session: Session, household_id: int, wishes: Sequence[Wish], now: datetime) -> Plan:
    """What saving these ticks would do (month page). Writes and locks nothing.

    A tick that is already so is silently nothing; NotFound for a child or opening of nobody here.
    """
    return make_plan(session, wishes, Terms(household_id, now))


def plan_group(session: Session, household_id: int, group: GroupRequest, now: datetime) -> Plan:
    """What saving a grouped entry would do (B5). Writes and locks nothing.

    What is booked already is left out with ALREADY_BOOKED; when removing, only what is booked
    counts. NotFound for a child of nobody here, TooMuchAsked.
    """
    return make_plan(session, group, Terms(household_id, now, silent=False))


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
    of ``fingerprint``. NegativeBalance (B8), NotEnoughMoney (B6). All four carry the plan; the
    caller rolls back. The same ``form_token`` again: the first report, nothing written.
    """
    change_id = writing.begin_change(
        session, actor, household_id, origin, now, form_token=form_token
    )
    if change_id is None:
        return _first_report(session, household_id, form_token)
    grouped = isinstance(asked, GroupRequest)
    plan = make_plan(session, asked, Terms(household_id, now, silent=not grouped), lock=True)
    if grouped:
        if plan.fingerprint != fingerprint:
            raise PlanChanged(plan)
    elif plan.left_out:
        raise CannotSave(plan)
    return _carry_out(session, household_id, plan, change_id, now)


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
    """An agent books for a family: deadlines ignored, capacity and money not (§3.2, §3.4).

    Raises like ``save`` (CannotBook says why), and ReasonMissing.
    """
    if not reason.strip():
        raise ReasonMissing
    change_id = writing.begin_change(
        session,
        actor,
        household_id,
        ChangeOrigin.AGENT,
        now,
        form_token=form_token,
        reason=reason.strip(),
    )
    if change_id is None:
        return _first_report(session, household_id, form_token)
    plan = make_plan(session, wishes, Terms(household_id, now, ignore_deadline=True), lock=True)
    if plan.left_out:
        raise CannotBook(plan)
    report = _carry_out(session, household_id, plan, change_id, now, agent_reason=reason.strip())
    audit.record(
        session,
        actor,
        "book",
        "booking_change",
        change_id,
        household_id,
        added=report.added,
        removed=report.removed,
        reason=reason.strip(),
    )
    return report


def _carry_out(
    session: Session,
    household_id: int,
    plan: Plan,
    change_id: int,
    now: datetime,
    agent_reason: str | None = None,
) -> Report:
    """Write the plan if the money allows it, and tell."""
    _check_money(plan)
    report = Report(change_id, len(plan.adds), len(plan.removes), plan.left_out)
    if not plan.is_empty:
        writing.write_plan(session, household_id, plan, change_id, now)
        notices.saved(
            session,
            household_id,
            change_id,
            plan,
            by_agent=agent_reason is not None,
            reason=agent_reason or "",
        )
    writing.finish_change(session, change_id, report.added, report.removed, report.left_out)
    return report


def _check_money(plan: Plan) -> None:
    if plan.negative:
        raise NegativeBalance(
            plan, balance_cents=plan.balance_cents, missing_cents=plan.missing_cents
        )
    if plan.missing_cents:
        raise NotEnoughMoney(plan, missing_cents=plan.missing_cents)


def _first_report(session: Session, household_id: int, form_token: str | None) -> Report:
    """What the first copy of this form did (§5.4). NotFound when it is another household's."""
    change = session.scalars(
        sa.select(BookingChange)
        .where(BookingChange.form_token == form_token)
        .execution_options(populate_existing=True)
    ).one()
    if change.household_id != household_id:
        raise NotFound
    return Report(change.id, change.added, change.removed, left_out_of(change), repeated=True)


def left_out_of(change: BookingChange) -> tuple[LeftOut, ...]:
    """What a save left out, as it was written down then."""
    return tuple(
        LeftOut(child_id, opening_id, slot_id, date.fromisoformat(day), Refused(reason))
        for child_id, opening_id, slot_id, day, reason in change.report.get("left_out", ())
    )
