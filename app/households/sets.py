"""Small helpers of set-based reads."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import sqlalchemy as sa

NAMED_AT_MOST = 1_000
"""Above this many ids, reading every row is cheaper than naming them (and SQLite has a limit)."""


def among(column: Any, ids: Collection[int]) -> sa.ColumnElement[bool]:
    """SQL: the column is one of ``ids``; a wider answer when they are many."""
    return column.in_(ids) if len(ids) <= NAMED_AT_MOST else sa.true()


def named(ids: Collection[int]) -> list[int] | None:
    """The same choice for a statement that is built once: the ids to name, None for every row."""
    return list(ids) if len(ids) <= NAMED_AT_MOST else None


def grouped(rows: Any) -> dict[int, list[Any]]:
    """(key, value) pairs by key, in the order of the rows."""
    groups: dict[int, list[Any]] = {}
    for key, value in rows:
        groups.setdefault(key, []).append(value)
    return groups
