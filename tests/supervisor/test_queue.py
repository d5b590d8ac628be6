"""The queue: a kick that never hurts, a worker whose death loses no job."""

from __future__ import annotations

import logging
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import redis
from flask import Flask
from rq import Queue
from rq.registry import StartedJobRegistry
from rq.utils import current_timestamp

from app.core import clock, queue, scheduling
from app.core.db import db
from app.core.models import JobRun, Setting
from app.core.scheduling import Every, Job
from app.supervisor import schedule, worker
from tests.supervisor.conftest import ROOT, eventually

JOBS = [
    Job("count", "tests.supervisor.sample_jobs:count", Every(minutes=1), "Counts"),
    Job("slow", "tests.supervisor.sample_jobs:slow_once", None, "Hangs once"),
]


@pytest.fixture(autouse=True)
def _jobs(app: Flask) -> Iterator[None]:
    jobs, url = app.extensions["jobs"], app.config["REDIS_URL"]
    scheduling.init_app(app, JOBS)
    yield
    app.extensions["jobs"] = jobs
    app.config["REDIS_URL"] = url


@pytest.fixture
def waiting(app: Flask, queue_url: str) -> Queue:
    """The application's queue on a running server."""
    app.config["REDIS_URL"] = queue_url
    return Queue(queue.QUEUE, connection=redis.Redis.from_url(queue_url))


def burst(app: Flask) -> None:
    """Work until the queue is empty, in this process's child."""
    with app.app_context():
        worker.make(app).work(burst=True, logging_level="WARNING")


def test_a_dead_queue_only_warns(app: Flask, caplog: pytest.LogCaptureFixture) -> None:
    app.config["REDIS_URL"] = "unix:///nonexistent/queue.sock"
    started = time.perf_counter()
    with app.app_context(), caplog.at_level(logging.WARNING):
        queue.kick("count")
        queue.kick("count", 12)
    assert time.perf_counter() - started < 5
    assert len([line for line in caplog.messages if "waits for the schedule" in line]) == 2


def test_a_dead_queue_does_not_stop_the_schedule(
    app: Flask, caplog: pytest.LogCaptureFixture
) -> None:
    app.config["REDIS_URL"] = "unix:///nonexistent/queue.sock"
    assert schedule.tick(app) == []
    assert "nothing asked this time" in caplog.text


def test_kicks_that_wait_for_the_same_job_are_one(app: Flask, waiting: Queue) -> None:
    with app.app_context():
        for _ in range(5):
            queue.kick("count")
        queue.kick("count", 7)
        queue.kick("count", 8)
    assert sorted(str(job.description) for job in waiting.jobs) == ["count", "count 7", "count 8"]


def test_a_job_that_starts_makes_room_for_the_next_kick(app: Flask, waiting: Queue) -> None:
    with app.app_context():
        queue.kick("count")
        queue.run_job("count")
        queue.kick("count")
    assert len(waiting.jobs) == 2


@pytest.mark.processes
def test_the_schedule_fills_the_queue_and_a_worker_empties_it(app: Flask, waiting: Queue) -> None:
    assert schedule.tick(app) == ["count"]
    burst(app)
    with app.app_context():
        assert db.session.get_one(Setting, "sample").value["runs"] == 1
        run = db.session.get_one(JobRun, "count")
        assert run.last_finished_at
        assert run.last_finished_at <= clock.now()


WORKER = """
from app import create_app
from app.core import scheduling
from app.supervisor import worker
from tests.conftest import test_settings
from tests.supervisor.test_queue import JOBS
app = create_app(test_settings({database!r}, __import__("pathlib").Path({var!r})) | {{"REDIS_URL": {queue!r}}})
scheduling.init_app(app, JOBS)
worker.work(app)
"""


@pytest.mark.processes
def test_a_worker_killed_in_the_middle_of_a_job_loses_nothing(
    app: Flask, waiting: Queue, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    trace = tmp_path / "trace"
    monkeypatch.setenv("PORTAIL_TEST_TRACE", str(trace))
    with app.app_context():
        queue.enqueue("slow")
    url = app.config["SQLALCHEMY_DATABASE_URI"]
    program = WORKER.format(database=url, var=str(tmp_path), queue=app.config["REDIS_URL"])
    with subprocess.Popen([sys.executable, "-c", program], cwd=ROOT) as process:
        assert eventually(trace.exists, 30)
        process.send_signal(signal.SIGKILL)
    horse = int(trace.read_text())
    assert eventually(lambda: not alive(horse)), "the job outlived its worker"
    give_up_waiting_for_it(waiting)
    burst(app)
    assert len(trace.read_text().split()) == 2


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def give_up_waiting_for_it(waiting: Queue) -> Any:
    """What RQ's own maintenance does about 70 seconds after the worker's last sign of life."""
    registry = StartedJobRegistry(queue.QUEUE, connection=waiting.connection)
    assert registry.get_job_count(cleanup=False) == 1
    return registry.cleanup(timestamp=current_timestamp() + 100)
