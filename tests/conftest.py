"""Fixtures of every test: a frozen clock, an application, a fresh database, people.

The database is a copy of a template that was migrated once; ``PORTAIL_TEST_DB=postgresql`` uses
the embedded PostgreSQL (see ``tests/postgres.py``), else SQLite.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import closing
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa
import time_machine
from flask import Flask, has_app_context
from flask.testing import FlaskClient
from flask_migrate import upgrade
from sqlalchemy.orm import Session

import config
from app import create_app
from app.accounts.release import write_permissions
from app.core.db import db, write_intent
from app.core.encryption import new_key
from app.core.models import AuditEvent
from app.procedures import builtin
from tests import postgres
from tests.databases import Database, PostgresqlDatabase, SqliteDatabase
from tests.factories import Cast, Factory

ON_POSTGRESQL = os.environ.get("PORTAIL_TEST_DB") == "postgresql"
NOW = datetime(2027, 1, 12, 9, 0, tzinfo=ZoneInfo("Europe/Paris"))
"""A Tuesday in term time; every test happens then unless it says otherwise."""
PASSWORD = "Montclair2026"
HEALTH_KEYS = new_key()


@pytest.fixture(autouse=True)
def frozen_clock(request: pytest.FixtureRequest) -> Iterator[Any]:
    """Time stands still at ``NOW`` (``traveller.move_to(...)`` moves it)."""
    if request.node.get_closest_marker("processes") or request.node.get_closest_marker("browser"):
        yield None
        return
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


@pytest.fixture(scope="session")
def state_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """``PORTAIL_VAR`` of this test worker."""
    return tmp_path_factory.mktemp("var")


@pytest.fixture(scope="session")
def database(state_folder: Path) -> Iterator[Database]:
    """The worker's database, to be renewed before each test."""
    if not ON_POSTGRESQL:
        yield SqliteDatabase(state_folder)
        return
    with postgres.shared() as server:
        worker = os.environ.get("PYTEST_XDIST_WORKER", "main")
        with closing(PostgresqlDatabase(server, worker)) as database:
            yield database


class FreshClient(FlaskClient):
    """Gives each request an application context of its own, as a server does.

    A test that holds one (``session``) would otherwise share ``g`` with every request. What the
    test wrote until now is committed first: pages see it, and SQLite's write lock is free.
    """

    def open(self, *args: Any, **kwargs: Any) -> Any:
        if has_app_context():
            db.session.commit()
        with self.application.app_context():
            return super().open(*args, **kwargs)


def migrate(url: str, folder: Path | None) -> None:
    """Bring an empty database to the newest schema, with roles, permissions and démarches."""
    app = create_app(test_settings(url, folder or Path("/nonexistent")))
    with app.app_context(), write_intent():
        upgrade()
        write_permissions(app)
        builtin.install(db.session(), now=NOW)
        # Nearly every test writes there: an empty table is emptied again, a filled one costs a copy.
        db.session.execute(sa.delete(AuditEvent))
        db.session.commit()
        db.session.remove()
        db.engine.dispose()


def test_settings(url: str, folder: Path) -> dict[str, Any]:
    """The configuration of a test application: no queue, no mail server, no real secret."""
    settings = config.settings_from({"PORTAIL_VAR": str(folder), "SECRET_KEY": "tests only"})
    settings |= {
        "SQLALCHEMY_DATABASE_URI": url,
        "REDIS_URL": "",
        "HEALTH_KEYS": HEALTH_KEYS,
        "TESTING": True,
        "WTF_CSRF_ENABLED": False,
        "SERVER_NAME": "portail.test",
        "RATELIMIT_STORAGE_URI": "memory://",
    }
    return settings


test_settings.__test__ = False  # type: ignore[attr-defined]


@pytest.fixture(scope="session")
def session_app(database: Database, state_folder: Path) -> Iterator[Flask]:
    """One application per worker (making one costs about a second)."""
    database.build_template(migrate)
    app = create_app(test_settings(database.url, state_folder))
    app.test_client_class = FreshClient
    with app.app_context():
        database.prepare(db.engine)
    yield app
    with app.app_context():
        db.engine.dispose()


@pytest.fixture
def app(session_app: Flask, database: Database) -> Iterator[Flask]:
    """The application on a fresh database."""
    with session_app.app_context():
        database.renew(db.engine)
    yield session_app
    with session_app.app_context():
        db.session.remove()


@pytest.fixture
def session(app: Flask) -> Iterator[Session]:
    """A writing session, as in a job; each test commits what it wants pages to see."""
    with app.app_context(), write_intent():
        yield db.session()
        db.session.remove()


@pytest.fixture
def make(session: Session) -> Factory:
    """Makes households, children, activities… as few as the test needs."""
    return Factory(session)


@pytest.fixture
def cast(make: Factory) -> Cast:
    """Camille (Jules, Rose, Noé) and Yanis (Noé too), enrolled, with openings and money."""
    return make.cast()


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """A visitor without login."""
    return app.test_client()


@pytest.fixture
def sign_in(app: Flask) -> Any:
    """``sign_in(account)`` → a client with that account's session, without the login page."""

    def signed_in(account: Any) -> FlaskClient:
        client = app.test_client()
        with client.session_transaction() as web:
            web["_user_id"] = account.get_id()
            web["_fresh"] = True
        return client

    return signed_in


def pytest_configure(config: pytest.Config) -> None:
    """One PostgreSQL server for all workers, started by the process that starts them."""
    if ON_POSTGRESQL and "PYTEST_XDIST_WORKER" not in os.environ:
        server = postgres.shared()
        server.__enter__()
        config.add_cleanup(lambda: server.__exit__(None, None, None))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what uses the database, so that the PostgreSQL run takes just that."""
    for item in items:
        if "database" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.db)
        if item.get_closest_marker("browser"):
            # A browser that leaves a page drops its connections: the test's server then leaves the
            # static file it was sending to the garbage collector.
            item.add_marker(
                pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
            )
            item.add_marker(pytest.mark.filterwarnings("ignore:unclosed file:ResourceWarning"))
        if item.get_closest_marker("postgresql") and not ON_POSTGRESQL:
            item.add_marker(pytest.mark.skip(reason="runs in the PostgreSQL step"))
    # The longest first: nobody waits at the end for a worker that starts one of them.
    items.sort(key=lambda item: item.get_closest_marker("processes") is None)
