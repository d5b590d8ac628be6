"""What this room tells, to whom, by which template."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import NamedTuple

from sqlalchemy.orm import Session

from app.documents.models import Document, DocumentType, Requirement
from app.households.queries import recipients
from app.notices.services import tell, tell_many

PAGE = "/justificatifs/"


def asked(session: Session, requirement: Requirement, kind: DocumentType, child: str) -> None:
    """The service asks for a document."""
    household_id = requirement.household_id
    tell(
        session,
        "document_asked",
        recipients(session, [household_id], money=False)[household_id],
        {"document": kind.name, "child": child, "message": requirement.message},
        dedupe=f"document-asked:{requirement.id}:{requirement.asked_at.timestamp():.0f}",
        url=PAGE,
    )


def decided(session: Session, document: Document) -> None:
    """Accepted until a day, or refused with its reason (D7)."""
    household_id = document.household_id
    tell(
        session,
        "document_decided",
        recipients(session, [household_id], money=False)[household_id],
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
    """One reminder for each document, to its household."""
    told = recipients(session, {line.household_id for line in lines}, money=False)
    rows = [
        (
            recipient,
            {
                "document": line.document,
                "child": line.child or "",
                "valid_until": line.valid_until,
            },
            f"document-ending:{line.document_id}",
        )
        for line in lines
        for recipient in told[line.household_id]
    ]
    tell_many(session, "document_reminder", rows, url=PAGE)
