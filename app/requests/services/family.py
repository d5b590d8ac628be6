"""What a family does: begin, save a step, abandon, submit, cancel."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.core import clock, numbering
from app.core.actor import NO_HOUSEHOLD, Actor
from app.core.encryption import seal_json
from app.core.errors import Forbidden
from app.documents import queries as documents
from app.households import queries as households
from app.requests import notices, queries
from app.requests.answers import clean, clean_all, shown_steps, split
from app.requests.definition import Audience, Definition, Field, Kind, Once, Step, holds
from app.requests.effects import EFFECTS
from app.requests.errors import (
    AlreadyAsked,
    BadAnswers,
    DocumentsMissing,
    MovedOn,
    NotFinished,
    NotOpen,
    Outdated,
)
from app.requests.models import Request, RequestDocument, RequestMessage, Status
from app.requests.prefill import PREFILLS, Known
from app.requests.rules import EDITABLE, Action, Who
from app.requests.services.moving import advance, close_with_effect

CURRENT_YEAR = "school_year.current"


def begin(
    session: Session, actor: Actor, code: str, child_id: int | None = None, *, now: datetime
) -> Request:
    """A draft (« en brouillon ») of this démarche, with what is already known filled in.

    Raises NotFound (no such démarche, another household's child), NotOpen, Forbidden.
    """
    version, day = queries.published(session, code), clock.paris(now).date()
    definition = Definition.read(version.definition)
    if not queries.is_open(definition, day):
        raise NotOpen
    if actor.household_id == NO_HOUSEHOLD and definition.audience is not Audience.PUBLIC:
        raise Forbidden
    if child_id is not None:
        households.child_for(session, actor.household_id, child_id, day)
    request = Request(
        procedure_id=version.procedure_id,
        version_id=version.id,
        household_id=actor.household_id if actor.household_id != NO_HOUSEHOLD else None,
        account_id=actor.account_id,
        child_id=child_id,
        step=definition.steps[0].key,
        created_at=now,
        changed_at=now,
    )
    session.add(request)
    session.flush()
    _keep(request, definition, _prefilled(session, request, definition, day))
    session.flush()
    return request


def _prefilled(
    session: Session, request: Request, definition: Definition, day: date
) -> dict[str, Any]:
    household_id = request.household_id or NO_HOUSEHOLD
    known = Known(
        session, request.account_id, household_id, request.child_id, day, request.school_year_id
    )
    return _filled(known, definition)


def _filled(known: Known, definition: Definition) -> dict[str, Any]:
    values = {
        field.key: PREFILLS[field.prefill](known)
        for field in definition.fields()
        if field.prefill in PREFILLS
    }
    return {key: value for key, value in values.items() if value not in (None, "", {})}


def _keep(request: Request, definition: Definition, answers: Mapping[str, Any]) -> None:
    """Write the answers, those of private fields sealed for this row; follow child and year."""
    request.answers, private = split(definition, answers)
    request.private_answers = seal_json(private, queries.place(request)) if private else None
    for field in definition.fields():
        if field.kind is Kind.CHILD:
            request.child_id = answers.get(field.key, request.child_id)
        if field.kind is Kind.SCHOOL_YEAR:
            request.school_year_id = answers.get(field.key, request.school_year_id)
        if field.kind is Kind.EMAIL and request.household_id is None:
            request.email = answers.get(field.key, request.email)


def answers_of(request: Request) -> dict[str, Any]:
    """Every answer, private ones opened: for the family that gave them."""
    case = queries.case_of(request)
    return {**case.answers, **case.private_answers}


def _editable(session: Session, actor: Actor, request_id: int, edition: int | None) -> Request:
    day = clock.today()
    request = queries.request_for(session, actor.household_id, request_id, day, lock=True)
    if request.status not in EDITABLE:
        raise MovedOn
    if edition is not None and request.edition != edition:
        raise Outdated
    return request


def save_step(
    session: Session,
    actor: Actor,
    request_id: int,
    step_key: str,
    posted: Mapping[str, Any],
    edition: int,
    *,
    now: datetime,
) -> Request:
    """Save what one step answers. A submitted request keeps its status (D2).

    Raises NotFound, MovedOn, Outdated, NotFinished (an earlier step was skipped), BadAnswers.
    """
    request = _editable(session, actor, request_id, edition)
    definition, before = queries.definition_of(request), answers_of(request)
    step = _reachable(session, request, definition, before, step_key)
    known = queries.nameable(session, actor.household_id, step.fields, clock.paris(now).date())
    own = {field.key for field in step.fields}
    others = {key: value for key, value in before.items() if key not in own}
    answers, faults = clean(step.fields, posted, others, known)
    if faults:
        raise BadAnswers(faults)
    child_id = request.child_id
    _keep(request, definition, others | answers)
    if request.child_id != child_id:
        _follow_child(session, request, definition, others | answers, now)
    request.step = step.key
    if request.status is Status.PENDING:
        advance(session, actor, request, Who.FAMILY, Action.EDIT, now=now)
    else:
        request.edition += 1
        request.changed_at = now
    session.flush()
    return request


def _follow_child(
    session: Session,
    request: Request,
    definition: Definition,
    answers: Mapping[str, Any],
    now: datetime,
) -> None:
    """The child was chosen: what is known of it fills what is still empty."""
    known = _prefilled(session, request, definition, clock.paris(now).date())
    _keep(request, definition, {**known, **answers})


def _reachable(
    session: Session,
    request: Request,
    definition: Definition,
    answers: Mapping[str, Any],
    step_key: str,
) -> Step:
    """The step, if every one before it is finished. Raises NotFinished with the first that is not."""
    steps = shown_steps(definition, answers)
    unfinished = first_unfinished(session, request, definition, answers)
    for step in steps:
        if step.key == step_key:
            return step
        if unfinished is not None and step.key == unfinished.key:
            break
    found = unfinished or steps[0]
    raise NotFinished(found.key, found.title)


def first_unfinished(
    session: Session, request: Request, definition: Definition, answers: Mapping[str, Any]
) -> Step | None:
    """The first step whose answers do not stand."""
    wrong = _checked(session, request, definition, answers)[1]
    return next((step for step in definition.steps if step.key in wrong), None)


def _checked(
    session: Session, request: Request, definition: Definition, answers: Mapping[str, Any]
) -> tuple[dict[str, Any], dict[str, Any]]:
    household_id = request.household_id or NO_HOUSEHOLD
    fields: list[Field] = list(definition.fields())
    known = queries.nameable(session, household_id, fields, clock.today())
    return clean_all(definition, answers, known)


def abandon(session: Session, actor: Actor, request_id: int) -> None:
    """« Abandonner la demande » or « Supprimer »: the draft is gone (D2)."""
    request = _editable(session, actor, request_id, None)
    if request.status is not Status.DRAFT:
        raise MovedOn
    for table in (RequestMessage, RequestDocument):
        session.execute(sa.delete(table).where(table.request_id == request.id))
    session.delete(request)
    session.flush()


def cancel(session: Session, actor: Actor, request_id: int, *, now: datetime) -> Request:
    """« Annulée »: only while no agent has taken it."""
    request = _editable(session, actor, request_id, None)
    advance(session, actor, request, Who.FAMILY, Action.CANCEL, now=now)
    notices.moved(session, request)
    return request


def submit(
    session: Session, actor: Actor, request_id: int, edition: int, token: str, *, now: datetime
) -> Request:
    """« Enregistrer la demande »: everything is checked again; the same token submits once.

    Raises NotFinished, DocumentsMissing, AlreadyAsked, Outdated, MovedOn, a refusal of the effect.
    """
    day = clock.paris(now).date()
    request = queries.request_for(session, actor.household_id, request_id, day, lock=True)
    if request.submit_token == token:
        return request
    if request.edition != edition:
        raise Outdated
    if request.status is not Status.DRAFT:
        raise MovedOn
    definition = queries.definition_of(request)
    _check_answers(session, request, definition)
    missing = _missing_documents(session, request, definition, day)
    _check_effect(session, request, definition)
    _take_once(session, request, definition)
    request.submit_token, request.submitted_at = token, now
    if definition.delay_days is not None:
        request.due_on = day + timedelta(days=definition.delay_days)
    advance(session, actor, request, Who.FAMILY, Action.SUBMIT, now=now)
    if definition.closes_itself:
        advance(session, actor, request, Who.PORTAL, Action.TAKE, now=now)
        close_with_effect(session, actor, request, Who.PORTAL, now=now)
    number = numbering.next_number(session, f"request-{day.year}")
    request.number = f"D-{day.year}-{number:06d}"
    session.flush()
    notices.received(session, request, definition, missing)
    return request


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
    request = _editable(session, actor, request_id, edition)
    definition = _keep_whole(session, request, answers)
    _check_effect(session, request, definition)
    advance(session, actor, request, Who.FAMILY, Action.EDIT, now=now)
    return request


def _keep_whole(session: Session, request: Request, answers: Mapping[str, Any]) -> Definition:
    definition = queries.definition_of(request)
    cleaned, wrong = _checked(session, request, definition, answers)
    for faults in wrong.values():
        raise BadAnswers(faults)
    _keep(request, definition, cleaned)
    session.flush()
    return definition


def _check_answers(session: Session, request: Request, definition: Definition) -> None:
    answers, wrong = _checked(session, request, definition, answers_of(request))
    for step in definition.steps:
        if step.key in wrong:
            raise NotFinished(step.key, step.title)
    _keep(request, definition, answers)


def _missing_documents(
    session: Session, request: Request, definition: Definition, day: date
) -> list[str]:
    """Names of documents still to give; required ones stop the submission."""
    if not definition.documents or request.household_id is None:
        return []
    shown = [one for one in definition.documents if holds(one.show_if, request.answers)]
    wanted: list[tuple[str, int | None]] = [
        (one.document_type, child_id) for one in shown for child_id in (None, request.child_id)
    ]
    found = documents.missing(session, request.household_id, wanted, day)
    required = {one.document_type for one in shown if one.required}
    blocking = [one.name for one in found if one.code in required and one.document_id is None]
    if blocking:
        raise DocumentsMissing(blocking)
    return [one.name for one in found]


def _check_effect(session: Session, request: Request, definition: Definition) -> None:
    effect = EFFECTS.get(definition.effect)
    if effect and effect.check:
        effect.check(session, queries.case_of(request))


def _take_once(session: Session, request: Request, definition: Definition) -> None:
    """The unique index decides, so that two tabs cannot both ask."""
    try:
        with session.begin_nested():
            request.once_key = once_key(request, definition.once)
            session.flush()
    except IntegrityError:
        raise AlreadyAsked from None


def once_key(request: Request, once: Once) -> str | None:
    """What can be asked only once at a time."""
    if once is Once.FREE or request.household_id is None:
        return None
    key = f"{request.procedure_id}:{request.household_id}"
    if once is Once.HOUSEHOLD:
        return key
    if once is Once.CHILD:
        return f"{key}:{request.child_id}"
    return f"{key}:{request.child_id}:{request.school_year_id}"
