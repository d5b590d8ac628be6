"""Reads of documents: a household sees its own, agents what waits, in a constant number of statements."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload, selectinload

from app.core.errors import NotFound
from app.documents import rules
from app.documents.models import (
    AskedOf,
    Document,
    DocumentPage,
    DocumentType,
    Owner,
    Requirement,
)
from app.documents.rules import Status
from app.households.models import Child, Guardianship
from app.households.queries import ChildCard, children_of, holding

Need = tuple[int, int | None]
"""(id of the type, id of the child or None): what is needed, and for whom."""


@dataclass(frozen=True)
class DocumentState:
    """One kind of document of one owner, as the family and the agents see it."""

    type_id: int
    code: str
    name: str
    help: str
    child_id: int | None
    child_name: str
    status: Status
    document_id: int | None = None
    """The valid document, else the newest one."""
    refusal_reason: str = ""
    valid_until: date | None = None
    message: str = ""
    """What the agent wrote when asking for it."""
    can_give: bool = False
    is_health: bool = False


@dataclass(frozen=True)
class Wanted:
    """A document wanted of a household, for a child if its type is a child's."""

    household_id: int
    code: str
    child_id: int | None
    is_asked: bool = field(default=False, compare=False)

    def of(self, kind: DocumentType) -> Wanted:
        """The same for the owner that the type says."""
        return replace(self, child_id=self.child_id if kind.owner is Owner.CHILD else None)


@dataclass(frozen=True)
class _Facts:
    """What one household has been asked and has given."""

    types: dict[int, DocumentType]
    children: dict[int, str]
    asked: dict[Need, list[Requirement]]
    given: dict[Need, list[Document]]


def states_of_household(
    session: Session, household_id: int, day: date, children: Sequence[ChildCard] | None = None
) -> list[DocumentState]:
    """Everything needed, asked for or given, in four statements; restricted children left out.

    ``children``: those of the household that day, when they were read already.
    """
    facts = _facts(session, household_id, day, children)
    needed = [*_general_needs(facts), *facts.asked, *facts.given]
    return _states(facts, needed, day)


def states(
    session: Session, household_id: int, wanted: Sequence[tuple[str, int | None]], day: date
) -> list[DocumentState]:
    """``wanted`` (code of the type, child or None) as the household has it.

    Unknown codes and children are passed over.
    """
    facts = _facts(session, household_id, day)
    ids = {one.code: one.id for one in facts.types.values()}
    needed = [(ids[code], child_id) for code, child_id in wanted if code in ids]
    return _states(facts, needed, day)


def missing(
    session: Session, household_id: int, wanted: Sequence[tuple[str, int | None]], day: date
) -> list[DocumentState]:
    """Of ``wanted``, what the household still has to give.

    What it gave and nobody looked at yet is not missing.
    """
    found = states(session, household_id, wanted, day)
    return [one for one in found if one.status in rules.CAN_GIVE]


def states_for(
    session: Session,
    household_id: int,
    wanted: Sequence[tuple[str, int | None]],
    source: str,
    day: date,
) -> list[DocumentState]:
    """The states of ``wanted`` (code of the type, child or None) and of what ``source`` asked for."""
    facts = _facts(session, household_id, day)
    ids = {one.code: one.id for one in facts.types.values()}
    needed = [(ids[code], child_id) for code, child_id in wanted if code in ids]
    return _states(facts, [*needed, *_asked_by(facts, {source}).get(source, ())], day)


def states_by_source(
    session: Session, household_id: int, sources: Collection[str], day: date
) -> dict[str, list[DocumentState]]:
    """What each of ``sources`` (« request:12 ») asked for, in four statements for them all."""
    facts = _facts(session, household_id, day)
    asked = _asked_by(facts, sources)
    return {source: _states(facts, needed, day) for source, needed in asked.items()}


def _asked_by(facts: _Facts, sources: Collection[str]) -> dict[str, list[Need]]:
    found: dict[str, list[Need]] = defaultdict(list)
    for need, requirements in facts.asked.items():
        for requirement in requirements:
            if requirement.source in sources:
                found[requirement.source].append(need)
    return found


def statuses(
    session: Session, wanted: Collection[Wanted], day: date
) -> dict[Wanted, tuple[str, Status]]:
    """(name, status) of each document wanted, of any household, in one statement.

    Of a document of the household, the child is passed over; codes that are not used are left out.
    """
    found = session.execute(
        sa.select(DocumentType, Document)
        .outerjoin(
            Document,
            sa.and_(
                Document.document_type_id == DocumentType.id,
                Document.household_id.in_({one.household_id for one in wanted}),
                Document.erased_at.is_(None),
            ),
        )
        .where(DocumentType.code.in_({one.code for one in wanted}), DocumentType.is_active)
        .order_by(Document.given_at.desc(), Document.id.desc())
    )
    types: dict[str, DocumentType] = {}
    given: dict[Wanted, list[rules.Given]] = defaultdict(list)
    for kind, document in found:
        types[kind.code] = kind
        if document is not None:
            key = Wanted(document.household_id, kind.code, document.child_id)
            given[key].append(rules.Given(document.is_accepted, document.valid_until))
    return {
        one: _named_status(types[one.code], one, given, day) for one in wanted if one.code in types
    }


def _named_status(
    kind: DocumentType, one: Wanted, given: Mapping[Wanted, list[rules.Given]], day: date
) -> tuple[str, Status]:
    reviews = given.get(one.of(kind), [])
    return kind.name, rules.status(reviews, is_asked=one.is_asked, day=day)


def state_for(
    session: Session, household_id: int, type_id: int, child_id: int | None, day: date
) -> DocumentState:
    """One of them. Raises NotFound for a type that is not used or a child of another household."""
    facts = _facts(session, household_id, day)
    found = _states(facts, [(type_id, child_id)], day)
    if not found:
        raise NotFound
    return found[0]


def types_to_ask(session: Session) -> list[tuple[str, str]]:
    """(code, name) of the documents that an agent may ask for."""
    found = session.execute(
        sa.select(DocumentType.code, DocumentType.name)
        .where(DocumentType.is_active)
        .order_by(DocumentType.position, DocumentType.name)
    )
    return [(code, name) for code, name in found]


def document_for(session: Session, household_id: int, document_id: int, day: date) -> Document:
    """A document of this household with its files. NotFound for another's or a hidden child's."""
    document = session.scalar(
        _with_files().where(
            Document.id == document_id,
            Document.household_id == household_id,
            sa.or_(Document.child_id.is_(None), Document.child_id.in_(_seen(household_id, day))),
        )
    )
    return _found(document)


def document_file(session: Session, document_id: int) -> Document:
    """A document with its files, for agents. Raises NotFound."""
    return _found(session.scalar(_with_files().where(Document.id == document_id)))


def waiting(
    session: Session, *, with_health: bool, limit: int = 50, offset: int = 0
) -> list[Document]:
    """What agents have to look at, the oldest first; health ones for who may open them."""
    asked = (
        sa.select(Document)
        .join(Document.document_type)
        .options(
            joinedload(Document.document_type),
            joinedload(Document.household),
            joinedload(Document.child),
        )
        .where(*_undecided(with_health))
        .order_by(Document.given_at, Document.id)
        .limit(limit)
        .offset(offset)
    )
    return list(session.scalars(asked))


def count_waiting(session: Session, *, with_health: bool) -> int:
    """How many documents wait."""
    return session.scalar(waiting_figure(with_health=with_health)) or 0


def waiting_figure(*, with_health: bool) -> sa.Select[int]:
    """The same, as a part of another statement."""
    asked = sa.select(sa.func.count(Document.id)).join(Document.document_type)
    return asked.where(*_undecided(with_health))


def next_waiting(session: Session, after: Document, *, with_health: bool) -> int | None:
    """The document that follows in the queue, else the first one of it."""
    asked = sa.select(Document.id).join(Document.document_type).where(*_undecided(with_health))
    order = (Document.given_at, Document.id)
    later = sa.tuple_(*order) > sa.tuple_(
        sa.literal(after.given_at, Document.given_at.type), after.id
    )
    return session.scalar(
        asked.where(Document.id != after.id).order_by(sa.case((later, 0), else_=1), *order).limit(1)
    )


def _undecided(with_health: bool) -> list[sa.ColumnElement[bool]]:
    conditions: list[sa.ColumnElement[bool]] = [
        Document.reviewed_at.is_(None),
        Document.erased_at.is_(None),
    ]
    return conditions if with_health else [*conditions, DocumentType.is_health.is_(False)]


def _with_files() -> sa.Select[Document]:
    return (
        sa.select(Document)
        .options(
            joinedload(Document.document_type),
            joinedload(Document.household),
            joinedload(Document.child),
            selectinload(Document.pages),
        )
        .where(Document.erased_at.is_(None))
    )


def page_of(document: Document, position: int) -> DocumentPage:
    """One file of a document. Raises NotFound."""
    found = next((page for page in document.pages if page.position == position), None)
    if found is None:
        raise NotFound
    return found


def _found(document: Document | None) -> Document:
    if document is None:
        raise NotFound
    return document


def _seen(household_id: int, day: date) -> sa.Select[int]:
    """The children that this household sees on ``day``."""
    return (
        sa.select(Guardianship.child_id)
        .join(Child, Guardianship.child_id == Child.id)
        .where(Guardianship.household_id == household_id, holding(day))
    )


# ---- Working out ---------------------------------------------------------------------------------


def _facts(
    session: Session, household_id: int, day: date, seen: Sequence[ChildCard] | None = None
) -> _Facts:
    cards = children_of(session, household_id, day) if seen is None else seen
    children = {one.id: one.first_name for one in cards}
    types = session.scalars(
        sa.select(DocumentType)
        .where(DocumentType.is_active)
        .order_by(DocumentType.position, DocumentType.name)
    )
    asked = session.scalars(
        sa.select(Requirement)
        .where(Requirement.household_id == household_id, Requirement.lifted_at.is_(None))
        .order_by(Requirement.asked_at.desc(), Requirement.id)
    )
    given = session.scalars(
        sa.select(Document)
        .where(Document.household_id == household_id, Document.erased_at.is_(None))
        .order_by(Document.given_at.desc(), Document.id.desc())
    )
    facts = _Facts({one.id: one for one in types}, children, defaultdict(list), defaultdict(list))
    for requirement in asked:
        facts.asked[requirement.document_type_id, requirement.child_id].append(requirement)
    for document in given:
        facts.given[document.document_type_id, document.child_id].append(document)
    return facts


def _general_needs(facts: _Facts) -> Iterable[Need]:
    for kind in facts.types.values():
        if kind.asked_of is AskedOf.EVERY_HOUSEHOLD:
            yield kind.id, None
        elif kind.asked_of is AskedOf.EVERY_CHILD:
            yield from ((kind.id, child_id) for child_id in facts.children)


def _states(facts: _Facts, needed: Iterable[Need], day: date) -> list[DocumentState]:
    """One state for each, in the order of types then children; what is not theirs is left out."""
    order = {key: place for place, key in enumerate(facts.types)}
    ages = {key: place for place, key in enumerate(facts.children, start=1)}
    seen = [need for need in dict.fromkeys(needed) if _is_theirs(facts, need)]
    seen.sort(key=lambda need: (order[need[0]], ages.get(need[1] or 0, 0)))
    return [_state(facts, need, day) for need in seen]


def _is_theirs(facts: _Facts, need: Need) -> bool:
    kind = facts.types.get(need[0])
    if kind is None:
        return False
    if kind.owner is Owner.HOUSEHOLD:
        return need[1] is None
    return need[1] in facts.children


def _state(facts: _Facts, need: Need, day: date) -> DocumentState:
    kind = facts.types[need[0]]
    asked, given = facts.asked.get(need, []), facts.given.get(need, [])
    reviews = [rules.Given(one.is_accepted, one.valid_until) for one in given]
    status = rules.status(reviews, is_asked=bool(asked), day=day)
    shown = _shown(given, reviews, day)
    return DocumentState(
        type_id=kind.id,
        code=kind.code,
        name=kind.name,
        help=kind.help,
        child_id=need[1],
        child_name=facts.children.get(need[1] or 0, ""),
        status=status,
        document_id=shown.id if shown else None,
        refusal_reason=shown.refusal_reason if shown and status is Status.INVALID else "",
        valid_until=shown.valid_until if shown else None,
        message=next((one.message for one in asked if one.message), ""),
        can_give=rules.can_give(reviews, day),
        is_health=kind.is_health,
    )


def _shown(given: list[Document], reviews: list[rules.Given], day: date) -> Document | None:
    pairs = zip(given, reviews, strict=True)
    good = next((one for one, review in pairs if rules.is_good(review, day)), None)
    return good or (given[0] if given else None)
