"""Real threads, each with its own connection and real commits, on SQLite and on PostgreSQL."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from typing import Any

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from app.core.db import db, write_intent
from tests.factories import Cast
from tests.requests.conftest import agent as agent
from tests.requests.conftest import ask as ask
from tests.requests.conftest import camille as camille
from tests.requests.conftest import publish as publish
from tests.reservations.conftest import desk as desk

Work = Callable[[Session], Any]

WAIT = 20
"""Seconds after which a barrier says that a thread is missing."""


class Together:
    """Runs works at the same instant and gives back what each returned or raised."""

    def __init__(self, app: Flask, session: Session) -> None:
        self.app = app
        self.session = session

    def __call__(self, works: Sequence[Work], *, intent: bool = True) -> list[Any]:
        """``intent``: declare the writes, as requests and jobs do (SQLite)."""
        self.session.commit()
        outcomes: list[Any] = [None] * len(works)
        start = threading.Barrier(len(works))

        def run(number: int) -> None:
            with self.app.app_context(), write_intent() if intent else nullcontext():
                start.wait(WAIT)
                outcomes[number] = _outcome(works[number])
                db.session.remove()

        threads = [threading.Thread(target=run, args=(number,)) for number in range(len(works))]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(WAIT * 3)
        assert not any(thread.is_alive() for thread in threads), "a thread never came back"
        return outcomes


def _outcome(work: Work) -> Any:
    session = db.session()
    try:
        result = work(session)
        session.commit()
    except Exception as error:
        session.rollback()
        return error
    return result


@pytest.fixture
def together(app: Flask, session: Session, cast: Cast) -> Together:
    return Together(app, session)


@pytest.fixture
def all_decided_before_one_writes(monkeypatch: pytest.MonkeyPatch) -> Any:
    """``with all_decided_before_one_writes(n):`` without locks, n saves decide before any writes.

    What the locks prevent is then certain instead of rare.
    """
    from app.reservations import locking, writing

    @contextmanager
    def unlocked(number: int) -> Iterator[None]:
        barrier = threading.Barrier(number)
        read, write = locking.openings_by_id, writing.write_plan

        def read_without_lock(session: Session, ids: Any, *, lock: bool = False) -> Any:
            return read(session, ids)

        def wait_then_write(*args: Any) -> None:
            barrier.wait(WAIT)
            write(*args)

        with monkeypatch.context() as patch:
            patch.setattr(locking, "openings_by_id", read_without_lock)
            patch.setattr(writing, "write_plan", wait_then_write)
            yield

    return unlocked
