"""What an agent does: take, close, refuse, ask for a document."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from app.core.actor import Actor
from app.core.audit import record
from app.core.errors import Forbidden, NotFound, Refusal
from app.documents import services as documents
from app.documents.errors import NeedsType
from app.documents.services import HEALTH
from app.households.models import HealthReading
from app.requests import notices, queries
from app.requests.effects import EFFECTS
from app.requests.errors import EffectBroke, MovedOn, NeedsReason, NotSafe
from app.requests.models import Request, Status
from app.requests.rules import Action, Who
from app.requests.services.moving import advance, close_with_effect, locked

Outcome = tuple[list[int], dict[int, Refusal]]
"""(ids that it was done to, id → why not)."""


def take(session: Session, actor: Actor, request_id: int, *, now: datetime) -> Request:
    """« Traitement »: locked for the family from now on."""
    request = _for_agent(session, actor, request_id)
    advance(session, actor, request, Who.AGENT, Action.TAKE, now=now)
    _record(session, actor, request, "take")
    notices.moved(session, request)
    return request


def close(session: Session, actor: Actor, request_id: int, *, now: datetime) -> Request:
    """« Clos » with its effect; refused for « problème technique » when the effect broke.

    Raises MovedOn, and the effect's own named refusal: then nothing has changed.
    """
    request = _for_agent(session, actor, request_id)
    close_with_effect(session, actor, request, Who.AGENT, now=now)
    _record(session, actor, request, "close")
    notices.moved(session, request)
    return request


def take_many(
    session: Session, actor: Actor, request_ids: Sequence[int], *, now: datetime
) -> Outcome:
    """Take each of them; those that have moved on meanwhile are said."""
    return _each(session, request_ids, lambda one: take(session, actor, one, now=now))


def close_many(
    session: Session, actor: Actor, request_ids: Sequence[int], *, now: datetime
) -> Outcome:
    """Close each of them, taken first if it was waiting, where closing needs no look at it.

    Refused with NotSafe: a démarche whose effect is not marked as safe.
    """

    def close_one(request_id: int) -> Refusal | None:
        request = _for_agent(session, actor, request_id)
        if not _is_safe(request):
            raise NotSafe
        if request.status is Status.PENDING:
            advance(session, actor, request, Who.AGENT, Action.TAKE, now=now)
        close(session, actor, request_id, now=now)
        return EffectBroke() if request.status is Status.REFUSED else None

    return _each(session, request_ids, close_one)


def _each(session: Session, request_ids: Sequence[int], verb: Callable[[int], object]) -> Outcome:
    """Each on its own savepoint, in the order of the locks.

    ``verb`` raises a refusal that undoes it, or returns one of something that happened all the same.
    """
    done: list[int] = []
    refused: dict[int, Refusal] = {}
    for request_id in sorted(set(request_ids)):
        try:
            with session.begin_nested():
                result = verb(request_id)
        except Refusal as error:
            result = error
        if isinstance(result, Refusal):
            refused[request_id] = result
        else:
            done.append(request_id)
    return done, refused


def _is_safe(request: Request) -> bool:
    name = queries.definition_of(request).effect
    return not name or (name in EFFECTS and EFFECTS[name].safe)


def refuse(
    session: Session, actor: Actor, request_id: int, reason: str, *, now: datetime
) -> Request:
    """« Refusé » with its reason, read by the family."""
    if not reason.strip():
        raise NeedsReason
    request = _for_agent(session, actor, request_id)
    advance(session, actor, request, Who.AGENT, Action.REFUSE, now=now)
    request.reason = reason.strip()[:1000]
    _record(session, actor, request, "refuse")
    notices.moved(session, request)
    return request


def ask_document(
    session: Session,
    actor: Actor,
    request_id: int,
    type_code: str,
    message: str = "",
    *,
    now: datetime,
) -> None:
    """Ask the family for a document in the course of its request; told by the documents' room.

    Raises NeedsType, NeedsChild, NotFound, MovedOn.
    """
    if not type_code:
        raise NeedsType
    request = _for_agent(session, actor, request_id)
    if request.household_id is None:
        raise NotFound
    if request.status not in {Status.PENDING, Status.PROCESSING}:
        raise MovedOn
    documents.require(
        session,
        actor,
        request.household_id,
        type_code,
        request.child_id,
        source=f"request:{request.id}",
        message=message.strip(),
        now=now,
    )


def open_private(
    session: Session, actor: Actor, request_id: int, *, now: datetime
) -> Mapping[str, Any]:
    """Its health answers, for the role Santé; the family will see this reading. Forbidden, NotFound."""
    if HEALTH not in actor.roles:
        raise Forbidden
    request = _for_agent(session, actor, request_id)
    if request.private_answers is None or request.household_id is None:
        raise NotFound
    session.add(
        HealthReading(
            at=now,
            account_id=actor.account_id,
            household_id=request.household_id,
            child_id=request.child_id,
            subject="request",
            subject_id=request.id,
        )
    )
    session.flush()
    return queries.case_of(request).private_answers


def _for_agent(session: Session, actor: Actor, request_id: int) -> Request:
    if not actor.is_agent:
        raise Forbidden
    request = locked(session, request_id)
    if request.status is Status.DRAFT:
        raise NotFound
    return request


def _record(session: Session, actor: Actor, request: Request, verb: str) -> None:
    record(session, actor, verb, "request", request.id, request.household_id)
