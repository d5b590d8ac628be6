"""What the agents' pages of requests show beside the queue: nothing here is scoped to a family."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload

from app.accounts.models import Account
from app.core.errors import NotFound
from app.documents.models import Document, DocumentType, Requirement
from app.documents.queries import Wanted, statuses
from app.documents.rules import Status as DocumentStatus
from app.households.models import School
from app.requests import naming, queries
from app.requests.answers import is_private
from app.requests.definition import Definition, Kind
from app.requests.display import Section, sections
from app.requests.effects import EFFECTS, Case, Effect
from app.requests.models import (
    Procedure,
    Request,
    RequestDocument,
    RequestMessage,
    RequestMove,
    Status,
)
from app.requests.papers import needed, source_of


@dataclass(frozen=True)
class Paper:
    """A document of the request; ``document_id``: the newest one given, if any."""

    name: str
    child_id: int | None
    status: DocumentStatus
    document_id: int | None
    is_health: bool


@dataclass(frozen=True)
class Move:
    """One move with its author as agents read it; no author: the portal."""

    at: Any
    to_status: Status
    author: str


@dataclass(frozen=True)
class Said:
    """One line of the thread."""

    at: Any
    author: str
    from_agent: bool
    text: str


@dataclass(frozen=True)
class RequestFile:
    """One request as an agent works on it.

    ``sections``: its answers, old beside new; private ones only when they were opened.
    ``is_sealed``: it has private answers that this page does not show.
    """

    request: Request
    definition: Definition
    effect: Effect | None
    sections: Sequence[Section]
    is_sealed: bool
    papers: Sequence[Paper]
    moves: Sequence[Move]
    thread: Sequence[Said]
    taken_by: str


def request_file(
    session: Session, request_id: int, day: date, private: Mapping[str, Any] | None = None
) -> RequestFile:
    """The file; ``private``: the health answers just opened. Raises NotFound, for a draft too."""
    request = _found(session, request_id)
    definition = queries.definition_of(request)
    effect = EFFECTS.get(definition.effect)
    moves = _moves(session, request_id)
    return RequestFile(
        request=request,
        definition=definition,
        effect=effect,
        sections=_sections(session, request, definition, effect, private),
        is_sealed=request.private_answers is not None and private is None,
        papers=_papers(session, request, definition, day),
        moves=moves,
        thread=_thread(session, request_id),
        taken_by=_name(session, request.taken_by),
    )


def _found(session: Session, request_id: int) -> Request:
    request = session.scalar(
        sa.select(Request)
        .options(
            joinedload(Request.procedure, innerjoin=True),
            joinedload(Request.version, innerjoin=True),
            joinedload(Request.household),
            joinedload(Request.child),
        )
        .where(Request.id == request_id, Request.status != Status.DRAFT)
        .execution_options(populate_existing=True)
    )
    if request is None:
        raise NotFound
    return request


# ---- Answers -------------------------------------------------------------------------------------


def _sections(
    session: Session,
    request: Request,
    definition: Definition,
    effect: Effect | None,
    private: Mapping[str, Any] | None,
) -> list[Section]:
    answers = {**request.answers, **(private or {})}
    before = _before(session, request, definition, effect)
    names, files = naming.names_in(session, definition, answers, before or {})
    return sections(definition, answers, names, files=files, before=before)


def _before(
    session: Session, request: Request, definition: Definition, effect: Effect | None
) -> Mapping[str, Any] | None:
    """What is known today, for a request not yet decided: afterwards it says nothing any more.

    Private fields are left out.
    """
    if effect is None or effect.current is None or request.decided_at is not None:
        return None
    hidden = {field.key for field in definition.fields() if is_private(field)}
    known = effect.current(session, _open_case(request))
    return {key: value for key, value in known.items() if key not in hidden}


def _open_case(request: Request) -> Case:
    """The case without its private answers: an agent's page does not unseal them."""
    return Case(
        request_id=request.id,
        household_id=request.household_id,
        account_id=request.account_id,
        child_id=request.child_id,
        school_year_id=request.school_year_id,
        answers=request.answers,
    )


# ---- Documents -----------------------------------------------------------------------------------


def _papers(session: Session, request: Request, definition: Definition, day: date) -> list[Paper]:
    """What the démarche needs, what was asked in the course of it, what its fields hold."""
    if request.household_id is None:
        return []
    household_id = request.household_id
    wanted = [
        *_asked(session, request),
        *(
            Wanted(household_id, code, request.child_id)
            for code in needed(definition, request.answers)
        ),
        *_given_in_fields(session, request, definition),
    ]
    types = _types(session, {one.code for one in wanted})
    owned = dict.fromkeys(one.of(types[one.code]) for one in wanted if one.code in types)
    newest = _newest(session, household_id, [kind.id for kind in types.values()])
    return [
        Paper(
            name=name,
            child_id=one.child_id,
            status=status,
            document_id=newest.get((types[one.code].id, one.child_id)),
            is_health=types[one.code].is_health,
        )
        for one, (name, status) in statuses(session, owned, day).items()
    ]


def _asked(session: Session, request: Request) -> list[Wanted]:
    found = session.execute(
        sa.select(Requirement.household_id, DocumentType.code, Requirement.child_id)
        .join(Requirement.document_type)
        .where(Requirement.source == source_of(request.id), Requirement.lifted_at.is_(None))
    )
    return [Wanted(*one, is_asked=True) for one in found]


def _given_in_fields(session: Session, request: Request, definition: Definition) -> list[Wanted]:
    """The documents that its answers name, and those kept with it."""
    ids = {
        request.answers[field.key]
        for field in definition.fields()
        if field.kind is Kind.FILE and isinstance(request.answers.get(field.key), int)
    }
    kept = sa.select(RequestDocument.document_id).where(RequestDocument.request_id == request.id)
    found = session.execute(
        sa.select(Document.household_id, DocumentType.code, Document.child_id)
        .join(Document.document_type)
        .where(
            sa.or_(Document.id.in_(ids), Document.id.in_(kept)),
            Document.household_id == request.household_id,
        )
    )
    return [Wanted(*one) for one in found]


def _types(session: Session, codes: set[str]) -> dict[str, DocumentType]:
    if not codes:
        return {}
    found = session.scalars(
        sa.select(DocumentType)
        .where(DocumentType.code.in_(codes), DocumentType.is_active)
        .order_by(DocumentType.position, DocumentType.name)
    )
    return {one.code: one for one in found}


def _newest(
    session: Session, household_id: int, type_ids: Sequence[int]
) -> dict[tuple[int, int | None], int]:
    """(type, child) → the newest document given."""
    if not type_ids:
        return {}
    found = session.execute(
        sa.select(Document.document_type_id, Document.child_id, sa.func.max(Document.id))
        .where(
            Document.household_id == household_id,
            Document.document_type_id.in_(type_ids),
            Document.erased_at.is_(None),
        )
        .group_by(Document.document_type_id, Document.child_id)
    )
    return {(type_id, child_id): newest for type_id, child_id, newest in found}


# ---- What happened -------------------------------------------------------------------------------


def _moves(session: Session, request_id: int) -> list[Move]:
    found = session.execute(
        sa.select(RequestMove.at, RequestMove.to_status, Account.first_name, Account.last_name)
        .outerjoin(Account, Account.id == RequestMove.actor_id)
        .where(RequestMove.request_id == request_id)
        .order_by(RequestMove.at, RequestMove.id)
    )
    return [Move(at, status, _full(first, last)) for at, status, first, last in found]


def _thread(session: Session, request_id: int) -> list[Said]:
    found = session.execute(
        sa.select(
            RequestMessage.at,
            Account.first_name,
            Account.last_name,
            RequestMessage.from_agent,
            RequestMessage.text,
        )
        .outerjoin(Account, Account.id == RequestMessage.author_id)
        .where(RequestMessage.request_id == request_id)
        .order_by(RequestMessage.at, RequestMessage.id)
    )
    return [Said(at, _full(first, last), agent, text) for at, first, last, agent, text in found]


def _name(session: Session, account_id: int | None) -> str:
    account = session.get(Account, account_id) if account_id is not None else None
    return _full(account.first_name, account.last_name) if account else ""


def _full(first: str | None, last: str | None) -> str:
    return f"{first or ''} {last or ''}".strip()


# ---- What the queue offers, and numbers of requests ----------------------------------------------


@dataclass(frozen=True)
class Offered:
    """What can be chosen in the filters: (id, name)."""

    procedures: Sequence[tuple[int, str]]
    schools: Sequence[tuple[int, str]]


def offered(session: Session) -> Offered:
    """Every démarche, closed ones too: they still have requests; every school."""
    procedures = session.execute(
        sa.select(Procedure.id, Procedure.title).order_by(Procedure.position, Procedure.id)
    )
    schools = session.execute(sa.select(School.id, School.name).order_by(School.name))
    return Offered([(key, name) for key, name in procedures], [(k, name) for k, name in schools])


def numbers_of(session: Session, request_ids: Collection[int]) -> dict[int, str]:
    """Request id → its number, for those that exist."""
    if not request_ids:
        return {}
    found = session.execute(
        sa.select(Request.id, Request.number).where(Request.id.in_(request_ids))
    )
    return {key: number or str(key) for key, number in found}
