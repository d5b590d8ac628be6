"""The receipt of a request (D3), as a page and as a PDF: the same facts, nothing of health."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

import sqlalchemy as sa
from flask import Response, render_template
from sqlalchemy.orm import Session

from app.core import dates
from app.core.errors import NotFound
from app.core.models import Service
from app.core.pdf import render_pdf
from app.documents.rules import CAN_GIVE
from app.requests import mine, naming, queries
from app.requests.definition import Silence
from app.requests.display import STATUS_TAGS, Section, StatusTag, sections
from app.requests.models import Request

LONGEST_WORD = 60
"""Signs in a row that a line of the PDF holds; a longer word is cut, or it would leave the page."""


@dataclass(frozen=True)
class InCharge:
    """Who answers, and how to reach it."""

    name: str
    phone: str
    email: str


@dataclass(frozen=True)
class Receipt:
    """What the family keeps. ``due_on``: last day of the answer, while one is awaited."""

    request_id: int
    number: str
    procedure: str
    household: str
    household_number: str
    child: str
    at: datetime
    tag: StatusTag
    service: InCharge | None
    missing: Sequence[str]
    due_on: date | None
    silence: Silence
    sections: Sequence[Section]
    hides_health: bool


def receipt(session: Session, request: Request, day: date) -> Receipt:
    """Raises NotFound for a draft: nothing was received."""
    if request.submitted_at is None or request.number is None or request.household is None:
        raise NotFound
    definition = queries.definition_of(request)
    known, files = naming.names_in(
        session, definition, request.answers, household_id=request.household_id, day=day
    )
    needed = mine.documents_of(session, request, definition, day)
    return Receipt(
        request_id=request.id,
        number=request.number,
        procedure=definition.title,
        household=request.household.name,
        household_number=request.household.number,
        child=str(request.child) if request.child else "",
        at=request.submitted_at,
        tag=STATUS_TAGS[request.status],
        service=_in_charge(session, definition.service),
        missing=[_named(one.name, one.child_name) for one in needed if one.status in CAN_GIVE],
        due_on=request.due_on if request.status in mine.ANSWERABLE else None,
        silence=definition.silence,
        sections=sections(definition, request.answers, known, files=files),
        hides_health=request.private_answers is not None,
    )


def _in_charge(session: Session, code: str) -> InCharge | None:
    found = session.scalar(sa.select(Service).where(Service.code == code))
    return InCharge(found.name, found.phone, found.email) if found else None


def _named(name: str, child: str) -> str:
    return f"{name} ({child})" if child else name


def as_page(found: Receipt) -> str:
    """On the screen."""
    return render_template("requests/receipt.html", receipt=found)


def as_pdf(found: Receipt) -> Response:
    """« recepisse-D-2027-000318.pdf »."""
    service = found.service
    content = render_pdf(
        "requests/receipt_pdf.html",
        receipt=found,
        cut=cut,
        number=found.number,
        date=dates.day(found.at),
        service_name=service.name if service else "",
        contact=_contact(service),
    )
    response = Response(content, mimetype="application/pdf")
    name = f"recepisse-{found.number}.pdf"
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def cut(text: str) -> str:
    """The text with spaces inside words that no line can hold."""
    return " ".join(
        " ".join(word[i : i + LONGEST_WORD] for i in range(0, len(word), LONGEST_WORD))
        for word in text.split(" ")
    )


def _contact(service: InCharge | None) -> list[str]:
    if service is None:
        return []
    reached_by = ", ".join(filter(None, (service.phone, service.email)))
    return [line for line in (service.name, reached_by) if line]
