"""The names of what a request holds: read by id, so that a past school year still has its name."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.documents.models import Document, DocumentType
from app.households import queries as households
from app.households.models import Adult, Child, Level, School, SchoolYear
from app.requests.answers import Nameable
from app.requests.definition import Definition, Field, Kind

Files = dict[int, str]
WRITTEN = {
    Kind.CHILD: ("child",),
    Kind.ADULT: ("adult",),
    Kind.SCHOOL_YEAR: ("year",),
    Kind.FILE: ("file",),
    Kind.SCHOOL_LEVEL: ("school", "level"),
}


def names_in(
    session: Session,
    definition: Definition,
    *answers: Mapping[str, Any],
    household_id: int | None = None,
    day: date | None = None,
) -> tuple[Nameable, Files]:
    """(names, document → name of its type) of the ids in these answers, one statement a kind.

    For a family, ``household_id`` and ``day`` leave out the children that it may no longer see.
    """
    ids: dict[str, set[int]] = defaultdict(set)
    for one in answers:
        for kind, number in _ids(definition.fields(), one):
            ids[kind].add(number)
    names = Nameable(
        children=_children(session, ids["child"], household_id, day),
        adults=_by_id(session, Adult, ids["adult"]),
        schools=_by_id(session, School, ids["school"]),
        levels=_by_id(session, Level, ids["level"]),
        years=_by_id(session, SchoolYear, ids["year"]),
        documents={},
    )
    return names, file_names(session, ids["file"])


def file_names(session: Session, document_ids: Iterable[int]) -> Files:
    """Document → the name of its type."""
    wanted = sorted(set(document_ids))
    if not wanted:
        return {}
    found = session.execute(
        sa.select(Document.id, DocumentType.name)
        .join(Document.document_type)
        .where(Document.id.in_(wanted))
    )
    return {one.id: one.name for one in found}


def _ids(fields: Iterable[Field], answers: Mapping[str, Any]) -> Iterator[tuple[str, int]]:
    for field in fields:
        value = answers.get(field.key)
        if field.kind is Kind.GROUP:
            for row in value or ():
                yield from _ids(field.fields, row)
        for name in WRITTEN.get(field.kind, ()):
            number = value.get(f"{name}_id") if isinstance(value, Mapping) else value
            if isinstance(number, int):
                yield name, number


def _by_id(session: Session, table: type[Any], ids: set[int]) -> dict[int, str]:
    if not ids:
        return {}
    return {
        one.id: str(one)
        for one in session.scalars(sa.select(table).where(table.id.in_(sorted(ids))))
    }


def _children(
    session: Session, ids: set[int], household_id: int | None, day: date | None
) -> dict[int, str]:
    if not ids or household_id is None or day is None:
        return _by_id(session, Child, ids)
    cards = households.children_of(session, household_id, day)
    return {one.id: f"{one.first_name} {one.last_name}" for one in cards if one.id in ids}
