"""The calendar of a school year: school holidays of its zone, public holidays, the commune's days."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

import holidays
import sqlalchemy as sa
from sqlalchemy.orm import Session
from vacances_scolaires_france import SchoolHolidayDates, UnsupportedYearException

from app.activities import queries
from app.activities.errors import BadPeriod
from app.activities.models import CalendarPeriod, PeriodKind, Site
from app.activities.rules import DAY, NamedDay, runs, summer_end
from app.activities.services.deadlines import recompute_deadlines
from app.core import audit
from app.core.actor import Actor
from app.core.errors import NotFound
from app.households.models import SchoolYear

LIBRARY = (PeriodKind.SCHOOL_HOLIDAY, PeriodKind.PUBLIC_HOLIDAY)


@dataclass(frozen=True)
class Loaded:
    """What loading a calendar did. ``complete``: the library knows all school holidays of the year."""

    added: int
    complete: bool
    deadlines: int


def load_calendar(session: Session, actor: Actor, school_year_id: int) -> Loaded:
    """Write the holidays of the year, its summer included, that are not written yet.

    Public holidays are those of metropolitan France, from the July before, so that deadlines of
    September count them. Periods corrected by hand stay: one of the same kind that shares a day
    is known. Deadlines of future openings are worked out again (B13).
    """
    year = queries.school_year(session, school_year_id)
    school, complete = _school_holidays(year)
    found = [*school, *_public_holidays(year)]
    known = _known(session, found)
    added = [row for row in found if not _overlaps(row, known)]
    session.add_all(added)
    session.flush()
    audit.record(session, actor, "load_calendar", "school_year", year.id, added=len(added))
    moved = recompute_deadlines(session, actor) if added else 0
    return Loaded(len(added), complete, moved)


def _known(session: Session, found: list[CalendarPeriod]) -> list[CalendarPeriod]:
    first, last = min(row.starts_on for row in found), max(row.ends_on for row in found)
    return list(
        session.scalars(
            sa.select(CalendarPeriod).where(
                CalendarPeriod.kind.in_(LIBRARY),
                CalendarPeriod.ends_on >= first,
                CalendarPeriod.starts_on <= last,
            )
        )
    )


def _overlaps(row: CalendarPeriod, known: list[CalendarPeriod]) -> bool:
    return any(
        one.kind is row.kind and one.starts_on <= row.ends_on and one.ends_on >= row.starts_on
        for one in known
    )


def _school_holidays(year: SchoolYear) -> tuple[list[CalendarPeriod], bool]:
    """The school holidays that the library knows, and whether it knows the whole year."""
    known, complete = _library_days(year)
    last = summer_end(year.ends_on)
    inside = [one for one in known if year.starts_on <= one.day <= last]
    periods = [
        _period(PeriodKind.SCHOOL_HOLIDAY, name, _first_free_day(name, first), ends_on)
        for name, first, ends_on in runs(inside)
    ]
    return periods, complete and bool(inside)


def _library_days(year: SchoolYear) -> tuple[list[NamedDay], bool]:
    source = SchoolHolidayDates()
    days: list[NamedDay] = []
    for civil in range(year.starts_on.year, year.ends_on.year + 1):
        try:
            rows = source.holidays_for_year_and_zone(civil, year.zone)
        except UnsupportedYearException:
            return days, False
        days += [NamedDay(day, row["nom_vacances"]) for day, row in sorted(rows.items())]
    # The last known year may stop in August: a year that begins in September is not in it.
    return days, any(one.day >= year.ends_on for one in days)


def _first_free_day(name: str, stated: date) -> date:
    """Holidays begin after class on the stated day; stated as a Saturday, on which few have class,
    they begin then. The days of a bridge are free themselves."""
    after_class = name.startswith("Vacances") and stated.weekday() < 5
    return stated + DAY if after_class else stated


def _public_holidays(year: SchoolYear) -> Iterator[CalendarPeriod]:
    first, last = date(year.starts_on.year, 7, 1), summer_end(year.ends_on)
    civil_years = range(first.year, last.year + 1)
    known = holidays.country_holidays("FR", years=civil_years, language="fr")
    for day, name in sorted(known.items()):
        if first <= day <= last:
            yield _period(PeriodKind.PUBLIC_HOLIDAY, name, day, day)


def _period(kind: PeriodKind, name: str, first: date, last: date) -> CalendarPeriod:
    return CalendarPeriod(
        kind=kind, name=name.replace("'", "’"), starts_on=first, ends_on=last, site_id=None
    )


def save_period(
    session: Session,
    actor: Actor,
    period: CalendarPeriod,
    *,
    kind: PeriodKind,
    name: str,
    starts_on: date,
    ends_on: date,
    site_id: int | None = None,
) -> int:
    """Write a period of the calendar, new or known; how many deadlines moved (B13).

    Openings follow when they are generated again. Raises BadPeriod, NotFound. Only a closure may
    concern one site.
    """
    if ends_on < starts_on or (site_id is not None and kind is not PeriodKind.CLOSURE):
        raise BadPeriod
    if site_id is not None and session.get(Site, site_id) is None:
        raise NotFound
    period.kind, period.name, period.site_id = kind, name, site_id
    period.starts_on, period.ends_on = starts_on, ends_on
    session.add(period)
    session.flush()
    return recompute_deadlines(session, actor)


def remove_period(session: Session, actor: Actor, period: CalendarPeriod) -> int:
    """Take a period out of the calendar; how many deadlines moved (B13)."""
    session.delete(period)
    session.flush()
    return recompute_deadlines(session, actor)
