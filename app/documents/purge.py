"""How this room forgets: files of refused documents, of households, and of no row at all."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import partial

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.core import clock, hooks
from app.core.db import after_commit
from app.core.storage import Storage, storage
from app.documents.models import Document, DocumentPage, DocumentReading, Requirement
from app.documents.services import forget

UNFINISHED = timedelta(days=1)
"""A file is kept before its row: one this old without a row never gets one."""
BATCH = 500


def purge(session: Session, now: datetime) -> str:
    """Job « forget-files »: by the real clock, files have no other."""
    return f"{sweep(session, storage())} files of no row"


def refused_before(limit: datetime) -> sa.Select[tuple[int]]:
    """Documents refused until ``limit`` whose files are still there."""
    return sa.select(Document.id).where(
        Document.is_accepted.is_(False),
        Document.erased_at.is_(None),
        Document.reviewed_at <= limit,
    )


def erase(session: Session, document_ids: Sequence[int]) -> None:
    """Erase the files of these documents; the lines stay. The files go once this is committed."""
    pages = DocumentPage.document_id.in_(document_ids)
    keys = session.scalars(sa.select(DocumentPage.storage_key).where(pages)).all()
    session.execute(sa.delete(DocumentPage).where(pages))
    session.execute(
        sa.update(Document).where(Document.id.in_(document_ids)).values(erased_at=clock.now())
    )
    if keys:
        after_commit(session, partial(forget, storage(), keys))


def erase_of_households(session: Session, household_ids: Sequence[int]) -> None:
    """Erase every file of these households, and who opened them; the lines stay, without words."""
    own = Document.household_id.in_(household_ids)
    erase(session, session.scalars(sa.select(Document.id).where(own)).all())
    session.execute(sa.update(Document).where(own).values(refusal_reason=""))
    session.execute(
        sa.delete(DocumentReading).where(DocumentReading.household_id.in_(household_ids))
    )
    session.execute(
        sa.update(Requirement).where(Requirement.household_id.in_(household_ids)).values(message="")
    )


def sweep(session: Session, store: Storage) -> int:
    """Delete files kept more than a day ago that no row of any room tells of; how many."""
    limit = clock.real_now() - UNFINISHED
    old = [key for key, kept_at in store.keys() if kept_at <= limit]  # noqa: SIM118  (a storage, not a dictionary)
    gone = 0
    for start in range(0, len(old), BATCH):
        some = old[start : start + BATCH]
        asked = sa.select(DocumentPage.storage_key).where(DocumentPage.storage_key.in_(some))
        known = set(session.scalars(asked))
        known.update(*(handler(session, some) for handler in hooks.files_in_use))
        orphans = [key for key in some if key not in known]
        forget(store, orphans)
        gone += len(orphans)
    return gone
