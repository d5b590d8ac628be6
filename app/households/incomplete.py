"""Children whose file lacks something this school year, and what the agents' list says of each."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.core import clock
from app.households.models import (
    Child,
    Guardianship,
    Household,
    Level,
    School,
    Schooling,
    SchoolYear,
    YearFile,
)


def without_class() -> sa.ColumnElement[bool]:
    """SQL: the child is here and goes to no school this school year."""
    return sa.and_(_is_here(), ~_schooled())


def without_year_file() -> sa.ColumnElement[bool]:
    """SQL: the child goes to school this year and no household has filled in its yearly file."""
    filled = sa.exists().where(YearFile.child_id == Child.id, YearFile.school_year_id == _year())
    return sa.and_(_is_here(), _schooled(), ~filled)


def figure(condition: sa.ColumnElement[bool]) -> sa.Select[int]:
    """How many children it concerns, as a part of another statement."""
    return sa.select(sa.func.count(Child.id)).where(condition)


def _is_here() -> sa.ColumnElement[bool]:
    today = clock.today()
    tied = sa.exists().where(
        Guardianship.child_id == Child.id,
        sa.or_(Guardianship.ended_on.is_(None), Guardianship.ended_on > today),
    )
    return sa.and_(sa.or_(Child.left_on.is_(None), Child.left_on > today), tied)


def _schooled() -> sa.ColumnElement[bool]:
    return sa.exists().where(Schooling.child_id == Child.id, Schooling.school_year_id == _year())


def _year() -> sa.ScalarSelect[int]:
    """The school year in course, or the last one in summer."""
    return (
        sa.select(SchoolYear.id)
        .where(SchoolYear.starts_on <= clock.today())
        .order_by(SchoolYear.starts_on.desc())
        .limit(1)
        .scalar_subquery()
    )


def schools_of(session: Session, child_ids: Sequence[int]) -> dict[int, str]:
    """Child → « École des Tilleuls, CE1 » of this school year. One statement."""
    found = session.execute(
        sa.select(Schooling.child_id, School.name, Level.name)
        .join(School, School.id == Schooling.school_id)
        .join(Level, Level.id == Schooling.level_id)
        .where(Schooling.child_id.in_(child_ids), Schooling.school_year_id == _year())
    )
    return {child_id: f"{school}, {level}" for child_id, school, level in found}


def households_of(session: Session, child_ids: Sequence[int]) -> dict[int, list[tuple[int, str]]]:
    """Child → (id, name) of the households it is tied to today. One statement."""
    found = session.execute(
        sa.select(Guardianship.child_id, Household.id, Household.name)
        .join(Household, Household.id == Guardianship.household_id)
        .where(
            Guardianship.child_id.in_(child_ids),
            sa.or_(Guardianship.ended_on.is_(None), Guardianship.ended_on > clock.today()),
        )
        .order_by(Guardianship.id)
    )
    households: dict[int, list[tuple[int, str]]] = {}
    for child_id, household_id, name in found:
        households.setdefault(child_id, []).append((household_id, name))
    return households
