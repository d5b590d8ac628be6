"""Words of the agenda: cells, slots, history. Said in the reader's language when a page is made."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from flask_babel import gettext, ngettext

from app.activities.models import PeriodKind
from app.agenda.grouped import GroupedDay, Period
from app.agenda.month import DayCell, SlotLine
from app.agenda.queries import SlotInfo
from app.agenda.rules import State
from app.core import clock, dates
from app.core.money import MINUS, NBSP, euros
from app.reservations.models import BookingState
from app.reservations.queries import HistoryLine


@dataclass(frozen=True)
class Tag:
    """What a tag shows: ``state`` gives its icon, ``kind`` its colour."""

    word: str
    kind: str
    state: State


_KINDS = {State.DIRTY: "warn", State.BOOKED: "info", State.OTHER: "other", State.FULL: "err"}


class MonthWords:
    """The words of a month page, translated once: the page says some of them a hundred times."""

    def __init__(self) -> None:
        self.weekdays = weekdays()
        self.states = {
            State.DIRTY: gettext("To save"),
            State.BOOKED: gettext("Booked"),
            State.BOOKED_LATE: gettext("Booked"),
            State.OTHER: gettext("Other parent"),
            State.FREE: gettext("Bookable"),
            State.FULL: gettext("Full"),
            State.NO_FILE: gettext("No file"),
            State.LATE: gettext("Too late"),
            State.CLOSED: gettext("Closed"),
        }
        self.closed = {
            PeriodKind.SCHOOL_HOLIDAY: gettext("Holidays"),
            PeriodKind.PUBLIC_HOLIDAY: gettext("Public holiday"),
        }
        self.added, self.removed = gettext("Added, to save"), gettext("Removed, to save")
        self.tags = {
            state: Tag(said, _KINDS.get(state, ""), state)
            for state, said in (
                (State.BOOKED, self.states[State.BOOKED]),
                (State.BOOKED_LATE, self.states[State.BOOKED]),
                (State.OTHER, gettext("Booked by the other parent")),
                (State.FULL, self.states[State.FULL]),
                (State.NO_FILE, gettext("Yearly child file missing")),
                (State.LATE, gettext("Past the deadline")),
                (State.CLOSED, self.states[State.CLOSED]),
            )
        }

    def word(self, cell: DayCell) -> str:
        """The word in the cell: « Réservé », « Vacances »…"""
        if cell.closed_as is not None:
            return self.closed.get(cell.closed_as, self.states[State.CLOSED])
        return self.states[cell.state]

    def tag(self, line: SlotLine) -> Tag | None:
        """The state of a slot; None for one that can simply be ticked."""
        if line.changed:
            return Tag(self.added if line.ticked else self.removed, "warn", State.DIRTY)
        if line.reason and line.state is State.CLOSED:
            return Tag(line.reason, "", State.CLOSED)
        return self.tags.get(line.state)

    def for_script(self) -> dict[str, Any]:
        """What the page's script says."""
        return {
            "dirty": self.states[State.DIRTY],
            "added": self.added,
            "removed": self.removed,
            "days": [gettext("{} day changed"), gettext("{} days changed")],
            "moreMoney": gettext("{} added"),
            "lessMoney": gettext("{} removed"),
            "missing": gettext("%(amount)s missing", amount="{}"),
            "previousDay": gettext("Previous day"),
            "nextDay": gettext("Next day"),
            "states": {f"st-{state.value}": said for state, said in self.states.items()},
        }


def detail(cell: DayCell) -> str:
    """Third line of the cell: its slots, or a near deadline, or why it is closed."""
    if cell.state is State.CLOSED:
        return cell.closed_why
    if cell.named:
        return dates.capfirst(", ".join(_named(line, cell.state) for line in cell.named))
    soon = cell.until is not None and cell.until - clock.now() < timedelta(hours=24)
    if cell.state is State.FREE and soon and cell.until is not None:
        return gettext("Before %(hour)s", hour=dates.hour(cell.until))
    return ""


def _named(line: SlotLine, state: State) -> str:
    if state is State.DIRTY and line.changed:
        return f"{'+' if line.ticked else MINUS}{NBSP}{line.slot.short_name}"
    return line.slot.short_name


def until(moment: datetime) -> str:
    """« mercredi 13 janvier à 10 h »."""
    return dates.moment(moment)


def hours(slot: SlotInfo) -> str:
    """« 11 h 30 – 13 h 30 »."""
    return f"{dates.hour(slot.starts_at)} – {dates.hour(slot.ends_at)}"


def saved(added: int, removed: int) -> str:
    """What a save did, for the message at the top of the page."""
    parts = []
    if added:
        parts.append(ngettext("%(num)d booking added", "%(num)d bookings added", added))
    if removed:
        parts.append(ngettext("%(num)d booking removed", "%(num)d bookings removed", removed))
    return ", ".join(parts) + "." if parts else gettext("Nothing changed: it was saved already.")


def missing(cents: int) -> str:
    """« Il manque 255,85 € »."""
    return gettext("%(amount)s missing", amount=euros(cents))


def weekdays() -> list[str]:
    """« Lundi » … « Dimanche »."""
    monday = date(2024, 1, 1)
    return [dates.capfirst(dates.day(monday + timedelta(days=n), "name")) for n in range(7)]


def short_weekday(number: int) -> str:
    """« Lun. » (0 is Monday)."""
    return dates.capfirst(dates.day(date(2024, 1, 1) + timedelta(days=number), "short_name"))


def period(quick: Period) -> str:
    """The quick periods of the grouped entry."""
    return {
        Period.MONTH: gettext("This month"),
        Period.HOLIDAYS: gettext("Until the holidays"),
        Period.TERM: gettext("This quarter"),
        Period.YEAR: gettext("The whole year"),
        Period.DATES: gettext("Other dates"),
    }[quick]


def planned(days: int, children: int, slots: int) -> str:
    """« 22 jours pour 2 enfants, 88 créneaux »."""
    return gettext(
        "%(days)s for %(children)s, %(slots)s",
        days=ngettext("%(num)d day", "%(num)d days", days),
        children=ngettext("%(num)d child", "%(num)d children", children),
        slots=ngettext("%(num)d slot", "%(num)d slots", slots),
    )


def grouped_word(cell: GroupedDay) -> str:
    """The state of a day of the small calendars, said."""
    return {
        State.DIRTY: gettext("to save"),
        State.BOOKED: gettext("already booked"),
        State.BOOKED_LATE: gettext("already booked"),
        State.OTHER: gettext("booked by the other parent"),
        State.FREE: gettext("can be booked"),
        State.FULL: gettext("full"),
        State.NO_FILE: gettext("yearly child file missing"),
        State.LATE: gettext("past the deadline"),
        State.CLOSED: gettext("closed"),
    }[cell.state]


def history_tag(line: HistoryLine) -> tuple[str, str, str]:
    """State of a booking in the history, for ``ui.tag``."""
    if line.state is BookingState.CANCELLED:
        return line.reason or gettext("Cancelled"), "", "x-circle"
    if line.state is BookingState.HELD:
        return gettext("Being paid"), "warn", "hourglass-split"
    if line.charged:
        return gettext("Used"), "ok", "check-lg"
    return gettext("Booked"), "info" if line.by_us else "other", "check-circle-fill"


def booked_by(line: HistoryLine) -> str:
    """« Vous, le 4 janvier »."""
    day = dates.day(line.created_at, "day")
    if line.by_us:
        return gettext("You, on %(day)s", day=day)
    return gettext("The other parent, on %(day)s", day=day)
