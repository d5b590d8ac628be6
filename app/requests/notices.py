"""What this room tells, to whom, by which template (D3)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.core.models import Service
from app.households.queries import recipients_about
from app.notices.services import Recipient, tell
from app.requests import queries
from app.requests.definition import Definition
from app.requests.effects import EFFECTS
from app.requests.models import Request, RequestMessage, Status

WAITING = frozenset({Status.PENDING, Status.PROCESSING})
"""The service has not answered yet."""


def received(
    session: Session, request: Request, definition: Definition, missing: Sequence[str]
) -> None:
    """The receipt: number, date, service in charge, what is missing; and where it stands by now."""
    tell(
        session,
        "request_received",
        _to(session, request),
        {
            **_facts(session, request),
            "in_charge": definition.service,
            "submitted_at": request.submitted_at,
            "missing": list(missing),
            "due_on": request.due_on if request.status in WAITING else None,
            "silence": definition.silence.value,
            **_service(session, definition),
        },
        dedupe=f"request:{request.id}:received",
        url=_url(request),
    )


def moved(session: Session, request: Request) -> None:
    """One message for one save, however many moves it made."""
    tell(
        session,
        "request_moved",
        _to(session, request),
        _facts(session, request),
        dedupe=f"request:{request.id}:{request.edition}",
        url=_url(request),
    )


def said(session: Session, request: Request, message: RequestMessage) -> None:
    """The service wrote in the thread."""
    tell(
        session,
        "request_message",
        _to(session, request),
        {**_facts(session, request), "message": message.text},
        dedupe=f"request-message:{message.id}",
        url=_url(request),
    )


def _service(session: Session, definition: Definition) -> dict[str, Service]:
    """Who to call: the service in charge, else the one that signs every message."""
    found = session.scalar(sa.select(Service).where(Service.code == definition.service))
    return {"service": found} if found else {}


def _facts(session: Session, request: Request) -> dict[str, Any]:
    return {
        "done": _done(session, request),
        "procedure": request.procedure.title,
        "number": request.number or "",
        "status": request.status.value,
        "reason": request.reason,
    }


def _done(session: Session, request: Request) -> tuple[str, Mapping[str, str]] | None:
    """What its effect has to tell, once it is closed."""
    if request.status is not Status.CLOSED:
        return None
    effect = EFFECTS.get(queries.definition_of(request).effect)
    return effect.says(session, queries.case_of(request)) if effect and effect.says else None


def _url(request: Request) -> str:
    return f"/demandes/demarche/{request.id}" if request.household_id else ""


def _to(session: Session, request: Request) -> list[Recipient]:
    if request.household_id is None:
        return [Recipient(None, request.email)] if request.email else []
    return recipients_about(session, request.household_id, request.child_id)
