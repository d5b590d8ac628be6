"""The queue (RQ on Redis or Valkey): only the kick.

What must happen is in the database before anything is queued, and the schedule does it anyway: a
dead queue delays, it loses nothing.
"""

from __future__ import annotations

import logging
from functools import lru_cache

import redis
from flask import current_app
from rq import Queue, Retry

from app.core import scheduling
from app.core.db import db

log = logging.getLogger(__name__)

QUEUE = "portail"
JOB_SECONDS = 25 * 60
"""The longest a job may take; shorter than ``scheduling.ASK_AGAIN_AFTER``."""
RETRIES = 3
"""At once, without a delay: those would need one more process. Lasting trouble is the schedule's."""
ANSWER_SECONDS = 2
PENDING_SECONDS = 60


def kick(name: str, *ids: int) -> None:
    """Ask a worker to run the job ``name`` soon. To be called after the commit, through
    ``app.core.db.after_commit``. A dead queue is only logged; without one the schedule does it.
    """
    if not current_app.config["REDIS_URL"]:
        return
    try:
        if ids or _is_first(name):
            enqueue(name, *ids)
    except redis.RedisError as error:
        log.warning("queue: %s waits for the schedule (%s)", name, error)


def enqueue(name: str, *ids: int) -> None:
    """Put the job on the queue; raise ``redis.RedisError`` when the queue does not answer."""
    Queue(QUEUE, connection=connection()).enqueue(
        run_job,
        name,
        *ids,
        job_timeout=JOB_SECONDS,
        retry=Retry(max=RETRIES),
        result_ttl=0,
        failure_ttl=7 * 86400,
        description=" ".join([name, *map(str, ids)]),
    )


def run_job(name: str, *ids: int) -> str:
    """What the worker calls, inside its application: run the job and say its result as text."""
    if not ids:
        connection().delete(_pending_key(name))
    return str(scheduling.execute(db.session(), scheduling.find(name), *ids))


def connection() -> redis.Redis:
    """The current application's connection; it gives up quickly, a page may be waiting."""
    return _connection(current_app.config["REDIS_URL"])


@lru_cache(maxsize=4)
def _connection(url: str) -> redis.Redis:
    return redis.Redis.from_url(
        url, socket_timeout=ANSWER_SECONDS, socket_connect_timeout=ANSWER_SECONDS
    )


def _is_first(name: str) -> bool:
    """Of many kicks waiting for the same job, one is enough: it reads all that is committed."""
    return bool(connection().set(_pending_key(name), 1, nx=True, ex=PENDING_SECONDS))


def _pending_key(name: str) -> str:
    return f"{QUEUE}:pending:{name}"
