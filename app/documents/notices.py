"""What this room tells, to whom, by which template."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date, datetime
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.documents.models import Document, DocumentType, Requirement
from app.documents.rules import Ask
from app.households.models import Child
from app.households.queries import recipients, recipients_about
from app.notices.services import tell, tell_many

PAGE = "/justificatifs/"


def asked(session: Session, requirement: Requirement, kind: DocumentType, child: str) -> None:
    """The service asks for a document."""
    tell(
        session,
        "document_asked",
        recipients_about(session, requirement.household_id, requirement.child_id),
        {"document": kind.name, "child": child, "message": requirement.message},
        dedupe=f"document-asked:{requirement.id}:{requirement.asked_at.timestamp():.0f}",
        url=PAGE,
    )


def asked_many(session: Session, asks: Sequence[Ask], message: str, now: datetime) -> None:
    """One message to each household, with every document asked of it."""
    kinds = _names(session, DocumentType.id, DocumentType.name, {one.type_id for one in asks})
    some = {one.child_id for one in asks if one.child_id is not None}
    children = _names(session, Child.id, Child.first_name, some)
    by_household: dict[int, list[str]] = {}
    for one in asks:
        name = kinds[one.type_id]
        whole = f"{name} ({children[one.child_id]})" if one.child_id is not None else name
        by_household.setdefault(one.household_id, []).append(whole)
    told = recipients(session, by_household, money=False)
    rows = [
        (
            recipient,
            {"documents": names, "message": message},
            f"documents-asked:{household_id}:{now.timestamp():.0f}",
        )
        for household_id, names in by_household.items()
        for recipient in told[household_id]
    ]
    tell_many(session, "documents_asked", rows, url=PAGE)


def _names(session: Session, key: Any, name: Any, ids: Collection[int]) -> dict[int, str]:
    found = session.execute(sa.select(key, name).where(key.in_(ids)))
    return {row[0]: row[1] for row in found}


def decided(session: Session, document: Document) -> None:
    """Accepted until a day, or refused with its reason (D7)."""
    tell(
        session,
        "document_decided",
        recipients_about(session, document.household_id, document.child_id),
        {
            "accepted": bool(document.is_accepted),
            "document": document.document_type.name,
            "child": document.child.first_name if document.child else "",
            "reason": document.refusal_reason,
            "valid_until": document.valid_until,
        },
        dedupe=f"document-decided:{document.id}",
        url=PAGE,
    )


class Ending(NamedTuple):
    """A valid document that ends soon."""

    document_id: int
    household_id: int
    document: str
    child: str | None
    valid_until: date | None


def ending(session: Session, lines: Sequence[Ending]) -> None:
    """One reminder to each household, with every document that ends soon."""
    by_household: dict[int, list[Ending]] = {}
    for line in sorted(lines, key=lambda line: (line.household_id, line.valid_until or date.max)):
        by_household.setdefault(line.household_id, []).append(line)
    told = recipients(session, by_household, money=False)
    rows = [
        (recipient, {"endings": _endings(own)}, f"document-ending:{own[0].document_id}")
        for household_id, own in by_household.items()
        for recipient in told[household_id]
    ]
    tell_many(session, "document_reminder", rows, url=PAGE)


def _endings(lines: Sequence[Ending]) -> list[tuple[str, date | None]]:
    """(document with its child, last day)."""
    return [
        (f"{line.document} ({line.child})" if line.child else line.document, line.valid_until)
        for line in lines
    ]
