"""Decisions on the wallet, by table, without a database."""

from __future__ import annotations

import pytest

from app.wallet import rules
from app.wallet.errors import BadThreshold, Unbalanced
from app.wallet.models import LedgerAccount as A
from app.wallet.rules import Crossing, Line


@pytest.mark.parametrize(
    "lines",
    [
        [],
        [Line(A.CARD, 0)],
        [Line(A.WALLET, 100, 1), Line(A.CARD, -99)],
        [Line(A.WALLET, 100), Line(A.CARD, -100)],
        [Line(A.CASH, 100, 1), Line(A.CARD, -100)],
    ],
)
def test_lines_that_do_not_balance_are_refused(lines: list[Line]) -> None:
    with pytest.raises(Unbalanced):
        rules.check_balanced(lines)


def test_opposite_lines_undo() -> None:
    lines = [Line(A.WALLET, -420, 7), Line(A.CARE, 100), Line(A.MEAL, 320)]
    rules.check_balanced(rules.opposite(lines))
    assert [line.amount_cents for line in rules.opposite(lines)] == [420, -100, -320]


@pytest.mark.parametrize(
    ("balance", "was_negative", "threshold", "was_low", "negative", "low"),
    [
        (0, False, None, False, Crossing.NONE, Crossing.NONE),
        (-1, False, None, False, Crossing.BEGINS, Crossing.NONE),
        (-500, True, None, False, Crossing.NONE, Crossing.NONE),
        (0, True, None, False, Crossing.ENDS, Crossing.NONE),
        (1_999, False, 2_000, False, Crossing.NONE, Crossing.BEGINS),
        (2_000, False, 2_000, False, Crossing.NONE, Crossing.NONE),
        (1_500, False, 2_000, True, Crossing.NONE, Crossing.NONE),
        (2_000, False, 2_000, True, Crossing.NONE, Crossing.ENDS),
        (-1, False, 2_000, False, Crossing.BEGINS, Crossing.BEGINS),
        (500, False, None, True, Crossing.NONE, Crossing.ENDS),
    ],
)
def test_crossings(
    balance: int,
    was_negative: bool,
    threshold: int | None,
    was_low: bool,
    negative: Crossing,
    low: Crossing,
) -> None:
    found = rules.crossings(
        balance, was_negative=was_negative, threshold_cents=threshold, was_low=was_low
    )
    assert (found.negative, found.low) == (negative, low)


def test_a_fall_below_zero_is_told_alone() -> None:
    found = rules.crossings(-1, was_negative=False, threshold_cents=2_000, was_low=False)
    assert found.says_negative
    assert not found.says_low


@pytest.mark.parametrize("cents", [0, -1, 50_001])
def test_a_threshold_out_of_range_is_refused(cents: int) -> None:
    with pytest.raises(BadThreshold):
        rules.check_threshold(cents)
