"""« Mes données »: asked by a family, made in the background, kept a week (§5.10)."""

from __future__ import annotations

import io
import json
import logging
import zipfile
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.accounts.models import Account
from app.core import audit, queue
from app.core.actor import Actor
from app.core.db import after_commit
from app.core.encryption import CannotOpen, seal, unseal
from app.core.errors import NotFound, Refusal
from app.core.storage import new_key, storage
from app.households.models import Guardianship
from app.notices.services import Recipient, tell
from app.retention import collecting
from app.retention.models import DataExport, ExportState

log = logging.getLogger(__name__)

KEPT = timedelta(days=7)
RETRY_AFTER = timedelta(minutes=30)
"""An export begun this long ago was lost with its worker: it is made again."""

Commit = Callable[[], Any]


def ask(session: Session, actor: Actor, now: datetime) -> DataExport:
    """A new export, or the one that is already being made for this account."""
    if actor.account_id is None:
        raise NotFound
    export = latest(session, actor)
    if export is None or export.state in {ExportState.READY, ExportState.FAILED}:
        export = DataExport(
            household_id=actor.household_id, account_id=actor.account_id, asked_at=now
        )
        session.add(export)
        session.flush()
        audit.record(session, actor, "ask_export", "data_export", export.id, actor.household_id)
    after_commit(session, partial(queue.kick, "exports", export.id))
    return export


def latest(session: Session, actor: Actor) -> DataExport | None:
    """The last export that this account asked for its household."""
    return session.scalars(
        sa.select(DataExport)
        .where(
            DataExport.household_id == actor.household_id,
            DataExport.account_id == actor.account_id,
            ~_holds_a_hidden_child(),
        )
        .order_by(DataExport.id.desc())
        .limit(1)
    ).first()


def ready(session: Session, actor: Actor, export_id: int, now: datetime) -> DataExport:
    """The export to download. NotFound for another account's, for one not ready or expired."""
    export = session.scalar(
        sa.select(DataExport).where(DataExport.id == export_id, ~_holds_a_hidden_child())
    )
    mine = export is not None and (export.account_id, export.household_id) == (
        actor.account_id,
        actor.household_id,
    )
    if export is None or not mine or export.state is not ExportState.READY:
        raise NotFound
    if export.expires_at is None or export.expires_at <= now:
        raise NotFound
    return export


def _holds_a_hidden_child() -> sa.ColumnElement[bool]:
    """A tie of the household was restricted after it was asked: it is as if it were not there (§3.5)."""
    return sa.exists().where(
        Guardianship.household_id == DataExport.household_id,
        Guardianship.restricted_at >= DataExport.asked_at,
    )


def content_of(export: DataExport) -> bytes:
    """The ZIP. Raises FileMissing, StorageAway."""
    return unseal(storage().read(export.storage_key), export.storage_key)


def make_due(session: Session, now: datetime, *ids: int, commit: Commit) -> str:
    """Job « exports »: make what was asked (these, or all that wait), forget what has expired."""
    _forget_expired(session, now, commit)
    waiting = sa.or_(
        DataExport.state == ExportState.ASKED,
        sa.and_(DataExport.state == ExportState.MAKING, DataExport.asked_at <= now - RETRY_AFTER),
    )
    due = sa.select(DataExport.id).where(waiting).order_by(DataExport.id)
    found = session.scalars(due.where(DataExport.id.in_(ids)) if ids else due).all()
    for export_id in found:
        try:
            _make(session, export_id, now, commit)
        except (Refusal, CannotOpen):
            # One file away or one lost key must not keep the others waiting.
            log.exception("export %s", export_id)
            session.rollback()
            session.get_one(DataExport, export_id).state = ExportState.FAILED
            commit()
    return f"{len(found)} treated"


def _make(session: Session, export_id: int, now: datetime, commit: Commit) -> None:
    export = session.get_one(DataExport, export_id, with_for_update=True)
    if export.state is ExportState.READY:
        return
    export.state, export.progress = ExportState.MAKING, 0
    commit()

    def progress(per_cent: int) -> None:
        export.progress = per_cent
        commit()

    content = archive(session, export.household_id, progress)
    key = new_key()
    storage().put(key, seal(content, key))  # health data stand in it in clear
    export.storage_key, export.size = key, len(content)
    export.state, export.progress = ExportState.READY, 100
    export.ready_at, export.expires_at = now, now + KEPT
    session.flush()
    _tell(session, export)
    commit()


def archive(session: Session, household_id: int, progress: Callable[[int], Any]) -> bytes:
    """The ZIP: one JSON file per kind of data, then the family's own files."""
    packed = io.BytesIO()
    kinds = collecting.parts(household_id)
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as bundle:
        for rank, part in enumerate(kinds, 1):
            rows = list(collecting.rows(session, part))
            bundle.writestr(
                f"{part.name}.json", json.dumps(rows, ensure_ascii=False, indent=1, default=str)
            )
            if rank % 8 == 0:
                progress(rank * 70 // len(kinds))
        for name, key, sealed in collecting.files(session, household_id):
            content = storage().read(key)
            bundle.writestr(name, unseal(content, key) if sealed else content)
    return packed.getvalue()


def in_use(session: Session, keys: Sequence[str]) -> set[str]:
    """Which of these keys are exports' (hook ``files_in_use``)."""
    asked = sa.select(DataExport.storage_key).where(DataExport.storage_key.in_(keys))
    return set(session.scalars(asked))


def forget_of_households(session: Session, household_ids: Sequence[int]) -> None:
    """These households' exports and their files."""
    own = DataExport.household_id.in_(household_ids)
    keys = session.scalars(
        sa.select(DataExport.storage_key).where(own, DataExport.storage_key != "")
    )
    for key in keys.all():
        after_commit(session, partial(storage().delete, key))
    session.execute(sa.delete(DataExport).where(own))


def _tell(session: Session, export: DataExport) -> None:
    account = session.get_one(Account, export.account_id)
    tell(
        session,
        "export_ready",
        [Recipient(account.id, account.email, export.household_id, account.locale)],
        {"expires_at": export.expires_at},
        dedupe=f"export:{export.id}",
        url="/profil/donnees/",
    )


def _forget_expired(session: Session, now: datetime, commit: Commit) -> None:
    expired = session.scalars(sa.select(DataExport).where(DataExport.expires_at <= now)).all()
    for export in expired:
        storage().delete(export.storage_key)
        session.delete(export)
    if expired:
        commit()
