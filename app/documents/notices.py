"""What this room tells, to whom, by which template."""

from __future__ import annotations

from sqlalchemy.orm import Session

from app.documents.models import Document, DocumentType, Requirement
from app.households.queries import recipients
from app.notices.services import tell

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
