"""What a fact cost and why, and the coverage policy's cases."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.activities.models import Slot
from app.core.db import Base, UtcDateTime, choice
from app.households.models import Child, Household
from app.wallet.models import LedgerTransaction


class Charge(Base):
    """What a booking cost (B7). ``explanation`` holds ids and figures, no names (§3.3).

    A correction is a second charge with negative amounts whose ``reverses_id`` names the first.
    """

    __tablename__ = "charge"
    __table_args__ = (
        sa.Index(
            "uq_charge_booking",
            "booking_id",
            unique=True,
            sqlite_where=sa.text("reverses_id IS NULL"),
            postgresql_where=sa.text("reverses_id IS NULL"),
        ),
        sa.Index("ix_charge_household_day", "household_id", "day"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    booking_id: Mapped[int] = mapped_column(sa.ForeignKey("booking.id"))
    household_id: Mapped[int] = mapped_column(sa.ForeignKey("household.id"))
    child_id: Mapped[int] = mapped_column(sa.ForeignKey("child.id"))
    slot_id: Mapped[int] = mapped_column(sa.ForeignKey("slot.id"))
    day: Mapped[date]
    care_cents: Mapped[int]
    meal_cents: Mapped[int]
    explanation: Mapped[dict[str, Any]] = mapped_column(sa.JSON)
    ledger_transaction_id: Mapped[int] = mapped_column(
        sa.ForeignKey("ledger_transaction.id"), unique=True
    )
    reverses_id: Mapped[int | None] = mapped_column(sa.ForeignKey("charge.id"), unique=True)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)

    ledger_transaction: Mapped[LedgerTransaction] = relationship()
    household: Mapped[Household] = relationship()
    child: Mapped[Child] = relationship()
    slot: Mapped[Slot] = relationship()


class CaseState(StrEnum):
    """A coverage case is open until covered, carried out, or stopped by an agent (B9)."""

    OPEN = "open"
    COVERED = "covered"
    REMOVED = "removed"
    STOPPED = "stopped"


class CoverageCase(Base):
    """A household whose available balance fell below zero (B9), with its grace period."""

    __tablename__ = "coverage_case"
    __table_args__ = (
        sa.Index(
            "uq_coverage_case_open",
            "household_id",
            unique=True,
            sqlite_where=sa.text("state = 'open'"),
            postgresql_where=sa.text("state = 'open'"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    household_id: Mapped[int] = mapped_column(sa.ForeignKey("household.id"))
    state: Mapped[CaseState] = mapped_column(choice(CaseState), default=CaseState.OPEN)
    opened_at: Mapped[datetime] = mapped_column(UtcDateTime)
    warned_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    grace_until: Mapped[datetime] = mapped_column(UtcDateTime)
    closed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    closed_by: Mapped[int | None] = mapped_column(sa.ForeignKey("ab_user.id"))
    log: Mapped[list[dict[str, Any]]] = mapped_column(sa.JSON, default=list)

    household: Mapped[Household] = relationship()
