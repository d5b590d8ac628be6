"""Enrolments: which child may be booked on which activity, where and when."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.activities.models import Activity, Enrolment, Site
from app.core import audit, hooks
from app.core.actor import Actor
from app.core.errors import NotFound
from app.households.models import Child, SchoolYear


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
    """Enrol a child, or move the enrolment it has on that activity this year.

    Default: the whole school year. NotFound when one of the ids is nothing.
    """
    year = _known(session, SchoolYear, school_year_id)
    for model, key in ((Child, child_id), (Activity, activity_id), (Site, site_id)):
        _known(session, model, key)
    found = session.scalar(
        sa.select(Enrolment).where(
            Enrolment.child_id == child_id,
            Enrolment.activity_id == activity_id,
            Enrolment.school_year_id == school_year_id,
        )
    ) or Enrolment(child_id=child_id, activity_id=activity_id, school_year_id=school_year_id)
    found.site_id = site_id
    found.starts_on = starts_on or year.starts_on
    found.ends_on = ends_on or year.ends_on
    session.add(found)
    session.flush()
    audit.record(session, actor, "enrol", "child", child_id, activity_id=activity_id)
    return found


def enrol_many(
    session: Session,
    actor: Actor,
    child_ids: Collection[int],
    activity_id: int,
    site_id: int,
    school_year_id: int,
) -> int:
    """Enrol many children for the whole year at once; those enrolled already are left alone."""
    year = _known(session, SchoolYear, school_year_id)
    _known(session, Activity, activity_id)
    _known(session, Site, site_id)
    enrolled = set(
        session.scalars(
            sa.select(Enrolment.child_id).where(
                Enrolment.activity_id == activity_id, Enrolment.school_year_id == year.id
            )
        )
    )
    rows = [
        {
            "child_id": child_id,
            "activity_id": activity_id,
            "site_id": site_id,
            "school_year_id": year.id,
            "starts_on": year.starts_on,
            "ends_on": year.ends_on,
        }
        for child_id in sorted(set(child_ids) - enrolled)
    ]
    if rows:
        session.execute(sa.insert(Enrolment), rows)
    audit.record(session, actor, "enrol_many", "activity", activity_id, count=len(rows))
    return len(rows)


def end_enrolment(
    session: Session, actor: Actor, enrolment_id: int, from_day: date, reason: str
) -> int:
    """End an enrolment: from ``from_day`` on, bookings are cancelled, uncharged, told (§3.5)."""
    enrolment = _known(session, Enrolment, enrolment_id)
    enrolment.ends_on = min(enrolment.ends_on, from_day - timedelta(days=1))
    session.flush()
    audit.record(session, actor, "end_enrolment", "child", enrolment.child_id, reason=reason)
    return sum(
        handler(session, actor, enrolment.child_id, enrolment.activity_id, from_day, reason)
        for handler in hooks.enrolment_ended
    )


def _known(session: Session, model: type, key: int):  # type: ignore[no-untyped-def]
    found = session.get(model, key)
    if found is None:
        raise NotFound
    return found
