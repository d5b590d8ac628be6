"""The schedule: every half minute, put on the queue what is due."""

from __future__ import annotations

import logging
import os
import time

import redis
from flask import Flask
from sqlalchemy.exc import SQLAlchemyError

from app.core import clock, queue, scheduling
from app.core.db import db

log = logging.getLogger(__name__)

TICK_SECONDS = 30.0


def run(app: Flask) -> None:
    """Tick until told to stop."""
    seconds = float(os.environ.get("PORTAIL_TICK") or TICK_SECONDS)
    while True:
        tick(app)
        time.sleep(seconds)


def tick(app: Flask) -> list[str]:
    """One tick. Neither a dead queue nor a dead database ends the schedule: the next tick asks
    again for all that is due.
    """
    with app.app_context():
        try:
            asked = scheduling.tick(db.session(), clock.now(), queue.enqueue)
        except (redis.RedisError, SQLAlchemyError) as error:
            log.warning("schedule: nothing asked this time (%s)", error)
            return []
    if asked:
        log.info("schedule: %s", ", ".join(asked))
    return asked
