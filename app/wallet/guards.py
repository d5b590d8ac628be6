"""The database itself refuses to change the ledger (product.md §5.2).

Triggers on both databases; a house test tries UPDATE, DELETE, REPLACE and TRUNCATE on a migrated
base. Alembic sees no trigger: never use batch mode on these tables (facts.md).
"""

from __future__ import annotations

import sqlalchemy as sa

APPEND_ONLY = ("ledger_transaction", "ledger_entry")
UNIQUE_IN = {
    "ledger_transaction": (
        "id = NEW.id OR (kind = NEW.kind AND ref = NEW.ref) OR reverses_id = NEW.reverses_id"
    ),
    "ledger_entry": "id = NEW.id",
}
"""What a row shares with the one that REPLACE would delete."""


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
    statements = [
        f"CREATE TRIGGER {table}_no_{verb.lower()} BEFORE {verb} ON {table} {refuse}"
        for table in APPEND_ONLY
        for verb in ("UPDATE", "DELETE")
    ]
    # INSERT OR REPLACE deletes without firing DELETE triggers unless recursive_triggers is on.
    return statements + [
        f"CREATE TRIGGER {table}_no_replace BEFORE INSERT ON {table} "  # noqa: S608 (constants)
        f"WHEN EXISTS (SELECT 1 FROM {table} WHERE {same}) {refuse}"
        for table, same in UNIQUE_IN.items()
    ]


def _sqlite_drop() -> list[str]:
    verbs = ("update", "delete", "replace")
    return [f"DROP TRIGGER IF EXISTS {table}_no_{verb}" for table in APPEND_ONLY for verb in verbs]


def _postgresql_install() -> list[str]:
    statements = [
        "CREATE FUNCTION ledger_only_grows() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION 'the ledger only grows'; END $$",
        *_postgresql_balance(),
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


def _postgresql_balance() -> list[str]:
    """Every transaction sums to zero when it is committed (SQLite has no deferred trigger)."""
    return [
        "CREATE FUNCTION ledger_sums_to_zero() RETURNS trigger LANGUAGE plpgsql AS $$ "
        "BEGIN IF (SELECT sum(amount_cents) FROM ledger_entry "
        "WHERE transaction_id = NEW.transaction_id) <> 0 THEN "
        # No per cent sign: the driver would take it for a parameter.
        "RAISE EXCEPTION USING MESSAGE = "
        "'ledger transaction ' || NEW.transaction_id || ' does not sum to zero'; "
        "END IF; RETURN NULL; END $$",
        "CREATE CONSTRAINT TRIGGER ledger_entry_sums_to_zero AFTER INSERT ON ledger_entry "
        "DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION ledger_sums_to_zero()",
    ]


def _postgresql_drop() -> list[str]:
    drops = ["DROP TRIGGER IF EXISTS ledger_entry_sums_to_zero ON ledger_entry"]
    for table in APPEND_ONLY:
        drops += [
            f"DROP TRIGGER IF EXISTS {table}_only_grows ON {table}",
            f"DROP TRIGGER IF EXISTS {table}_no_truncate ON {table}",
        ]
    return [
        *drops,
        "DROP FUNCTION IF EXISTS ledger_only_grows()",
        "DROP FUNCTION IF EXISTS ledger_sums_to_zero()",
    ]
