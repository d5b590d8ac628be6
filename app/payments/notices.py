"""What is said about payments, to whom (§3.8: one holder per household for money)."""

from __future__ import annotations

from sqlalchemy.orm import Session

from app.households import queries as households
from app.notices import services as notices
from app.notices.services import Recipient
from app.payments import queries
from app.payments.models import Payment


def holder(session: Session, household_id: int) -> list[Recipient]:
    """Who is told about the money of a household."""
    return list(households.recipients(session, [household_id], money=True).get(household_id, []))


def paid(session: Session, payment: Payment) -> None:
    """The receipt, in the space and by e-mail."""
    notices.tell(
        session,
        "payment_received",
        holder(session, payment.household_id),
        {
            "amount_cents": payment.amount_cents,
            "receipt_number": payment.receipt_number,
            "method": payment.method.value,
            "paid_at": payment.paid_at,
        },
        dedupe=f"payment_received:{payment.id}",
        url=f"/paiements/recus/{payment.id}",
    )


def reversed_(session: Session, payment: Payment, reason: str) -> None:
    """A payment of the counter was taken back."""
    notices.tell(
        session,
        "payment_reversed",
        holder(session, payment.household_id),
        {
            "amount_cents": payment.amount_cents,
            "receipt_number": payment.receipt_number,
            "reason": reason,
        },
        dedupe=f"payment_reversed:{payment.id}",
        url="/paiements/",
    )


def to_review(session: Session, payment: Payment, received_cents: int, currency: str) -> None:
    """Tell the régisseurs that money came which does not match what was asked."""
    people = [
        Recipient(account_id=account.id, email=account.email, locale=account.locale)
        for account in queries.treasurers(session)
    ]
    notices.tell(
        session,
        "payment_to_review",
        people,
        {
            "payment_id": payment.id,
            "asked_cents": payment.amount_cents,
            "received_cents": received_cents,
            "currency": currency.upper(),
        },
        dedupe=f"payment_to_review:{payment.id}",
        url=f"/agents/guichet/a-verifier/{payment.id}",
    )
