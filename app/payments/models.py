"""Money in through a provider or the counter, and money out."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.core.db import Base, UtcDateTime, choice
from app.households.models import Household


class Purpose(StrEnum):
    """What a payment is for; the registry maps it to what settles it."""

    TOP_UP = "top_up"
    CAMP = "camp"


class PaymentState(StrEnum):
    """CREATED before the provider is asked, PENDING while the family pays, then one end.

    TO_REVIEW: money that does not match what was asked (amount, currency); the régisseur decides.
    REVERSED: a payment of the counter taken back, with a reason. The moves: ``rules.TRANSITIONS``.
    """

    CREATED = "created"
    PENDING = "pending"
    PAID = "paid"
    FAILED = "failed"
    EXPIRED = "expired"
    TO_REVIEW = "to_review"
    REVERSED = "reversed"


class Method(StrEnum):
    """How the money came."""

    CARD = "card"
    CASH = "cash"
    CHEQUE = "cheque"


class Payment(Base):
    """A family's payment; credited once, whatever the browser or the platform does (B10).

    ``receipt_number``: « 2027-00318 », given when paid, without a gap. ``details``: ``url`` and
    ``closes_at`` of the platform's page, ``bank`` and ``cheque_number`` of the counter, ``received``
    when it does not match, ``reason`` of what an agent decided.
    """

    __tablename__ = "payment"
    __table_args__ = (
        sa.CheckConstraint("amount_cents > 0", name="amount_positive"),
        sa.UniqueConstraint("provider", "provider_ref"),
        sa.Index("ix_payment_state", "state", "created_at"),
        sa.Index("ix_payment_paid_at", "paid_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    household_id: Mapped[int] = mapped_column(sa.ForeignKey("household.id"), index=True)
    account_id: Mapped[int | None] = mapped_column(sa.ForeignKey("ab_user.id"))
    purpose: Mapped[Purpose] = mapped_column(choice(Purpose))
    method: Mapped[Method] = mapped_column(choice(Method), default=Method.CARD)
    amount_cents: Mapped[int]
    provider: Mapped[str] = mapped_column(sa.String(20))
    provider_ref: Mapped[str | None] = mapped_column(sa.String(200))
    state: Mapped[PaymentState] = mapped_column(choice(PaymentState), default=PaymentState.CREATED)
    form_token: Mapped[str | None] = mapped_column(sa.String(64), unique=True)
    receipt_number: Mapped[str | None] = mapped_column(sa.String(20), unique=True)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    paid_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    recorded_by: Mapped[int | None] = mapped_column(sa.ForeignKey("ab_user.id"))
    details: Mapped[dict[str, Any]] = mapped_column(sa.JSON, default=dict)

    household: Mapped[Household] = relationship()


class RefundState(StrEnum):
    """A refund is asked, then done or failed."""

    ASKED = "asked"
    DONE = "done"
    FAILED = "failed"


class Refund(Base):
    """Money that leaves the wallet or goes back to a card; the only way out (§3.2)."""

    __tablename__ = "refund"
    __table_args__ = (sa.CheckConstraint("amount_cents > 0", name="amount_positive"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    household_id: Mapped[int] = mapped_column(sa.ForeignKey("household.id"), index=True)
    payment_id: Mapped[int | None] = mapped_column(sa.ForeignKey("payment.id"))
    amount_cents: Mapped[int]
    method: Mapped[str] = mapped_column(sa.String(20))
    reason: Mapped[str] = mapped_column(sa.Text)
    state: Mapped[RefundState] = mapped_column(choice(RefundState), default=RefundState.ASKED)
    provider_ref: Mapped[str | None] = mapped_column(sa.String(200))
    form_token: Mapped[str | None] = mapped_column(sa.String(64), unique=True)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    done_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    recorded_by: Mapped[int | None] = mapped_column(sa.ForeignKey("ab_user.id"))

    household: Mapped[Household] = relationship()


class ProviderEvent(Base):
    """A callback of a provider that was taken in; the same one again changes nothing."""

    __tablename__ = "provider_event"
    __table_args__ = (sa.UniqueConstraint("provider", "event_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    provider: Mapped[str] = mapped_column(sa.String(20))
    event_id: Mapped[str] = mapped_column(sa.String(200))
    kind: Mapped[str] = mapped_column(sa.String(80))
    payment_id: Mapped[int | None] = mapped_column(sa.ForeignKey("payment.id"))
    received_at: Mapped[datetime] = mapped_column(UtcDateTime)
