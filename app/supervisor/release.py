"""What a new version needs before it serves: its tables, its rights, its démarches."""

from __future__ import annotations

import hashlib
import logging
from typing import Any

import flask_migrate
import sqlalchemy as sa
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from flask import current_app

import config
from app.accounts.release import write_permissions
from app.core import clock
from app.core.db import commit, db, write_intent
from app.core.models import Setting
from app.procedures import builtin
from app.supervisor.problem import Problem

DONE = "release.done"


def release() -> bool:
    """Bring the database up to this version of the code; return whether there was work to do.

    Inside an application context. Safe to repeat: where nothing changed it costs three statements.
    """
    if is_current() and _done() == fingerprint():
        return False
    upgrade()
    write_rights()
    install_procedures()
    _remember()
    return True


def is_current() -> bool:
    """Whether the database has every migration of this code."""
    scripts = ScriptDirectory(str(config.ROOT / "migrations"))
    with db.engine.connect() as connection:
        return set(MigrationContext.configure(connection).get_current_heads()) == set(
            scripts.get_heads()
        )


def require_current() -> None:
    """Refuse to work on a database that this version does not know."""
    if not is_current():
        raise Problem(
            "La base de données n'est pas prête pour cette version : "
            "lancez « python3 run.py », ou « python3 run.py release » en production."
        )


def upgrade() -> None:
    flask_migrate.upgrade()


def write_rights() -> None:
    # « No user yet created »: the demonstration, or the first administrator, comes after this.
    logging.getLogger("flask_appbuilder.security").setLevel(logging.ERROR)
    with write_intent():
        write_permissions(current_app._get_current_object())  # type: ignore[attr-defined]
        commit(db.session())


def install_procedures() -> None:
    """The démarches that came with this version; those that are there stay as agents made them."""
    with write_intent():
        builtin.install(db.session(), now=clock.now())
        commit(db.session())


def fingerprint() -> str:
    """Changes with the code: the same code has nothing new to release."""
    digest = hashlib.sha256()
    for folder in ("app", "migrations"):
        for path in sorted((config.ROOT / folder).rglob("*.py")):
            digest.update(path.read_bytes())
    return digest.hexdigest()


def _done() -> Any:
    return db.session().scalar(sa.select(Setting.value).where(Setting.key == DONE))


def _remember() -> None:
    session = db.session()
    with write_intent():
        session.merge(Setting(key=DONE, value=fingerprint()))
        commit(session)
