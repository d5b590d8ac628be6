"""The forecast, by table, without a database."""

from __future__ import annotations

from datetime import date, timedelta

from app.statements import chart, rules

TODAY = date(2027, 1, 12)


def days(*offsets: int, cents: int = 500) -> dict[date, int]:
    return {TODAY + timedelta(days=offset): cents for offset in offsets}


def test_bookings_that_the_account_covers() -> None:
    forecast = rules.forecast(TODAY, 2_000, days(1, 2, 3), {})
    assert [step.balance_cents for step in forecast.booked] == [1_500, 1_000, 500]
    assert forecast.covered_until == TODAY + timedelta(days=3)
    assert forecast.missing_cents == 0
    assert forecast.empty_on is None


def test_bookings_that_it_does_not() -> None:
    forecast = rules.forecast(TODAY, 1_200, days(1, 2, 3), {})
    assert forecast.covered_until == TODAY + timedelta(days=2)
    assert forecast.missing_cents == 300
    assert forecast.usual == ()


def test_not_even_the_first() -> None:
    forecast = rules.forecast(TODAY, -100, days(1), {})
    assert forecast.covered_until is None
    assert forecast.missing_cents == 600


def test_the_usual_pace_empties_the_account() -> None:
    past = {TODAY - timedelta(days=7 * week): 400 for week in range(1, 5)}
    forecast = rules.forecast(TODAY, 1_000, days(1), past)
    assert rules.pace(TODAY, past) == {0: 0, 1: 400, 2: 0, 3: 0, 4: 0, 5: 0, 6: 0}
    assert [step.day for step in forecast.usual] == [
        TODAY + timedelta(days=7),
        TODAY + timedelta(days=14),
    ]
    assert forecast.empty_on == TODAY + timedelta(days=14)


def test_no_pace_no_prophecy() -> None:
    assert rules.forecast(TODAY, 1_000, days(1), {}).empty_on is None
    assert rules.forecast(TODAY, 1_000, {}, days(-7)).usual == ()


def test_the_drawing_goes_down_step_by_step() -> None:
    drawn = chart.draw(
        rules.forecast(TODAY, 13_210, days(1, 2, 5, cents=1_000), days(-7, -14, cents=900))
    )
    assert [tread.y for tread in drawn.booked] == sorted(tread.y for tread in drawn.booked)
    assert drawn.booked[0].y == chart.TOP
    assert all(0 <= tread.x1 < tread.x2 <= 100 for tread in drawn.booked + drawn.usual)
    assert [mark.cents for mark in drawn.amounts] == [0, 5_000, 10_000]


def test_the_amount_and_the_word_empty_do_not_touch() -> None:
    far = chart.Chart((), (), (), (), (20.0, 120.0), 1_000, (90.0, chart.BOTTOM))
    near = chart.Chart((), (), (), (), (60.0, 120.0), 1_000, (90.0, chart.BOTTOM))
    assert far.end_label == 110
    assert near.end_label == chart.BOTTOM - 50


def test_a_period_is_a_year_or_a_month() -> None:
    year = rules.Period(2026, None, (2027, 2026))
    assert (year.first, year.last) == (date(2026, 1, 1), date(2026, 12, 31))
    february = rules.Period(2028, 2, (2028,))
    assert (february.first, february.last) == (date(2028, 2, 1), date(2028, 2, 29))
    assert rules.Period(2026, 12, (2026,)).last == date(2026, 12, 31)
