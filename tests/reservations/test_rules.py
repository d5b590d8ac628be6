"""Why a booking is refused, by table; money of a save; what a plan counts."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from app.reservations.plan import Plan, PlannedLine
from app.reservations.rules import (
    AskFacts,
    BookingFacts,
    Money,
    Refused,
    missing_cents,
    why_not_add,
    why_not_remove,
)

DEADLINE = datetime(2027, 1, 13, 9, 0, tzinfo=UTC)
BEFORE = DEADLINE - timedelta(seconds=1)
FREE = AskFacts(
    may_book=True,
    enrolled=True,
    is_open=True,
    places_left=1,
    book_until=DEADLINE,
    cancel_until=DEADLINE,
)
OURS, THEIRS = BookingFacts(by_us=True), BookingFacts(by_us=False)


@pytest.mark.parametrize(
    ("change", "now", "reason"),
    [
        ({}, BEFORE, None),
        ({}, DEADLINE, Refused.TOO_LATE),
        ({}, DEADLINE + timedelta(seconds=1), Refused.TOO_LATE),
        ({"ignore_deadline": True}, DEADLINE, None),
        ({"may_book": False}, BEFORE, Refused.NO_RIGHT),
        ({"enrolled": False}, BEFORE, Refused.NOT_ENROLLED),
        ({"is_open": False}, BEFORE, Refused.CLOSED),
        ({"is_open": False, "ignore_deadline": True}, BEFORE, Refused.CLOSED),
        ({"places_left": 0}, BEFORE, Refused.FULL),
        ({"places_left": -3}, BEFORE, Refused.FULL),
        ({"places_left": 0, "ignore_deadline": True}, BEFORE, Refused.FULL),
        ({"file_missing": True}, BEFORE, Refused.NO_FILE),
        ({"file_missing": True, "places_left": 0}, BEFORE, Refused.FULL),
        ({"file_missing": True, "ignore_deadline": True}, BEFORE, None),
        ({"booking": THEIRS}, BEFORE, Refused.OTHER_PARENT),
        ({"booking": OURS}, BEFORE, Refused.ALREADY_BOOKED),
    ],
)
def test_why_not_add(change: dict[str, Any], now: datetime, reason: Refused | None) -> None:
    assert why_not_add(replace(FREE, **change), now) is reason


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"booking": OURS, "is_open": False, "places_left": 0}, Refused.ALREADY_BOOKED),
        ({"may_book": False, "is_open": False}, Refused.NO_RIGHT),
        ({"enrolled": False, "places_left": 0}, Refused.NOT_ENROLLED),
        ({"is_open": False, "booking": THEIRS}, Refused.CLOSED),
        ({"booking": THEIRS, "places_left": 0}, Refused.OTHER_PARENT),
        ({"places_left": 0}, Refused.TOO_LATE),
    ],
)
def test_the_first_reason_wins(change: dict[str, Any], reason: Refused) -> None:
    assert why_not_add(replace(FREE, **change), DEADLINE) is reason


@pytest.mark.parametrize(
    ("booking", "now", "more", "reason"),
    [
        (OURS, BEFORE, {}, None),
        (OURS, BEFORE, {"is_open": False, "may_book": False, "enrolled": False}, None),
        (OURS, DEADLINE, {}, Refused.TOO_LATE),
        (OURS, DEADLINE, {"ignore_deadline": True}, None),
        (THEIRS, BEFORE, {}, Refused.OTHER_PARENT),
        (None, BEFORE, {}, Refused.NOT_BOOKED),
        (replace(OURS, is_hold=True), BEFORE, {}, Refused.NOT_BOOKED),
        (replace(OURS, charged=True), BEFORE, {}, Refused.CHARGED),
    ],
)
def test_why_not_remove(
    booking: BookingFacts | None, now: datetime, more: dict[str, Any], reason: Refused | None
) -> None:
    assert why_not_remove(replace(FREE, booking=booking, **more), now) is reason


@pytest.mark.parametrize(
    ("money", "adds", "covered", "missing"),
    [
        (Money(1000, 0), True, 1000, 0),
        (Money(1000, 0), True, 1001, 1),
        (Money(1000, 400), True, 700, 100),
        (Money(1000, 400), False, -200, 0),
        (Money(-500, 0), False, -200, 0),
        (Money(-500, 0), True, 0, 500),
        (Money(1000, 1200), True, -100, 100),
        (Money(-500, 0, exempt=True), True, 9000, 0),
    ],
)
def test_missing_cents(money: Money, adds: bool, covered: int, missing: int) -> None:
    assert missing_cents(money, adds, covered) == missing


def line(opening_id: int, cents: int, child_id: int = 1) -> PlannedLine:
    return PlannedLine(child_id, opening_id, 1, date(2027, 1, 14), cents, 0, None)


def test_a_plan_costs_what_it_adds_minus_what_it_removes() -> None:
    plan = Plan(adds=(line(1, 300), line(2, 200)), removes=(line(3, 100),))
    assert plan.total_cents == 400


def test_the_fingerprint_changes_with_what_would_be_written_and_with_nothing_else() -> None:
    plan = Plan(adds=(line(1, 300), line(2, 200)))
    assert Plan(adds=(line(2, 200), line(1, 300))).fingerprint == plan.fingerprint
    assert replace(plan, balance_cents=99).fingerprint == plan.fingerprint
    for other in (
        Plan(adds=(line(1, 300),)),
        Plan(adds=(line(1, 301), line(2, 200))),
        Plan(removes=(line(1, 300), line(2, 200))),
        Plan(adds=(line(1, 300, child_id=2), line(2, 200))),
    ):
        assert other.fingerprint != plan.fingerprint
