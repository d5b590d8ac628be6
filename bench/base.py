"""What the benches share: an application on a fresh base, and measuring."""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from flask import Flask
from flask_migrate import upgrade
from sqlalchemy.engine import Engine

import config
from app import create_app
from app.accounts.release import write_permissions
from app.core.db import db, write_intent

SECRET = "bench only"  # noqa: S105  (a base thrown away afterwards)


@contextmanager
def fresh_app(url: str = "", folder: str = "") -> Iterator[Flask]:
    """An application on an empty, migrated base: SQLite in a temporary folder, or ``url``."""
    with tempfile.TemporaryDirectory() as temporary:
        var = folder or temporary
        settings = settings_for(url or f"sqlite:///{Path(var) / 'portail.sqlite'}", var)
        app = create_app(settings)
        with app.app_context(), write_intent():
            upgrade()
            write_permissions(app)
            db.session.commit()
            yield app
            db.session.remove()
            db.engine.dispose()


def settings_for(url: str, var: str) -> dict[str, Any]:
    """Configuration of a bench: no queue, no mail."""
    settings = config.settings_from(
        {**_bare_environment(), "PORTAIL_VAR": var, "SECRET_KEY": SECRET}
    )
    return settings | {"SQLALCHEMY_DATABASE_URI": url, "REDIS_URL": ""}


def _bare_environment() -> dict[str, str]:
    return {key: value for key, value in os.environ.items() if key == "TMPDIR"}


@dataclass
class Measure:
    """Seconds spent and statements sent inside ``measured``."""

    seconds: float = 0.0
    cpu_seconds: float = 0.0
    """Of this process alone: what a busy machine does not blur."""
    statements: int = 0
    texts: list[str] = field(default_factory=list)

    @property
    def ms(self) -> float:
        return self.seconds * 1000


@contextmanager
def measured(engine: Engine | Any) -> Iterator[Measure]:
    """Time and statements of what happens inside, on an engine or on a session's."""
    found = Measure()

    def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        found.texts.append(statement)

    engine = engine if isinstance(engine, Engine) else engine.get_bind()
    sa.event.listen(engine, "before_cursor_execute", note)
    start, cpu = time.perf_counter(), time.process_time()
    try:
        yield found
    finally:
        found.seconds = time.perf_counter() - start
        found.cpu_seconds = time.process_time() - cpu
        found.statements = len(found.texts)
        sa.event.remove(engine, "before_cursor_execute", note)


def say(what: str, value: object, limit: object = "", ok: bool | None = None) -> None:
    """One line of figures: what, value, its limit, kept or not."""
    mark = "" if ok is None else "  ok" if ok else "  OVER"
    print(f"{what:<46} {value!s:>16} {f'(limit {limit})' if limit != '' else '':<20}{mark}")
