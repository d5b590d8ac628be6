"""Facts on a day, ranks, rights of a tie, same persons: by table, without a database."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from app.core import tokens
from app.households.rules import (
    QuotientFact,
    ResidenceFact,
    TieFact,
    quotient_on,
    resident_on,
    same_name,
    sibling_rank,
    tie_holds,
)

SEPTEMBER, JANUARY, MARCH = date(2026, 9, 1), date(2027, 1, 1), date(2027, 3, 1)
QUOTIENTS = [
    QuotientFact(JANUARY, date(2027, 2, 28), 400),
    QuotientFact(SEPTEMBER, None, 845),
]


@pytest.mark.parametrize(
    ("day", "expected"),
    [
        (date(2026, 8, 31), None),
        (SEPTEMBER, 845),
        (date(2026, 12, 31), 845),
        (JANUARY, 400),
        (date(2027, 2, 28), 400),
        (MARCH, None),
    ],
    ids=["before any", "first day", "last day of the first", "next one", "its last day", "expired"],
)
def test_quotient_in_force_on_a_day(day: date, expected: int | None) -> None:
    assert quotient_on(QUOTIENTS, day) == expected


@pytest.mark.parametrize(
    ("day", "expected"),
    [(date(2026, 8, 31), False), (SEPTEMBER, True), (JANUARY, False), (MARCH, False)],
)
def test_residence_in_force_on_a_day(day: date, expected: bool) -> None:
    facts = [ResidenceFact(SEPTEMBER, True), ResidenceFact(JANUARY, False)]
    assert resident_on(facts, day) is expected


def test_household_without_residence_pays_as_an_outsider() -> None:
    assert resident_on([], MARCH) is False


def tie(child_id: int = 1, born: date = date(2019, 5, 4), **more: object) -> TieFact:
    return TieFact(child_id, born, **{"started_on": SEPTEMBER} | more)  # type: ignore[arg-type]


# 23:30 in UTC on 11 January is already the 12th in Paris.
NIGHT = datetime(2027, 1, 11, 23, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("one", "day", "expected"),
    [
        (tie(), date(2026, 8, 31), False),
        (tie(), SEPTEMBER, True),
        (tie(ended_on=JANUARY), date(2026, 12, 31), True),
        (tie(ended_on=JANUARY), JANUARY, False),
        (tie(left_on=JANUARY), JANUARY, False),
        (tie(restricted_at=NIGHT), date(2027, 1, 11), True),
        (tie(restricted_at=NIGHT), date(2027, 1, 12), False),
    ],
    ids=[
        "before",
        "first day",
        "eve of its end",
        "end",
        "child left",
        "eve of restriction",
        "then",
    ],
)
def test_a_tie_holds_on_a_day(one: TieFact, day: date, expected: bool) -> None:
    assert tie_holds(one, day) is expected


def test_rank_counts_elder_children_who_are_tied_that_day() -> None:
    eldest = tie(1, date(2016, 8, 30), ended_on=JANUARY)
    middle, youngest = tie(2, date(2019, 5, 4)), tie(3, date(2021, 3, 9))
    ties = [youngest, eldest, middle]
    assert [sibling_rank(ties, one, SEPTEMBER) for one in (1, 2, 3)] == [1, 2, 3]
    assert [sibling_rank(ties, one, JANUARY) for one in (1, 2, 3)] == [1, 1, 2]


def test_twins_have_different_ranks() -> None:
    twins = [tie(7), tie(8)]
    assert [sibling_rank(twins, one, JANUARY) for one in (7, 8)] == [1, 2]


def test_rank_of_a_child_without_tie_is_one() -> None:
    assert sibling_rank([tie(1)], 99, JANUARY) == 1


@pytest.mark.parametrize(
    ("typed", "known", "expected"),
    [
        (("Noé", "Martin"), ("NOE", "martin"), True),
        (("Anne-Lise", "Le Goff"), ("anne lise", "LE  GOFF"), True),
        (("Noé", "Martin"), ("Noé", "Benali"), False),
        (("Noé", "Martin"), ("Noëlle", "Martin"), False),
    ],
)
def test_a_name_is_recognised_however_it_is_written(
    typed: tuple[str, str], known: tuple[str, str], expected: bool
) -> None:
    assert same_name(typed, known) is expected


def test_a_code_is_the_same_however_it_is_typed() -> None:
    code = tokens.new_code()
    assert tokens.hashed_code(f" {code.lower().replace('-', ' ')} ") == tokens.hashed_code(code)
    assert tokens.new_code() != code
