"""What the designer's pages read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.accounts.models import Account
from app.core.errors import NotFound
from app.documents.models import DocumentType
from app.requests.definition import Definition
from app.requests.models import Procedure, ProcedureState, ProcedureVersion, Request
from app.requests.rules import IN_PROGRESS


@dataclass(frozen=True)
class Listed:
    """A démarche in the designer's list. ``is_changed``: its draft is not what families see."""

    id: int
    title: str
    theme: str
    state: ProcedureState
    number: int | None
    is_changed: bool
    in_progress: int


def listed(session: Session) -> list[Listed]:
    """Every démarche in its order, with what is in progress: two statements."""
    counted = session.execute(
        sa.select(Request.procedure_id, sa.func.count())
        .where(Request.status.in_(IN_PROGRESS))
        .group_by(Request.procedure_id)
    )
    counts = dict(counted.all())
    found = session.execute(
        sa.select(Procedure, ProcedureVersion.definition)
        .outerjoin(
            ProcedureVersion,
            sa.and_(
                ProcedureVersion.procedure_id == Procedure.id,
                ProcedureVersion.number == Procedure.published_number,
            ),
        )
        .order_by(Procedure.position, Procedure.id)
    )
    return [
        Listed(
            one.id,
            one.title,
            one.theme,
            one.state,
            one.published_number,
            published is not None and published != one.draft,
            counts.get(one.id, 0),
        )
        for one, published in found
    ]


def procedure(session: Session, procedure_id: int) -> Procedure:
    """Raises NotFound."""
    found = session.get(Procedure, procedure_id)
    if found is None:
        raise NotFound
    return found


@dataclass(frozen=True)
class Version:
    """A version as the list of them shows it. ``by``: empty when the portal published it."""

    number: int
    published_at: datetime
    by: str
    definition: Mapping[str, Any]


def versions(session: Session, procedure_id: int) -> list[Version]:
    """The newest first."""
    found = session.execute(
        sa.select(ProcedureVersion, Account.first_name, Account.last_name)
        .outerjoin(Account, Account.id == ProcedureVersion.published_by)
        .where(ProcedureVersion.procedure_id == procedure_id)
        .order_by(ProcedureVersion.number.desc())
    )
    return [
        Version(one.number, one.published_at, f"{first or ''} {last or ''}".strip(), one.definition)
        for one, first, last in found
    ]


def published(session: Session, procedure_id: int) -> Definition | None:
    """What families see, or saw before it was closed."""
    values = session.scalar(
        sa.select(ProcedureVersion.definition)
        .join(ProcedureVersion.procedure)
        .where(Procedure.id == procedure_id, ProcedureVersion.number == Procedure.published_number)
    )
    return Definition.read(values) if values is not None else None


def document_types(session: Session) -> dict[str, str]:
    """Code → name of what may be asked for, in its order."""
    found = session.execute(
        sa.select(DocumentType.code, DocumentType.name)
        .where(DocumentType.is_active.is_(True))
        .order_by(DocumentType.position, DocumentType.name)
    )
    return dict(found.all())
