"""« Inscription périscolaire »: enrolments at the child's school, once, from the right day."""

from __future__ import annotations

from datetime import date, time
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.activities.errors import OutsideYear
from app.activities.models import Activity, Category, Enrolment, OpeningPattern
from app.core import clock
from app.core.actor import Actor
from app.households.models import SchoolYear
from app.procedures import care_registration
from app.procedures.errors import NoSchoolPlace
from app.requests import queries, services
from app.requests.errors import BadAnswers
from app.requests.models import Request
from tests.factories import Cast, Factory
from tests.procedures.conftest import Fill

CODE = "inscription-periscolaire"


@pytest.fixture
def patterns(make: Factory, cast: Cast) -> None:
    """Canteen and evening care at two schools; the children go to the first one."""
    other = make.site("École du Lac")
    make.add_all(
        [
            OpeningPattern(
                slot_id=slot.id,
                site_id=site.id,
                school_year_id=cast.year.id,
                weekdays="0134",
                capacity=50,
            )
            for slot in (cast.midi, cast.soir1)
            for site in (other, cast.site)
        ]
    )


@pytest.fixture
def newcomer(session: Session, cast: Cast) -> int:
    """Jules, enrolled on nothing yet."""
    session.execute(sa.delete(Enrolment).where(Enrolment.child_id == cast.jules.id))
    return cast.jules.id


def answers(cast: Cast, *activities: Activity, **more: Any) -> dict[str, Any]:
    return {
        "child": cast.jules.id,
        "school_year": cast.year.id,
        "activities": [str(one.id) for one in activities],
        "rules": True,
        **more,
    }


def close(session: Session, agent: Actor, request: Request) -> None:
    services.take(session, agent, request.id, now=clock.now())
    services.close(session, agent, request.id, now=clock.now())


def enrolled(session: Session, child_id: int) -> list[Enrolment]:
    return list(
        session.scalars(
            sa.select(Enrolment).where(Enrolment.child_id == child_id).order_by(Enrolment.id)
        )
    )


@pytest.mark.usefixtures("patterns")
def test_closing_enrols_at_the_childs_school_from_today(
    session: Session, cast: Cast, fill: Fill, camille: Actor, agent: Actor, newcomer: int
) -> None:
    request = fill(CODE, camille, answers(cast, cast.canteen, cast.evening))
    close(session, agent, request)
    care_registration.apply(session, agent, queries.case_of(request), clock.now())
    rows = enrolled(session, newcomer)
    assert {row.activity_id for row in rows} == {cast.canteen.id, cast.evening.id}
    assert len(rows) == 2
    for row in rows:
        assert (row.site_id, row.starts_on, row.ends_on) == (
            cast.site.id, clock.today(), cast.year.ends_on,
        )  # fmt: skip


@pytest.mark.usefixtures("patterns")
def test_the_day_asked_for_and_enrolments_that_are_there(
    session: Session, cast: Cast, fill: Fill, camille: Actor, agent: Actor
) -> None:
    """Jules eats at the canteen already: that enrolment stays as it is."""
    session.execute(
        sa.delete(Enrolment).where(
            Enrolment.child_id == cast.jules.id, Enrolment.activity_id == cast.evening.id
        )
    )
    before = enrolled(session, cast.jules.id)[0]
    kept = (before.starts_on, before.ends_on)
    request = fill(CODE, camille, answers(cast, cast.canteen, cast.evening, starts_on="2027-03-01"))
    close(session, agent, request)
    first, second = enrolled(session, cast.jules.id)
    assert (first.id, first.starts_on, first.ends_on) == (before.id, *kept)
    assert (second.activity_id, second.starts_on) == (cast.evening.id, date(2027, 3, 1))
    assert care_registration.current(session, queries.case_of(request)) == {
        "activities": [str(cast.canteen.id), str(cast.evening.id)]
    }


@pytest.mark.usefixtures("patterns")
def test_only_what_the_commune_offers_can_be_chosen(
    session: Session, cast: Cast, make: Factory, fill: Fill, camille: Actor
) -> None:
    camp = make.activity("Séjour au lac", Category.CAMP, 3)
    gone = make.activity("Ludothèque", Category.CARE, 4)
    gone.is_active = False
    session.flush()
    offered = [one.label for one in care_registration.offered(session)]
    assert offered == ["Restaurant scolaire", "Accueil du soir"]
    for activity in (camp, gone):
        with pytest.raises(BadAnswers):
            fill(CODE, camille, answers(cast, activity))


@pytest.mark.usefixtures("patterns")
def test_an_activity_that_is_not_at_the_childs_school_is_said_before_submission(
    session: Session, cast: Cast, make: Factory, fill: Fill, camille: Actor
) -> None:
    cast.jules.schoolings[0].school_id = make.school("École des Cimes").id
    session.flush()
    with pytest.raises(NoSchoolPlace):
        fill(CODE, camille, answers(cast, cast.canteen))


def test_the_last_school_known_serves_for_the_next_year(
    session: Session, cast: Cast, make: Factory, fill: Fill, camille: Actor, agent: Actor
) -> None:
    next_year = make.add(
        SchoolYear(
            label="2027-2028", starts_on=date(2027, 9, 1), ends_on=date(2028, 7, 3), zone="A"
        )
    )
    for site in (make.site("École du Lac"), cast.site):
        make.add(
            OpeningPattern(
                slot_id=cast.midi.id,
                site_id=site.id,
                school_year_id=next_year.id,
                weekdays="0134",
                capacity=50,
            )
        )
    close(
        session, agent, fill(CODE, camille, answers(cast, cast.canteen, school_year=next_year.id))
    )
    (row,) = [one for one in enrolled(session, cast.jules.id) if one.school_year_id == next_year.id]
    assert (row.site_id, row.starts_on) == (cast.site.id, next_year.starts_on)


@pytest.mark.usefixtures("patterns")
def test_a_day_after_the_year_is_refused(
    session: Session, cast: Cast, fill: Fill, camille: Actor
) -> None:
    with pytest.raises(OutsideYear):
        fill(CODE, camille, answers(cast, cast.canteen, starts_on="2027-10-01"))


@pytest.mark.usefixtures("patterns")
def test_the_only_site_of_an_activity_takes_every_school(
    session: Session, cast: Cast, make: Factory, fill: Fill, camille: Actor, agent: Actor
) -> None:
    centre = make.activity("Mercredis", Category.CENTRE, 3)
    slot = make.slot(centre, "Mercredi", "mercredi", (time(8), time(18)))
    place = make.site("Maison de l’enfance")
    make.add(
        OpeningPattern(
            slot_id=slot.id, site_id=place.id, school_year_id=cast.year.id, weekdays="2", capacity=9
        )
    )
    close(session, agent, fill(CODE, camille, answers(cast, centre)))
    assert {row.site_id for row in enrolled(session, cast.jules.id)} == {cast.site.id, place.id}
