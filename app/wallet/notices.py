"""What is said about a prepaid account, to its household's holder (§3.8)."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from app.households import queries as households
from app.notices import services as notices
from app.payments.models import Refund
from app.payments.notices import holder

PAGE = "/paiements/"
Sums = dict[int, tuple[int, int | None]]
"""Household id → (balance in cents, threshold in cents or None)."""


def negative(session: Session, sums: Sums, now: datetime) -> None:
    """The balance fell below zero: no new booking until it is topped up (B8)."""
    _tell_holders(session, "balance_negative", sums, now)


def low(session: Session, sums: Sums, now: datetime) -> None:
    """The balance fell below the threshold that the parent chose."""
    _tell_holders(session, "balance_low", sums, now)


def _tell_holders(session: Session, template: str, sums: Sums, now: datetime) -> None:
    if not sums:
        return
    holders = households.recipients(session, list(sums), money=True)
    rows = [
        (
            recipient,
            {"balance_cents": balance, "threshold_cents": threshold},
            f"{template}:{household_id}:{now:%Y%m%dT%H%M%S}",
        )
        for household_id, (balance, threshold) in sums.items()
        for recipient in holders.get(household_id, [])
    ]
    notices.tell_many(session, template, rows, url=PAGE)


def refunded(session: Session, refund: Refund) -> None:
    """Money left the prepaid account for the family."""
    notices.tell(
        session,
        "refund_recorded",
        holder(session, refund.household_id),
        {"amount_cents": refund.amount_cents, "reason": refund.reason},
        dedupe=f"refund_recorded:{refund.id}",
        url=PAGE,
    )
