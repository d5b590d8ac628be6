"""The month of one child, as the page shows it: cells, slots of each day, words and prices."""

from __future__ import annotations

from calendar import Calendar
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from itertools import groupby

from app.activities.models import PeriodKind
from app.agenda.queries import Closure, SlotInfo, SlotRow
from app.agenda.rules import CHANGEABLE, State, can_take_more, day_state, slot_state
from app.reservations.rules import AskFacts, BookingFacts

LEGEND = (
    State.FREE,
    State.BOOKED,
    State.DIRTY,
    State.OTHER,
    State.FULL,
    State.NO_FILE,
    State.LATE,
    State.CLOSED,
)
PriceOf = Callable[[SlotRow], int | None]
"""Price in cents of a slot for this child, None when the commune has set none."""


@dataclass(frozen=True)
class SlotLine:
    """One slot of a day's panel."""

    opening_id: int
    slot: SlotInfo
    state: State
    """As it is saved, whatever is ticked."""
    ticked: bool
    cents: int | None
    until: datetime | None
    """Until when it can be changed; None when it cannot."""
    reason: str = ""
    """Why a closed slot is closed."""

    @property
    def changeable(self) -> bool:
        return self.state in CHANGEABLE

    @property
    def changed(self) -> bool:
        return self.changeable and self.ticked != (self.state is State.BOOKED)

    @property
    def shown_state(self) -> State:
        return State.DIRTY if self.changed else self.state


@dataclass(frozen=True)
class DayCell:
    """One cell of the grid."""

    day: date
    in_month: bool
    state: State
    lines: tuple[SlotLine, ...] = ()
    closed_as: PeriodKind | None = None
    closed_why: str = ""

    @property
    def more(self) -> bool:
        """A booked day on which another slot can still be booked (green « + »)."""
        return can_take_more([line.state for line in self.lines])

    @property
    def saved_state(self) -> State:
        """Its state without what is ticked and not saved."""
        return day_state([line.state for line in self.lines])

    @property
    def has_panel(self) -> bool:
        return any(line.state is not State.CLOSED for line in self.lines)

    @property
    def until(self) -> datetime | None:
        """The first deadline of what can still be changed on that day."""
        return min((line.until for line in self.lines if line.until), default=None)

    @property
    def named(self) -> tuple[SlotLine, ...]:
        """Slots that the cell names: those booked (by whom its state says) or changed."""
        shown = {State.BOOKED, State.BOOKED_LATE, State.DIRTY}
        if self.state is State.OTHER:
            shown = {State.OTHER}
        return tuple(line for line in self.lines if line.shown_state in shown)

    @property
    def total_cents(self) -> int:
        return sum(line.cents or 0 for line in self.lines if line.ticked)


@dataclass(frozen=True)
class Month:
    """The grid, and what its form carries."""

    first: date
    weeks: tuple[tuple[DayCell, ...], ...]
    opened_weekend: frozenset[int] = field(default_factory=frozenset)
    """5 and 6 when the child has an opening on a Saturday or Sunday of this month."""

    @property
    def days(self) -> list[DayCell]:
        return [cell for week in self.weeks for cell in week if cell.in_month]

    @property
    def lines(self) -> list[SlotLine]:
        return [line for cell in self.days for line in cell.lines]

    @property
    def shown_booked(self) -> list[int]:
        """Opening ids shown as booked and changeable: only these can be removed (B2)."""
        return [line.opening_id for line in self.lines if line.state is State.BOOKED]

    @property
    def legend(self) -> list[str]:
        """States that the legend explains: a missing file only where there is one."""
        rest = [one for one in LEGEND if one is not State.NO_FILE]
        return [*LEGEND] if any(one.state is State.NO_FILE for one in self.lines) else [*rest]

    @property
    def previous(self) -> date:
        return (self.first - timedelta(days=1)).replace(day=1)

    @property
    def next(self) -> date:
        return (self.first + timedelta(days=31)).replace(day=1)


def bounds(first: date) -> tuple[date, date]:
    """First and last day of the month of ``first``."""
    return first, (first + timedelta(days=31)).replace(day=1) - timedelta(days=1)


@dataclass(frozen=True)
class Viewer:
    """Who looks: decides what « ours » means and what may be changed."""

    household_id: int
    may_book: Callable[[date], bool]
    may_see_other: bool
    now: datetime


def build(
    first: date,
    rows: Sequence[SlotRow],
    closures: Sequence[Closure],
    viewer: Viewer,
    price_of: PriceOf,
    ticked: Collection[int] | None = None,
) -> Month:
    """The month's cells. ``ticked``: opening ids ticked by the parent; None: as saved."""
    by_day = {day: list(found) for day, found in groupby(rows, key=lambda row: row.day)}

    def cell(day: date) -> DayCell:
        if day.month != first.month:
            return DayCell(day, in_month=False, state=State.CLOSED)
        lines = tuple(_line(row, viewer, price_of, ticked) for row in by_day.get(day, ()))
        state = day_state([line.shown_state for line in lines])
        kind, why = _closing(day, closures, lines) if state is State.CLOSED else (None, "")
        return DayCell(day, True, state, lines, kind, why)

    weeks = tuple(
        tuple(cell(day) for day in week)
        for week in Calendar().monthdatescalendar(first.year, first.month)
    )
    weekend = frozenset(day.weekday() for day in by_day if day.weekday() > 4)
    return Month(first, weeks, weekend)


def state_of(row: SlotRow, viewer: Viewer) -> State:
    """State of one slot as saved; the other parent's booking reads « full » when hidden (A12)."""
    booking = None
    if row.booked_by is not None:
        booking = BookingFacts(
            by_us=row.booked_by == viewer.household_id,
            charged=bool(row.charged),
            is_hold=row.is_hold,
        )
    state = slot_state(
        AskFacts(
            may_book=viewer.may_book(row.day),
            enrolled=True,
            is_open=row.closed_at is None and row.offered,
            places_left=row.capacity - row.taken,
            book_until=row.book_until,
            cancel_until=row.cancel_until,
            booking=booking,
            file_missing=not row.has_file,
        ),
        viewer.now,
    )
    return State.FULL if state is State.OTHER and not viewer.may_see_other else state


def _line(
    row: SlotRow,
    viewer: Viewer,
    price_of: PriceOf,
    ticked: Collection[int] | None,
) -> SlotLine:
    state = state_of(row, viewer)
    ours = row.booked_by == viewer.household_id
    until = {State.FREE: row.book_until, State.BOOKED: row.cancel_until}.get(state)
    chosen = ours if ticked is None or state not in CHANGEABLE else row.opening_id in ticked
    cents = row.booked_cents if ours else price_of(row) if state in CHANGEABLE else None
    return SlotLine(row.opening_id, row.slot, state, chosen, cents, until, row.closed_reason)


def _closing(
    day: date, closures: Sequence[Closure], lines: Sequence[SlotLine]
) -> tuple[PeriodKind | None, str]:
    """Why a day is closed: its own reason first, then a public holiday, then the rest."""
    own = next((line.reason for line in lines if line.reason), "")
    if own:
        return None, own
    found = [closure for closure in closures if closure.starts_on <= day <= closure.ends_on]
    found.sort(key=lambda closure: closure.kind is not PeriodKind.PUBLIC_HOLIDAY)
    return (found[0].kind, found[0].name) if found else (None, "")
