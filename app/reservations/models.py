"""Bookings, and the saves that made or cancelled them."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.activities.models import Opening
from app.core.db import Base, UtcDateTime, choice
from app.households.models import Child, Household


class BookingState(StrEnum):
    """HELD (camps, while paying), LIVE, CANCELLED."""

    HELD = "held"
    LIVE = "live"
    CANCELLED = "cancelled"


class ChangeOrigin(StrEnum):
    """Who or what made a save."""

    MONTH = "month"
    GROUPED = "grouped"
    AGENT = "agent"
    CLOSURE = "closure"
    COVER = "cover"
    TIE_ENDED = "tie_ended"
    ENROLMENT_ENDED = "enrolment_ended"
    CAMP = "camp"


class BookingChange(Base):
    """One save: what was added and removed together, by whom and why.

    ``form_token`` makes the same save sent twice change nothing the second time (§5.4).
    """

    __tablename__ = "booking_change"

    id: Mapped[int] = mapped_column(primary_key=True)
    household_id: Mapped[int | None] = mapped_column(sa.ForeignKey("household.id"), index=True)
    account_id: Mapped[int | None] = mapped_column(sa.ForeignKey("ab_user.id"))
    origin: Mapped[ChangeOrigin] = mapped_column(choice(ChangeOrigin))
    form_token: Mapped[str | None] = mapped_column(sa.String(64), unique=True)
    reason: Mapped[str] = mapped_column(sa.String(200), default="")
    added: Mapped[int] = mapped_column(default=0)
    removed: Mapped[int] = mapped_column(default=0)
    report: Mapped[dict[str, Any]] = mapped_column(sa.JSON, default=dict)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)


class Booking(Base):
    """One child on one opening, paid by one household.

    ``care_cents`` and ``meal_cents`` are the estimate of the price (§3.1). ``day`` repeats the
    opening's, which never moves, so that the cover (B6) is one index range. ``charged`` is set by
    the transaction that writes the charge.
    """

    __tablename__ = "booking"
    __table_args__ = (
        sa.Index(
            "uq_booking_child_opening_active",
            "child_id",
            "opening_id",
            unique=True,
            sqlite_where=sa.text("state IN ('held', 'live')"),
            postgresql_where=sa.text("state IN ('held', 'live')"),
        ),
        sa.Index(
            "ix_booking_cover",
            "household_id",
            "day",
            "care_cents",
            "meal_cents",
            sqlite_where=sa.text("state = 'live' AND NOT charged"),
            postgresql_where=sa.text("state = 'live' AND NOT charged"),
        ),
        sa.Index(
            "ix_booking_to_charge",
            "day",
            sqlite_where=sa.text("state = 'live' AND NOT charged"),
            postgresql_where=sa.text("state = 'live' AND NOT charged"),
        ),
        sa.Index("ix_booking_child_day", "child_id", "day"),
        sa.Index("ix_booking_opening", "opening_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    child_id: Mapped[int] = mapped_column(sa.ForeignKey("child.id"))
    opening_id: Mapped[int] = mapped_column(sa.ForeignKey("opening.id"))
    household_id: Mapped[int] = mapped_column(sa.ForeignKey("household.id"))
    day: Mapped[date]
    state: Mapped[BookingState] = mapped_column(choice(BookingState), default=BookingState.LIVE)
    held_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    payment_id: Mapped[int | None] = mapped_column(sa.ForeignKey("payment.id"), index=True)
    care_cents: Mapped[int]
    meal_cents: Mapped[int] = mapped_column(default=0)
    band_id: Mapped[int | None] = mapped_column(sa.ForeignKey("price_band.id"))
    charged: Mapped[bool] = mapped_column(default=False, server_default=sa.false())
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    created_in: Mapped[int] = mapped_column(sa.ForeignKey("booking_change.id"), index=True)
    cancelled_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    cancelled_in: Mapped[int | None] = mapped_column(sa.ForeignKey("booking_change.id"), index=True)

    child: Mapped[Child] = relationship()
    opening: Mapped[Opening] = relationship()
    household: Mapped[Household] = relationship()
