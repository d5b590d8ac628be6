"""What this room keeps for a while only: refused documents, and files that no row tells of."""

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

KEPT_REFUSED = timedelta(days=31)
UNFINISHED = timedelta(days=1)
"""A file is kept before its row: one this old without a row never gets one."""
BATCH = 500


def purge(session: Session, now: datetime) -> str:
    """Job « forget-documents »: both of them, by the real clock for files alone."""
    refused = purge_refused(session, now)
    return f"{refused} refused, {sweep(session, storage())} files without document"


def purge_refused(session: Session, now: datetime, kept: timedelta = KEPT_REFUSED) -> int:
    """Erase the files of documents refused long ago; the lines stay. How many documents.

    Four statements; the files go once this is committed.
    """
    old = sa.and_(
        Document.is_accepted.is_(False),
        Document.erased_at.is_(None),
        Document.reviewed_at <= now - kept,
    )
    of_old = DocumentPage.document_id.in_(sa.select(Document.id).where(old))
    keys = session.scalars(sa.select(DocumentPage.storage_key).where(of_old)).all()
    connection = session.connection()
    connection.execute(sa.delete(DocumentPage).where(of_old))
    erased = connection.execute(sa.update(Document).where(old).values(erased_at=now)).rowcount
    if keys:
        after_commit(session, partial(forget, storage(), keys))
    return erased


def erase_of_households(session: Session, household_ids: Sequence[int]) -> None:
    """Erase every file of these households, and who opened them; the lines stay, without names."""
    own = Document.household_id.in_(household_ids)
    of_own = DocumentPage.document_id.in_(sa.select(Document.id).where(own))
    keys = session.scalars(sa.select(DocumentPage.storage_key).where(of_own)).all()
    session.execute(sa.delete(DocumentPage).where(of_own))
    session.execute(
        sa.delete(DocumentReading).where(DocumentReading.household_id.in_(household_ids))
    )
    session.execute(sa.update(Document).where(own).values(erased_at=clock.now(), refusal_reason=""))
    session.execute(
        sa.update(Requirement).where(Requirement.household_id.in_(household_ids)).values(message="")
    )
    if keys:
        after_commit(session, partial(forget, storage(), keys))


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
