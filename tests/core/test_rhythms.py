"""When a job is due."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from app.core import clock
from app.core.scheduling import DailyAt, Every


def paris(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=clock.PARIS)


@pytest.mark.parametrize(
    ("now", "due"),
    [
        ("2027-01-12T09:00", "2027-01-12T02:30"),
        ("2027-01-12T02:30", "2027-01-12T02:30"),
        ("2027-01-12T02:29", "2027-01-11T02:30"),
        ("2027-03-28T12:00", "2027-03-28T03:30"),  # 02:30 does not exist on that day
        ("2027-10-31T12:00", "2027-10-31T02:30"),  # and here it exists twice: the first
    ],
)
def test_a_daily_job_is_due_at_its_time_of_paris(now: str, due: str) -> None:
    assert DailyAt(2, 30).due(paris(now).astimezone(UTC)) == paris(due).astimezone(UTC)


def test_a_frequent_job_is_due_at_round_moments() -> None:
    now = datetime(2027, 1, 12, 9, 7, 41, tzinfo=UTC)
    assert Every(minutes=5).due(now) == datetime(2027, 1, 12, 9, 5, tzinfo=UTC)
