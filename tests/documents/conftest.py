"""What tests of documents share."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session


@pytest.fixture
def count_statements(session: Session) -> Callable[[], AbstractContextManager[list[str]]]:
    """``with count_statements() as seen:`` collects the SQL statements sent meanwhile."""
    engine = session.get_bind()

    @contextmanager
    def counting() -> Iterator[list[str]]:
        seen: list[str] = []

        def note(connection: object, cursor: object, statement: str, *rest: object) -> None:
            seen.append(statement)

        sa.event.listen(engine, "before_cursor_execute", note)
        try:
            yield seen
        finally:
            sa.event.remove(engine, "before_cursor_execute", note)

    return counting
