"""Which children have a health file, for the role Santé: marks only, nothing that a file says."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.activities.models import Enrolment
from app.households.models import Child, Level, School, Schooling, YearFile
from app.households.services.year_files import Marks, marks


@dataclass(frozen=True)
class Pupil:
    """A child of a school that year; its marks are those of all its households together."""

    child_id: int
    first_name: str
    last_name: str
    school: str
    level: str
    has_file: bool
    has_health: bool
    has_pai: bool
    has_allergies: bool

    @property
    def is_marked(self) -> bool:
        """The team has to know something of this child."""
        return self.has_pai or self.has_allergies


def pupils(
    session: Session,
    school_year_id: int,
    *,
    school_id: int | None = None,
    site_id: int | None = None,
) -> list[Pupil]:
    """The children of that year, of a school or enrolled at a site, by school, level and name.

    One statement, whatever their number. A child who left is left out.
    """
    asked = (
        sa.select(
            Child.id,
            Child.first_name,
            Child.last_name,
            School.name,
            Level.name,
            YearFile.id,
            YearFile.health_cipher,
        )
        .select_from(Schooling)
        .join(Child, Child.id == Schooling.child_id)
        .join(School, School.id == Schooling.school_id)
        .join(Level, Level.id == Schooling.level_id)
        .outerjoin(
            YearFile,
            sa.and_(
                YearFile.child_id == Schooling.child_id,
                YearFile.school_year_id == Schooling.school_year_id,
            ),
        )
        .where(Schooling.school_year_id == school_year_id, Child.left_on.is_(None))
        .order_by(School.name, Level.position, Child.last_name, Child.first_name, Child.id)
    )
    if school_id is not None:
        asked = asked.where(Schooling.school_id == school_id)
    if site_id is not None:
        asked = asked.where(
            sa.exists().where(
                Enrolment.child_id == Schooling.child_id,
                Enrolment.school_year_id == school_year_id,
                Enrolment.site_id == site_id,
                Enrolment.ends_on >= Enrolment.starts_on,
            )
        )
    by_child: dict[int, list[sa.Row[tuple[int, str, str, str, str, int, bytes]]]] = {}
    for row in session.execute(asked):
        by_child.setdefault(row[0], []).append(row)
    return [_pupil(rows) for rows in by_child.values()]


def _pupil(rows: Sequence[sa.Row[tuple[int, str, str, str, str, int, bytes]]]) -> Pupil:
    child_id, first_name, last_name, school, level, *_ = rows[0]
    found: list[Marks] = [marks(row[5], row[6]) for row in rows if row[6] is not None]
    return Pupil(
        child_id,
        first_name,
        last_name,
        school,
        level,
        has_file=any(row[5] is not None for row in rows),
        has_health=bool(found),
        has_pai=any(one.has_pai for one in found),
        has_allergies=any(one.has_allergies for one in found),
    )
