"""Pure decisions of activities: deadlines, days of a pattern, the band that gives a price."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from typing import NamedTuple

from app.activities.errors import BadBand, BadRule, BadWeekdays, BandsOverlap, NoPrice, NoWorkingDay
from app.activities.models import DeadlineKind, PeriodKind
from app.core import clock
from app.households.rules import PriceFacts

DAY = timedelta(days=1)
MOST_DAYS = 60
"""Longest deadline that can be set, in days or working days."""
WEEKDAYS = "0123456"

IsWorkingDay = Callable[[date], bool]


# ---- Calendar ------------------------------------------------------------------------------------


class PeriodFacts(NamedTuple):
    """Days of the calendar, first and last included; ``site_id`` None: everywhere."""

    kind: PeriodKind
    name: str
    starts_on: date
    ends_on: date
    site_id: int | None = None


class Calendar:
    """What the calendar says of each day. Periods are spread over their days once."""

    def __init__(self, periods: Iterable[PeriodFacts]) -> None:
        self._names: dict[tuple[PeriodKind, int | None, date], str] = {}
        for period in periods:
            for day in days_between(period.starts_on, period.ends_on):
                self._names.setdefault((period.kind, period.site_id, day), period.name)

    def is_working_day(self, day: date) -> bool:
        """Monday to Friday, neither public holiday nor closing day of the office (B13)."""
        return (
            day.weekday() < 5
            and self._name(PeriodKind.PUBLIC_HOLIDAY, day) is None
            and self._name(PeriodKind.OFFICE_CLOSED, day) is None
        )

    def in_holidays(self, day: date) -> bool:
        """In the school holidays."""
        return self._name(PeriodKind.SCHOOL_HOLIDAY, day) is not None

    def closed_as(self, day: date, site_id: int) -> str | None:
        """Name of the public holiday or of the closure that shuts this site on this day."""
        names = (
            self._name(PeriodKind.PUBLIC_HOLIDAY, day),
            self._name(PeriodKind.CLOSURE, day),
            self._name(PeriodKind.CLOSURE, day, site_id),
        )
        return next((name for name in names if name is not None), None)

    def shut_as(self, day: date, site_id: int, in_holidays: bool) -> str | None:
        """Why a pattern for term (or for the holidays) does not open; None: it opens."""
        closed = self.closed_as(day, site_id)
        if closed is not None or self.in_holidays(day) is in_holidays:
            return closed
        return self._name(PeriodKind.SCHOOL_HOLIDAY, day) or ""

    def _name(self, kind: PeriodKind, day: date, site_id: int | None = None) -> str | None:
        return self._names.get((kind, site_id, day))


def days_between(first: date, last: date) -> Iterator[date]:
    """Every day from ``first`` to ``last``, both included."""
    return (first + DAY * number for number in range((last - first).days + 1))


def summer_end(year_ends_on: date) -> date:
    """Last day of the summer that follows a school year: services of the holidays go on till then."""
    return max(year_ends_on, date(year_ends_on.year, 8, 31))


class NamedDay(NamedTuple):
    """A day off and the name of its holidays."""

    day: date
    name: str


def runs(days: Sequence[NamedDay]) -> list[tuple[str, date, date]]:
    """(name, first, last) of the days in a row that carry the same name; ``days`` in order."""
    found: list[tuple[str, date, date]] = []
    for day, name in days:
        if found and found[-1][0] == name and found[-1][2] + DAY == day:
            found[-1] = (name, found[-1][1], day)
        else:
            found.append((name, day, day))
    return found


def checked_weekdays(typed: str) -> str:
    """Weekdays of a pattern in order, each once (« 0134 »). Raises BadWeekdays."""
    if not typed or set(typed) - set(WEEKDAYS):
        raise BadWeekdays
    return "".join(sorted(set(typed)))


# ---- Deadlines (B13) -----------------------------------------------------------------------------


class RuleFacts(NamedTuple):
    """A deadline rule; see ``DeadlineRule``."""

    kind: DeadlineKind
    at: time
    days: int = 0
    weekday: int = 0


def deadline(rule: RuleFacts, day: date, is_working_day: IsWorkingDay) -> datetime:
    """The instant, in UTC, from which it is too late for care on ``day``.

    The rule's hour is the one on the clock in Paris on the day of the deadline. An hour that the
    clocks skip in March is read an hour later; one that comes twice in October is the first.
    """
    wall = datetime.combine(_deadline_day(rule, day, is_working_day), rule.at)
    return wall.replace(tzinfo=clock.PARIS, fold=0).astimezone(UTC)


def _deadline_day(rule: RuleFacts, day: date, is_working_day: IsWorkingDay) -> date:
    if rule.kind is DeadlineKind.DAYS_BEFORE:
        return day - DAY * rule.days
    if rule.kind is DeadlineKind.PREVIOUS_WEEK:
        monday = day - DAY * day.weekday()
        return monday - DAY * (7 - rule.weekday)
    return _working_days_before(rule.days, day, is_working_day)


def _working_days_before(count: int, day: date, is_working_day: IsWorkingDay) -> date:
    """The ``count``-th working day before ``day``, which itself does not count."""
    before = (day - DAY * number for number in range(1, 366))
    working = (one for one in before if is_working_day(one))
    found = day
    for _ in range(count):
        earlier = next(working, None)
        if earlier is None:
            raise NoWorkingDay(day=day)
        found = earlier
    return found


def checked_rule(rule: RuleFacts) -> RuleFacts:
    """The rule, when it can be counted. Raises BadRule."""
    if not (0 <= rule.days <= MOST_DAYS and 0 <= rule.weekday <= 6):
        raise BadRule(most=MOST_DAYS)
    return rule


# ---- Prices (§3.1, §3.11) ------------------------------------------------------------------------


class BandFacts(NamedTuple):
    """One price of a grid, in cents; see ``PriceBand``."""

    id: int
    name: str
    care_cents: int
    meal_cents: int = 0
    quotient_from: int = 0
    quotient_to: int | None = None
    resident: bool | None = None
    sibling_rank: int = 1

    @property
    def total_cents(self) -> int:
        """Care and meal together."""
        return self.care_cents + self.meal_cents

    @property
    def _top(self) -> float:
        return float("inf") if self.quotient_to is None else self.quotient_to


class GridFacts(NamedTuple):
    """The bands of a slot from a day on, until its next grid."""

    id: int
    valid_from: date
    bands: tuple[BandFacts, ...]


class Price(NamedTuple):
    """What a booking costs, and the band that says so."""

    care_cents: int
    meal_cents: int
    band_id: int
    band_name: str

    @property
    def total(self) -> int:
        """Cents, care and meal together."""
        return self.care_cents + self.meal_cents


def pick_band(bands: Iterable[BandFacts], facts: PriceFacts) -> BandFacts:
    """The most specific band that fits: residence said before rank before quotient (§3.11).

    No quotient counts as the highest: the band without end, else the one that ends last (§3.1).
    Raises NoPrice when none fits.
    """
    fitting = [band for band in bands if _fits_household(band, facts)]
    if facts.quotient is None:
        highest = max((band._top for band in fitting), default=0)
        fitting = [band for band in fitting if band._top == highest]
    else:
        fitting = [band for band in fitting if band.quotient_from <= facts.quotient < band._top]
    if not fitting:
        raise NoPrice(quotient=facts.quotient)
    return max(fitting, key=_specificity)


def _fits_household(band: BandFacts, facts: PriceFacts) -> bool:
    return (
        band.quotient_from < band._top
        and band.resident in (None, facts.resident)
        and facts.sibling_rank >= band.sibling_rank
    )


def _specificity(band: BandFacts) -> tuple[bool, int, int, float]:
    return band.resident is not None, band.sibling_rank, band.quotient_from, -band._top


def grid_on(grids: Sequence[GridFacts], day: date) -> GridFacts:
    """The grid in force on ``day`` among those of a slot. Raises NoPrice."""
    known = [grid for grid in grids if grid.valid_from <= day]
    if not known:
        raise NoPrice(day=day)
    return max(known, key=lambda grid: grid.valid_from)


def checked_bands(bands: Sequence[BandFacts]) -> None:
    """Raise BadBand or BandsOverlap when it would not be clear what a family pays."""
    groups: dict[tuple[bool | None, int], list[BandFacts]] = {}
    for band in bands:
        if band.quotient_from >= band._top or band.quotient_from < 0:
            raise BadBand(name=band.name)
        groups.setdefault((band.resident, band.sibling_rank), []).append(band)
    for group in groups.values():
        ordered = sorted(group, key=lambda band: band.quotient_from)
        for lower, upper in pairwise(ordered):
            if upper.quotient_from < lower._top:
                raise BandsOverlap(first=lower.name, second=upper.name)


def unpriced(bands: Sequence[BandFacts]) -> list[PriceFacts]:
    """Families without a price in this grid: one example per hole (for the agent's warning)."""
    edges = {0, *(band.quotient_to for band in bands if band.quotient_to is not None)}
    found = []
    for resident in (True, False):
        for quotient in sorted(edges):
            facts = PriceFacts(quotient, resident, 1)
            if not _has_price(bands, facts):
                found.append(facts)
    return found


def _has_price(bands: Sequence[BandFacts], facts: PriceFacts) -> bool:
    try:
        pick_band(bands, facts)
    except NoPrice:
        return False
    return True


def above_cost(bands: Iterable[BandFacts], cost_cents: int | None) -> list[BandFacts]:
    """Bands dearer than the service costs, which the law forbids for school meals
    (article R. 531-53 of the Code de l'éducation)."""
    if cost_cents is None:
        return []
    return [band for band in bands if band.total_cents > cost_cents]
