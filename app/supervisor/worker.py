"""The RQ worker: the application is made once, each job runs in a fork of it."""

from __future__ import annotations

import os
import signal
from typing import Any

import redis
from flask import Flask
from rq import Queue
from rq.worker import Worker

from app.core import queue
from app.core.db import db
from app.supervisor import guard

# With RQ's defaults a killed worker's job stayed stuck for minutes (facts.md).
WORKER_TTL = 30
MAINTENANCE_SECONDS = 10


class PortalWorker(Worker):
    """Its jobs end with it: a job whose worker was killed is run again by another one."""

    def main_work_horse(self, job: Any, queue: Any) -> None:
        guard.die_with_parent(os.getppid(), signal.SIGKILL)
        db.engine.dispose(close=False)
        super().main_work_horse(job, queue)


def work(app: Flask) -> None:
    """Work until told to stop; a job that runs is finished first."""
    with app.app_context():
        make(app).work(logging_level="INFO")


def make(app: Flask) -> PortalWorker:
    connection = redis.Redis.from_url(app.config["REDIS_URL"])
    return PortalWorker(
        [Queue(queue.QUEUE, connection=connection)],
        connection=connection,
        worker_ttl=WORKER_TTL,
        maintenance_interval=MAINTENANCE_SECONDS,
        job_monitoring_interval=MAINTENANCE_SECONDS,
    )
