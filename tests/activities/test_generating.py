"""Openings follow the patterns and the calendar, and leave alone what people decided."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.activities import services
from app.activities.errors import CalendarMissing, NoPattern
from app.activities.models import CalendarPeriod, Opening, OpeningPattern, PeriodKind
from app.core.actor import SYSTEM
from app.core.errors import NotFound
from tests.activities.conftest import Town, count_statements
from tests.factories import Factory

TUESDAY = date(2027, 1, 19)


def days_open(session: Session) -> list[date]:
    """Days with an open opening."""
    return list(
        session.scalars(
            sa.select(Opening.day).where(Opening.closed_at.is_(None)).order_by(Opening.day)
        )
    )


def opening(session: Session, day: date) -> Opening:
    """The only opening of a day."""
    return session.scalars(sa.select(Opening).where(Opening.day == day)).one()


def generate(session: Session, town: Town) -> services.Generated:
    return services.generate_openings(session, SYSTEM, town.year.id)


def test_a_year_of_school_days(session: Session, town: Town) -> None:
    report = generate(session, town)
    days = days_open(session)
    assert report == services.Generated(added=len(days))
    assert 130 <= len(days) <= 145  # 36 weeks of four days, less public holidays
    assert {day.weekday() for day in days} == {0, 1, 3, 4}
    assert days[0] == date(2026, 9, 1)
    assert days[-1] == date(2027, 7, 2)


@pytest.mark.parametrize(
    ("day", "why"),
    [
        (date(2026, 10, 19), "autumn holidays"),
        (date(2026, 12, 21), "Christmas holidays"),
        (date(2027, 2, 15), "winter holidays, zone A"),
        (date(2027, 3, 29), "Easter Monday"),
        (date(2027, 5, 6), "Ascension Day"),
        (date(2027, 5, 7), "bridge of Ascension"),
        (date(2027, 5, 17), "Whit Monday"),
        (date(2026, 11, 11), "not a weekday of the pattern"),
    ],
)
def test_closed_on(session: Session, town: Town, day: date, why: str) -> None:
    generate(session, town)
    assert day not in days_open(session), why


@pytest.mark.parametrize(
    "day",
    [
        date(2026, 10, 16),  # holidays start after class
        date(2026, 11, 2),  # first day back
        date(2027, 3, 1),  # zone A is back, zones B and C are not
        date(2027, 3, 30),
        date(2027, 5, 10),
    ],
)
def test_open_on(session: Session, town: Town, day: date) -> None:
    generate(session, town)
    assert day in days_open(session)


def test_deadlines_are_those_of_the_rule(session: Session, town: Town) -> None:
    """The working day before at 10: over a weekend and over a public holiday."""
    generate(session, town)
    after_easter = opening(session, date(2027, 3, 30))
    assert after_easter.book_until == datetime(2027, 3, 26, 9, tzinfo=UTC)
    monday = opening(session, date(2027, 4, 5))
    assert monday.cancel_until == datetime(2027, 4, 2, 8, tzinfo=UTC)


def test_generating_twice_changes_nothing(session: Session, town: Town) -> None:
    generate(session, town)
    assert generate(session, town) == services.Generated()


def test_a_new_closure_closes_what_nobody_booked(session: Session, town: Town) -> None:
    generate(session, town)
    opening(session, TUESDAY).taken = 3
    close(session, "Travaux", TUESDAY, TUESDAY + timedelta(days=2))
    report = generate(session, town)
    assert report == services.Generated(closed=1, booked=1)
    assert opening(session, TUESDAY).closed_at is None
    closed = opening(session, TUESDAY + timedelta(days=2))
    assert closed.closed_at is not None
    assert closed.closed_reason == "Travaux"


def test_a_closure_taken_back_opens_again(session: Session, town: Town) -> None:
    generate(session, town)
    period = close(session, "Travaux", TUESDAY, TUESDAY)
    generate(session, town)
    services.remove_period(session, SYSTEM, period)
    assert generate(session, town) == services.Generated(reopened=1)
    assert opening(session, TUESDAY).closed_reason == ""


def test_a_closure_of_another_site_concerns_it_alone(
    session: Session, town: Town, make: Factory
) -> None:
    elsewhere = make.site("École du Centre")
    close(session, "Peinture", TUESDAY, TUESDAY, elsewhere.id)
    generate(session, town)
    assert opening(session, TUESDAY).closed_at is None


def test_a_day_closed_by_an_agent_stays_closed(session: Session, town: Town) -> None:
    generate(session, town)
    services.close_openings(session, SYSTEM, [opening(session, TUESDAY).id], "Grève")
    assert generate(session, town) == services.Generated()
    assert opening(session, TUESDAY).closed_reason == "Grève"


def test_capacity_follows_the_pattern_but_not_where_edited(session: Session, town: Town) -> None:
    generate(session, town)
    services.set_capacity(session, SYSTEM, [opening(session, TUESDAY).id], 12)
    town.pattern.capacity = 100
    report = generate(session, town)
    later = [day for day in days_open(session) if day > date(2027, 1, 12)]
    assert report.resized == len(later) - 1
    assert opening(session, TUESDAY).capacity == 12
    assert opening(session, TUESDAY + timedelta(days=2)).capacity == 100
    past = opening(session, date(2027, 1, 11))
    assert past.capacity == 90


def test_a_weekday_taken_out_of_the_pattern_closes(session: Session, town: Town) -> None:
    generate(session, town)
    town.pattern.weekdays = "013"
    report = generate(session, town)
    assert report.closed == sum(1 for day in all_days(session) if is_future_friday(day))
    assert opening(session, date(2027, 1, 8)).closed_at is None  # already past


def all_days(session: Session) -> list[date]:
    return list(session.scalars(sa.select(Opening.day)))


def is_future_friday(day: date) -> bool:
    return day > date(2027, 1, 12) and day.weekday() == 4


def test_a_pattern_for_the_holidays_opens_then_only(
    session: Session, town: Town, make: Factory
) -> None:
    town.pattern.in_holidays, town.pattern.weekdays = True, "01234"
    generate(session, town)
    days = days_open(session)
    assert date(2027, 2, 17) in days
    assert date(2027, 7, 5) in days  # the summer that follows
    assert date(2027, 7, 14) not in days
    assert date(2027, 3, 8) not in days
    assert max(days) == date(2027, 8, 31)


def test_a_year_needs_its_calendar(session: Session, town: Town) -> None:
    session.execute(sa.delete(CalendarPeriod))
    with pytest.raises(CalendarMissing):
        generate(session, town)


def test_a_year_needs_patterns(session: Session, town: Town) -> None:
    session.execute(sa.delete(OpeningPattern))
    with pytest.raises(NoPattern):
        generate(session, town)
    with pytest.raises(NotFound):
        services.generate_openings(session, SYSTEM, 0)


def test_statements_do_not_grow_with_the_openings(
    session: Session, town: Town, make: Factory
) -> None:
    with count_statements(session) as one_pattern:
        generate(session, town)
    for number in range(12):
        site = make.site(f"École {number}")
        make.add(
            OpeningPattern(
                slot_id=town.midi.id,
                site_id=site.id,
                school_year_id=town.year.id,
                weekdays="01234",
                capacity=40,
            )
        )
    with count_statements(session) as twelve_more:
        generate(session, town)
    assert len(twelve_more) <= len(one_pattern) <= 10


def close(
    session: Session, name: str, first: date, last: date, site_id: int | None = None
) -> CalendarPeriod:
    """A closure in the calendar."""
    period = CalendarPeriod()
    services.save_period(
        session,
        SYSTEM,
        period,
        kind=PeriodKind.CLOSURE,
        name=name,
        starts_on=first,
        ends_on=last,
        site_id=site_id,
    )
    return period
