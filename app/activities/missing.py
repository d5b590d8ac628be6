"""Which documents are missing, of whom, by school, level and activity: one statement for them all.

The same rules as ``documents.rules.status``, said in SQL: what is needed of everybody, what an
activity needs of the children enrolled, what was asked by name; less what is valid or waits.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import date
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.activities.models import Activity, ActivityDocument, Enrolment
from app.core.admin_fields import whole_number
from app.documents.models import AskedOf, Document, DocumentType, Owner, Requirement
from app.documents.rules import Status
from app.households.models import (
    Child,
    Guardianship,
    Household,
    Level,
    School,
    Schooling,
    SchoolYear,
)
from app.households.queries import holding

PAGE_SIZE = 50
NOBODY = sa.null()


@dataclass(frozen=True)
class Filter:
    """What narrows the list: ids, None for all."""

    ecole: int | None = None
    niveau: int | None = None
    activite: int | None = None
    piece: int | None = None

    @classmethod
    def read(cls, args: Mapping[str, str]) -> Filter:
        """The filter of an address; what makes no sense is passed over."""
        return cls(*(whole_number(args.get(one.name, "")) for one in fields(cls)))

    def args(self, **more: Any) -> dict[str, Any]:
        """The same for an address."""
        asked = {one.name: getattr(self, one.name) for one in fields(self)}
        return {key: value for key, value in {**asked, **more}.items() if value is not None}


@dataclass(frozen=True)
class Missing:
    """One document that a household still has to give, for a child if it is a child's."""

    household_id: int
    household: str
    number: str
    child_id: int | None
    child: str
    school: str
    level: str
    type_id: int
    document: str
    status: Status

    @property
    def key(self) -> str:
        """What a form sends for this row."""
        return f"{self.household_id}-{self.child_id or 0}-{self.type_id}"


@dataclass(frozen=True)
class Offered:
    """What the filters offer: (id, name)."""

    schools: Sequence[tuple[int, str]]
    levels: Sequence[tuple[int, str]]
    activities: Sequence[tuple[int, str]]
    types: Sequence[tuple[int, str]]


def count(session: Session, asked: Filter, today: date) -> int:
    """How many documents are missing."""
    return session.scalar(figure(asked, today)) or 0


def figure(asked: Filter, today: date) -> sa.Select[int]:
    """The same, as a part of another statement."""
    return sa.select(sa.func.count()).select_from(_missing(asked, today).subquery())


def rows(
    session: Session, asked: Filter, today: date, *, limit: int | None = None, offset: int = 0
) -> list[Missing]:
    """The missing documents, household by household. One statement."""
    found = _missing(asked, today).subquery("missing")
    schooling = sa.and_(
        Schooling.child_id == found.c.child_id, Schooling.school_year_id == _year(today)
    )
    listed = session.execute(
        sa.select(
            Household.id,
            Household.name,
            Household.number,
            found.c.child_id,
            Child.first_name,
            Child.last_name,
            School.name,
            Level.name,
            DocumentType.id,
            DocumentType.name,
            found.c.status,
        )
        .select_from(found)
        .join(Household, Household.id == found.c.household_id)
        .join(DocumentType, DocumentType.id == found.c.type_id)
        .outerjoin(Child, Child.id == found.c.child_id)
        .outerjoin(Schooling, schooling)
        .outerjoin(School, School.id == Schooling.school_id)
        .outerjoin(Level, Level.id == Schooling.level_id)
        .order_by(
            Household.name,
            Household.id,
            DocumentType.position,
            DocumentType.name,
            found.c.child_id,
        )
        .limit(limit)
        .offset(offset)
    )
    return [_row(*one) for one in listed]


def _row(
    household_id: int,
    household: str,
    number: str,
    child_id: int | None,
    first_name: str | None,
    last_name: str | None,
    *facts: Any,
) -> Missing:
    school, level, type_id, document, status = facts
    child = f"{first_name} {last_name}" if child_id else ""
    return Missing(
        household_id,
        household,
        number,
        child_id,
        child,
        school or "",
        level or "",
        type_id,
        document,
        Status(status),
    )


def offered(session: Session) -> Offered:
    """Four statements."""

    def pairs(statement: sa.Select[int, str]) -> list[tuple[int, str]]:
        return [(key, name) for key, name in session.execute(statement)]

    return Offered(
        schools=pairs(sa.select(School.id, School.name).order_by(School.name)),
        levels=pairs(sa.select(Level.id, Level.name).order_by(Level.position)),
        activities=pairs(
            sa.select(Activity.id, Activity.name)
            .where(Activity.is_active)
            .order_by(Activity.position)
        ),
        types=pairs(
            sa.select(DocumentType.id, DocumentType.name)
            .where(DocumentType.is_active)
            .order_by(DocumentType.position, DocumentType.name)
        ),
    )


# ---- SQL -----------------------------------------------------------------------------------------


def _missing(asked: Filter, today: date) -> sa.Select[int, int, int, str]:
    """(household, child or NULL, type, status) of what has to be given."""
    need = _needs(asked, today)
    has_good = _given(need).where(
        Document.is_accepted.is_(True),
        sa.or_(Document.valid_until.is_(None), Document.valid_until >= today),
    )
    newest = (
        _given(need)
        .with_only_columns(
            sa.case(
                (Document.is_accepted.is_(None), Status.WAITING.value),
                (Document.is_accepted.is_(True), Status.EXPIRED.value),
                else_=Status.INVALID.value,
            )
        )
        .order_by(Document.given_at.desc(), Document.id.desc())
        .limit(1)
        .scalar_subquery()
    )
    by_name = sa.case((need.c.is_asked == 1, Status.ASKED.value), else_=Status.MISSING.value)
    status = sa.func.coalesce(newest, by_name)
    return sa.select(
        need.c.household_id, need.c.child_id, need.c.type_id, status.label("status")
    ).where(~has_good.exists(), status != Status.WAITING.value)


def _given(need: Any) -> sa.Select[int]:
    return sa.select(Document.id).where(
        Document.household_id == need.c.household_id,
        Document.document_type_id == need.c.type_id,
        Document.child_id.is_not_distinct_from(need.c.child_id),
        Document.erased_at.is_(None),
    )


def _needs(asked: Filter, today: date) -> Any:
    """Every (household, child or NULL, type) that is needed, once; whether it was asked by name."""
    seen = _seen(asked, today)
    everything = sa.union_all(
        _of_everybody(seen), _of_activities(seen, today), _by_name(seen)
    ).subquery()
    needs = sa.select(
        everything.c.household_id,
        everything.c.child_id,
        everything.c.type_id,
        sa.func.max(everything.c.is_asked).label("is_asked"),
    ).group_by(everything.c.household_id, everything.c.child_id, everything.c.type_id)
    if asked.piece is not None:
        needs = needs.where(everything.c.type_id == asked.piece)
    return needs.subquery("need")


def _seen(asked: Filter, today: date) -> Any:
    """(household, child) of the ties that hold today, of the school, level and activity asked."""
    ties = (
        sa.select(Guardianship.household_id, Guardianship.child_id)
        .join(Child, Child.id == Guardianship.child_id)
        .where(holding(today))
    )
    at_school = [Schooling.child_id == Child.id, Schooling.school_year_id == _year(today)]
    if asked.ecole is not None:
        at_school.append(Schooling.school_id == asked.ecole)
    if asked.niveau is not None:
        at_school.append(Schooling.level_id == asked.niveau)
    if len(at_school) > 2:
        ties = ties.where(sa.exists().where(*at_school))
    if asked.activite is not None:
        ties = ties.where(
            sa.exists().where(
                Enrolment.child_id == Child.id, Enrolment.activity_id == asked.activite, _on(today)
            )
        )
    return ties.cte("seen")


def _on(today: date) -> sa.ColumnElement[bool]:
    return sa.and_(Enrolment.starts_on <= today, Enrolment.ends_on >= today)


def _owner(seen: Any) -> sa.ColumnElement[int]:
    """The child, or NULL for a document of the household."""
    return sa.case((DocumentType.owner == Owner.CHILD, seen.c.child_id), else_=NOBODY)


def _need(seen: Any, is_asked: int = 0) -> sa.Select[int, int, int, int]:
    return sa.select(
        seen.c.household_id,
        _owner(seen).label("child_id"),
        DocumentType.id.label("type_id"),
        sa.literal(is_asked, sa.Integer).label("is_asked"),
    )


def _of_everybody(seen: Any) -> sa.Select[int, int, int, int]:
    asked_of = sa.case(
        (DocumentType.owner == Owner.CHILD, AskedOf.EVERY_CHILD.value),
        else_=AskedOf.EVERY_HOUSEHOLD.value,
    )
    is_asked_of = sa.cast(DocumentType.asked_of, sa.String) == asked_of
    return _need(seen).join(DocumentType, sa.and_(DocumentType.is_active, is_asked_of))


def _of_activities(seen: Any, today: date) -> sa.Select[int, int, int, int]:
    enrolled = sa.and_(Enrolment.child_id == seen.c.child_id, _on(today))
    needed = ActivityDocument.activity_id == Enrolment.activity_id
    kind = sa.and_(DocumentType.id == ActivityDocument.document_type_id, DocumentType.is_active)
    return (
        _need(seen)
        .join(Enrolment, enrolled)
        .join(ActivityDocument, needed)
        .join(DocumentType, kind)
    )


def _by_name(seen: Any) -> sa.Select[int, int, int, int]:
    asked = sa.and_(
        Requirement.household_id == seen.c.household_id,
        Requirement.lifted_at.is_(None),
    )
    kind = sa.and_(
        DocumentType.id == Requirement.document_type_id,
        DocumentType.is_active,
        Requirement.child_id.is_not_distinct_from(_owner(seen)),
    )
    return _need(seen, 1).join(Requirement, asked).join(DocumentType, kind)


def _year(today: date) -> sa.ScalarSelect[int]:
    """The school year in course, or the last one in summer."""
    return (
        sa.select(SchoolYear.id)
        .where(SchoolYear.starts_on <= today)
        .order_by(SchoolYear.starts_on.desc())
        .limit(1)
        .scalar_subquery()
    )
