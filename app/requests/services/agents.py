"""What an agent does: take, close, refuse, ask for a document."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from app.core.actor import Actor
from app.core.audit import record
from app.core.errors import Forbidden, NotFound, Refusal
from app.documents import services as documents
from app.requests import notices
from app.requests.errors import MovedOn, NeedsReason
from app.requests.models import Request, Status
from app.requests.rules import Action, Who
from app.requests.services.moving import advance, close_with_effect, locked


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


def close_many(
    session: Session, actor: Actor, request_ids: Sequence[int], *, now: datetime
) -> tuple[list[int], dict[int, Refusal]]:
    """(ids closed, id → why not): each on its own savepoint, taken first if it was waiting."""
    closed, refused = [], {}
    for request_id in sorted(set(request_ids)):
        try:
            with session.begin_nested():
                request = _for_agent(session, actor, request_id)
                if request.status is Status.PENDING:
                    advance(session, actor, request, Who.AGENT, Action.TAKE, now=now)
                close(session, actor, request_id, now=now)
        except Refusal as error:
            refused[request_id] = error
        else:
            closed.append(request_id)
    return closed, refused


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
    """Ask the family for a document in the course of its request; told by the documents' room."""
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


def _for_agent(session: Session, actor: Actor, request_id: int) -> Request:
    if not actor.is_agent:
        raise Forbidden
    request = locked(session, request_id)
    if request.status is Status.DRAFT:
        raise NotFound
    return request


def _record(session: Session, actor: Actor, request: Request, verb: str) -> None:
    record(session, actor, verb, "request", request.id, request.household_id)
