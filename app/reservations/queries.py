"""Reads of bookings: cover, cost to come, history. Constant statements."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy.orm import Session

from app.reservations.models import BookingState, ChangeOrigin


@dataclass(frozen=True)
class HistoryLine:
    """One booking of a child as one household sees it (B3).

    ``cents`` is None for the other parent's (A12). ``cancelled_by``: what cancelled it, with
    ``reason`` when it was neither parent.
    """

    booking_id: int
    day: date
    slot_name: str
    state: BookingState
    by_us: bool
    cents: int | None
    charged: bool
    created_at: datetime
    cancelled_at: datetime | None
    cancelled_by: ChangeOrigin | None
    reason: str


def history(
    session: Session, household_id: int, child_id: int, *, limit: int, offset: int = 0
) -> list[HistoryLine]:
    """The bookings of the child, the latest saved first; the other parent's if the tie shows them."""
    raise NotImplementedError


def history_page(
    session: Session, household_id: int, child_id: int, page: int, size: int = 50
) -> tuple[list[HistoryLine], int]:
    """One page of the history (the first is 1) and how many pages there are."""
    raise NotImplementedError


def required_cover(
    session: Session, household_ids: Sequence[int], today: date | None = None
) -> dict[int, int]:
    """Required cover in cents of each household (B6); registered in ``hooks.committed_cents``."""
    raise NotImplementedError


def upcoming_cost_by_day(
    session: Session, household_id: int, first: date, last: date
) -> dict[date, int]:
    """Price in cents of the household's live, uncharged bookings of each day that has some."""
    raise NotImplementedError
