"""What is due, what is posted, what cover removes: by table."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from app.charging.rules import (
    AtStake,
    Mails,
    charge_lines,
    last_day_due,
    removable,
    shortest_horizon,
)
from app.core import clock
from app.wallet.models import LedgerAccount
from app.wallet.rules import check_balanced


def paris(*moment: int) -> datetime:
    return datetime(*moment, tzinfo=clock.PARIS).astimezone(UTC)  # type: ignore[arg-type, misc]


@pytest.mark.parametrize(
    ("now", "day"),
    [
        (paris(2027, 1, 12, 0, 0), date(2027, 1, 11)),
        (paris(2027, 1, 12, 23, 59, 59), date(2027, 1, 11)),
        (paris(2027, 3, 28, 0, 30), date(2027, 3, 27)),
        (paris(2027, 3, 28, 23, 30), date(2027, 3, 27)),
        (paris(2027, 10, 31, 23, 30), date(2027, 10, 30)),
    ],
)
def test_the_night_charges_the_days_before_in_paris(now: datetime, day: date) -> None:
    assert last_day_due(now) == day


@pytest.mark.parametrize(
    ("care", "meal", "accounts"),
    [
        (100, 320, [LedgerAccount.WALLET, LedgerAccount.CARE, LedgerAccount.MEAL]),
        (100, 0, [LedgerAccount.WALLET, LedgerAccount.CARE]),
        (0, 320, [LedgerAccount.WALLET, LedgerAccount.MEAL]),
        (0, 0, [LedgerAccount.WALLET, LedgerAccount.CARE]),
        (-100, -320, [LedgerAccount.WALLET, LedgerAccount.CARE, LedgerAccount.MEAL]),
    ],
)
def test_a_charge_balances(care: int, meal: int, accounts: list[LedgerAccount]) -> None:
    lines = charge_lines(7, care, meal)
    check_balanced(lines)
    assert [line.account for line in lines] == accounts
    assert lines[0].amount_cents == -(care + meal)


NOW = datetime(2027, 1, 12, 8, 0, tzinfo=UTC)


def stake(number: int, day: int, cents: int = 400, hours: int = 100) -> AtStake:
    return AtStake(number, 1, 1, number, 1, date(2027, 1, day), cents, NOW + timedelta(hours=hours))


@pytest.mark.parametrize(
    ("bookings", "missing", "chosen"),
    [
        ([stake(1, 14), stake(2, 20), stake(3, 18)], 1, [2]),
        ([stake(1, 14), stake(2, 20), stake(3, 18)], 400, [2]),
        ([stake(1, 14), stake(2, 20), stake(3, 18)], 401, [2, 3]),
        ([stake(1, 14), stake(2, 20), stake(3, 18)], 9999, [2, 3, 1]),
        ([stake(1, 14), stake(2, 20)], 0, []),
        ([stake(1, 14), stake(2, 20, hours=0)], 400, [1]),
        ([stake(1, 14), stake(2, 20, cents=0)], 400, [1]),
        ([stake(1, 20), stake(2, 20)], 400, [2]),
    ],
)
def test_the_latest_go_first_and_only_what_can_still_be_cancelled(
    bookings: list[AtStake], missing: int, chosen: list[int]
) -> None:
    assert [one.id for one in removable(bookings, missing, NOW)] == chosen


@pytest.mark.parametrize(
    ("lead", "grace", "days"), [(1, 48, 4), (7, 48, 10), (0, 1, 2), (3, 49, 7)]
)
def test_the_shortest_horizon(lead: int, grace: int, days: int) -> None:
    assert shortest_horizon(lead, grace) == days


@pytest.mark.parametrize(
    ("moments", "told"),
    [
        ([], False),
        ([None], False),
        ([paris(2027, 1, 12, 0, 0)], True),
        ([paris(2027, 1, 11, 23, 59)], False),
        ([None, NOW], True),
    ],
)
def test_at_most_one_mail_a_day(moments: list[datetime | None], told: bool) -> None:
    assert Mails(moments).told_on(NOW) is told
