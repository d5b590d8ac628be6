"""Generating the openings of a school year from its patterns and its calendar.

Generating again reconciles: a few statements whatever the number of openings, nothing that was
edited by hand is touched, and nothing that a family booked is closed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.activities import queries
from app.activities.errors import CalendarMissing, NoPattern
from app.activities.models import CalendarPeriod, Opening, OpeningPattern, PeriodKind
from app.activities.queries import SlotRules
from app.activities.rules import DAY, MOST_DAYS, Calendar, days_between, deadline, summer_end
from app.activities.services.bulk import update_openings
from app.core import audit, clock
from app.core.actor import Actor
from app.core.errors import NotFound
from app.households.models import SchoolYear


class Place(NamedTuple):
    """What an opening is unique by."""

    slot_id: int
    site_id: int
    day: date


class Pattern(NamedTuple):
    """A pattern as plain values; see ``OpeningPattern``."""

    slot_id: int
    site_id: int
    weekdays: str
    in_holidays: bool
    capacity: int

    def days(self, first: date, last: date) -> Iterator[date]:
        """Days of its weekdays."""
        return (day for day in days_between(first, last) if str(day.weekday()) in self.weekdays)


class Known(NamedTuple):
    """An opening that exists."""

    id: int
    place: Place
    capacity: int
    taken: int
    closed_at: datetime | None
    edited_at: datetime | None
    closed_reason: str


@dataclass(frozen=True)
class Generated:
    """What generating did, in openings.

    ``booked``: open on a day on which the patterns no longer open, kept because they are booked:
    an agent closes them with a reason, and the families are told (§3.7).
    """

    added: int = 0
    resized: int = 0
    closed: int = 0
    reopened: int = 0
    booked: int = 0


@dataclass
class Changes:
    """What to write."""

    added: list[dict[str, Any]] = field(default_factory=list)
    updated: list[dict[str, Any]] = field(default_factory=list)
    resized: int = 0
    closed: int = 0
    reopened: int = 0
    booked: int = 0

    def report(self) -> Generated:
        """The figures."""
        return Generated(len(self.added), self.resized, self.closed, self.reopened, self.booked)


def generate_openings(session: Session, actor: Actor, school_year_id: int) -> Generated:
    """Make the openings of a school year follow its patterns and the calendar.

    Missing openings are added with their deadlines (B13). From tomorrow on, those not edited by
    hand take the pattern's capacity, are closed when their day is not open any more and nobody is
    booked, and open again when it is. Run twice, the second run does nothing. Nine statements at
    most, besides the trail. Raises NotFound, NoPattern, CalendarMissing.
    """
    year = _locked_year(session, school_year_id)
    last = summer_end(year.ends_on)
    _need_calendar(session, year)
    patterns = _patterns(session, year)
    calendar = queries.calendar(session, year.starts_on - DAY * 2 * MOST_DAYS, last)
    wanted = _wanted(patterns, year, calendar)
    known = _known(session, year)
    changes = _compare(wanted, known, _reasons(patterns, calendar))
    rules = queries.rules_by_slot(session) if changes.added else {}
    _finish(changes.added, year, rules, calendar)
    _write(session, changes)
    report = changes.report()
    audit.record(session, actor, "generate_openings", "school_year", year.id, **vars(report))
    return report


def _locked_year(session: Session, school_year_id: int) -> SchoolYear:
    """The year, locked so that two agents do not generate it at once."""
    year = session.scalars(
        sa.select(SchoolYear).where(SchoolYear.id == school_year_id).with_for_update()
    ).first()
    if year is None:
        raise NotFound
    return year


def _need_calendar(session: Session, year: SchoolYear) -> None:
    """Without its holidays a year would open on every weekday. Raises CalendarMissing."""
    kinds = session.scalars(
        sa.select(CalendarPeriod.kind)
        .where(CalendarPeriod.starts_on <= year.ends_on, CalendarPeriod.ends_on >= year.starts_on)
        .distinct()
    )
    if not {PeriodKind.SCHOOL_HOLIDAY, PeriodKind.PUBLIC_HOLIDAY} <= set(kinds):
        raise CalendarMissing(year=year.label)


def _patterns(session: Session, year: SchoolYear) -> list[Pattern]:
    columns = [getattr(OpeningPattern, name) for name in Pattern._fields]
    rows = session.execute(
        sa.select(*columns)
        .where(OpeningPattern.school_year_id == year.id)
        .order_by(OpeningPattern.id)
    )
    found = [Pattern(*row) for row in rows]
    if not found:
        raise NoPattern(year=year.label)
    return found


def _wanted(patterns: Iterable[Pattern], year: SchoolYear, calendar: Calendar) -> dict[Place, int]:
    """Place → capacity of every opening that the patterns and the calendar give."""
    wanted: dict[Place, int] = {}
    for one in patterns:
        last = summer_end(year.ends_on) if one.in_holidays else year.ends_on
        for day in one.days(year.starts_on, last):
            if calendar.shut_as(day, one.site_id, one.in_holidays) is None:
                wanted[Place(one.slot_id, one.site_id, day)] = one.capacity
    return wanted


def _reasons(patterns: Iterable[Pattern], calendar: Calendar) -> Any:
    """A function: why a place is not open (the calendar's name for it, else nothing)."""
    holiday_places = {(one.slot_id, one.site_id) for one in patterns if one.in_holidays}

    def reason(place: Place) -> str:
        in_holidays = (place.slot_id, place.site_id) in holiday_places
        return calendar.shut_as(place.day, place.site_id, in_holidays) or ""

    return reason


def _known(session: Session, year: SchoolYear) -> list[Known]:
    """The openings of the year, locked in the order of their ids: a booking waits, or comes first."""
    rows = session.execute(
        sa.select(
            Opening.id,
            Opening.slot_id,
            Opening.site_id,
            Opening.day,
            Opening.capacity,
            Opening.taken,
            Opening.closed_at,
            Opening.edited_at,
            Opening.closed_reason,
        )
        .where(Opening.school_year_id == year.id)
        .order_by(Opening.id)
        .with_for_update()
    )
    return [Known(row[0], Place(*row[1:4]), *row[4:]) for row in rows]


def _compare(wanted: Mapping[Place, int], known: Iterable[Known], reason: Any) -> Changes:
    changes, now, today = Changes(), clock.now(), clock.today()
    missing = dict(wanted)
    for one in known:
        capacity = missing.pop(one.place, None)
        if one.edited_at is None and one.place.day > today:
            _reconcile(changes, one, capacity, now, reason)
    changes.added = [
        {**place._asdict(), "capacity": capacity} for place, capacity in missing.items()
    ]
    return changes


def _reconcile(
    changes: Changes, one: Known, capacity: int | None, now: datetime, reason: Any
) -> None:
    """``capacity`` None: the patterns do not open this place."""
    row = {
        "id": one.id,
        "capacity": one.capacity,
        "closed_at": one.closed_at,
        "closed_reason": one.closed_reason,
    }
    if capacity is None:
        if one.closed_at is not None:
            return
        if one.taken:
            changes.booked += 1
            return
        changes.closed += 1
        changes.updated.append(row | {"closed_at": now, "closed_reason": reason(one.place)})
        return
    changes.reopened += one.closed_at is not None
    changes.resized += one.capacity != capacity
    after = row | {"capacity": capacity, "closed_at": None, "closed_reason": ""}
    if after != row:
        changes.updated.append(after)


def _finish(
    rows: Iterable[dict[str, Any]],
    year: SchoolYear,
    rules: Mapping[int, SlotRules],
    calendar: Calendar,
) -> None:
    """Complete new openings: their year and their deadlines."""
    for row in rows:
        one, day = rules[row["slot_id"]], row["day"]
        row["school_year_id"] = year.id
        row["book_until"] = deadline(one.book, day, calendar.is_working_day)
        row["cancel_until"] = deadline(one.cancel, day, calendar.is_working_day)


def _write(session: Session, changes: Changes) -> None:
    if changes.added:
        session.execute(sa.insert(Opening), changes.added)
    if changes.updated:
        update_openings(session, changes.updated)
