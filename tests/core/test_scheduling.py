"""The schedule: what is due, asked once, never lost."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import redis
from flask import Flask
from sqlalchemy.orm import Session

from app.core import clock, scheduling
from app.core.db import db
from app.core.models import JobRun, Setting
from app.core.scheduling import DailyAt, Every, Job

JOBS = [
    Job("night", "tests.supervisor.sample_jobs:count", DailyAt(2, 30), "Nightly"),
    Job("often", "tests.supervisor.sample_jobs:count", Every(minutes=5), "Every 5 minutes"),
    Job("by_hand", "tests.supervisor.sample_jobs:count", None, "On demand"),
    Job("broken", "tests.supervisor.sample_jobs:fail", DailyAt(3), "Fails"),
    Job("batches", "tests.supervisor.sample_jobs:in_batches", DailyAt(3), "Commits itself"),
]


@pytest.fixture(autouse=True)
def _jobs(app: Flask) -> Iterator[None]:
    before = app.extensions["jobs"]
    scheduling.init_app(app, JOBS)
    yield
    app.extensions["jobs"] = before


def test_a_tick_asks_for_what_is_due_and_the_next_for_nothing(session: Session) -> None:
    asked: list[str] = []
    now = clock.now()
    assert scheduling.tick(session, now, asked.append) == ["night", "often", "broken", "batches"]
    assert scheduling.tick(session, now + timedelta(seconds=30), asked.append) == []
    assert asked == ["night", "often", "broken", "batches"]


def test_missed_nights_are_caught_up_once(session: Session, frozen_clock: Any) -> None:
    scheduling.tick(session, clock.now(), run_at_once(session))
    frozen_clock.shift(timedelta(days=4))
    asked: list[str] = []
    scheduling.tick(session, clock.now(), asked.append)
    scheduling.tick(session, clock.now(), asked.append)
    assert asked.count("night") == 1


def run_at_once(session: Session) -> Any:
    def enqueue(name: str) -> None:
        run = session.get_one(JobRun, name)
        run.last_finished_at = clock.now()

    return enqueue


def test_a_dead_queue_leaves_it_due(session: Session) -> None:
    def dead(_name: str) -> None:
        raise redis.ConnectionError("nobody there")

    with pytest.raises(redis.ConnectionError):
        scheduling.tick(session, clock.now(), dead)
    asked: list[str] = []
    scheduling.tick(session, clock.now(), asked.append)
    assert "night" in asked


def test_a_job_that_was_lost_is_asked_again(session: Session) -> None:
    now = clock.now()
    scheduling.tick(session, now, lambda name: None)
    soon, late = now + timedelta(minutes=4), now + timedelta(minutes=31)
    assert "night" not in scheduling.tick(session, soon, lambda name: None)
    assert "night" in scheduling.tick(session, late, lambda name: None)


def test_a_job_that_was_done_is_not_asked_again(session: Session, frozen_clock: Any) -> None:
    scheduling.tick(session, clock.now(), lambda name: None)
    scheduling.execute(session, scheduling.find("night"))
    late = clock.now() + timedelta(hours=3)
    assert "night" not in scheduling.tick(session, late, lambda name: None)


def test_two_ticks_at_once_ask_once(app: Flask) -> None:
    """Real threads and commits, on either database."""
    asked: list[str] = []
    start = threading.Barrier(4)
    now = clock.now()

    def one_tick() -> None:
        with app.app_context():
            start.wait(10)
            scheduling.tick(db.session(), now, asked.append)
            db.session.remove()

    threads = [threading.Thread(target=one_tick) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert sorted(asked) == ["batches", "broken", "night", "often"]


def test_a_job_is_committed_and_noted(session: Session) -> None:
    scheduling.tick(session, clock.now(), lambda name: None)
    assert scheduling.execute(session, scheduling.find("night"), 7, 8) == 1
    session.rollback()
    assert session.get_one(Setting, "sample").value == {"runs": 1, "ids": [7, 8]}
    run = session.get_one(JobRun, "night")
    assert run.last_finished_at == clock.now()
    assert run.last_error == ""


def test_a_job_that_fails_leaves_nothing_but_its_error(session: Session) -> None:
    scheduling.tick(session, clock.now(), lambda name: None)
    with pytest.raises(RuntimeError):
        scheduling.execute(session, scheduling.find("broken"))
    run = session.get_one(JobRun, "broken")
    assert run.last_error == "RuntimeError: out of paper"
    assert run.last_finished_at is None
    assert session.get(Setting, "half") is None


def test_a_job_in_batches_keeps_the_batches_that_it_committed(session: Session) -> None:
    with pytest.raises(RuntimeError):
        scheduling.execute(session, scheduling.find("batches"))
    assert session.get(Setting, "first batch")
    assert session.get(Setting, "second batch") is None


def test_an_unknown_job_is_refused(session: Session) -> None:
    with pytest.raises(scheduling.UnknownJob):
        scheduling.find("nothing")
