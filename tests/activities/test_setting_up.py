"""A commune is set up from an empty database through screens alone (issue 2, Activities)."""

from __future__ import annotations

import re
from datetime import date
from typing import Any

import pytest
import sqlalchemy as sa
from flask import url_for
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from app.activities.models import (
    Activity,
    DeadlineRule,
    Enrolment,
    Opening,
    PriceGrid,
    Site,
    Slot,
)
from app.core import clock
from app.households.models import Child, Household, Level, School, SchoolYear
from app.reservations import services as reservations
from app.reservations.plan import Wish
from tests.factories import Factory

BANDS = (
    ("Tranche 1", "", "600", "yes", "0,80", "1,20"),
    ("Tranche 2", "600", "", "yes", "1,60", "2,90"),
    ("Hors commune", "", "", "no", "2,40", "4,10"),
)


@pytest.fixture
def agent(make: Factory, session: Session, sign_in: Any) -> FlaskClient:
    """An agent in front of a database where nothing was entered."""
    account = make.account("agent", role="Agent")
    session.commit()
    return sign_in(account)


def fill(client: FlaskClient, page: str, **typed: Any) -> None:
    """Post the form of a page (its endpoint, or its address) and follow to what says it is saved."""
    url = page if page.startswith("/") else address(client, page)
    answer = client.post(url, data=typed, follow_redirects=True)
    assert answer.status_code == 200, (url, answer.request.path, words(answer.text))
    assert answer.history, (url, words(answer.text))


def address(client: FlaskClient, endpoint: str) -> str:
    """The address of a page without arguments."""
    with client.application.test_request_context():
        return url_for(endpoint, _external=False)


def words(page: str) -> str:
    """The text of the main part of a page."""
    main = page.partition("<main")[2].partition("</main>")[0]
    return " ".join(re.sub(r"<[^>]+>", " ", main).split())


def only(session: Session, kind: Any) -> int:
    """Id of the only row of a table."""
    session.rollback()
    return session.scalars(sa.select(kind.id)).one()


def test_from_nothing_to_a_bookable_opening(agent: FlaskClient, session: Session) -> None:
    fill(agent, "SchoolAdmin.add", name="École des Tilleuls")
    fill(agent, "LevelAdmin.add", name="CE1", position="5")
    fill(
        agent,
        "SchoolYearAdmin.add",
        label="2026-2027",
        starts_on="2026-09-01",
        ends_on="2027-07-03",
        zone="A",
    )
    school, level = only(session, School), only(session, Level)
    year = only(session, SchoolYear)
    set_up_the_canteen(agent, session, school, year)
    fill(agent, f"/agents/annees/{year}/calendrier")
    fill(agent, f"/agents/annees/{year}/ouvertures")
    child, household = enter_a_family(agent, session, year, school, level)
    fill(
        agent,
        "/agents/inscriptions/classe",
        activity=only(session, Activity),
        site=only(session, Site),
        year=year,
        school=school,
    )
    assert session.scalars(sa.select(Enrolment.child_id)).one() == child
    assert_bookable(session, household, child)


def set_up_the_canteen(agent: FlaskClient, session: Session, school: int, year: int) -> None:
    """Site, deadline, activity, slot, pattern, prices."""
    fill(agent, "SiteAdmin.add", name="École des Tilleuls", school=school)
    fill(
        agent,
        "DeadlineRuleAdmin.add",
        name="La veille ouvrée à 10 h",
        kind="working_days_before",
        days="1",
        weekday="0",
        at="10:00",
    )
    rule = only(session, DeadlineRule)
    fill(
        agent,
        "ActivityAdmin.add",
        name="Restaurant scolaire",
        category="meal",
        position="1",
        book_rule=rule,
        cancel_rule=rule,
        is_active="y",
    )
    fill(
        agent,
        "SlotAdmin.add",
        activity=only(session, Activity),
        name="Restaurant scolaire",
        short_name="midi",
        starts_at="11:30",
        ends_at="13:30",
        position="0",
    )
    slot = only(session, Slot)
    fill(
        agent,
        "OpeningPatternAdmin.add",
        slot=slot,
        site=only(session, Site),
        school_year=year,
        weekdays=["0", "1", "3", "4"],
        capacity="90",
    )
    fill(agent, "PriceGridAdmin.add", slot=slot, valid_from="2026-09-01", cost_cents="9,80")
    fill(agent, f"/agents/tarifs/{only(session, PriceGrid)}", cost_cents="9,80", **bands())


def bands() -> dict[str, str]:
    """The rows of ``BANDS`` as the page posts them."""
    typed = {}
    for number, (name, low, high, resident, care, meal) in enumerate(BANDS):
        row = {
            "band_id": "0",
            "name": name,
            "quotient_from": low,
            "quotient_to": high,
            "resident": resident,
            "sibling_rank": "1",
            "care_cents": care,
            "meal_cents": meal,
        }
        typed |= {f"bands-{number}-{key}": value for key, value in row.items()}
    return typed


def enter_a_family(
    agent: FlaskClient, session: Session, year: int, school: int, level: int
) -> tuple[int, int]:
    """A household with its residence and quotient, its child and the child's school."""
    fill(
        agent,
        "HouseholdAdmin.add",
        name="Martin",
        street="3 rue des Tilleuls",
        postcode="74520",
        city="Montclair",
    )
    household = only(session, Household)
    desk = f"/agents/foyers/{household}"
    fill(agent, f"{desk}/residence", is_resident="yes", valid_from="2026-09-01")
    fill(agent, f"{desk}/quotient", quotient="845", valid_from="2026-09-01")
    fill(
        agent,
        f"{desk}/enfants/nouveau",
        first_name="Jules",
        last_name="Martin",
        born_on="2019-05-04",
    )
    child = only(session, Child)
    fill(
        agent,
        f"{desk}/enfants/{child}/ecole",
        school_year_id=year,
        school_id=school,
        level_id=level,
    )
    return child, household


def assert_bookable(session: Session, household: int, child: int) -> None:
    """The agenda's own plan takes a day of next week, at the price of the band."""
    session.rollback()
    day = date(2027, 1, 19)
    opening = session.scalars(sa.select(Opening).where(Opening.day == day)).one()
    wish = Wish(child_id=child, opening_id=opening.id, wanted=True)
    plan = reservations.plan_wishes(session, household, [wish], clock.now())
    assert plan.left_out == ()
    assert [line.care_cents + line.meal_cents for line in plan.adds] == [450]
