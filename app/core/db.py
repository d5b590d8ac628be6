"""The database session, the base of every table, and how a transaction begins.

SQLite: WAL, and BEGIN IMMEDIATE as soon as a request or job has said that it will write, so that
two writers wait for each other instead of losing updates (facts.md).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from enum import Enum as PyEnum
from typing import Any

import sqlalchemy as sa
from flask_appbuilder import Model as FabModel
from flask_appbuilder.models.sqla.base import SQLA
from sqlalchemy import event
from sqlalchemy.engine import Engine, ExceptionContext
from sqlalchemy.orm import DeclarativeBase, Session

FabModel.metadata.naming_convention = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}

db = SQLA(metadata=FabModel.metadata)


class Base(DeclarativeBase):
    """Base of the portal's tables; shares FAB's metadata so that one history covers both."""

    registry = FabModel.registry
    metadata = FabModel.metadata


class UtcDateTime(sa.TypeDecorator[datetime]):
    """An instant: aware UTC in Python, timestamptz on PostgreSQL, plain UTC text on SQLite."""

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: sa.Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("an instant needs a time zone")
        utc = value.astimezone(UTC)
        return utc.replace(tzinfo=None) if dialect.name == "sqlite" else utc

    def process_result_value(self, value: Any, dialect: sa.Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def table_of(model: type[Base]) -> sa.Table:
    """The table itself: inserting many rows into it skips what the ORM does for each."""
    table = model.__table__
    assert isinstance(table, sa.Table)  # noqa: S101  (for the type checker)
    return table


def choice(kind: type[PyEnum], name: str = "") -> sa.Enum:
    """A column that holds the values of ``kind`` as text, checked by the database.

    ``name`` of the check, where a table has two columns of one kind.
    """
    return sa.Enum(
        kind,
        native_enum=False,
        create_constraint=True,
        length=20,
        name=name or kind.__name__.lower(),
        values_callable=lambda members: [member.value for member in members],
    )


_will_write: ContextVar[bool] = ContextVar("will_write", default=False)


@contextmanager
def write_intent() -> Iterator[None]:
    """Transactions begun inside take SQLite's write lock at once."""
    token = _will_write.set(True)
    try:
        yield
    finally:
        _will_write.reset(token)


def declare_write(writes: bool) -> None:
    """Say at the start of a request whether its transactions will write."""
    _will_write.set(writes)


def prepare_engine(engine: Engine) -> None:
    """Listen to the engine: how SQLite begins, what PostgreSQL says of a row that it refused."""
    if engine.dialect.name != "sqlite":
        event.listen(engine, "handle_error", _forget_detail)
        return
    event.listen(engine, "connect", _configure_sqlite)
    event.listen(engine, "begin", _begin_sqlite)


def _forget_detail(context: ExceptionContext) -> None:
    """PostgreSQL's DETAIL holds the values of the row: no log may carry them."""
    for error in (context.original_exception, context.sqlalchemy_exception):
        if error is not None and error.args:
            error.args = (str(error.args[0]).partition("\nDETAIL")[0], *error.args[1:])


def _configure_sqlite(connection: Any, record: Any) -> None:
    connection.isolation_level = None
    for pragma in (
        "journal_mode=WAL",
        "busy_timeout=15000",
        "synchronous=NORMAL",
        "foreign_keys=ON",
        "recursive_triggers=ON",
    ):
        connection.execute(f"PRAGMA {pragma}")


def _begin_sqlite(connection: sa.Connection) -> None:
    connection.exec_driver_sql("BEGIN IMMEDIATE" if _will_write.get() else "BEGIN")


def after_commit(session: Session, action: Callable[[], object]) -> None:
    """Run ``action`` once this session's transaction is committed; forget it on rollback."""
    session.info.setdefault("after_commit", []).append(action)


@event.listens_for(Session, "after_rollback")
def _forget_actions(session: Session) -> None:
    session.info.pop("after_commit", None)


def commit(session: Session) -> None:
    """Commit at the edge (request or job), then run what waited for it."""
    session.commit()
    for action in session.info.pop("after_commit", []):
        action()
