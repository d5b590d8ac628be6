"""« Saisie groupée » (B4, B5): what was chosen, which days that makes, and how each day shows."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from itertools import groupby

from app.agenda.queries import SlotRow
from app.agenda.rules import State, day_state, picked_days
from app.core.dates import day_from


class Period(StrEnum):
    """Quick choices of a period; DATES takes the two dates as typed."""

    MONTH = "month"
    HOLIDAYS = "holidays"
    TERM = "term"
    YEAR = "year"
    DATES = "dates"


LONGEST = 400
"""Days of a period at the most: a school year and a bit."""


@dataclass(frozen=True)
class Span:
    """First and last day, both included."""

    first: date
    last: date


def spans(today: date, year_end: date, next_holidays: date | None) -> dict[Period, Span]:
    """The quick periods, from today on. ``next_holidays``: first day of them, None if unknown."""
    month_end = (today.replace(day=1) + timedelta(days=31)).replace(day=1) - timedelta(days=1)
    quarter = date(today.year, 3 * ((today.month - 1) // 3) + 1, 1)
    quarter_end = (quarter + timedelta(days=95)).replace(day=1) - timedelta(days=1)
    found = {Period.MONTH: Span(today, month_end)}
    if next_holidays:
        found[Period.HOLIDAYS] = Span(today, max(today, next_holidays - timedelta(days=1)))
    found[Period.TERM] = Span(today, quarter_end)
    found[Period.YEAR] = Span(today, max(today, year_end))
    return found


@dataclass(frozen=True)
class Pattern:
    """The days that the pattern alone gives; kept in the page to know which were toggled."""

    span: Span
    weekdays: frozenset[int]
    every_other_week: bool

    def days(self) -> frozenset[date]:
        return picked_days(self.span.first, self.span.last, self.weekdays, self.every_other_week)

    def key(self) -> str:
        """As a hidden field: « 2027-01-13/2027-03-31/0134/1 »."""
        weekdays = "".join(map(str, sorted(self.weekdays)))
        return f"{self.span.first}/{self.span.last}/{weekdays}/{int(self.every_other_week)}"


def pattern_from(key: str) -> Pattern | None:
    """The pattern of a hidden field; None when it was not sent or does not read."""
    parts = key.split("/")
    if len(parts) != 4 or not set(parts[2]) <= set("0123456"):
        return None
    try:
        span = Span(day_from(parts[0]), day_from(parts[1]))
    except ValueError:
        return None
    if (span.last - span.first).days > LONGEST:
        return None
    return Pattern(span, frozenset(int(digit) for digit in parts[2]), parts[3] == "1")


def chosen_days(
    pattern: Pattern,
    was: Pattern | None,
    shown: Collection[date],
    ticked: Collection[date],
) -> frozenset[date]:
    """Days of the pattern, with those that the parent toggled one by one turned round.

    ``was``, ``shown`` and ``ticked`` describe the page as it was sent: its pattern, the days it
    had boxes for, and the boxes ticked.
    """
    days = pattern.days()
    if was is None:
        return days
    before = was.days() & frozenset(shown)
    toggled = before ^ (frozenset(ticked) & frozenset(shown))
    inside = {day for day in toggled if pattern.span.first <= day <= pattern.span.last}
    return days ^ inside


@dataclass(frozen=True)
class GroupedDay:
    """One day of the small calendars."""

    day: date
    state: State
    selectable: bool
    ticked: bool
    children_done: int = 0
    """How many of the chosen children the plan concerns on that day."""


@dataclass(frozen=True)
class GroupedMonth:
    """One small calendar: weeks of seven places, None outside the month."""

    first: date
    weeks: tuple[tuple[GroupedDay | None, ...], ...]

    @property
    def has_weekend(self) -> bool:
        """Whether something is or could be booked on a Saturday or Sunday."""
        places = [cell for week in self.weeks for cell in week[5:] if cell]
        return any(cell.state is not State.CLOSED for cell in places)

    @property
    def rows(self) -> list[tuple[GroupedDay | None, ...]]:
        """The weeks as drawn: five or seven places, without a row that would be empty."""
        places = 7 if self.has_weekend else 5
        return [week[:places] for week in self.weeks if any(week[:places])]


def calendars(
    span: Span,
    rows: Sequence[SlotRow],
    state_of: Callable[[SlotRow], State],
    days: Collection[date],
    planned: Iterable[tuple[int, date]],
    create: bool,
) -> list[GroupedMonth]:
    """The months of the period. ``planned``: (child id, day) that the plan changes."""
    wanted = State.FREE if create else State.BOOKED
    concerned: dict[date, set[int]] = {}
    for child_id, day in planned:
        concerned.setdefault(day, set()).add(child_id)
    by_day = {day: list(found) for day, found in groupby(rows, key=lambda row: row.day)}

    def cell(day: date) -> GroupedDay:
        states = [state_of(row) for row in by_day.get(day, ())]
        changed = concerned.get(day, set())
        return GroupedDay(
            day=day,
            state=State.DIRTY if changed else day_state(states),
            selectable=wanted in states,
            ticked=day in days,
            children_done=len(changed),
        )

    return [_month(first, span, cell) for first in _months(span)]


def _months(span: Span) -> Iterable[date]:
    first = span.first.replace(day=1)
    while first <= span.last:
        yield first
        first = (first + timedelta(days=31)).replace(day=1)


def _month(first: date, span: Span, cell: Callable[[date], GroupedDay]) -> GroupedMonth:
    start = first - timedelta(days=first.weekday())
    weeks = []
    while start <= span.last and (start.month == first.month or start < first):
        week = tuple(
            cell(day) if day.month == first.month and day.year == first.year else None
            for day in (start + timedelta(days=n) for n in range(7))
        )
        weeks.append(week)
        start += timedelta(days=7)
    return GroupedMonth(first, tuple(weeks))
