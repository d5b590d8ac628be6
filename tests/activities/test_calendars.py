"""Loading the calendar of a school year, and deadlines that follow it (B13)."""

from __future__ import annotations

from datetime import UTC, date, datetime, time

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.activities import services
from app.activities.errors import BadPeriod, BadRule
from app.activities.models import CalendarPeriod, DeadlineKind, DeadlineRule, Opening, PeriodKind
from app.activities.rules import RuleFacts
from app.core.actor import SYSTEM
from app.core.errors import NotFound
from app.households.models import SchoolYear
from tests.activities.conftest import Town, count_statements
from tests.factories import Factory

MONDAY = date(2027, 1, 25)


def periods(session: Session, kind: PeriodKind) -> dict[str, tuple[date, date]]:
    """Name → (first, last day); the last one of a name wins."""
    rows = session.scalars(
        sa.select(CalendarPeriod)
        .where(CalendarPeriod.kind == kind)
        .order_by(CalendarPeriod.starts_on)
    )
    return {row.name: (row.starts_on, row.ends_on) for row in rows}


def opening(session: Session, day: date) -> Opening:
    return session.scalars(sa.select(Opening).where(Opening.day == day)).one()


def test_holidays_of_zone_a(session: Session, town: Town) -> None:
    """Dates of the ministry's calendar for 2026-2027; the last day is the eve of the return."""
    found = periods(session, PeriodKind.SCHOOL_HOLIDAY)
    assert found["Vacances de la Toussaint"] == (date(2026, 10, 17), date(2026, 11, 1))
    assert found["Vacances de Noël"] == (date(2026, 12, 19), date(2027, 1, 3))
    assert found["Vacances d’hiver"] == (date(2027, 2, 13), date(2027, 2, 28))
    assert found["Vacances de printemps"] == (date(2027, 4, 10), date(2027, 4, 25))
    assert found["Pont de l’Ascension"] == (date(2027, 5, 6), date(2027, 5, 8))
    assert found["Vacances d’été"] == (date(2027, 7, 3), date(2027, 8, 31))


@pytest.mark.parametrize(
    ("zone", "winter"),
    [("A", date(2027, 2, 13)), ("B", date(2027, 2, 20)), ("C", date(2027, 2, 6))],
)
def test_each_zone_has_its_own(session: Session, make: Factory, zone: str, winter: date) -> None:
    year = make.year()
    year.zone = zone
    services.load_calendar(session, SYSTEM, year.id)
    assert periods(session, PeriodKind.SCHOOL_HOLIDAY)["Vacances d’hiver"][0] == winter


def test_holidays_stated_on_a_weekday_start_after_class(session: Session, make: Factory) -> None:
    """Summer 2028: end of class on Tuesday 4 July."""
    year = make.add(
        SchoolYear(
            label="2027-2028", starts_on=date(2027, 9, 1), ends_on=date(2028, 7, 4), zone="A"
        )
    )
    report = services.load_calendar(session, SYSTEM, year.id)
    assert report.complete
    assert periods(session, PeriodKind.SCHOOL_HOLIDAY)["Vacances d’été"][0] == date(2028, 7, 5)


def test_public_holidays(session: Session, town: Town) -> None:
    found = periods(session, PeriodKind.PUBLIC_HOLIDAY)
    days = {first for first, _last in found.values()}
    assert {date(2026, 11, 11), date(2027, 3, 29), date(2027, 5, 6), date(2027, 5, 17)} <= days
    assert found["Toussaint"] == (date(2026, 11, 1), date(2026, 11, 1))
    assert date(2026, 8, 15) in days or found["Assomption"][0] == date(2027, 8, 15)


def test_loading_twice_adds_nothing(session: Session, town: Town) -> None:
    assert services.load_calendar(session, SYSTEM, town.year.id).added == 0


def test_what_an_agent_corrected_stays(session: Session, town: Town) -> None:
    winter = session.scalars(
        sa.select(CalendarPeriod).where(CalendarPeriod.name == "Vacances d’hiver")
    ).one()
    winter.starts_on, winter.name = date(2027, 2, 12), "Hiver"
    assert services.load_calendar(session, SYSTEM, town.year.id).added == 0
    assert "Vacances d’hiver" not in periods(session, PeriodKind.SCHOOL_HOLIDAY)


def test_a_year_that_the_ministry_has_not_published(session: Session, make: Factory) -> None:
    """Public holidays are there, and the agent is told to enter the rest."""
    year = make.add(
        SchoolYear(
            label="2030-2031", starts_on=date(2030, 9, 1), ends_on=date(2031, 7, 5), zone="A"
        )
    )
    report = services.load_calendar(session, SYSTEM, year.id)
    assert not report.complete
    assert periods(session, PeriodKind.SCHOOL_HOLIDAY) == {}
    assert len(periods(session, PeriodKind.PUBLIC_HOLIDAY)) >= 11


def test_the_year_after_the_last_known_one_is_not_complete(session: Session, make: Factory) -> None:
    year = make.add(
        SchoolYear(
            label="2028-2029", starts_on=date(2028, 9, 1), ends_on=date(2029, 7, 6), zone="B"
        )
    )
    assert not services.load_calendar(session, SYSTEM, year.id).complete


def test_no_such_year(session: Session) -> None:
    with pytest.raises(NotFound):
        services.load_calendar(session, SYSTEM, 0)


def test_a_closed_office_moves_deadlines(session: Session, town: Town) -> None:
    services.generate_openings(session, SYSTEM, town.year.id)
    friday = date(2027, 1, 22)
    assert opening(session, MONDAY).book_until == datetime(2027, 1, 22, 9, tzinfo=UTC)
    period = CalendarPeriod()
    moved = services.save_period(
        session,
        SYSTEM,
        period,
        kind=PeriodKind.OFFICE_CLOSED,
        name="Pont",
        starts_on=friday,
        ends_on=friday,
    )
    assert moved == 1
    assert opening(session, MONDAY).book_until == datetime(2027, 1, 21, 9, tzinfo=UTC)
    assert services.remove_period(session, SYSTEM, period) == 1
    assert opening(session, MONDAY).book_until == datetime(2027, 1, 22, 9, tzinfo=UTC)


def test_a_changed_rule_moves_openings_to_come_only(session: Session, town: Town) -> None:
    services.generate_openings(session, SYSTEM, town.year.id)
    by_hand = opening(session, MONDAY)
    services.edit_opening(
        session,
        SYSTEM,
        by_hand.id,
        capacity=90,
        book_until=datetime(2027, 1, 24, 9, tzinfo=UTC),
        cancel_until=datetime(2027, 1, 24, 9, tzinfo=UTC),
    )
    past = opening(session, date(2027, 1, 8)).book_until
    rule = town.canteen.book_rule
    facts = RuleFacts(DeadlineKind.PREVIOUS_WEEK, time(12), weekday=3)
    assert services.save_rule(session, SYSTEM, rule, "Jeudi midi", facts) > 60
    tuesday = opening(session, date(2027, 1, 26))
    assert tuesday.book_until == datetime(2027, 1, 21, 11, tzinfo=UTC)
    assert opening(session, MONDAY).book_until == datetime(2027, 1, 24, 9, tzinfo=UTC)
    assert opening(session, date(2027, 1, 8)).book_until == past
    assert services.recompute_deadlines(session, SYSTEM) == 0


def test_only_the_activities_asked_move(session: Session, town: Town) -> None:
    services.generate_openings(session, SYSTEM, town.year.id)
    town.canteen.book_rule.days = 2
    session.flush()
    assert services.recompute_deadlines(session, SYSTEM, [town.canteen.id + 1]) == 0
    assert services.recompute_deadlines(session, SYSTEM, [town.canteen.id]) > 60


def test_statements_of_recomputing_are_few(session: Session, town: Town) -> None:
    services.generate_openings(session, SYSTEM, town.year.id)
    town.canteen.book_rule.days = 3
    session.flush()
    with count_statements(session) as seen:
        services.recompute_deadlines(session, SYSTEM)
    assert len(seen) <= 6


def test_bad_rules_and_periods_are_refused(session: Session, town: Town) -> None:
    with pytest.raises(BadRule):
        services.save_rule(
            session,
            SYSTEM,
            DeadlineRule(),
            "Trop loin",
            RuleFacts(DeadlineKind.DAYS_BEFORE, time(10), 61),
        )
    for first, last, site_id in (
        (date(2027, 2, 2), date(2027, 2, 1), None),
        (date(2027, 2, 2), date(2027, 2, 2), town.site.id),
    ):
        with pytest.raises(BadPeriod):
            services.save_period(
                session,
                SYSTEM,
                CalendarPeriod(),
                kind=PeriodKind.OFFICE_CLOSED,
                name="Pont",
                starts_on=first,
                ends_on=last,
                site_id=site_id,
            )
