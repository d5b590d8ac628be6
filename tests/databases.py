"""The database of a test worker, as new before each test.

SQLite: a file, copied from a migrated template. PostgreSQL: the tables that the test before wrote
are emptied, which takes 5 ms; a copy of the template takes 50 ms and more, and only serves when
the schema or the rows that every portal has (roles, rights, built-in démarches) changed.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol

import psycopg
from psycopg import sql
from sqlalchemy import event
from sqlalchemy.engine import Engine

from tests import postgres

Migrate = Callable[[str, Path | None], None]
"""(address, ``PORTAIL_VAR``) → brings an empty database to the newest schema."""

LOCK_SECONDS = 2
SCHEMA = """
SELECT (SELECT sum(oid::bigint) FROM pg_class WHERE relnamespace = 'public'::regnamespace),
       (SELECT sum(oid::bigint) FROM pg_constraint WHERE connamespace = 'public'::regnamespace),
       (SELECT sum(oid::bigint) FROM pg_proc WHERE pronamespace = 'public'::regnamespace),
       (SELECT count(*) FROM pg_attribute JOIN pg_class ON pg_class.oid = attrelid
         WHERE relnamespace = 'public'::regnamespace AND NOT attisdropped),
       (SELECT string_agg(oid || tgenabled::text, ',' ORDER BY oid) FROM pg_trigger
         WHERE NOT tgisinternal)
"""
OTHERS_AT_WORK = """
SELECT pg_terminate_backend(pid) FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid() AND state <> 'idle'
"""
HAVING_ID = """
SELECT table_name::text FROM information_schema.columns
WHERE table_schema = 'public' AND column_name = 'id'
"""
MOVED_SEQUENCES = """
SELECT sequencename, last_value FROM pg_sequences
WHERE schemaname = 'public' AND last_value IS NOT NULL
"""


class Database(Protocol):
    """What the fixtures ask of either kind."""

    url: str

    def build_template(self, migrate: Migrate) -> None: ...

    def prepare(self, engine: Engine) -> None:
        """Make the application's engine quicker where a test cannot tell."""

    def renew(self, engine: Engine) -> None:
        """Forget what was written. ``engine`` is the application's: its connections may end."""


class SqliteDatabase:
    """A file, copied from a migrated template."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "portail.sqlite"
        self.template = folder / "template.sqlite"
        self.url = f"sqlite:///{self.path}"

    def build_template(self, migrate: Migrate) -> None:
        migrate(f"sqlite:///{self.template}", self.template.parent)

    def prepare(self, engine: Engine) -> None:
        """No waiting for the disk: nothing here needs to survive a power cut."""
        event.listen(engine, "connect", lambda raw, _: raw.execute("PRAGMA synchronous=OFF"))

    def renew(self, engine: Engine) -> None:
        engine.dispose()
        for suffix in ("-wal", "-shm"):
            self.path.with_name(self.path.name + suffix).unlink(missing_ok=True)
        shutil.copyfile(self.template, self.path)


class PostgresqlDatabase:
    """A copy of a migrated template database, emptied again as long as that is enough."""

    def __init__(self, server: postgres.Server, worker: str) -> None:
        self.server = server
        self.name = f"portail_{worker}"
        self.url = server.url(self.name)
        self.template = ""
        self._copy: _Copy | None = None

    def build_template(self, migrate: Migrate) -> None:
        self.template = self.server.template("portail_template", lambda url: migrate(url, None))

    def prepare(self, engine: Engine) -> None:
        """The server itself was told not to wait for the disk."""

    def renew(self, engine: Engine) -> None:
        if self._copy and self._copy.empty():
            return
        engine.dispose()
        self.close()
        self.server.create_database(self.name, self.template)
        self._copy = _Copy(self.server, self.name)

    def close(self) -> None:
        if self._copy:
            self._copy.connection.close()


class _Copy:
    """A database just made: knows what was in it, and can take the rest out."""

    def __init__(self, server: postgres.Server, name: str) -> None:
        self.connection = psycopg.connect(
            host=server.folder, user="postgres", dbname=name, autocommit=True
        )
        tables = self._column("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        written = set(self._column(_having_rows(tables)))
        self.empty_tables = sorted(set(tables) - written)
        numbered = written & set(self._column(HAVING_ID))
        self.last: dict[str, int] = {
            table: self._rows(_last_id(table))[0][0] for table in sorted(numbered)
        }
        versions = [_versions(table, self.last.get(table)) for table in sorted(written)]
        self.kept = sql.SQL(" UNION ALL ").join(versions)
        self.schema, self.rows = self._rows(SCHEMA), self._rows(self.kept)
        self.sequences = dict(self._rows(MOVED_SEQUENCES))

    def empty(self) -> bool:
        """Whether everything is as it was: False when only a new copy can be."""
        try:
            self.connection.execute(OTHERS_AT_WORK)
            if self._rows(SCHEMA) != self.schema or self._rows(self.kept) != self.rows:
                return False
            self._delete(self._column(_having_rows(self.empty_tables)))
        except psycopg.OperationalError:  # somebody else dropped it, or holds a lock
            return False
        return True

    def _delete(self, tables: list[str]) -> None:
        """As « replica », no trigger fires: neither foreign keys nor the ledger's own guards."""
        with self.connection.transaction():
            self.connection.execute("SET LOCAL session_replication_role = replica")
            self.connection.execute(f"SET LOCAL lock_timeout = '{LOCK_SECONDS}s'")
            for table in tables:
                self.connection.execute(sql.SQL("DELETE FROM {}").format(sql.Identifier(table)))
            for table, last in self.last.items():
                self.connection.execute(
                    sql.SQL("DELETE FROM {} WHERE id > {}").format(sql.Identifier(table), last)
                )
            for name, value in self._rows(MOVED_SEQUENCES):
                if self.sequences.get(name) != value:
                    self._set(name, self.sequences.get(name))
        if tables:  # rows that are dead, not gone, would let the next test read in another order
            listed = sql.SQL(", ").join(map(sql.Identifier, tables))
            self.connection.execute(
                sql.SQL("VACUUM (SKIP_DATABASE_STATS, PROCESS_TOAST FALSE) {}").format(listed)
            )

    def _set(self, sequence: str, last: int | None) -> None:
        self.connection.execute(
            "SELECT setval(quote_ident(%s)::regclass, %s, %s)",
            [sequence, last or 1, last is not None],
        )

    def _rows(self, query: Any) -> list[tuple[Any, ...]]:
        return self.connection.execute(query).fetchall()

    def _column(self, query: Any) -> list[str]:
        return [row[0] for row in self._rows(query)]


def _having_rows(tables: list[str]) -> sql.Composed:
    """A query for the names of those that hold a row."""
    one = sql.SQL("(SELECT {} FROM {} LIMIT 1)")
    return sql.SQL(" UNION ALL ").join(
        one.format(sql.Literal(name), sql.Identifier(name)) for name in tables
    )


def _last_id(table: str) -> sql.Composed:
    return sql.SQL("SELECT max(id) FROM {}").format(sql.Identifier(table))


def _versions(table: str, last: int | None) -> sql.Composed:
    """A query that answers something else after any write to the rows that the template has."""
    of_template = sql.SQL("WHERE id <= {}").format(last) if last is not None else sql.SQL("")
    return sql.SQL(
        "SELECT {}, count(*), sum(hashtext(ctid::text || xmin::text)) FROM {} {}"
    ).format(sql.Literal(table), sql.Identifier(table), of_template)
