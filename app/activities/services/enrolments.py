"""Enrolments: which child may be booked on which activity, where and when (§3.5)."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.activities import queries
from app.activities.errors import (
    AlreadyEnrolled,
    BadPeriod,
    NobodyToEnrol,
    OutsideYear,
    ReasonMissing,
)
from app.activities.models import Activity, Enrolment, Site
from app.activities.rules import summer_end
from app.core import audit, clock, hooks
from app.core.actor import Actor
from app.core.errors import NotFound
from app.households.models import Child, SchoolYear

DAY = timedelta(days=1)


@dataclass(frozen=True)
class Where:
    """What children are enrolled on: an activity at a site, on these days of a school year.

    Days left out: from the first to the last of the school year.
    """

    activity_id: int
    site_id: int
    school_year_id: int
    starts_on: date | None = None
    ends_on: date | None = None


def enrol(
    session: Session,
    actor: Actor,
    child_id: int,
    activity_id: int,
    site_id: int,
    school_year_id: int,
    starts_on: date | None = None,
    ends_on: date | None = None,
) -> Enrolment:
    """Enrol one child; an enrolment of that year that ended before is taken up again.

    Raises NotFound, AlreadyEnrolled, BadPeriod, OutsideYear.
    """
    where = Where(activity_id, site_id, school_year_id, starts_on, ends_on)
    first, last = _days(session, where)
    if session.get(Child, child_id) is None:
        raise NotFound
    found = session.scalars(_of([child_id], where).with_for_update()).first()
    if found is not None and found.ends_on >= first and found.starts_on <= found.ends_on:
        raise AlreadyEnrolled
    found = found or Enrolment(
        child_id=child_id, activity_id=activity_id, school_year_id=school_year_id
    )
    found.site_id, found.starts_on, found.ends_on = site_id, first, last
    session.add(found)
    session.flush()
    audit.record(session, actor, "enrol", "enrolment", found.id, child_id=child_id)
    return found


def enrol_many(session: Session, actor: Actor, child_ids: Collection[int], where: Where) -> int:
    """Enrol these children; those who have an enrolment that year are left as they are.

    How many were enrolled. Statements do not grow with the children. Raises NotFound, BadPeriod,
    OutsideYear.
    """
    first, last = _days(session, where)
    enrolled = set(session.scalars(_of(None, where).with_only_columns(Enrolment.child_id)))
    rows = [
        {
            "child_id": child_id,
            "activity_id": where.activity_id,
            "site_id": where.site_id,
            "school_year_id": where.school_year_id,
            "starts_on": first,
            "ends_on": last,
        }
        for child_id in sorted(set(child_ids) - enrolled)
    ]
    if rows:
        session.execute(sa.insert(Enrolment), rows)
        audit.record(
            session, actor, "enrol_many", "activity", where.activity_id, children=len(rows)
        )
    return len(rows)


def enrol_class(
    session: Session, actor: Actor, school_id: int, level_ids: Collection[int], where: Where
) -> int:
    """Enrol the pupils of a school that year, of these levels (none: all). How many.

    Raises NobodyToEnrol, NotFound, BadPeriod, OutsideYear.
    """
    children = queries.class_children(session, where.school_year_id, school_id, level_ids)
    if not children:
        raise NobodyToEnrol
    return enrol_many(session, actor, children, where)


def end_enrolment(
    session: Session, actor: Actor, enrolment_id: int, last_day: date, reason: str
) -> int:
    """End an enrolment after ``last_day``: later bookings are cancelled, uncharged, told (§3.5).

    How many bookings were cancelled. Raises ReasonMissing, NotFound.
    """
    return end_enrolments(session, actor, [enrolment_id], last_day, reason)


def end_enrolments(
    session: Session, actor: Actor, enrolment_ids: Collection[int], last_day: date, reason: str
) -> int:
    """The same for several children at once."""
    reason = reason.strip()
    if not reason:
        raise ReasonMissing
    found = queries.enrolments(session, enrolment_ids)
    for one in found:
        # Ended before it began: nothing of it is left.
        one.ends_on = min(one.ends_on, max(last_day, one.starts_on - DAY))
    session.flush()
    return sum(_cancel_after(session, actor, one, one.ends_on + DAY, reason) for one in found)


def change_enrolment(
    session: Session,
    actor: Actor,
    enrolment_id: int,
    *,
    site_id: int,
    ends_on: date,
    reason: str,
) -> int:
    """Move an enrolment to another site or end; bookings that it no longer allows are cancelled.

    At another site, those from tomorrow on are. How many. Raises NotFound, BadPeriod, OutsideYear,
    ReasonMissing.
    """
    reason = reason.strip()
    if not reason:
        raise ReasonMissing
    (one,) = queries.enrolments(session, [enrolment_id])
    where = Where(one.activity_id, site_id, one.school_year_id, one.starts_on, ends_on)
    _first, last = _days(session, where)
    moved = one.site_id != site_id
    one.site_id, one.ends_on = site_id, last
    session.flush()
    from_day = min(last + DAY, clock.today() + DAY) if moved else last + DAY
    return _cancel_after(session, actor, one, from_day, reason)


def _cancel_after(
    session: Session, actor: Actor, one: Enrolment, from_day: date, reason: str
) -> int:
    audit.record(
        session,
        actor,
        "end_enrolment",
        "enrolment",
        one.id,
        child_id=one.child_id,
        from_day=from_day.isoformat(),
    )
    return sum(
        handler(session, actor, one.child_id, one.activity_id, from_day, reason)
        for handler in hooks.enrolment_ended
    )


def _days(session: Session, where: Where) -> tuple[date, date]:
    """First and last day, checked against the school year and its summer."""
    year = session.get(SchoolYear, where.school_year_id)
    if year is None or any(_missing(session, where)):
        raise NotFound
    first, last = where.starts_on or year.starts_on, where.ends_on or year.ends_on
    if last < first:
        raise BadPeriod
    if first < year.starts_on or last > summer_end(year.ends_on):
        raise OutsideYear(year=year.label)
    return first, last


def _missing(session: Session, where: Where) -> Iterator[bool]:
    yield session.get(Activity, where.activity_id) is None
    yield session.get(Site, where.site_id) is None


def _of(child_ids: Collection[int] | None, where: Where) -> sa.Select[Any]:
    """Enrolments of that activity and year, of these children (None: all)."""
    asked = sa.select(Enrolment).where(
        Enrolment.activity_id == where.activity_id,
        Enrolment.school_year_id == where.school_year_id,
    )
    return asked if child_ids is None else asked.where(Enrolment.child_id.in_(child_ids))
