"""A request answered, or read again, as a whole."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from app.core import clock
from app.core.actor import NO_HOUSEHOLD, Actor
from app.requests import progress, queries
from app.requests.answers import clean_all
from app.requests.definition import Definition
from app.requests.errors import BadAnswers, NotFinished, Outdated
from app.requests.models import Request, Status
from app.requests.rules import Action, Who
from app.requests.services.family import (
    begin,
    check_effect,
    editable,
    keep,
    kept_token,
    missing_documents,
    submit,
)
from app.requests.services.moving import advance


def ask_whole(
    session: Session, actor: Actor, code: str, answers: Mapping[str, Any], *, now: datetime
) -> Request:
    """Begin, answer and submit at once: a démarche whose own page gives every answer together.

    Raises like ``begin`` and ``submit``, and BadAnswers.
    """
    request = begin(session, actor, code, now=now)
    _keep_whole(session, request, answers)
    return submit(session, actor, request.id, request.edition, secrets.token_hex(16), now=now)


def change_whole(
    session: Session,
    actor: Actor,
    request_id: int,
    answers: Mapping[str, Any],
    edition: int,
    *,
    now: datetime,
) -> Request:
    """Every answer again of what was asked so, while no agent has taken it (D2).

    Raises NotFound, MovedOn, Outdated, BadAnswers, a refusal of the effect.
    """
    request = editable(session, actor, request_id)
    if request.edition != edition:
        raise Outdated
    definition = _keep_whole(session, request, answers)
    check_effect(session, request, definition)
    advance(session, actor, request, Who.FAMILY, Action.EDIT, now=now)
    return request


def _keep_whole(session: Session, request: Request, answers: Mapping[str, Any]) -> Definition:
    definition = queries.definition_of(request)
    household_id = request.household_id or NO_HOUSEHOLD
    known = queries.nameable(session, household_id, list(definition.fields()), clock.today())
    cleaned, wrong = clean_all(definition, answers, known)
    for faults in wrong.values():
        raise BadAnswers(faults)
    keep(request, definition, cleaned)
    session.flush()
    return definition


def finish(
    session: Session, actor: Actor, request_id: int, edition: int, token: str, *, now: datetime
) -> Request:
    """« Enregistrer la demande » for a draft; what was sent already is checked whole after its changes.

    Raises what ``submit`` raises.
    """
    day = clock.paris(now).date()
    request = queries.own_request(session, actor, request_id, day, lock=True)
    if request.status is not Status.PENDING or request.submit_token == kept_token(
        request_id, token
    ):
        return submit(session, actor, request_id, edition, token, now=now)
    if request.edition != edition:
        raise Outdated
    at = progress.of_request(session, request, day)
    if at.unfinished is not None:
        raise NotFinished(at.unfinished.key, at.unfinished.title)
    keep(request, at.definition, at.answers)
    missing_documents(session, request, at.definition, day)
    check_effect(session, request, at.definition)
    session.flush()
    return request
