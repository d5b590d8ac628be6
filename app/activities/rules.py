"""Deadlines, opening days and prices: pure decisions (B13, §3.1, §3.11)."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from app.activities.models import DeadlineKind
from app.core import clock
from app.households.rules import PriceFacts


@dataclass(frozen=True)
class RuleFacts:
    """A deadline rule as data; see ``DeadlineRule``."""

    kind: DeadlineKind
    days: int
    weekday: int
    at: time


def deadline(rule: RuleFacts, day: date, is_working_day: Callable[[date], bool]) -> datetime:
    """The instant (UTC) at which it becomes too late for ``day``, on the clock of Paris (B13)."""
    if rule.kind is DeadlineKind.DAYS_BEFORE:
        on = day - timedelta(days=rule.days)
    elif rule.kind is DeadlineKind.WORKING_DAYS_BEFORE:
        on = _working_days_before(day, rule.days, is_working_day)
    else:
        on = day - timedelta(days=day.weekday() + 7 - rule.weekday)
    return datetime.combine(on, rule.at, tzinfo=clock.PARIS).astimezone(UTC)


def _working_days_before(day: date, count: int, is_working_day: Callable[[date], bool]) -> date:
    while count > 0:
        day -= timedelta(days=1)
        count -= is_working_day(day)
    return day


@dataclass(frozen=True)
class Days:
    """Days first to last, both included; ``name``: why they are closed."""

    first: date
    last: date
    name: str = ""

    def __contains__(self, day: date) -> bool:
        return self.first <= day <= self.last


@dataclass(frozen=True)
class Calendar:
    """What closes, and where: pure facts of ``CalendarPeriod`` rows.

    ``school_holidays``, ``public_holidays`` and ``office_closed`` hold everywhere; ``closures``
    are (days, site id or None for every site).
    """

    school_holidays: tuple[Days, ...] = ()
    public_holidays: tuple[Days, ...] = ()
    office_closed: tuple[Days, ...] = ()
    closures: tuple[tuple[Days, int | None], ...] = ()

    def is_working_day(self, day: date) -> bool:
        """Monday to Friday, neither public holiday nor closing day of the office (B13)."""
        if day.weekday() > 4:
            return False
        return not any(day in days for days in (*self.public_holidays, *self.office_closed))

    def is_holiday(self, day: date) -> bool:
        """In the school holidays."""
        return any(day in days for days in self.school_holidays)

    def why_closed(self, day: date, site_id: int, *, in_holidays: bool) -> str | None:
        """Why a site that receives in term (or in holidays) is closed on ``day``; None: open.

        The reason is the name of what closes it; empty for a holiday service out of holidays.
        """
        for days, closed_site in self.closures:
            if day in days and closed_site in {None, site_id}:
                return days.name
        closed = (
            self.public_holidays if in_holidays else (*self.public_holidays, *self.school_holidays)
        )
        for days in closed:
            if day in days:
                return days.name
        return "" if in_holidays and not self.is_holiday(day) else None


@dataclass(frozen=True)
class BandFacts:
    """One price of a grid; see ``PriceBand``."""

    id: int
    name: str
    quotient_from: int
    quotient_to: int | None
    resident: bool | None
    sibling_rank: int
    care_cents: int
    meal_cents: int

    @property
    def total_cents(self) -> int:
        return self.care_cents + self.meal_cents


def pick_band(bands: Iterable[BandFacts], facts: PriceFacts) -> BandFacts | None:
    """The band that fits best; None when none fits.

    The most specific wins: the highest sibling rank reached, then one that names the residence.
    Without a quotient in force, the highest band of those left (§3.1).
    """
    fitting = [band for band in bands if _fits_household(band, facts)]
    if facts.quotient is None:
        highest = max((band.quotient_from for band in fitting), default=0)
        fitting = [band for band in fitting if band.quotient_from == highest]
    else:
        fitting = [band for band in fitting if _holds(band, facts.quotient)]
    return max(fitting, key=_specificity, default=None)


def _fits_household(band: BandFacts, facts: PriceFacts) -> bool:
    return band.sibling_rank <= facts.sibling_rank and band.resident in {None, facts.resident}


def _holds(band: BandFacts, quotient: int) -> bool:
    above = band.quotient_to is not None and quotient >= band.quotient_to
    return quotient >= band.quotient_from and not above


def _specificity(band: BandFacts) -> tuple[int, bool, int, int]:
    """Ties (bands that overlap by mistake) go to the dearer, then to the older one."""
    return band.sibling_rank, band.resident is not None, band.total_cents, -band.id


def costs_more_than_it_should(band_cents: int, cost_cents: int | None) -> bool:
    """Whether a price is above what the service costs the commune (a warning, §3.11)."""
    return cost_cents is not None and band_cents > cost_cents
