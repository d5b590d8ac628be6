"""Rules of the agenda, by table (B1, B2, B4)."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from app.agenda.rules import (
    Choice,
    State,
    can_take_more,
    choice_of,
    copied_ticks,
    day_state,
    picked_days,
    slot_state,
)
from app.reservations.rules import AskFacts, BookingFacts

NOW = datetime(2027, 1, 12, 8, 0, tzinfo=UTC)
SOON, PAST, JUST = NOW + timedelta(seconds=1), NOW - timedelta(seconds=1), NOW


OURS, THEIRS = BookingFacts(by_us=True), BookingFacts(by_us=False)


def facts(**changes: object) -> AskFacts:
    values = {
        "may_book": True,
        "enrolled": True,
        "is_open": True,
        "book_until": SOON,
        "cancel_until": SOON,
        "places_left": 1,
    }
    return AskFacts(**(values | changes))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("changes", "state"),
    [
        ({}, State.FREE),
        ({"places_left": 0}, State.FULL),
        ({"places_left": -3}, State.FULL),
        ({"file_missing": True}, State.NO_FILE),
        ({"file_missing": True, "book_until": PAST}, State.LATE),
        ({"file_missing": True, "booking": OURS}, State.BOOKED),
        ({"file_missing": True, "booking": THEIRS}, State.OTHER),
        ({"book_until": JUST}, State.LATE),
        ({"book_until": PAST, "places_left": 0}, State.LATE),
        ({"is_open": False}, State.CLOSED),
        ({"is_open": False, "book_until": PAST}, State.CLOSED),
        ({"may_book": False}, State.CLOSED),
        ({"booking": OURS}, State.BOOKED),
        ({"booking": OURS, "book_until": PAST}, State.BOOKED),
        ({"booking": OURS, "cancel_until": JUST}, State.BOOKED_LATE),
        ({"booking": OURS, "places_left": 0}, State.BOOKED),
        ({"booking": OURS, "may_book": False}, State.BOOKED),
        ({"booking": BookingFacts(by_us=True, charged=True)}, State.BOOKED_LATE),
        ({"booking": BookingFacts(by_us=True, is_hold=True)}, State.BOOKED_LATE),
        ({"booking": THEIRS}, State.OTHER),
        ({"booking": THEIRS, "book_until": PAST}, State.OTHER),
        ({"booking": THEIRS, "may_book": False}, State.OTHER),
    ],
)
def test_state_of_a_slot(changes: dict[str, object], state: State) -> None:
    assert slot_state(facts(**changes), NOW) is state


@pytest.mark.parametrize(
    ("slots", "state"),
    [
        ([], State.CLOSED),
        ([State.CLOSED, State.LATE], State.LATE),
        ([State.LATE, State.FULL], State.FULL),
        ([State.FULL, State.FREE], State.FREE),
        ([State.FREE, State.OTHER], State.OTHER),
        ([State.OTHER, State.BOOKED], State.BOOKED),
        ([State.FREE, State.BOOKED_LATE], State.BOOKED_LATE),
        ([State.BOOKED, State.DIRTY], State.DIRTY),
    ],
)
def test_state_of_a_day_whose_slots_differ(slots: list[State], state: State) -> None:
    assert day_state(slots) is state


@pytest.mark.parametrize(
    ("slots", "more"),
    [
        ([State.BOOKED, State.FREE], True),
        ([State.BOOKED_LATE, State.FREE], True),
        ([State.BOOKED, State.FULL], False),
        ([State.FREE], False),
    ],
)
def test_a_booked_day_that_can_take_more_says_so(slots: list[State], more: bool) -> None:
    assert can_take_more(slots) is more


def test_only_what_differs_from_what_was_shown_is_asked() -> None:
    assert choice_of(shown_booked=[1, 2], ticked=[2, 3]) == Choice(frozenset({3}), frozenset({1}))


def test_nothing_shown_booked_means_nothing_removed() -> None:
    assert choice_of(shown_booked=[], ticked=[]).removes == frozenset()


def test_like_last_week_repeats_weekdays_and_slots() -> None:
    past = {(7, date(2027, 1, 4)), (8, date(2027, 1, 5))}
    targets = {
        1: (7, date(2027, 1, 18)),
        2: (8, date(2027, 1, 18)),
        3: (8, date(2027, 1, 26)),
    }
    assert copied_ticks(past, targets, by_weekday=True) == {1, 3}


def test_like_last_year_repeats_the_same_week_of_the_year() -> None:
    targets = {1: (7, date(2027, 1, 18)), 2: (7, date(2027, 1, 25))}
    assert copied_ticks({(7, date(2026, 1, 19))}, targets, by_weekday=False) == {1}


def test_days_of_the_week_one_week_in_two() -> None:
    first, last = date(2027, 1, 13), date(2027, 2, 5)
    every = picked_days(first, last, {0, 3}, every_other_week=False)
    assert sorted(day.day for day in every) == [1, 4, 14, 18, 21, 25, 28]
    other = picked_days(first, last, {0, 3}, every_other_week=True)
    assert sorted(other) == [date(2027, 1, 14), date(2027, 1, 25), date(2027, 1, 28)]
