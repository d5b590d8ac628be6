"""The ledger's only writers (§5.2): wallets locked, balanced transactions written.

Wallets are locked in the order of their ids, after payments, openings and bookings, before counters
(docs/locking.md). The verbs built on this: ``money.py`` (in and out), ``crossings.py`` (B8).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.core.db import table_of
from app.wallet.errors import AlreadyPosted
from app.wallet.models import LedgerEntry, LedgerKind, LedgerTransaction, Wallet
from app.wallet.rules import Line, check_balanced

BATCH = 5_000


@dataclass(frozen=True)
class NewTransaction:
    """One transaction to write. ``ref`` is unique within its kind, « charge:123 »."""

    kind: LedgerKind
    ref: str
    value_date: date
    lines: Sequence[Line]
    author_id: int | None = None
    reason: str = ""
    reverses_id: int | None = field(default=None)


def ensure_wallet(session: Session, household_id: int) -> Wallet:
    """The household's wallet, made when it has none; safe when two ask at once."""
    found = session.scalar(sa.select(Wallet).where(Wallet.household_id == household_id))
    return found or _make_wallet(session, household_id)


def _make_wallet(session: Session, household_id: int) -> Wallet:
    dialect = postgresql if session.get_bind().dialect.name == "postgresql" else sqlite
    session.execute(
        dialect.insert(Wallet).values(household_id=household_id).on_conflict_do_nothing()
    )
    return session.scalars(sa.select(Wallet).where(Wallet.household_id == household_id)).one()


def lock_wallets(session: Session, household_ids: Iterable[int]) -> dict[int, Wallet]:
    """Wallets by household id, locked in the order of their own ids. One statement.

    A household without a wallet gets one. The rows are read again, whatever the session knew.
    """
    asked = set(household_ids)
    locked = _locked(session, asked)
    if missing := asked - locked.keys():
        for household_id in sorted(missing):
            _make_wallet(session, household_id)
        locked = _locked(session, asked)
    return locked


def _locked(session: Session, household_ids: set[int]) -> dict[int, Wallet]:
    statement = (
        sa.select(Wallet)
        .where(Wallet.household_id.in_(household_ids))
        .order_by(Wallet.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    return {wallet.household_id: wallet for wallet in session.scalars(statement)}


def post(
    session: Session,
    kind: LedgerKind,
    ref: str,
    value_date: date,
    lines: Sequence[Line],
    *,
    now: datetime,
    author_id: int | None = None,
    reason: str = "",
    reverses_id: int | None = None,
) -> int:
    """Write one transaction; returns its id.

    Raises AlreadyPosted when (kind, ref) is in the ledger, or when ``reverses_id`` is reversed
    already; Unbalanced when the lines do not sum to zero.
    """
    row = NewTransaction(kind, ref, value_date, lines, author_id, reason, reverses_id)
    return post_many(session, [row], now)[0]


def post_many(session: Session, rows: Sequence[NewTransaction], now: datetime) -> list[int]:
    """Write many transactions; their ids in order. All or nothing, in two bulk inserts a batch.

    Raises AlreadyPosted when one of them is in the ledger already (nothing is written then).
    """
    for row in rows:
        check_balanced(row.lines)
    try:
        with session.begin_nested():
            ids: list[int] = []
            for start in range(0, len(rows), BATCH):
                ids += _insert(session, rows[start : start + BATCH], now)
            return ids
    except IntegrityError as error:
        if taken := _first_posted(session, rows):
            raise AlreadyPosted(ref=taken) from error
        raise


def _first_posted(session: Session, rows: Sequence[NewTransaction]) -> str | None:
    """The reference of one of ``rows`` that the ledger holds already, or reversed already."""
    for start in range(0, len(rows), BATCH):
        part = rows[start : start + BATCH]
        same = sa.tuple_(LedgerTransaction.kind, LedgerTransaction.ref).in_(
            [(row.kind, row.ref) for row in part]
        )
        undone = LedgerTransaction.reverses_id.in_([row.reverses_id for row in part])
        found = session.scalar(sa.select(LedgerTransaction.ref).where(sa.or_(same, undone)))
        if found is not None:
            return found
    return None


def _insert(session: Session, rows: Sequence[NewTransaction], now: datetime) -> list[int]:
    """Two bulk inserts. Ids are matched by reference: asking the driver for them in order would
    send one statement a row on SQLite."""
    statement = sa.insert(table_of(LedgerTransaction)).returning(
        LedgerTransaction.id, LedgerTransaction.kind, LedgerTransaction.ref
    )
    written = session.execute(statement, [_transaction(row, now) for row in rows])
    by_ref = {(kind, ref): transaction_id for transaction_id, kind, ref in written}
    ids = [by_ref[row.kind, row.ref] for row in rows]
    entries = [
        {
            "transaction_id": transaction_id,
            "account": line.account,
            "wallet_id": line.wallet_id,
            "amount_cents": line.amount_cents,
        }
        for transaction_id, row in zip(ids, rows, strict=True)
        for line in row.lines
    ]
    session.execute(sa.insert(table_of(LedgerEntry)), entries)
    return ids


def _transaction(row: NewTransaction, now: datetime) -> dict[str, object]:
    return {
        "kind": row.kind,
        "ref": row.ref,
        "accounted_at": now,
        "value_date": row.value_date,
        "author_id": row.author_id,
        "reason": row.reason,
        "reverses_id": row.reverses_id,
    }


def note_crossings(session: Session, household_ids: Sequence[int], now: datetime) -> None:
    """Tell the holders whose balance crossed zero or their threshold, once per crossing (B8)."""
    from app.wallet import crossings  # it locks through this module

    crossings.note(session, household_ids, now)
