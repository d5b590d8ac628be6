"""Runs migrations on the application's own engine (Flask-Migrate)."""

from __future__ import annotations

from typing import Any

from alembic import context
from flask import current_app

from app.core.db import UtcDateTime, write_intent

config = context.config
db = current_app.extensions["migrate"].db


def render_item(kind: str, item: Any, autogen_context: Any) -> str | bool:
    """Write the portal's own column types by their import."""
    if kind == "type" and isinstance(item, UtcDateTime):
        autogen_context.imports.add("from app.core.db import UtcDateTime")
        return "UtcDateTime()"
    return False


def run() -> None:
    """One transaction for all of it, write lock taken at once."""
    with write_intent(), db.engine.connect() as connection:
        context.configure(
            connection=connection,
            target_metadata=db.metadata,
            render_item=render_item,
            compare_type=True,
            render_as_batch=False,
            transaction_per_migration=False,
        )
        with context.begin_transaction():
            context.run_migrations()


run()
