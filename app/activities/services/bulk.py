"""Writing many openings at once."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.activities.models import Opening


def update_openings(session: Session, rows: Iterable[dict[str, Any]]) -> None:
    """One UPDATE for ``rows`` (dicts with ``id`` and new values), in the order of their ids, which
    is the order of locks everywhere. Openings that the session holds are read again.
    """
    session.execute(sa.update(Opening), sorted(rows, key=lambda row: row["id"]))
    for one in list(session):
        if isinstance(one, Opening):
            session.expire(one)
