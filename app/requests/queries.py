"""Reads of démarches and requests, each scoped to who looks."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date

import sqlalchemy as sa
from sqlalchemy.orm import Session, contains_eager, joinedload, object_session

from app.core.encryption import unseal_json
from app.core.errors import NotFound
from app.documents.models import Document, DocumentType
from app.households import queries as households
from app.households.models import Adult, Level, School, SchoolYear
from app.requests.answers import Nameable
from app.requests.definition import Audience, Definition, Field, Kind
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
    read = [(code, Definition.read(definition)) for code, definition in found]
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


def request_for(
    session: Session, household_id: int, request_id: int, day: date, *, lock: bool = False
) -> Request:
    """The request of this household. NotFound for another's, or a child seen no more."""
    asked = (
        sa.select(Request)
        .options(joinedload(Request.procedure, innerjoin=True))
        .options(joinedload(Request.version, innerjoin=True), joinedload(Request.child))
        .where(Request.id == request_id, Request.household_id == household_id)
        .execution_options(populate_existing=True)
    )
    request = session.scalar(asked.with_for_update(of=Request) if lock else asked)
    if request is None:
        raise NotFound
    if request.child_id is not None:
        households.child_for(session, household_id, request.child_id, day)
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
        documents=_documents(session, household_id, list(children)) if Kind.FILE in kinds else {},
    )


def _named(
    session: Session, household_id: int, kinds: Collection[Kind], day: date
) -> dict[str, dict[int, str]]:
    """Adults of the household, schools, levels and years not past, each in order: one statement."""
    offered = []
    if Kind.ADULT in kinds:
        name = Adult.first_name + " " + Adult.last_name
        offered.append(_rows("adult", Adult.id, name).where(Adult.household_id == household_id))
    if Kind.SCHOOL_LEVEL in kinds:
        offered.append(_rows("school", School.id, School.name, School.name))
        offered.append(_rows("level", Level.id, Level.name, place=Level.position))
    if Kind.SCHOOL_YEAR in kinds:
        years = _rows("year", SchoolYear.id, SchoolYear.label, SchoolYear.label)
        offered.append(years.where(SchoolYear.ends_on >= day))
    found: dict[str, dict[int, str]] = {kind: {} for kind in ("adult", "school", "level", "year")}
    if offered:
        rows = sa.union_all(*offered).subquery()
        order = (rows.c.kind, rows.c.place, rows.c.word, rows.c.id)
        for row in session.execute(sa.select(rows).order_by(*order)):
            found[row.kind][row.id] = row.name
    return found


def _rows(kind: str, key: Any, name: Any, word: Any = "", place: Any = 0) -> sa.Select[Any]:
    """``word`` and ``place``: what the rows of this kind are in order of."""
    literal = [sa.literal(word, sa.String) if word == "" else word]
    return sa.select(
        sa.literal(kind).label("kind"),
        key.label("id"),
        sa.type_coerce(name, sa.String).label("name"),
        literal[0].label("word"),
        (sa.literal(0) if isinstance(place, int) else place).label("place"),
    )


def _documents(session: Session, household_id: int, seen: Collection[int]) -> dict[int, str]:
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
