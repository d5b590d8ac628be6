"""The household's prepaid account and the double-entry ledger it is a view of."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.core.db import Base, UtcDateTime, choice
from app.households.models import Household


class Wallet(Base):
    """A household's prepaid account. Its balance is the sum of its ledger entries.

    Locked (``FOR UPDATE``) by whatever spends or books. ``negative_since`` marks a crossing below
    zero (B8); ``low_threshold_cents`` is chosen by the parent, ``low_since`` marks its crossing.
    """

    __tablename__ = "wallet"

    id: Mapped[int] = mapped_column(primary_key=True)
    household_id: Mapped[int] = mapped_column(sa.ForeignKey("household.id"), unique=True)
    negative_since: Mapped[datetime | None] = mapped_column(UtcDateTime)
    low_threshold_cents: Mapped[int | None]
    low_since: Mapped[datetime | None] = mapped_column(UtcDateTime)

    household: Mapped[Household] = relationship()

    def __repr__(self) -> str:
        return str(self.household)


class LedgerAccount(StrEnum):
    """The accounts of the ledger. WALLET is what the commune owes families."""

    WALLET = "wallet"
    CARD = "card"
    CASH = "cash"
    CHEQUE = "cheque"
    CARE = "care"
    MEAL = "meal"
    REFUND = "refund"


class LedgerKind(StrEnum):
    """Why a transaction was written; with ``ref`` it is unique, so nothing is written twice."""

    TOP_UP = "top_up"
    CHARGE = "charge"
    REVERSAL = "reversal"
    REFUND = "refund"


class LedgerTransaction(Base):
    """Entries that sum to zero. Never updated nor deleted (§5.2).

    ``accounted_at``: when it was written; ``value_date``: the day it is about (§3.3).
    """

    __tablename__ = "ledger_transaction"
    __table_args__ = (sa.UniqueConstraint("kind", "ref"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[LedgerKind] = mapped_column(choice(LedgerKind))
    ref: Mapped[str] = mapped_column(sa.String(60))
    accounted_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
    value_date: Mapped[date]
    reverses_id: Mapped[int | None] = mapped_column(
        sa.ForeignKey("ledger_transaction.id"), unique=True
    )
    author_id: Mapped[int | None] = mapped_column(sa.ForeignKey("ab_user.id"))
    reason: Mapped[str] = mapped_column(sa.Text, default="")

    entries: Mapped[list[LedgerEntry]] = relationship(back_populates="transaction")

    def __repr__(self) -> str:
        return self.ref


class LedgerEntry(Base):
    """One line: positive credits the account, negative debits it, in cents."""

    __tablename__ = "ledger_entry"
    __table_args__ = (
        sa.Index("ix_ledger_entry_balance", "wallet_id", "amount_cents"),
        sa.CheckConstraint(
            "(account = 'wallet') = (wallet_id IS NOT NULL)", name="wallet_entries_have_a_wallet"
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    transaction_id: Mapped[int] = mapped_column(sa.ForeignKey("ledger_transaction.id"), index=True)
    account: Mapped[LedgerAccount] = mapped_column(choice(LedgerAccount))
    wallet_id: Mapped[int | None] = mapped_column(sa.ForeignKey("wallet.id"))
    amount_cents: Mapped[int]

    transaction: Mapped[LedgerTransaction] = relationship(back_populates="entries")
