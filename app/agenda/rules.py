"""Colour of a slot and of a day (B1), and how ticks are filled. Pure: plain values in and out."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from app.reservations.rules import AskFacts, Refused, why_not_add, why_not_remove


class State(StrEnum):
    """State of a slot, or of a whole day; the values are those of the style sheet (look.md)."""

    DIRTY = "dirty"
    BOOKED = "booked"
    BOOKED_LATE = "late-booked"
    OTHER = "other"
    FREE = "free"
    FULL = "full"
    NO_FILE = "no-file"
    LATE = "late"
    CLOSED = "closed"


ORDER = tuple(State)
"""When the slots of a day differ, the first of these that one slot has is the day's (B1)."""

CHANGEABLE = {State.FREE, State.BOOKED}
"""A slot in one of these states can be ticked or unticked."""


_WHY_NOT = {
    None: State.FREE,
    Refused.TOO_LATE: State.LATE,
    Refused.FULL: State.FULL,
    Refused.NO_FILE: State.NO_FILE,
    Refused.CLOSED: State.CLOSED,
    Refused.NO_RIGHT: State.CLOSED,
    Refused.NOT_ENROLLED: State.CLOSED,
}


def slot_state(facts: AskFacts, now: datetime) -> State:
    """State of one slot: the colour of what ``reservations`` would answer to a tick."""
    if facts.booking is None:
        return _WHY_NOT[why_not_add(facts, now)]
    if not facts.booking.by_us:
        return State.OTHER
    return State.BOOKED if why_not_remove(facts, now) is None else State.BOOKED_LATE


def day_state(states: Collection[State]) -> State:
    """State of a day from those of its slots; a day without slots is closed."""
    return min(states, key=ORDER.index, default=State.CLOSED)


def can_take_more(states: Collection[State]) -> bool:
    """A booked day on which another slot can still be booked carries a green « + » (B1)."""
    booked = {State.BOOKED, State.BOOKED_LATE} & set(states)
    return bool(booked) and State.FREE in states


@dataclass(frozen=True)
class Choice:
    """What a posted month asks for: opening ids to book and to remove."""

    adds: frozenset[int]
    removes: frozenset[int]


def choice_of(shown_booked: Iterable[int], ticked: Iterable[int]) -> Choice:
    """Only what differs from what was shown; nothing that was not shown is ever removed (B2)."""
    shown, wanted = frozenset(shown_booked), frozenset(ticked)
    return Choice(adds=wanted - shown, removes=shown - wanted)


def copied_ticks(
    past: Collection[tuple[int, date]], targets: Mapping[int, tuple[int, date]], by_weekday: bool
) -> set[int]:
    """Openings to tick so that they repeat past bookings.

    ``past``: (slot id, day) that were booked. ``targets``: opening id → (slot id, day) that can be
    booked now. ``by_weekday``: repeat a model week (« comme la semaine dernière »); else repeat the
    same week of the year, 52 weeks earlier (« comme l'an dernier »).
    """
    if by_weekday:
        model = {(slot_id, day.weekday()) for slot_id, day in past}
        return {key for key, (slot, day) in targets.items() if (slot, day.weekday()) in model}
    booked = set(past)
    year = timedelta(weeks=52)
    return {key for key, (slot, day) in targets.items() if (slot, day - year) in booked}


def picked_days(
    first: date, last: date, weekdays: Collection[int], every_other_week: bool
) -> frozenset[date]:
    """Days from ``first`` to ``last`` on these weekdays (0 is Monday), every week or one in two.

    One in two counts from the week of ``first`` (B4).
    """
    monday = first - timedelta(days=first.weekday())
    days = (first + timedelta(days=n) for n in range((last - first).days + 1))
    return frozenset(
        day
        for day in days
        if day.weekday() in weekdays and not (every_other_week and (day - monday).days // 7 % 2)
    )
