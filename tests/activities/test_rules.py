"""Deadlines, bands and days of the calendar: tables, then properties."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.activities import rules
from app.activities.errors import (
    BadBand,
    BadRule,
    BadWeekdays,
    BandsOverlap,
    NoPrice,
    NoWorkingDay,
)
from app.activities.models import DeadlineKind, PeriodKind
from app.activities.rules import BandFacts, Calendar, GridFacts, PeriodFacts, RuleFacts
from app.core import clock
from app.households.rules import PriceFacts

PUBLIC, OFFICE = PeriodKind.PUBLIC_HOLIDAY, PeriodKind.OFFICE_CLOSED


def on(kind: PeriodKind, name: str, first: date, last: date | None = None) -> PeriodFacts:
    return PeriodFacts(kind, name, first, last or first)


CALENDAR = Calendar(
    [
        on(PUBLIC, "Toussaint", date(2026, 11, 1)),
        on(PUBLIC, "Armistice", date(2026, 11, 11)),
        on(PUBLIC, "Noël", date(2026, 12, 25)),
        on(PUBLIC, "Jour de l’an", date(2027, 1, 1)),
        on(PUBLIC, "Lundi de Pâques", date(2027, 3, 29)),
        on(PUBLIC, "Fête du Travail", date(2026, 5, 1)),
        on(PUBLIC, "Victoire 1945", date(2026, 5, 8)),
        on(PUBLIC, "Ascension", date(2026, 5, 14)),
        on(PUBLIC, "Lundi de Pentecôte", date(2026, 5, 25)),
        on(PUBLIC, "Ascension", date(2027, 5, 6)),
        on(PUBLIC, "Lundi de Pentecôte", date(2027, 5, 17)),
        on(OFFICE, "Pont de la mairie", date(2026, 5, 15)),
        on(OFFICE, "Pont de la mairie", date(2027, 5, 7)),
        on(PeriodKind.SCHOOL_HOLIDAY, "Vacances d’hiver", date(2027, 2, 13), date(2027, 2, 28)),
        PeriodFacts(PeriodKind.CLOSURE, "Travaux", date(2027, 1, 18), date(2027, 1, 19), site_id=1),
    ]
)


def eve(at: time = time(10), days: int = 1) -> RuleFacts:
    """« la veille ouvrée à 10 h »"""
    return RuleFacts(DeadlineKind.WORKING_DAYS_BEFORE, at, days=days)


def before(days: int, at: time = time(10)) -> RuleFacts:
    """« N jours avant »"""
    return RuleFacts(DeadlineKind.DAYS_BEFORE, at, days=days)


def week_before(weekday: int, at: time = time(12)) -> RuleFacts:
    """« le jeudi midi pour la semaine suivante »"""
    return RuleFacts(DeadlineKind.PREVIOUS_WEEK, at, weekday=weekday)


@pytest.mark.parametrize(
    ("rule", "day", "expected"),
    [
        # the working day before
        (eve(), date(2027, 1, 12), "2027-01-11 10:00"),
        (eve(), date(2027, 1, 11), "2027-01-08 10:00"),  # Monday: the Friday before
        (eve(), date(2027, 1, 10), "2027-01-08 10:00"),  # Sunday
        (eve(), date(2027, 1, 9), "2027-01-08 10:00"),  # Saturday
        (eve(), date(2026, 11, 12), "2026-11-10 10:00"),  # over 11 November
        (eve(), date(2026, 11, 2), "2026-10-30 10:00"),  # 1 November is a Sunday
        (eve(), date(2026, 12, 28), "2026-12-24 10:00"),  # Christmas, then a weekend
        (eve(), date(2027, 1, 4), "2026-12-31 10:00"),
        (eve(), date(2027, 3, 30), "2027-03-26 10:00"),  # Easter Monday
        (eve(), date(2027, 3, 29), "2027-03-26 10:00"),
        (eve(), date(2026, 5, 4), "2026-04-30 10:00"),  # 1 May is a Friday
        (eve(), date(2026, 5, 11), "2026-05-07 10:00"),  # 8 May too
        (eve(), date(2026, 5, 18), "2026-05-13 10:00"),  # Ascension, its bridge, a weekend
        (eve(), date(2026, 5, 26), "2026-05-22 10:00"),  # Whit Monday
        (eve(), date(2027, 5, 10), "2027-05-05 10:00"),  # Ascension, its bridge, a weekend
        (eve(), date(2027, 5, 18), "2027-05-14 10:00"),
        (eve(time(23, 59)), date(2027, 1, 12), "2027-01-11 23:59"),
        (eve(time(0)), date(2027, 1, 12), "2027-01-11 00:00"),
        # several working days
        (eve(days=2), date(2027, 1, 12), "2027-01-08 10:00"),
        (eve(days=2), date(2027, 3, 31), "2027-03-26 10:00"),
        (eve(days=3), date(2026, 5, 18), "2026-05-11 10:00"),
        (eve(days=5), date(2027, 1, 12), "2027-01-05 10:00"),
        (eve(days=0), date(2027, 1, 12), "2027-01-12 10:00"),
        (eve(days=0), date(2027, 3, 29), "2027-03-29 10:00"),
        # plain days
        (before(0, time(8)), date(2027, 1, 12), "2027-01-12 08:00"),
        (before(1), date(2027, 1, 11), "2027-01-10 10:00"),
        (before(2), date(2027, 3, 30), "2027-03-28 10:00"),
        (before(7), date(2027, 3, 1), "2027-02-22 10:00"),
        (before(15), date(2027, 1, 12), "2026-12-28 10:00"),
        # a day of the week before
        (week_before(3), date(2027, 1, 11), "2027-01-07 12:00"),  # Monday
        (week_before(3), date(2027, 1, 13), "2027-01-07 12:00"),  # Wednesday
        (week_before(3), date(2027, 1, 15), "2027-01-07 12:00"),  # Friday
        (week_before(3), date(2027, 1, 17), "2027-01-07 12:00"),  # Sunday
        (week_before(3), date(2027, 1, 18), "2027-01-14 12:00"),  # the week after
        (week_before(0), date(2027, 1, 12), "2027-01-04 12:00"),
        (week_before(6), date(2027, 1, 12), "2027-01-10 12:00"),
        (week_before(3), date(2027, 1, 6), "2026-12-31 12:00"),  # across the year
        # the clock moves: 28 March 2027 at 2, 25 October 2026 at 3
        (eve(), date(2027, 3, 26), "2027-03-25 10:00"),  # winter time
        (before(1), date(2027, 3, 29), "2027-03-28 10:00"),  # the very day, summer time
        (week_before(3), date(2027, 3, 31), "2027-03-25 12:00"),  # winter, for care in summer
        (eve(), date(2026, 10, 26), "2026-10-23 10:00"),  # summer, for care in winter
        (before(1), date(2026, 10, 26), "2026-10-25 10:00"),
    ],
)  # fmt: skip
def test_deadline(rule: RuleFacts, day: date, expected: str) -> None:
    found = rules.deadline(rule, day, CALENDAR.is_working_day)
    assert found.tzinfo is UTC
    assert clock.paris(found).strftime("%Y-%m-%d %H:%M") == expected


@pytest.mark.parametrize(
    ("day", "at", "utc"),
    [
        (date(2027, 3, 28), time(10), "08:00"),  # the wall clock rules, not the hours elapsed
        (date(2027, 3, 27), time(10), "09:00"),
        (date(2026, 10, 25), time(10), "09:00"),
        (date(2026, 10, 24), time(10), "08:00"),
        (date(2027, 3, 28), time(2, 30), "01:30"),  # no such hour: read as 3:30
        (date(2026, 10, 25), time(2, 30), "00:30"),  # comes twice: the first
    ],
)
def test_deadline_on_the_days_the_clock_moves(day: date, at: time, utc: str) -> None:
    found = rules.deadline(before(0, at), day, CALENDAR.is_working_day)
    assert found.strftime("%H:%M") == utc


def test_no_working_day_for_a_year() -> None:
    with pytest.raises(NoWorkingDay):
        rules.deadline(eve(), date(2027, 1, 12), lambda day: False)


@pytest.mark.parametrize(
    "rule", [before(-1), before(61), eve(days=61), week_before(7), week_before(-1)]
)
def test_rules_that_cannot_be_counted(rule: RuleFacts) -> None:
    with pytest.raises(BadRule):
        rules.checked_rule(rule)


DAYS = st.dates(date(2024, 1, 1), date(2030, 12, 31))
RULES = st.builds(
    RuleFacts,
    st.sampled_from(DeadlineKind),
    st.times().map(lambda at: at.replace(second=0, microsecond=0, tzinfo=None, fold=0)),
    st.integers(0, 60),
    st.integers(0, 6),
)


@given(RULES, DAYS)
def test_a_deadline_is_never_after_the_day_of_care(rule: RuleFacts, day: date) -> None:
    found = rules.deadline(rule, day, CALENDAR.is_working_day)
    assert clock.paris(found).date() <= day
    assert found == rules.deadline(rule, day, CALENDAR.is_working_day)


@given(RULES, DAYS)
def test_a_later_day_never_has_an_earlier_deadline(rule: RuleFacts, day: date) -> None:
    after = day + timedelta(days=1)
    working = CALENDAR.is_working_day
    assert rules.deadline(rule, day, working) <= rules.deadline(rule, after, working)


@given(st.integers(1, 60), DAYS)
def test_working_days_are_worked(count: int, day: date) -> None:
    found = clock.paris(rules.deadline(eve(days=count), day, CALENDAR.is_working_day)).date()
    between = rules.days_between(found, day - timedelta(days=1))
    assert CALENDAR.is_working_day(found)
    assert sum(map(CALENDAR.is_working_day, between)) == count


@given(RULES.filter(lambda rule: not time(2) <= rule.at < time(3)), DAYS)
def test_the_hour_is_the_one_on_the_wall(rule: RuleFacts, day: date) -> None:
    found = rules.deadline(rule, day, CALENDAR.is_working_day)
    assert clock.paris(found).time() == rule.at


# ---- Calendar ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("day", "site_id", "in_holidays", "expected"),
    [
        (date(2027, 1, 12), 1, False, None),
        (date(2027, 1, 12), 1, True, ""),  # a holiday service in term
        (date(2027, 2, 16), 1, False, "Vacances d’hiver"),
        (date(2027, 2, 16), 1, True, None),
        (date(2027, 3, 29), 1, False, "Lundi de Pâques"),
        (date(2027, 3, 29), 1, True, "Lundi de Pâques"),
        (date(2027, 1, 18), 1, False, "Travaux"),
        (date(2027, 1, 18), 2, False, None),
        (date(2027, 5, 7), 1, False, None),  # the office is closed, the schools are not
    ],
)
def test_why_a_site_is_shut(
    day: date, site_id: int, in_holidays: bool, expected: str | None
) -> None:
    assert CALENDAR.shut_as(day, site_id, in_holidays) == expected


def test_days_in_a_row_make_one_period() -> None:
    days = [
        rules.NamedDay(date(2027, 5, 7), "Pont"),
        rules.NamedDay(date(2027, 5, 8), "Pont"),
        rules.NamedDay(date(2027, 5, 9), "Autre"),
        rules.NamedDay(date(2027, 5, 11), "Autre"),
    ]
    assert [(name, first.day, last.day) for name, first, last in rules.runs(days)] == [
        ("Pont", 7, 8),
        ("Autre", 9, 9),
        ("Autre", 11, 11),
    ]


@pytest.mark.parametrize(("typed", "kept"), [("0134", "0134"), ("4310", "0134"), ("22", "2")])
def test_weekdays(typed: str, kept: str) -> None:
    assert rules.checked_weekdays(typed) == kept


@pytest.mark.parametrize("typed", ["", "7", "0x", "-1"])
def test_bad_weekdays(typed: str) -> None:
    with pytest.raises(BadWeekdays):
        rules.checked_weekdays(typed)


# ---- Prices --------------------------------------------------------------------------------------

GRID = [
    BandFacts(1, "T1", 100, 100, 0, 500, resident=True),
    BandFacts(2, "T2", 150, 200, 500, 1000, resident=True),
    BandFacts(3, "T3", 200, 300, 1000, None, resident=True),
    BandFacts(4, "T3, 3e enfant", 150, 250, 1000, None, resident=True, sibling_rank=3),
    BandFacts(5, "Hors commune", 300, 400),
]


@pytest.mark.parametrize(
    ("quotient", "resident", "rank", "band"),
    [
        (0, True, 1, "T1"),
        (499, True, 1, "T1"),
        (500, True, 1, "T2"),  # from: included; to: excluded
        (999, True, 2, "T2"),
        (1000, True, 1, "T3"),
        (99999, True, 2, "T3"),
        (1000, True, 3, "T3, 3e enfant"),
        (1000, True, 5, "T3, 3e enfant"),
        (400, True, 3, "T1"),  # no reduction in this band
        (None, True, 1, "T3"),  # no quotient, or an expired one: the highest band
        (None, True, 3, "T3, 3e enfant"),
        (0, False, 1, "Hors commune"),
        (None, False, 1, "Hors commune"),
        (5000, False, 4, "Hors commune"),
    ],
)
def test_band(quotient: int | None, resident: bool, rank: int, band: str) -> None:
    assert rules.pick_band(GRID, PriceFacts(quotient, resident, rank)).name == band


def test_no_quotient_pays_the_basic_price_rather_than_the_last_reduction() -> None:
    grid = [BandFacts(1, "Plein tarif", 900), BandFacts(2, "Réduit", 400, 0, 0, 600)]
    assert rules.pick_band(grid, PriceFacts(None, True, 1)).name == "Plein tarif"
    assert rules.pick_band(grid, PriceFacts(700, True, 1)).name == "Plein tarif"


def test_no_quotient_in_a_grid_that_ends() -> None:
    grid = [BandFacts(1, "T1", 100, 0, 0, 500), BandFacts(2, "T2", 200, 0, 500, 900)]
    assert rules.pick_band(grid, PriceFacts(None, True, 1)).name == "T2"
    with pytest.raises(NoPrice):
        rules.pick_band(grid, PriceFacts(900, True, 1))


@pytest.mark.parametrize(
    "bands",
    [
        [],
        [BandFacts(1, "Résidents", 100, resident=True)],
        [BandFacts(1, "Troisième enfant", 100, sibling_rank=3)],
        [BandFacts(1, "Retirée", 100, 0, 200, 200)],
    ],
)
def test_never_free_by_accident(bands: list[BandFacts]) -> None:
    with pytest.raises(NoPrice):
        rules.pick_band(bands, PriceFacts(None, False, 1))


@given(st.integers(0, 3000) | st.none(), st.booleans(), st.integers(1, 6))
def test_a_whole_grid_prices_everybody(quotient: int | None, resident: bool, rank: int) -> None:
    facts = PriceFacts(quotient, resident, rank)
    band = rules.pick_band(GRID, facts)
    assert band == rules.pick_band(list(reversed(GRID)), facts)
    highest = rules.pick_band(GRID, facts._replace(quotient=None))
    assert band.total_cents <= highest.total_cents


@given(st.lists(st.integers(1, 3000), min_size=1, max_size=8, unique=True), st.integers(0, 4000))
def test_bands_end_to_end_leave_no_hole(edges: list[int], quotient: int) -> None:
    ends = [0, *sorted(edges), None]
    bands = [
        BandFacts(number, f"T{number}", number * 10, 0, low or 0, high)
        for number, (low, high) in enumerate(pairwise(ends))
    ]
    rules.checked_bands(bands)
    band = rules.pick_band(bands, PriceFacts(quotient, True, 1))
    assert band.quotient_from <= quotient
    assert band.quotient_to is None or quotient < band.quotient_to
    assert rules.unpriced(bands) == []


@pytest.mark.parametrize(
    ("day", "grid"),
    [(date(2026, 9, 1), 1), (date(2026, 12, 31), 1), (date(2027, 1, 1), 2), (date(2030, 1, 1), 2)],
)
def test_grid_in_force(day: date, grid: int) -> None:
    grids = [GridFacts(2, date(2027, 1, 1), ()), GridFacts(1, date(2026, 9, 1), ())]
    assert rules.grid_on(grids, day).id == grid


def test_no_grid_yet() -> None:
    with pytest.raises(NoPrice):
        rules.grid_on([GridFacts(1, date(2026, 9, 1), ())], date(2026, 8, 31))


def test_bands_that_fit_the_same_families_are_refused() -> None:
    with pytest.raises(BandsOverlap):
        rules.checked_bands([BandFacts(1, "A", 1, 0, 0, 501), BandFacts(2, "B", 2, 0, 500, None)])
    rules.checked_bands(GRID)


@pytest.mark.parametrize(("low", "high"), [(500, 500), (500, 400), (-1, 10)])
def test_a_band_contains_something(low: int, high: int) -> None:
    with pytest.raises(BadBand):
        rules.checked_bands([BandFacts(1, "A", 1, 0, low, high)])


def test_holes_are_told() -> None:
    holes = rules.unpriced([BandFacts(1, "A", 1, 0, 200, 500, resident=True)])
    assert PriceFacts(0, True, 1) in holes
    assert PriceFacts(500, True, 1) in holes
    assert any(not hole.resident for hole in holes)


def test_prices_above_the_cost_are_told() -> None:
    assert [band.name for band in rules.above_cost(GRID, 500)] == ["Hors commune"]
    assert rules.above_cost(GRID, None) == []


def test_deadline_is_an_instant() -> None:
    found = rules.deadline(before(1, time(10)), date(2027, 1, 12), CALENDAR.is_working_day)
    assert found == datetime(2027, 1, 11, 9, tzinfo=UTC)
