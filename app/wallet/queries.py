"""Reads of the wallet; a balance is always the sum of the ledger's entries."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.core import hooks
from app.payments.models import Payment
from app.wallet.models import LedgerEntry, Wallet
from app.wallet.rules import Standing

SOME = 5_000
"""Ids named in one statement; more are read with the whole table (SQLite's limit is 32,766)."""


def balance(session: Session, household_id: int) -> int:
    """Cents on the household's prepaid account; 0 without one. One statement."""
    return balances(session, [household_id])[household_id]


def balances(session: Session, household_ids: Sequence[int]) -> dict[int, int]:
    """Cents of each household asked for, 0 included. One statement, whatever their number."""
    if not household_ids:
        return {}
    total = sa.func.coalesce(sa.func.sum(LedgerEntry.amount_cents), 0)
    statement = (
        sa.select(Wallet.household_id, total)
        .join(LedgerEntry, LedgerEntry.wallet_id == Wallet.id)
        .group_by(Wallet.household_id)
    )
    if len(household_ids) <= SOME:
        statement = statement.where(Wallet.household_id.in_(household_ids))
    found = {row[0]: int(row[1]) for row in session.execute(statement)}
    return {household_id: found.get(household_id, 0) for household_id in household_ids}


def balances_of_wallets(session: Session, wallet_ids: Sequence[int]) -> dict[int, int]:
    """Cents of each of these wallets, 0 included. One statement."""
    total = sa.func.sum(LedgerEntry.amount_cents)
    found = session.execute(
        sa.select(LedgerEntry.wallet_id, total)
        .where(LedgerEntry.wallet_id.in_(wallet_ids))
        .group_by(LedgerEntry.wallet_id)
    )
    sums = {wallet_id: int(cents) for wallet_id, cents in found}
    return {wallet_id: sums.get(wallet_id, 0) for wallet_id in wallet_ids}


def is_negative() -> sa.ColumnElement[bool]:
    """SQL: the wallet has been below zero since a day (B8)."""
    return Wallet.negative_since.is_not(None)


def negative_figure() -> sa.Select[int]:
    """How many wallets are, as a part of another statement."""
    return sa.select(sa.func.count(Wallet.id)).where(is_negative())


def balance_of(household_id: sa.BindParameter[int]) -> sa.ScalarSelect[int]:
    """The balance of one household, inside another statement."""
    return (
        sa.select(sa.func.coalesce(sa.func.sum(LedgerEntry.amount_cents), 0))
        .join(Wallet, LedgerEntry.wallet_id == Wallet.id)
        .where(Wallet.household_id == household_id)
        .scalar_subquery()
    )


def standing(session: Session, household_id: int) -> Standing:
    """Balance and required cover (B6); the cover is asked through ``hooks.committed_cents``."""
    required = sum(asked(session, [household_id])[household_id] for asked in hooks.committed_cents)
    return Standing(balance_cents=balance(session, household_id), required_cents=required)


def wallet_of(session: Session, household_id: int) -> Wallet | None:
    """The household's wallet, unlocked."""
    return session.scalar(sa.select(Wallet).where(Wallet.household_id == household_id))


def has_history(session: Session, household_id: int) -> bool:
    """Whether money of the household ever moved, or is on its way (a payment was started)."""
    moved = sa.exists().where(
        LedgerEntry.wallet_id == Wallet.id, Wallet.household_id == household_id
    )
    started = sa.exists().where(Payment.household_id == household_id)
    return bool(session.scalar(sa.select(sa.or_(moved, started))))
