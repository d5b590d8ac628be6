"""What runs by itself and when, by the business clock.

A tick asks for « all that is due until now » and puts it on the queue. `core_job_run` remembers
what was asked: a night when the machine was off is caught up, two ticks at once ask only once, and
a job that was lost or failed is asked again.
"""

from __future__ import annotations

import inspect
import logging
import pkgutil
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from functools import partial
from typing import Any, Protocol

import sqlalchemy as sa
from flask import Flask, current_app
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from app.core import clock
from app.core.db import commit, write_intent
from app.core.errors import Refusal
from app.core.models import JobRun
from app.core.text import N_

log = logging.getLogger(__name__)

ASK_AGAIN_AFTER = timedelta(minutes=30)
"""A job asked for this long ago and not finished since is asked for again. Longer than any job."""

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class When(Protocol):
    """A rhythm: the latest moment at which the job was due."""

    def due(self, now: datetime) -> datetime: ...


@dataclass(frozen=True)
class Every:
    """Every so many minutes, counted from midnight UTC."""

    minutes: int

    def due(self, now: datetime) -> datetime:
        step = timedelta(minutes=self.minutes)
        return now - (now - EPOCH) % step


@dataclass(frozen=True)
class DailyAt:
    """Every day at this time of Europe/Paris; an hour that the clocks skip happens one later."""

    hour: int
    minute: int = 0

    def due(self, now: datetime) -> datetime:
        today = clock.paris(now).date()
        moment = self._on(today)
        return moment if moment <= now else self._on(today - timedelta(days=1))

    def _on(self, day: Any) -> datetime:
        wall = datetime.combine(day, time(self.hour, self.minute), tzinfo=clock.PARIS)
        return wall.astimezone(UTC)


@dataclass(frozen=True)
class Job:
    """One thing that runs outside the requests.

    ``target`` is ``package.module:function``, called as ``function(session, now, *ids)`` inside a
    writing transaction that is committed after it; a function with a parameter ``commit`` is given
    what commits, to work in batches. It must be safe to run twice. ``when`` None: only on demand.
    """

    name: str
    target: str
    when: When | None
    summary: str


class UnknownJob(Refusal):
    """``run.py job`` was given a name that is not in the registry."""

    status = 404
    text = N_("There is no job named “%(name)s”.")


def init_app(app: Flask, jobs: Iterable[Job]) -> None:
    """Make ``jobs`` known to everything that runs inside ``app``."""
    app.extensions["jobs"] = {job.name: job for job in jobs}


def jobs() -> Mapping[str, Job]:
    """The jobs of the current application, by name."""
    known: Mapping[str, Job] = current_app.extensions["jobs"]
    return known


def find(name: str) -> Job:
    if name not in jobs():
        raise UnknownJob(name=name)
    return jobs()[name]


def tick(session: Session, now: datetime, enqueue: Callable[[str], object]) -> list[str]:
    """Put on the queue every job due until ``now``; return their names.

    Each is claimed and queued in one transaction: when ``enqueue`` raises, the claim is undone and
    the next tick tries again.
    """
    timed = [(job.name, job.when.due(now)) for job in jobs().values() if job.when]
    with write_intent():
        _remember(session, [name for name, _ in timed])
        return [name for name, due in timed if _ask(session, name, due, now, enqueue)]


def _ask(
    session: Session, name: str, due: datetime, now: datetime, enqueue: Callable[[str], object]
) -> bool:
    try:
        claimed = _claim(session, name, due, now)
        if claimed:
            enqueue(name)
        commit(session)
    except Exception:
        session.rollback()
        raise
    return claimed


def _remember(session: Session, names: list[str]) -> None:
    """Make the missing rows; another process may be doing the same."""
    known = set(session.scalars(sa.select(JobRun.name)))
    missing = [{"name": name, "last_error": ""} for name in names if name not in known]
    if missing:
        dialect = postgresql if session.get_bind().dialect.name == "postgresql" else sqlite
        session.execute(dialect.insert(JobRun).on_conflict_do_nothing(), missing)
    commit(session)


def _claim(session: Session, name: str, due: datetime, now: datetime) -> bool:
    """Take this run for us, in one statement: of two ticks at once only one gets it."""
    never_asked = sa.or_(JobRun.last_due_at.is_(None), JobRun.last_due_at < due)
    unfinished = sa.or_(
        JobRun.last_finished_at.is_(None), JobRun.last_finished_at < JobRun.last_queued_at
    )
    lost = sa.and_(unfinished, JobRun.last_queued_at < now - ASK_AGAIN_AFTER)
    statement = (
        sa.update(JobRun)
        .where(JobRun.name == name, sa.or_(never_asked, lost))
        .values(last_due_at=due, last_queued_at=now)
        .execution_options(synchronize_session=False)
    )
    return _changed(session, statement) == 1


def _changed(session: Session, statement: sa.Update) -> int:
    result: sa.CursorResult[Any] = session.execute(statement)  # type: ignore[assignment]
    return result.rowcount


def execute(session: Session, job: Job, *ids: int) -> object:
    """Run ``job`` now and commit what it did; what stops it is written down, then raised."""
    with write_intent():
        _note(session, job, last_started_at=clock.now())
        commit(session)
        try:
            result = _call(session, job, *ids)
            _note(session, job, last_finished_at=clock.now(), last_error="")
            commit(session)
        except Exception as error:
            session.rollback()
            _note(session, job, last_error=f"{type(error).__name__}: {error}"[:2000])
            commit(session)
            raise
    log.info("job %s%s: %s", job.name, ids or "", result)
    return result


def _call(session: Session, job: Job, *ids: int) -> object:
    function = pkgutil.resolve_name(job.target)
    if "commit" in inspect.signature(function).parameters:
        function = partial(function, commit=partial(commit, session))
    result: object = function(session, clock.now(), *ids)
    return result


def _note(session: Session, job: Job, **values: object) -> None:
    """Write down a run of a timed job; nobody waits for the others'."""
    if job.when:
        session.execute(sa.update(JobRun).where(JobRun.name == job.name).values(**values))
