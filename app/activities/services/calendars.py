"""Loading the calendar of a school year: school holidays of its zone, public holidays."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date, timedelta

import holidays
import sqlalchemy as sa
from sqlalchemy.orm import Session
from vacances_scolaires_france import SchoolHolidayDates, UnsupportedYearException

from app.activities.errors import NoCalendar
from app.activities.models import CalendarPeriod, PeriodKind
from app.activities.rules import Days
from app.core import audit
from app.core.actor import Actor
from app.core.errors import NotFound
from app.households.models import SchoolYear

LIBRARY = (PeriodKind.SCHOOL_HOLIDAY, PeriodKind.PUBLIC_HOLIDAY)


def load_calendar(session: Session, actor: Actor, school_year_id: int) -> int:
    """Write the holidays of the year that are not written yet; how many periods were added.

    Raises NoCalendar when the library does not know that year: the agent enters it by hand.
    """
    year = session.get(SchoolYear, school_year_id)
    if year is None:
        raise NotFound
    known = set(
        session.execute(
            sa.select(CalendarPeriod.kind, CalendarPeriod.starts_on).where(
                CalendarPeriod.kind.in_(LIBRARY),
                CalendarPeriod.ends_on >= year.starts_on,
                CalendarPeriod.starts_on <= _until(year),
            )
        ).tuples()
    )
    found = [*_school_holidays(year), *_public_holidays(year)]
    added = [row for row in found if (row.kind, row.starts_on) not in known]
    session.add_all(added)
    session.flush()
    audit.record(session, actor, "load_calendar", "school_year", year.id, added=len(added))
    return len(added)


def _until(year: SchoolYear) -> date:
    """The summer that follows the year belongs to its calendar."""
    return date(year.ends_on.year, 8, 31)


def _school_holidays(year: SchoolYear) -> Iterator[CalendarPeriod]:
    source = SchoolHolidayDates()
    days: dict[date, str] = {}
    try:
        for civil in (year.starts_on.year, year.ends_on.year):
            rows = source.holidays_for_year_and_zone(civil, year.zone)
            days |= {day: row["nom_vacances"] for day, row in rows.items()}
    except UnsupportedYearException as error:
        raise NoCalendar(year=year.label) from error
    if not any(day > date(year.ends_on.year, 1, 15) for day in days):
        raise NoCalendar(year=year.label)
    inside = {day: name for day, name in days.items() if year.starts_on <= day <= _until(year)}
    for name, period in _runs(inside):
        first = _first_free_day(name, period.first)
        yield CalendarPeriod(
            kind=PeriodKind.SCHOOL_HOLIDAY,
            name=name.replace("'", "’"),
            starts_on=first,
            ends_on=period.last,
        )


def _runs(days: dict[date, str]) -> Iterator[tuple[str, Days]]:
    """Days in a row that carry the same name, as one period."""
    ordered = sorted(days)
    start = 0
    for place, day in enumerate(ordered):
        after = ordered[place + 1] if place + 1 < len(ordered) else None
        if after != day + timedelta(days=1) or days[after] != days[day]:
            yield days[day], Days(ordered[start], day)
            start = place + 1


def _first_free_day(name: str, stated: date) -> date:
    """Holidays begin after class on the stated day; a bridge day is free itself."""
    after_class = name.startswith("Vacances") and stated.weekday() < 5
    return stated + timedelta(days=1) if after_class else stated


def _public_holidays(year: SchoolYear) -> Iterable[CalendarPeriod]:
    civil_years = range(year.starts_on.year, year.ends_on.year + 1)
    for day, name in sorted(
        holidays.country_holidays("FR", years=civil_years, language="fr").items()
    ):
        if year.starts_on <= day <= _until(year):
            yield CalendarPeriod(
                kind=PeriodKind.PUBLIC_HOLIDAY,
                name=name.replace("'", "’"),
                starts_on=day,
                ends_on=day,
            )
