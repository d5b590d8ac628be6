"""Reads of démarches and requests, each scoped to who looks."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.orm import Session, contains_eager, joinedload, object_session

from app.core.actor import NO_HOUSEHOLD, Actor
from app.core.encryption import unseal_json
from app.core.errors import NotFound
from app.documents import queries as documents
from app.documents.models import Document, DocumentType
from app.documents.queries import DocumentState
from app.documents.rules import CAN_GIVE
from app.households import queries as households
from app.households.models import Adult, Level, School, SchoolYear
from app.requests.answers import Nameable
from app.requests.definition import Audience, Definition, Field, Kind, holds
from app.requests.effects import Case
from app.requests.models import (
    Procedure,
    ProcedureState,
    ProcedureVersion,
    Request,
    RequestMessage,
    RequestMove,
    Status,
)
from app.requests.offered import filled


@dataclass(frozen=True)
class Offer:
    """A démarche as the home page lists it."""

    code: str
    title: str
    theme: str
    needs_login: bool
    page: str


def offers(session: Session, day: date) -> list[Offer]:
    """Published démarches open on ``day``, in order: one statement."""
    found = session.execute(
        sa.select(Procedure.code, ProcedureVersion.definition)
        .join(
            ProcedureVersion,
            sa.and_(
                ProcedureVersion.procedure_id == Procedure.id,
                ProcedureVersion.number == Procedure.published_number,
            ),
        )
        .where(Procedure.state == ProcedureState.PUBLISHED)
        .order_by(Procedure.position, Procedure.id)
    )
    # A published definition is sound: the steps, most of it, need not be read again to list it.
    read = [(code, Definition.read({**whole, "steps": []})) for code, whole in found]
    return [
        Offer(code, one.title, one.theme, one.audience is Audience.ACCOUNT, one.page)
        for code, one in read
        if is_open(one, day)
    ]


def is_open(definition: Definition, day: date) -> bool:
    """Within its opening dates, both included."""
    return (definition.opens_on or day) <= day <= (definition.closes_on or day)


def published(session: Session, code: str) -> ProcedureVersion:
    """The version that families see. Raises NotFound."""
    version = session.scalar(
        sa.select(ProcedureVersion)
        .join(ProcedureVersion.procedure)
        .options(contains_eager(ProcedureVersion.procedure))
        .where(
            Procedure.code == code,
            Procedure.state == ProcedureState.PUBLISHED,
            ProcedureVersion.number == Procedure.published_number,
        )
    )
    if version is None:
        raise NotFound
    return version


def definition_of(request: Request) -> Definition:
    """The definition with which the request began, the lists it names as they are today."""
    definition = Definition.read(request.version.definition)
    session = object_session(request)
    return filled(session, definition) if session else definition


@dataclass(frozen=True)
class Visitor(Actor):
    """Somebody without login, with the one request that the browser's own signed cookie names."""

    request_id: int = 0


def request_for(
    session: Session, household_id: int, request_id: int, day: date, *, lock: bool = False
) -> Request:
    """The request of this household. NotFound for another's, or a child seen no more."""
    request = _request(session, request_id, Request.household_id == household_id, lock)
    if request.child_id is not None:
        households.child_for(session, household_id, request.child_id, day)
    return request


def own_request(
    session: Session, actor: Actor, request_id: int, day: date, *, lock: bool = False
) -> Request:
    """The request of who asks: a household, or the browser of a visitor. Raises NotFound."""
    if not isinstance(actor, Visitor):
        return request_for(session, actor.household_id, request_id, day, lock=lock)
    if actor.request_id != request_id:
        raise NotFound
    return _request(session, request_id, Request.household_id.is_(None), lock)


def _request(
    session: Session, request_id: int, owned: sa.ColumnElement[bool], lock: bool
) -> Request:
    asked = (
        sa.select(Request)
        .options(joinedload(Request.procedure, innerjoin=True))
        .options(joinedload(Request.version, innerjoin=True), joinedload(Request.child))
        .where(Request.id == request_id, owned)
        .execution_options(populate_existing=True)
    )
    request = session.scalar(asked.with_for_update(of=Request) if lock else asked)
    if request is None:
        raise NotFound
    return request


def living(session: Session, household_id: int, code: str) -> Request | None:
    """What the household asked by this démarche and no agent has decided yet: the newest."""
    return session.scalar(
        sa.select(Request)
        .join(Request.procedure)
        .options(contains_eager(Request.procedure), joinedload(Request.version, innerjoin=True))
        .where(
            Request.household_id == household_id,
            Procedure.code == code,
            Request.status.in_([Status.PENDING, Status.PROCESSING]),
        )
        .order_by(Request.id.desc())
        .limit(1)
    )


def drafts_of(
    session: Session, household_id: int, procedure_id: int, day: date
) -> Sequence[Request]:
    """What the household began of this démarche and did not finish, the newest first."""
    if household_id == NO_HOUSEHOLD:
        return []
    found = session.scalars(
        sa.select(Request)
        .options(joinedload(Request.child))
        .where(
            Request.household_id == household_id,
            Request.procedure_id == procedure_id,
            Request.status == Status.DRAFT,
        )
        .order_by(Request.changed_at.desc(), Request.id.desc())
    ).all()
    if all(one.child_id is None for one in found):
        return found
    seen = {one.id for one in households.children_of(session, household_id, day)}
    return [one for one in found if one.child_id is None or one.child_id in seen]


class Needed(NamedTuple):
    """A document that a démarche asks for, as the household has it."""

    state: DocumentState
    is_required: bool

    @property
    def is_missing(self) -> bool:
        """Required and never given: the request cannot be sent without it."""
        return self.is_required and self.state.document_id is None and self.state.status in CAN_GIVE


def documents_needed(
    session: Session,
    household_id: int,
    child_id: int | None,
    definition: Definition,
    answers: Mapping[str, Any],
    day: date,
) -> list[Needed]:
    """The documents asked with these answers, of the household and of the child."""
    shown = [one for one in definition.documents if holds(one.show_if, answers)]
    if not shown or household_id == NO_HOUSEHOLD:
        return []
    wanted = [(one.document_type, owner) for one in shown for owner in (None, child_id)]
    required = {one.document_type for one in shown if one.required}
    found = documents.states(session, household_id, wanted, day)
    return [Needed(one, one.code in required) for one in found]


class Announced(NamedTuple):
    """A document that a démarche is going to ask for; ``state`` when it is known whose it is."""

    name: str
    is_required: bool
    state: DocumentState | None


def documents_announced(
    session: Session, household_id: int, child_id: int | None, definition: Definition, day: date
) -> list[Announced]:
    """Every document that the démarche may ask for, whatever is answered, in its own order."""
    asked = {one.document_type: one.required for one in definition.documents}
    for field in definition.fields():
        if field.kind is Kind.FILE:
            asked.setdefault(field.document_type, field.required)
    if not asked:
        return []
    kinds = session.execute(
        sa.select(DocumentType.code, DocumentType.name).where(DocumentType.code.in_(asked))
    )
    names = {one.code: one.name for one in kinds}
    known = household_id != NO_HOUSEHOLD
    wanted = [(code, owner) for code in asked for owner in (None, child_id)]
    states = documents.states(session, household_id, wanted, day) if known else []
    found = {one.code: one for one in states}
    return [
        Announced(names[code], required, found.get(code))
        for code, required in asked.items()
        if code in names
    ]


def is_public(session: Session, request_id: int) -> bool:
    """Whether it was begun without login."""
    asked = sa.select(Request.id).where(Request.id == request_id, Request.household_id.is_(None))
    return session.scalar(asked) is not None


def case_of(request: Request) -> Case:
    """What its effect gets."""
    return Case(
        request_id=request.id,
        household_id=request.household_id,
        account_id=request.account_id,
        child_id=request.child_id,
        school_year_id=request.school_year_id,
        answers=request.answers,
        private_answers=unseal_json(request.private_answers, place(request)),
    )


def answers_of(request: Request) -> dict[str, Any]:
    """Every answer, private ones opened: for the family that gave them."""
    case = case_of(request)
    return {**case.answers, **case.private_answers}


def place(request: Request) -> str:
    """What private answers are sealed for."""
    return f"request:{request.id}"


def moves_of(session: Session, request_id: int) -> Sequence[RequestMove]:
    """What happened to it, the oldest first."""
    return session.scalars(
        sa.select(RequestMove)
        .where(RequestMove.request_id == request_id)
        .order_by(RequestMove.at, RequestMove.id)
    ).all()


def messages_of(session: Session, request_id: int) -> Sequence[RequestMessage]:
    """The thread, the oldest first."""
    return session.scalars(
        sa.select(RequestMessage)
        .where(RequestMessage.request_id == request_id)
        .order_by(RequestMessage.at, RequestMessage.id)
    ).all()


def nameable(session: Session, household_id: int, fields: Collection[Field], day: date) -> Nameable:
    """What these fields may name: only the kinds that occur are read, in three statements at most."""
    kinds = {column.kind for field in fields for column in (field, *field.fields)}
    cards = (
        households.children_of(session, household_id, day)
        if kinds & {Kind.CHILD, Kind.FILE}
        else []
    )
    named = _named(session, household_id, kinds, day)
    children = {one.id: f"{one.first_name} {one.last_name}" for one in cards}
    return Nameable(
        children=children if Kind.CHILD in kinds else {},
        adults=named["adult"],
        schools=named["school"],
        levels=named["level"],
        years=named["year"],
        documents=_own_files(session, household_id, list(children)) if Kind.FILE in kinds else {},
    )


def _named(
    session: Session, household_id: int, kinds: Collection[Kind], day: date
) -> dict[str, dict[int, str]]:
    """Adults of the household, schools, levels and years not past, each in order: one statement."""
    asked = []
    if Kind.ADULT in kinds:
        name, own = Adult.first_name + " " + Adult.last_name, Adult.household_id == household_id
        asked.append(_rows("adult", Adult.id, name).where(own))
    if Kind.SCHOOL_LEVEL in kinds:
        asked.append(_rows("school", School.id, School.name))
        asked.append(_rows("level", Level.id, Level.name, Level.position))
    if Kind.SCHOOL_YEAR in kinds:
        years = _rows("year", SchoolYear.id, SchoolYear.label)
        asked.append(years.where(SchoolYear.ends_on >= day))
    found: dict[str, dict[int, str]] = {kind: {} for kind in ("adult", "school", "level", "year")}
    if asked:
        rows = sa.union_all(*asked).subquery()
        for kind, key, name in session.execute(
            sa.select(rows.c.kind, rows.c.id, rows.c.name).order_by(rows.c.place, rows.c.name)
        ):
            found[kind][key] = name
    return found


def _rows(kind: str, key: Any, name: Any, place: Any = None) -> sa.Select[Any]:
    """In order of ``place``, then of name."""
    where = sa.literal(0) if place is None else place
    return sa.select(
        sa.literal(kind).label("kind"), key.label("id"), name.label("name"), where.label("place")
    )


def _own_files(session: Session, household_id: int, seen: Collection[int]) -> dict[int, str]:
    found = session.execute(
        sa.select(Document.id, DocumentType.code)
        .join(Document.document_type)
        .where(
            Document.household_id == household_id,
            Document.erased_at.is_(None),
            sa.or_(Document.child_id.is_(None), Document.child_id.in_(seen)),
        )
        .order_by(Document.id.desc())
        .limit(200)
    )
    return {one.id: one.code for one in found}
