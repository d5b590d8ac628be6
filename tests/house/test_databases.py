"""What one test writes, the next never sees: rows, counters, rights, schema, open transactions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from app.core.db import db, write_intent
from tests.databases import Database
from tests.factories import Factory


@pytest.fixture
def renew(app: Flask, database: Database) -> Callable[[], None]:
    def renewed() -> None:
        with app.app_context():
            database.renew(db.engine)

    return renewed


def content(app: Flask) -> dict[str, tuple[list[Any], ...]]:
    """Table → its columns, its indexes, its rows."""
    with app.app_context(), db.engine.connect() as connection:
        schema = sa.inspect(connection)
        columns, indexes = schema.get_multi_columns(), schema.get_multi_indexes()
        return {
            str(name): (
                [column["name"] for column in of_table],
                sorted(index["name"] or "" for index in indexes.get((where, name), [])),
                sorted(map(tuple, connection.execute(sa.select("*").select_from(sa.table(name))))),
            )
            for (where, name), of_table in columns.items()
        }


def made(app: Flask) -> list[int]:
    """A household, money in a ledger that refuses to shrink, an account; the ids they got."""
    with app.app_context(), write_intent():
        make = Factory(db.session())
        home = make.household()
        make.money(home, 1_000)
        account = make.account("camille.martin", home)
        ids = [home.id, account.id]
        db.session.commit()
        db.session.remove()
    return ids


def test_rows_are_gone_and_numbers_start_again(app: Flask, renew: Callable[[], None]) -> None:
    before = content(app)
    ids = made(app)
    assert content(app) != before
    renew()
    assert content(app) == before
    assert made(app) == ids


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE ab_role SET name = name || '2'",
        "DELETE FROM ab_permission_view_role",
        "INSERT INTO ab_role (id, name) VALUES (9999, 'Autre')",
        "DROP TABLE ledger_entry",
        "ALTER TABLE household ADD COLUMN shade text",
        "CREATE TABLE more (id integer)",
        "CREATE INDEX more ON household (name)",
    ],
)
def test_rights_and_schema_come_back(app: Flask, renew: Callable[[], None], change: str) -> None:
    before = content(app)
    with app.app_context(), write_intent(), db.engine.begin() as connection:
        connection.execute(sa.text(change))
    renew()
    assert content(app) == before


def test_the_guards_of_the_ledger_come_back(app: Flask, renew: Callable[[], None]) -> None:
    with app.app_context(), write_intent(), db.engine.begin() as connection:
        if connection.dialect.name == "postgresql":
            connection.execute(sa.text("ALTER TABLE ledger_entry DISABLE TRIGGER USER"))
        else:
            triggers = "SELECT name FROM sqlite_master WHERE type = 'trigger'"
            for name in connection.scalars(sa.text(triggers)).all():
                connection.execute(sa.text(f"DROP TRIGGER {name}"))
    renew()
    made(app)
    with app.app_context(), write_intent(), db.engine.begin() as connection:
        with pytest.raises(sa.exc.DBAPIError):
            connection.execute(sa.text("DELETE FROM ledger_entry"))
        connection.rollback()


@pytest.mark.postgresql
def test_a_transaction_left_open_is_ended(app: Flask, renew: Callable[[], None]) -> None:
    before = content(app)
    with app.app_context():
        forgotten = sa.create_engine(db.engine.url)
    connection = forgotten.connect()
    connection.execute(sa.text("LOCK TABLE household"))
    renew()
    assert content(app) == before
    with pytest.raises(sa.exc.DBAPIError):
        connection.execute(sa.text("SELECT 1"))
    connection.invalidate()
    forgotten.dispose()
