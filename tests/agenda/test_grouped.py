"""Days and small calendars of the grouped entry (B4)."""

from __future__ import annotations

from datetime import date

import pytest

from app.agenda.grouped import (
    Pattern,
    Period,
    Span,
    calendars,
    chosen_days,
    pattern_from,
    spans,
)

JANUARY = Span(date(2027, 1, 13), date(2027, 1, 31))
MONDAYS = Pattern(JANUARY, frozenset({0}), every_other_week=False)


def test_quick_periods_start_today() -> None:
    found = spans(date(2027, 1, 13), date(2027, 7, 3), date(2027, 2, 13))
    assert {period: (span.first, span.last) for period, span in found.items()} == {
        Period.MONTH: (date(2027, 1, 13), date(2027, 1, 31)),
        Period.HOLIDAYS: (date(2027, 1, 13), date(2027, 2, 12)),
        Period.TERM: (date(2027, 1, 13), date(2027, 3, 31)),
        Period.YEAR: (date(2027, 1, 13), date(2027, 7, 3)),
    }


def test_quick_periods_on_the_last_day_of_a_month_and_year() -> None:
    found = spans(date(2026, 12, 31), date(2027, 7, 3), None)
    assert found[Period.MONTH] == Span(date(2026, 12, 31), date(2026, 12, 31))
    assert found[Period.TERM].last == date(2026, 12, 31)
    assert Period.HOLIDAYS not in found


def test_a_pattern_survives_its_hidden_field() -> None:
    assert pattern_from(MONDAYS.key()) == MONDAYS
    assert pattern_from(Pattern(JANUARY, frozenset(), True).key()) is not None


def test_what_does_not_read_is_no_pattern() -> None:
    for key in ("", "a/b/c/d", "2027-01-13/2027-13-31/0/0", "2027-01-13/2027-01-31/x/0"):
        assert pattern_from(key) is None


@pytest.mark.parametrize(
    "key",
    [
        "1900-01-01/2199-12-31/0123456/0",
        "0001-01-01/0001-02-01/0/0",
        "2027-01-13/9999-12-31/0/0",
        "2027-01-13/2027-01-31/²/0",
        "2027-01-13/2027-01-31/9/0",
    ],
)
def test_a_pattern_that_no_page_of_ours_holds_is_none(key: str) -> None:
    """Centuries of days would be counted out one by one for whoever writes the field."""
    assert pattern_from(key) is None


def test_a_day_toggled_one_by_one_stays_when_the_pattern_changes() -> None:
    shown = {date(2027, 1, day) for day in range(13, 32)}
    ticked = {date(2027, 1, 25), date(2027, 1, 22)}  # the 18th taken off, the 22nd added
    tuesdays_too = Pattern(JANUARY, frozenset({0, 1}), every_other_week=False)
    days = chosen_days(tuesdays_too, MONDAYS, shown, ticked)
    assert sorted(day.day for day in days) == [19, 22, 25, 26]


def test_the_first_page_has_only_the_pattern() -> None:
    assert sorted(day.day for day in chosen_days(MONDAYS, None, (), ())) == [18, 25]


def test_toggled_days_outside_a_new_period_are_forgotten() -> None:
    shown = {date(2027, 1, day) for day in range(13, 32)}
    shorter = Pattern(Span(date(2027, 1, 13), date(2027, 1, 20)), frozenset({0}), False)
    days = chosen_days(shorter, MONDAYS, shown, {date(2027, 1, 22)})
    assert days == {date(2027, 1, 18)} ^ {date(2027, 1, 18)}


def test_calendars_cover_the_months_of_the_period() -> None:
    months = calendars(
        Span(date(2026, 12, 20), date(2027, 2, 3)), [], lambda row: None, (), (), create=True
    )
    assert [(month.first, len(month.weeks)) for month in months] == [
        (date(2026, 12, 1), 5),
        (date(2027, 1, 1), 5),
        (date(2027, 2, 1), 1),
    ]
    for month in months:
        named = [cell.day for week in month.weeks for cell in week if cell]
        assert named[0] == month.first
        assert len(named) == len(set(named))
