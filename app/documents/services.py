"""Giving, asking for, accepting and refusing documents (D7)."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.core import clock
from app.core.actor import Actor
from app.core.audit import record, record_many
from app.core.db import table_of
from app.core.encryption import seal, unseal
from app.core.errors import Forbidden, NotFound
from app.core.storage import Storage, new_key
from app.documents import notices, queries, rules
from app.documents.errors import (
    AlreadyReviewed,
    AlreadyWaiting,
    EndsInThePast,
    NeedsChild,
    NeedsEndDate,
    NeedsReason,
    NoFile,
    StillValid,
    TooManyPages,
)
from app.documents.files import CheckedFile
from app.documents.models import (
    Document,
    DocumentPage,
    DocumentReading,
    DocumentType,
    Owner,
    Requirement,
    Validity,
)
from app.documents.rules import Ask
from app.households.models import HealthReading, Household, SchoolYear

MAX_FILES = 10
HEALTH = "Santé"
"""The role that opens health documents (§3.10)."""


@dataclass(frozen=True)
class KeptFile:
    """A file already in the storage, before any row tells of it."""

    key: str
    name: str
    content_type: str
    size: int
    sha256: str
    is_sealed: bool


# ---- Files, outside any transaction --------------------------------------------------------------


def keep(store: Storage, files: Sequence[CheckedFile], *, sealed: bool) -> list[KeptFile]:
    """Put files away, all or none; ``sealed`` for health. Raises NoFile, TooManyPages, StorageAway."""
    if not files:
        raise NoFile
    if len(files) > MAX_FILES:
        raise TooManyPages(maximum=MAX_FILES)
    keys = [new_key() for _ in files]
    try:
        return [_keep(store, key, file, sealed) for key, file in zip(keys, files, strict=True)]
    except Exception:
        forget(store, keys)
        raise


def _keep(store: Storage, key: str, file: CheckedFile, sealed: bool) -> KeptFile:
    store.put(key, seal(file.content, key) if sealed else file.content)
    digest = hashlib.sha256(file.content).hexdigest()
    return KeptFile(key, file.name, file.content_type, len(file.content), digest, sealed)


def forget(store: Storage, keys: Sequence[str]) -> None:
    """Delete files that no row tells of."""
    for key in keys:
        store.delete(key)


def open_page(store: Storage, page: DocumentPage) -> bytes:
    """The content of one file. Raises FileMissing, StorageAway."""
    content = store.read(page.storage_key)
    return unseal(content, page.storage_key) if page.is_sealed else content


# ---- By the family -------------------------------------------------------------------------------


def give(
    session: Session,
    actor: Actor,
    household_id: int,
    type_id: int,
    child_id: int | None,
    kept: Sequence[KeptFile],
    *,
    now: datetime,
) -> Document:
    """The household gives a document: it waits for an agent.

    Raises NotFound, StillValid, AlreadyWaiting (both parents at once: the second one).
    """
    _lock(session, household_id)
    day = clock.paris(now).date()
    state = queries.state_for(session, household_id, type_id, child_id, day)
    if not state.can_give:
        raise StillValid if state.status is rules.Status.VALID else AlreadyWaiting
    document = Document(
        document_type_id=type_id,
        household_id=household_id,
        child_id=child_id,
        given_at=now,
        given_by=actor.account_id,
        pages=[_page(place, one) for place, one in enumerate(kept, start=1)],
    )
    session.add(document)
    session.flush()
    record(session, actor, "give", "document", document.id, household_id, type=state.code)
    return document


def _page(position: int, kept: KeptFile) -> DocumentPage:
    return DocumentPage(
        position=position,
        storage_key=kept.key,
        name=kept.name,
        content_type=kept.content_type,
        size=kept.size,
        sha256=kept.sha256,
        is_sealed=kept.is_sealed,
    )


def _lock(session: Session, household_id: int) -> None:
    """One save of documents at a time in a household."""
    found = session.scalar(
        sa.select(Household.id).where(Household.id == household_id).with_for_update(key_share=True)
    )
    if found is None:
        raise NotFound


# ---- Asking --------------------------------------------------------------------------------------


def require(
    session: Session,
    actor: Actor,
    household_id: int,
    type_code: str,
    child_id: int | None,
    *,
    source: str,
    message: str = "",
    now: datetime,
) -> Requirement:
    """Ask the household for a document; once for each ``source``. Told unless it is already there.

    Raises NotFound for an unknown type, or a child that is not this household's; NeedsChild.
    """
    kind = session.scalar(sa.select(DocumentType).where(DocumentType.code == type_code))
    if kind is None:
        raise NotFound
    if kind.owner is Owner.CHILD and child_id is None:
        raise NeedsChild
    owner = child_id if kind.owner is Owner.CHILD else None
    _lock(session, household_id)
    state = queries.state_for(session, household_id, kind.id, owner, clock.paris(now).date())
    found = _requirement(session, source, kind.id, household_id, owner)
    is_new = found is None or found.lifted_at is not None
    requirement = found or Requirement(
        document_type_id=kind.id, household_id=household_id, child_id=owner, source=source
    )
    if is_new:
        requirement.message, requirement.asked_at = message, now
        requirement.asked_by, requirement.lifted_at = actor.account_id, None
        session.add(requirement)
        session.flush()
        record(session, actor, "require", "document", requirement.id, household_id, source=source)
        if state.status in rules.CAN_GIVE:
            notices.asked(session, requirement, kind, state.child_name)
    return requirement


def require_many(
    session: Session,
    actor: Actor,
    asks: Collection[Ask],
    *,
    source: str,
    message: str = "",
    now: datetime,
) -> int:
    """Ask many households at once, one message to each; how many documents were asked.

    What ``source`` has asked for since this morning is left alone: sent twice, it asks once.
    Statements do not grow with the households. The caller has checked that each is theirs.
    """
    ids = sorted({one.household_id for one in asks})
    session.execute(
        sa.select(Household.id)
        .where(Household.id.in_(ids))
        .order_by(Household.id)
        .with_for_update(key_share=True)
    )
    known = {
        Ask(one.household_id, one.document_type_id, one.child_id): one
        for one in session.scalars(
            sa.select(Requirement).where(
                Requirement.source == source, Requirement.household_id.in_(ids)
            )
        )
    }
    morning = datetime.combine(clock.paris(now).date(), time(), tzinfo=clock.PARIS)
    again = [known[one] for one in asks if one in known and _is_due(known[one], morning)]
    new = [one for one in dict.fromkeys(asks) if one not in known]
    fresh = {"message": message, "asked_at": now, "asked_by": actor.account_id, "lifted_at": None}
    if again:
        which = Requirement.id.in_([one.id for one in again])
        session.execute(sa.update(Requirement).where(which).values(fresh))
    if new:
        rows = [
            {
                "household_id": one.household_id,
                "document_type_id": one.type_id,
                "child_id": one.child_id,
                "source": source,
                **fresh,
            }
            for one in new
        ]
        session.execute(sa.insert(table_of(Requirement)), rows)
    told = new + [Ask(one.household_id, one.document_type_id, one.child_id) for one in again]
    homes = {one.household_id for one in told}
    record_many(session, actor, "require", "document", homes, source=source)
    notices.asked_many(session, told, message, now)
    return len(told)


def _is_due(one: Requirement, morning: datetime) -> bool:
    return one.lifted_at is not None or one.asked_at < morning


def _requirement(
    session: Session, source: str, type_id: int, household_id: int, child_id: int | None
) -> Requirement | None:
    return session.scalar(
        sa.select(Requirement).where(
            Requirement.source == source,
            Requirement.document_type_id == type_id,
            Requirement.household_id == household_id,
            Requirement.child_id.is_(None)
            if child_id is None
            else Requirement.child_id == child_id,
        )
    )


def lift(session: Session, source: str, *, now: datetime) -> int:
    """``source`` asks for nothing any more; how many requirements it had."""
    return (
        session.connection()
        .execute(
            sa.update(Requirement)
            .where(Requirement.source == source, Requirement.lifted_at.is_(None))
            .values(lifted_at=now)
        )
        .rowcount
    )


# ---- Review --------------------------------------------------------------------------------------


def accept(
    session: Session, actor: Actor, document_id: int, valid_until: date | None, *, now: datetime
) -> Document:
    """The document is valid until that day, included (None: without end).

    Raises NotFound, Forbidden, AlreadyReviewed, NeedsEndDate, EndsInThePast.
    """
    document = _under_review(session, actor, document_id)
    if valid_until is None and document.document_type.validity is not Validity.UNLIMITED:
        raise NeedsEndDate
    if valid_until is not None and valid_until < clock.paris(now).date():
        raise EndsInThePast
    document.valid_until = valid_until
    return _decide(session, actor, document, True, now)


def refuse(
    session: Session, actor: Actor, document_id: int, reason: str, *, now: datetime
) -> Document:
    """The document is not accepted, and the family reads why.

    Raises NotFound, Forbidden, AlreadyReviewed, NeedsReason.
    """
    document = _under_review(session, actor, document_id)
    if not reason.strip():
        raise NeedsReason
    document.refusal_reason = reason.strip()
    return _decide(session, actor, document, False, now)


def _under_review(session: Session, actor: Actor, document_id: int) -> Document:
    document = session.scalar(
        sa.select(Document)
        .where(Document.id == document_id, Document.erased_at.is_(None))
        .with_for_update(of=Document)
        .execution_options(populate_existing=True)
    )
    if document is None:
        raise NotFound
    check_may_open(actor, document.document_type)
    if document.reviewed_at is not None:
        raise AlreadyReviewed
    return document


def _decide(
    session: Session, actor: Actor, document: Document, accepted: bool, now: datetime
) -> Document:
    document.is_accepted, document.reviewed_at = accepted, now
    document.reviewed_by = actor.account_id
    session.flush()
    verb = "accept" if accepted else "refuse"
    record(session, actor, verb, "document", document.id, document.household_id)
    notices.decided(session, document)
    return document


def proposed_end(session: Session, document: Document) -> date | None:
    """The last day proposed to the agent who accepts it."""
    day = clock.paris(document.given_at).date()
    kind = document.document_type
    year_ends = session.scalar(
        sa.select(sa.func.min(SchoolYear.ends_on)).where(SchoolYear.ends_on >= day)
    )
    return rules.valid_until(kind.validity, kind.validity_months, day, year_ends)


# ---- Opening -------------------------------------------------------------------------------------


def check_may_open(actor: Actor, kind: DocumentType) -> None:
    """Health documents are for the role Santé. Raises Forbidden."""
    if kind.is_health and HEALTH not in actor.roles:
        raise Forbidden


def log_reading(session: Session, actor: Actor, document: Document, *, now: datetime) -> None:
    """Somebody opens a file of this document (D9); of the staff, a health one is told to the family."""
    assert actor.account_id is not None  # noqa: S101  (pages of documents need a login)
    session.add(
        DocumentReading(
            at=now,
            account_id=actor.account_id,
            document_id=document.id,
            household_id=document.household_id,
        )
    )
    if document.document_type.is_health and actor.is_agent:
        session.add(
            HealthReading(
                at=now,
                account_id=actor.account_id,
                household_id=document.household_id,
                child_id=document.child_id,
                subject="document",
                subject_id=document.id,
            )
        )
    session.flush()
