"""The database itself refuses to change the ledger (product.md §5.2).

Triggers on both databases; a house test tries UPDATE, DELETE, REPLACE and TRUNCATE on a migrated
base. Alembic sees no trigger: never use batch mode on these tables (facts.md).
"""

from __future__ import annotations

import sqlalchemy as sa

APPEND_ONLY = ("ledger_transaction", "ledger_entry")


def install_guards(connection: sa.Connection) -> None:
    """Make the ledger's tables refuse everything but INSERT of new rows."""
    for statement in _statements(connection.dialect.name, "install"):
        connection.exec_driver_sql(statement)


def drop_guards(connection: sa.Connection) -> None:
    """Undo ``install_guards`` (before dropping the tables)."""
    for statement in _statements(connection.dialect.name, "drop"):
        connection.exec_driver_sql(statement)


def _statements(dialect: str, step: str) -> list[str]:
    build = {
        ("sqlite", "install"): _sqlite_install,
        ("sqlite", "drop"): _sqlite_drop,
        ("postgresql", "install"): _postgresql_install,
        ("postgresql", "drop"): _postgresql_drop,
    }[dialect, step]
    return build()


def _sqlite_install() -> list[str]:
    refuse = "BEGIN SELECT RAISE(ABORT, 'the ledger only grows'); END"
    statements = []
    for table in APPEND_ONLY:
        for verb in ("UPDATE", "DELETE"):
            statements.append(
                f"CREATE TRIGGER {table}_no_{verb.lower()} BEFORE {verb} ON {table} {refuse}"
            )
        # INSERT OR REPLACE deletes without firing DELETE triggers unless recursive_triggers is on.
        statements.append(
            f"CREATE TRIGGER {table}_no_replace BEFORE INSERT ON {table} "
            f"WHEN EXISTS (SELECT 1 FROM {table} WHERE id = NEW.id) {refuse}"
        )
    return statements


def _sqlite_drop() -> list[str]:
    verbs = ("update", "delete", "replace")
    return [f"DROP TRIGGER IF EXISTS {table}_no_{verb}" for table in APPEND_ONLY for verb in verbs]


def _postgresql_install() -> list[str]:
    statements = [
        "CREATE FUNCTION ledger_only_grows() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION 'the ledger only grows'; END $$"
    ]
    for table in APPEND_ONLY:
        statements.append(
            f"CREATE TRIGGER {table}_only_grows BEFORE UPDATE OR DELETE ON {table} "
            "FOR EACH ROW EXECUTE FUNCTION ledger_only_grows()"
        )
        statements.append(
            f"CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION ledger_only_grows()"
        )
    return statements


def _postgresql_drop() -> list[str]:
    drops = []
    for table in APPEND_ONLY:
        drops += [
            f"DROP TRIGGER IF EXISTS {table}_only_grows ON {table}",
            f"DROP TRIGGER IF EXISTS {table}_no_truncate ON {table}",
        ]
    return [*drops, "DROP FUNCTION IF EXISTS ledger_only_grows()"]
