"""The documents of requests: what each one needs, and which of them are still to give or to look at."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.documents import queries as documents
from app.documents.models import DocumentType, Requirement
from app.documents.queries import Wanted
from app.documents.rules import CAN_GIVE, Status
from app.requests.definition import Definition, holds
from app.requests.models import ProcedureVersion
from app.requests.queue import Row


@dataclass(frozen=True)
class Papers:
    """Names of documents of one request: not given or not good, and given but not looked at."""

    missing: Sequence[str] = ()
    to_review: Sequence[str] = ()


def papers_of(session: Session, rows: Collection[Row], day: date) -> dict[int, Papers]:
    """Request id → its documents that wait for somebody, in three statements for all of them."""
    wanted = _wanted(session, [row for row in rows if row.household_id is not None])
    if not any(wanted.values()):
        return {}
    found = documents.statuses(session, {one for some in wanted.values() for one in some}, day)
    return {request_id: _papers(some, found) for request_id, some in wanted.items()}


def needed(definition: Definition, answers: Mapping[str, Any]) -> list[str]:
    """Codes of the documents that a démarche needs with these answers."""
    return [one.document_type for one in definition.documents if holds(one.show_if, answers)]


def _papers(wanted: Sequence[Wanted], found: Mapping[Wanted, tuple[str, Status]]) -> Papers:
    seen = [found[one] for one in dict.fromkeys(wanted) if one in found]
    return Papers(
        missing=[name for name, status in seen if status in CAN_GIVE],
        to_review=[name for name, status in seen if status is Status.WAITING],
    )


def _wanted(session: Session, rows: Sequence[Row]) -> dict[int, list[Wanted]]:
    """What the definition of each needs, and what was asked in the course of it."""
    definitions = _definitions(session, {row.version_id for row in rows})
    wanted: dict[int, list[Wanted]] = {}
    for row in rows:
        assert row.household_id is not None  # noqa: S101  (for the type checker)
        wanted[row.id] = [
            Wanted(row.household_id, code, row.child_id)
            for code in needed(definitions[row.version_id], row.answers)
        ]
    for request_id, one in _asked(session, list(wanted)):
        wanted[request_id].append(one)
    return wanted


def _definitions(session: Session, version_ids: Collection[int]) -> dict[int, Definition]:
    found = session.execute(
        sa.select(ProcedureVersion.id, ProcedureVersion.definition).where(
            ProcedureVersion.id.in_(version_ids)
        )
    )
    return {key: Definition.read(definition) for key, definition in found}


def _asked(session: Session, request_ids: Sequence[int]) -> list[tuple[int, Wanted]]:
    sources = {source_of(one): one for one in request_ids}
    found = session.execute(
        sa.select(
            Requirement.source,
            Requirement.household_id,
            DocumentType.code,
            Requirement.child_id,
        )
        .join(Requirement.document_type)
        .where(Requirement.source.in_(sources), Requirement.lifted_at.is_(None))
    )
    return [(sources[source], Wanted(*wanted, is_asked=True)) for source, *wanted in found]


def source_of(request_id: int) -> str:
    """Who asks, in ``Requirement.source``."""
    return f"request:{request_id}"
