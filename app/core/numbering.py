"""Numbers without a gap: receipts, certificates, files of families."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from app.core.models import Counter


def next_number(session: Session, series: str) -> int:
    """The next number of ``series``, from 1 on.

    The series stays locked until the transaction ends, and a rollback gives the number back: ask
    for it last (architecture.md, « one order everywhere »). One statement, on both databases.
    """
    insert = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
    statement = (
        insert(Counter)
        .values(name=series, next_value=2)
        .on_conflict_do_update(
            index_elements=[Counter.name], set_={"next_value": Counter.next_value + 1}
        )
        .returning(Counter.next_value - sa.literal(1))
    )
    return int(session.execute(statement).scalar_one())
