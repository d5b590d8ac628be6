"""What a family does: begin, save a step, abandon, submit, cancel."""

from __future__ import annotations

import hashlib
import json
import re
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
from app.documents.rules import CAN_GIVE
from app.households import queries as households
from app.requests import notices, progress, queries
from app.requests.answers import clean, is_private, split
from app.requests.definition import Audience, Definition, Kind, Once, Step
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
from app.requests.prefill import PREFILLS, Known, is_of_child
from app.requests.progress import Progress
from app.requests.queries import Visitor
from app.requests.queries import answers_of as answers_of
from app.requests.rules import EDITABLE, Action, Who
from app.requests.services.moving import advance, close_with_effect

CURRENT_YEAR = "school_year.current"


def begin(
    session: Session, actor: Actor, code: str, child_id: int | None = None, *, now: datetime
) -> Request:
    """A draft (« en brouillon ») of this démarche, with what is already known filled in.

    Raises NotFound (no such démarche, another household's child), NotOpen, Forbidden, and
    AlreadyAsked when that is known before anything is answered.
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
    keep(request, definition, _prefilled(session, request, definition, day))
    session.flush()
    _still_once(session, request, definition)
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
    # « ?enfant= » of a link answers the question before it is asked.
    for field in definition.fields():
        if field.kind is Kind.CHILD and known.child_id:
            values.setdefault(field.key, known.child_id)
            break
    return {key: value for key, value in values.items() if value not in (None, "", {})}


def keep(request: Request, definition: Definition, answers: Mapping[str, Any]) -> None:
    """Write the answers, those of private fields sealed for this row; follow child and year."""
    request.answers, private = split(definition, answers)
    request.private_answers = seal_json(private, queries.place(request)) if private else None
    for field in definition.fields():
        if field.kind is Kind.CHILD:
            request.child_id = answers.get(field.key, request.child_id)
        if field.kind is Kind.SCHOOL_YEAR:
            request.school_year_id = answers.get(field.key, request.school_year_id)
        if field.kind is Kind.EMAIL and request.household_id is None:
            # A draft may hold what was typed wrongly.
            request.email = str(answers.get(field.key, request.email))[:320]


def editable(session: Session, actor: Actor, request_id: int) -> Request:
    """The request of who asks, locked. Raises NotFound, MovedOn."""
    request = queries.own_request(session, actor, request_id, clock.today(), lock=True)
    _check_editable(actor, request)
    return request


def _check_editable(actor: Actor, request: Request) -> None:
    if not is_editable(actor, request):
        raise MovedOn


def is_editable(actor: Actor, request: Request) -> bool:
    """A visitor has nothing but a cookie of this browser: what it has sent is closed to it."""
    allowed = {Status.DRAFT} if isinstance(actor, Visitor) else EDITABLE
    return request.status in allowed


def save_step(
    session: Session,
    actor: Actor,
    request_id: int,
    step_key: str,
    posted: Mapping[str, Any],
    edition: int,
    *,
    going_back: bool = False,
    at: Progress | None = None,
    now: datetime,
) -> Request:
    """Save what one step answers. A submitted request keeps its status (D2).

    ``going_back``: what is wrong stops nobody; a draft keeps it as it was typed, for later. The same
    save sent twice changes nothing the second time. ``at``: what ``progress.read`` found under the
    lock, in this very transaction.

    Raises NotFound, MovedOn, Outdated, NotFinished (an earlier step was skipped), BadAnswers,
    AlreadyAsked.
    """
    at = at or progress.read(session, actor, request_id, clock.paris(now).date(), lock=True)
    request = at.request
    _check_editable(actor, request)
    step = _reachable(at, step_key)
    answers, faults = clean(step.fields, posted, at.others(step), at.known)
    if faults:
        if not going_back or request.status is not Status.DRAFT:
            raise BadAnswers(faults)
        answers |= _typed(request, step, posted, faults)
    after = at.others(step) | answers
    if after == at.kept and request.edition != edition:
        return request
    if request.edition != edition:
        raise Outdated
    _save(session, actor, request, at, after, now)
    request.step = step.key
    session.flush()
    return request


def _save(
    session: Session,
    actor: Actor,
    request: Request,
    at: Progress,
    after: Mapping[str, Any],
    now: datetime,
) -> None:
    about = (request.child_id, request.school_year_id)
    keep(request, at.definition, after)
    if request.child_id != about[0]:
        kept = _of_another_child(at, after) if about[0] is not None else after
        _follow_child(session, request, at.definition, kept, now)
    if (request.child_id, request.school_year_id) != about:
        _still_once(session, request, at.definition)
    if request.status is Status.PENDING:
        advance(session, actor, request, Who.FAMILY, Action.EDIT, now=now)
    else:
        request.edition += 1
        request.changed_at = now


TYPED = frozenset(
    {
        Kind.TEXT,
        Kind.LONG_TEXT,
        Kind.INTEGER,
        Kind.AMOUNT,
        Kind.DATE,
        Kind.ADDRESS,
        Kind.PHONE,
        Kind.EMAIL,
        Kind.IBAN,
        Kind.GROUP,
    }
)
"""Kinds that are typed: only those can be wrong by slip, and name no row of another household."""
LONGEST_KEPT = 20_000
CONTROL = re.compile(r"\\u00[01]|\\[bf]|\\u007f")
"""In JSON: characters that no text of a database can hold, or that nobody types."""


def _typed(
    request: Request, step: Step, posted: Mapping[str, Any], faults: Mapping[str, Any]
) -> dict[str, Any]:
    """What was typed wrongly, kept in a draft for its page alone: no draft with it is submitted."""
    wrong = {name.partition("-")[0] for name in faults}
    typed = {
        field.key: posted[field.key]
        for field in step.fields
        if field.key in wrong & posted.keys() and field.kind in TYPED
    }
    return {key: value for key, value in typed.items() if _can_be_kept(value)}


def _can_be_kept(value: Any) -> bool:
    text = json.dumps(value)
    return len(text) <= LONGEST_KEPT and not CONTROL.search(text)


def _of_another_child(at: Progress, after: Mapping[str, Any]) -> dict[str, Any]:
    """Another child was chosen: what was known, or said in private, of the first one goes with it."""
    gone = {
        field.key
        for field in at.definition.fields()
        if (is_private(field) or is_of_child(field.prefill))
        and after.get(field.key) == at.kept.get(field.key)
    }
    return {key: value for key, value in after.items() if key not in gone}


def _follow_child(
    session: Session,
    request: Request,
    definition: Definition,
    answers: Mapping[str, Any],
    now: datetime,
) -> None:
    """The child was chosen: what is known of it fills what is still empty."""
    known = _prefilled(session, request, definition, clock.paris(now).date())
    keep(request, definition, {**known, **answers})


def _reachable(at: Progress, step_key: str) -> Step:
    """The step, if every one before it is finished. Raises NotFinished with the first that is not."""
    step = at.reachable(step_key)
    if step is None:
        found = at.unfinished or at.definition.steps[0]
        raise NotFinished(found.key, found.title)
    return step


def _still_once(session: Session, request: Request, definition: Definition) -> None:
    """Said as soon as the child and the year are known, and not after the last page."""
    key = once_key(request, definition.once)
    if key is None or request.once_key == key:
        return
    if session.scalar(sa.select(Request.id).where(Request.once_key == key)):
        raise AlreadyAsked
    if request.status is Status.PENDING:
        _take_once(session, request, definition)


def abandon(session: Session, actor: Actor, request_id: int) -> None:
    """« Abandonner la demande » or « Supprimer »: the draft is gone (D2)."""
    request = editable(session, actor, request_id)
    if request.status is not Status.DRAFT:
        raise MovedOn
    for table in (RequestMessage, RequestDocument):
        session.execute(sa.delete(table).where(table.request_id == request.id))
    session.delete(request)
    session.flush()


def cancel(session: Session, actor: Actor, request_id: int, *, now: datetime) -> Request:
    """« Annulée »: only while no agent has taken it."""
    request = editable(session, actor, request_id)
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
    request = queries.own_request(session, actor, request_id, day, lock=True)
    token = kept_token(request_id, token)
    if request.submit_token == token:
        return request
    if request.edition != edition:
        raise Outdated
    if request.status is not Status.DRAFT:
        raise MovedOn
    at = progress.of_request(session, request, day)
    if at.unfinished is not None:
        raise NotFinished(at.unfinished.key, at.unfinished.title)
    definition = at.definition
    keep(request, definition, at.answers)
    missing = missing_documents(session, request, definition, day)
    check_effect(session, request, definition)
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


def kept_token(request_id: int, token: str) -> str:
    """What is kept of the token that a page sent: whatever it holds, it is of this request alone."""
    return hashlib.sha256(f"{request_id}:{token}".encode()).hexdigest()


def missing_documents(
    session: Session, request: Request, definition: Definition, day: date
) -> list[str]:
    """Names of documents still to give; required ones stop the submission."""
    household_id = request.household_id or NO_HOUSEHOLD
    needed = queries.documents_needed(
        session, household_id, request.child_id, definition, request.answers, day
    )
    blocking = [one.state.name for one in needed if one.is_missing]
    if blocking:
        raise DocumentsMissing(blocking)
    return [one.state.name for one in needed if one.state.status in CAN_GIVE]


def check_effect(session: Session, request: Request, definition: Definition) -> None:
    """Raises what its effect refuses before submission."""
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
