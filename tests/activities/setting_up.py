"""Setting up a commune from an empty database through screens alone, whoever fills them in.

A ``Fill`` posts one page: the address of an endpoint without arguments, or a path, then what is typed in
its fields by their names. The client has one, the browser another.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import sqlalchemy as sa
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

Fill = Callable[..., None]
BANDS = (
    ("Tranche 1", "", "600", "yes", "0,80", "1,20"),
    ("Tranche 2", "600", "", "yes", "1,60", "2,90"),
    ("Hors commune", "", "", "no", "2,40", "4,10"),
)


def only(session: Session, kind: Any) -> int:
    """Id of the only row of a table."""
    session.rollback()
    found = session.scalars(sa.select(kind.id)).one()
    session.rollback()
    return found


def set_up(fill: Fill, session: Session) -> None:
    """School, canteen, calendar, openings, a family, its class enrolled; then a day can be booked."""
    fill("SchoolAdmin.add", name="École des Tilleuls")
    fill("LevelAdmin.add", name="CE1", position="5")
    fill(
        "SchoolYearAdmin.add",
        label="2026-2027",
        starts_on="2026-09-01",
        ends_on="2027-07-03",
        zone="A",
    )
    school, level = only(session, School), only(session, Level)
    year = only(session, SchoolYear)
    set_up_the_canteen(fill, session, school, year)
    fill(f"/agents/annees/{year}/calendrier")
    fill(f"/agents/annees/{year}/ouvertures")
    child, household = enter_a_family(fill, session, year, school, level)
    fill(
        "/agents/inscriptions/classe",
        activity=only(session, Activity),
        site=only(session, Site),
        year=year,
        school=school,
    )
    assert session.scalars(sa.select(Enrolment.child_id)).one() == child
    assert_bookable(session, household, child)


def set_up_the_canteen(fill: Fill, session: Session, school: int, year: int) -> None:
    """Site, deadline, activity, slot, pattern, prices."""
    fill("SiteAdmin.add", name="École des Tilleuls", school=school)
    fill(
        "DeadlineRuleAdmin.add",
        name="La veille ouvrée à 10 h",
        kind="working_days_before",
        days="1",
        weekday="0",
        at="10:00",
    )
    rule = only(session, DeadlineRule)
    fill(
        "ActivityAdmin.add",
        name="Restaurant scolaire",
        category="meal",
        position="1",
        book_rule=rule,
        cancel_rule=rule,
        is_active="y",
    )
    fill(
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
        "OpeningPatternAdmin.add",
        slot=slot,
        site=only(session, Site),
        school_year=year,
        weekdays=["0", "1", "3", "4"],
        capacity="90",
    )
    fill("PriceGridAdmin.add", slot=slot, valid_from="2026-09-01", cost_cents="9,80")
    fill(f"/agents/tarifs/{only(session, PriceGrid)}", cost_cents="9,80", **bands())


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
    fill: Fill, session: Session, year: int, school: int, level: int
) -> tuple[int, int]:
    """A household with its residence and quotient, its child and the child's school."""
    fill(
        "HouseholdAdmin.add",
        name="Martin",
        street="3 rue des Tilleuls",
        postcode="74520",
        city="Montclair",
    )
    household = only(session, Household)
    desk = f"/agents/foyers/{household}"
    fill(f"{desk}/residence", is_resident="yes", valid_from="2026-09-01")
    fill(f"{desk}/quotient", quotient="845", valid_from="2026-09-01")
    fill(
        f"{desk}/enfants/nouveau",
        first_name="Jules",
        last_name="Martin",
        born_on="2019-05-04",
    )
    child = only(session, Child)
    fill(
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
