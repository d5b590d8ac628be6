"""« Inscription périscolaire »: a child on activities of a school year; closing enrols it.

Vaccinations are asked here: whoever receives children in a group must (Code de la santé publique,
art. L3111-2 and R3111-8).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.activities import services as activities
from app.activities.errors import AlreadyEnrolled, OutsideYear
from app.activities.models import Activity, Category, Enrolment, OpeningPattern, Site, Slot
from app.activities.rules import summer_end
from app.core import clock
from app.core.actor import Actor
from app.core.errors import NotFound
from app.core.text import N_
from app.households.models import Child, Schooling, SchoolYear
from app.households.services.ties import lock_child
from app.procedures.errors import NoSchoolPlace
from app.procedures.kinds import INSURANCE, VACCINES
from app.requests.definition import (
    Choice,
    Definition,
    Field,
    Kind,
    NeededDocument,
    Once,
    Step,
    Theme,
)
from app.requests.effects import Case, Effect

CODE = "inscription-periscolaire"
ACTIVITIES = "activities"

DEFINITION = Definition(
    title=N_("After-school registration"),
    theme=Theme.CARE,
    service="care",
    summary=N_("Morning and evening care, school canteen and Wednesdays."),
    text=N_("Once the registration is accepted, you book the days in the agenda."),
    once=Once.CHILD_YEAR,
    delay_days=30,
    documents=tuple(NeededDocument(code, required=False) for code in (VACCINES, INSURANCE)),
    effect="care_registration",
    steps=(
        Step(
            "child",
            N_("The child and the year"),
            (
                Field("child", Kind.CHILD, N_("Child"), required=True),
                Field(
                    "school_year",
                    Kind.SCHOOL_YEAR,
                    N_("School year"),
                    required=True,
                    prefill="school_year.current",
                ),
            ),
        ),
        Step(
            "activities",
            N_("The activities"),
            (
                Field(
                    "activities",
                    Kind.CHOICES,
                    N_("Activities"),
                    help=N_("Tick everything that your child may use, even from time to time."),
                    required=True,
                    choices_from=ACTIVITIES,
                ),
                Field(
                    "starts_on",
                    Kind.DATE,
                    N_("From the"),
                    help=N_("Leave it empty to start as soon as the registration is accepted."),
                ),
                Field(
                    "rules",
                    Kind.STATEMENT,
                    N_("I have read the house rules of the services and accept them."),
                    required=True,
                ),
            ),
        ),
    ),
)


def offered(session: Session) -> Sequence[Choice]:
    """The activities that families book in the agenda; camps have their own démarche (B12)."""
    found = session.execute(
        sa.select(Activity.id, Activity.name)
        .where(Activity.is_active.is_(True), Activity.category != Category.CAMP)
        .order_by(Activity.position, Activity.name)
    )
    return [Choice(str(activity_id), name) for activity_id, name in found]


def apply(session: Session, actor: Actor, case: Case, now: datetime) -> None:
    """An enrolment on each activity at the child’s site; those there are stay as they are.

    Raises NoSchoolPlace, OutsideYear.
    """
    child_id = lock_child(session, case.child_id or 0).id  # both parents at once enrol it once
    year = _year(session, case)
    first = _first_day(case, year, clock.paris(now).date())
    for activity_id, site_id in _sites(session, case, year).items():
        try:
            with session.begin_nested():
                activities.enrol(
                    session, actor, child_id, activity_id, site_id, year.id, first, year.ends_on
                )
        except AlreadyEnrolled:
            continue


def check(session: Session, case: Case) -> None:
    """The same refusals, said before submission."""
    year = _year(session, case)
    _first_day(case, year, clock.today())
    _sites(session, case, year)


def current(session: Session, case: Case) -> Mapping[str, Any]:
    """The activities on which the child is enrolled that year."""
    found = session.scalars(
        sa.select(Enrolment.activity_id)
        .join(Enrolment.activity)
        .where(
            Enrolment.child_id == case.child_id,
            Enrolment.school_year_id == case.school_year_id,
            Enrolment.ends_on >= Enrolment.starts_on,
        )
        .order_by(Activity.position, Activity.name)
    )
    return {"activities": [str(activity_id) for activity_id in found]}


def _year(session: Session, case: Case) -> SchoolYear:
    year = session.get(SchoolYear, case.answer("school_year"))
    if year is None:
        raise NotFound
    return year


def _first_day(case: Case, year: SchoolYear, today: date) -> date:
    """The day asked for, else today; never before the year. OutsideYear."""
    asked = case.answer("starts_on")
    first = max(date.fromisoformat(asked) if asked else today, year.starts_on)
    if first > summer_end(year.ends_on):
        raise OutsideYear(year=year.label)
    return first


def _sites(session: Session, case: Case, year: SchoolYear) -> dict[int, int]:
    """Activity → where the child is received: the site of its school, else the only one there is.

    In June the school of the next year is often not written yet: the last one known serves.

    Two statements. Raises NoSchoolPlace.
    """
    wanted = [int(one) for one in case.answer("activities")]
    school_id = session.scalar(
        sa.select(Schooling.school_id)
        .join(Schooling.school_year)
        .where(Schooling.child_id == case.child_id, SchoolYear.starts_on <= year.starts_on)
        .order_by(SchoolYear.starts_on.desc())
        .limit(1)
    )
    places: dict[int, dict[int, int | None]] = {}
    for activity_id, site_id, site_school in session.execute(
        sa.select(Slot.activity_id, OpeningPattern.site_id, Site.school_id)
        .join(Slot, Slot.id == OpeningPattern.slot_id)
        .join(Site, Site.id == OpeningPattern.site_id)
        .where(OpeningPattern.school_year_id == year.id, Slot.activity_id.in_(wanted))
        .order_by(OpeningPattern.site_id)
    ):
        places.setdefault(activity_id, {})[site_id] = site_school
    return {one: _site(session, case, year, one, places.get(one, {}), school_id) for one in wanted}


def _site(
    session: Session,
    case: Case,
    year: SchoolYear,
    activity_id: int,
    places: Mapping[int, int | None],
    school_id: int | None,
) -> int:
    """``places``: site → its school."""
    for site_id, site_school in places.items():
        if site_school is not None and site_school == school_id:
            return site_id
    if len(places) == 1:
        return next(iter(places))
    activity, child = session.get(Activity, activity_id), session.get(Child, case.child_id or 0)
    raise NoSchoolPlace(
        activity=str(activity), child=child.first_name if child else "", year=year.label
    )


EFFECT = Effect(
    "care_registration",
    N_("Enrols the child on the activities"),
    apply,
    check=check,
    current=current,
    needs=("child", "school_year", "activities"),
    repeats=True,
)
