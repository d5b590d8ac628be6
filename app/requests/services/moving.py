"""The one way from a status to the next, under the lock of the request."""

from __future__ import annotations

import logging
from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload

from app.core import clock
from app.core.actor import SYSTEM, Actor
from app.core.errors import NotFound, Refusal
from app.core.text import N_
from app.households import queries as households
from app.requests import queries, rules
from app.requests.definition import Once
from app.requests.effects import EFFECTS
from app.requests.errors import MovedOn, TiedNoMore
from app.requests.models import Request, RequestMove, Status
from app.requests.rules import Action, Who

TECHNICAL = N_("technical problem")
"""The reason of a refusal by the portal (D2), kept in English and said in the reader's language."""
LIVES_ON = frozenset({Once.CHILD_YEAR})
"""« Once » that a closed request still holds; the others hold while the request is in progress."""

log = logging.getLogger(__name__)


def locked(session: Session, request_id: int) -> Request:
    """The request, locked, as it is now. Raises NotFound."""
    request = session.scalar(
        sa.select(Request)
        .options(joinedload(Request.procedure, innerjoin=True))
        .options(joinedload(Request.version, innerjoin=True))
        .where(Request.id == request_id)
        .with_for_update(of=Request)
        .execution_options(populate_existing=True)
    )
    if request is None:
        raise NotFound
    return request


def advance(
    session: Session, actor: Actor, request: Request, who: Who, action: Action, *, now: datetime
) -> None:
    """Move a locked request along ``rules.MOVES`` and write the move. Raises MovedOn."""
    status = rules.next_status(request.status, who, action)
    if status is None:
        raise MovedOn
    session.add(
        RequestMove(
            request_id=request.id,
            at=now,
            actor_id=actor.account_id if who is not Who.PORTAL else None,
            from_status=request.status,
            to_status=status,
        )
    )
    request.status = status
    request.edition += 1
    request.changed_at = now
    if action is Action.TAKE:
        request.taken_at, request.taken_by = now, actor.account_id if who is Who.AGENT else None
    if status not in rules.IN_PROGRESS:
        _decide(request, actor, who, now)
    session.flush()


def _decide(request: Request, actor: Actor, who: Who, now: datetime) -> None:
    """A request that is past is awaited no more, and frees its « once » unless done for the year."""
    request.due_on = None
    if who is not Who.FAMILY:
        request.decided_at = now
        request.decided_by = actor.account_id if who is Who.AGENT else None
    if not _stays_done(request):
        request.once_key = None


def _stays_done(request: Request) -> bool:
    definition = queries.definition_of(request)
    effect = EFFECTS.get(definition.effect)
    if effect is not None and effect.repeats:
        return False
    return definition.once in LIVES_ON and request.status is Status.CLOSED


def refuse_unanswered(session: Session, request_id: int, *, now: datetime) -> None:
    """The portal refuses what nobody will answer any more: its household is gone. Tells nobody."""
    request = locked(session, request_id)
    if request.status is Status.PENDING:
        advance(session, SYSTEM, request, Who.PORTAL, Action.TAKE, now=now)
    advance(session, SYSTEM, request, Who.PORTAL, Action.REFUSE, now=now)


def close_with_effect(
    session: Session, actor: Actor, request: Request, who: Who, *, now: datetime
) -> None:
    """« Clos », its effect in the same transaction.

    A named refusal of the effect leaves the request as it was; any other failure undoes what the
    effect wrote and the portal refuses the request for a technical problem (D2).
    """
    if rules.next_status(request.status, who, Action.CLOSE) is None:
        raise MovedOn
    name = queries.definition_of(request).effect
    if name:
        _check_tie(session, request, clock.paris(now).date())
    if name and not _applied(session, actor, request, name, now):
        request.reason = TECHNICAL
        advance(session, actor, request, Who.PORTAL, Action.REFUSE, now=now)
        return
    advance(session, actor, request, who, Action.CLOSE, now=now)


def _check_tie(session: Session, request: Request, day: date) -> None:
    """Nothing is done for a child on the word of who may no longer see it (§3.5). TiedNoMore."""
    child_id = request.child_id
    if child_id is None:
        return
    if request.household_id not in households.households_of(session, [child_id], day)[child_id]:
        raise TiedNoMore


def _applied(session: Session, actor: Actor, request: Request, name: str, now: datetime) -> bool:
    case = queries.case_of(request)
    try:
        with session.begin_nested():
            EFFECTS[name].apply(session, actor, case, now)
            session.flush()
    except Refusal:
        raise
    except Exception:  # whatever an effect raises, the family must get an answer (D2)
        log.exception("effect %s of request %s failed", name, request.id)
        session.refresh(request)
        return False
    return True
