"""Payments: begun, settled by one function whoever brings the news, taken at the counter.

Nothing here goes through the network (``flow.py`` does, between two transactions).
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.core import audit, clock, hooks, numbering, settings
from app.core.actor import Actor
from app.core.errors import NotFound
from app.payments import notices, rules
from app.payments.errors import CurrencyNotEuro, NotToReview, ReasonMissing
from app.payments.models import Method, Payment, PaymentState, ProviderEvent, Purpose
from app.payments.providers.base import EURO, Callback, Checkout, Outcome
from app.payments.queries import COUNTER

CHECKOUT_MINUTES = 35
"""How long the family may stay on the platform's page (Stripe's least is 30)."""


def start_top_up(
    session: Session,
    actor: Actor,
    household_id: int,
    amount_cents: int,
    *,
    form_token: str,
    provider: str,
    now: datetime,
) -> Payment:
    """The payment of this form, to be committed before the platform is asked (B10).

    The same form sent again gives the same payment. Raises AmountOutOfRange.
    """
    rules.check_top_up(
        amount_cents,
        settings.get(session, settings.TOP_UP_MIN_CENTS),
        settings.get(session, settings.TOP_UP_MAX_CENTS),
    )
    payment = Payment(
        household_id=household_id,
        account_id=actor.account_id,
        purpose=Purpose.TOP_UP,
        method=Method.CARD,
        amount_cents=amount_cents,
        provider=provider,
        form_token=form_token,
        state=PaymentState.CREATED,
        created_at=now,
        expires_at=now + timedelta(minutes=CHECKOUT_MINUTES),
        # The platform lives in real time, whatever the business clock says.
        details={"closes_at": int(clock.real_now().timestamp()) + CHECKOUT_MINUTES * 60},
    )
    return _once_per_form(session, payment)


def _once_per_form(session: Session, payment: Payment) -> Payment:
    """Add ``payment``, or give back the one that this form made already."""
    token, household_id = payment.form_token, payment.household_id
    try:
        with session.begin_nested():
            session.add(payment)
            session.flush()
            return payment
    except IntegrityError:
        same = session.scalar(sa.select(Payment).where(Payment.form_token == token))
        if same is None:
            raise
        if same.household_id != household_id:
            raise NotFound from None
        return same


def note_checkout(session: Session, payment_id: int, checkout: Checkout) -> Payment:
    """Remember the platform's page; a payment settled meanwhile stays settled."""
    payment = locked(session, payment_id)
    payment.provider_ref = checkout.ref
    payment.details = payment.details | {"url": checkout.url}
    if payment.state is PaymentState.CREATED:
        payment.state = PaymentState.PENDING
    session.flush()
    return payment


def locked(session: Session, payment_id: int) -> Payment:
    """The payment, locked and read again. Raises NotFound."""
    payment = session.scalar(
        sa.select(Payment)
        .where(Payment.id == payment_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    if payment is None:
        raise NotFound
    return payment


def settle(session: Session, payment_id: int, outcome: Outcome, now: datetime) -> Payment:
    """Take the platform's word on a payment: the one function of the webhook, of the return page
    and of the reconciliation. May be called any number of times, in any order.

    Paid for the first time: does what the payment is for (``hooks.settle``), numbers the receipt
    and tells the family, in this transaction. Not what was asked: left to the régisseur.
    """
    payment = locked(session, payment_id)
    state = rules.judge(payment.state, payment.amount_cents, outcome)
    if state is None:
        return payment
    advance(session, payment, state)
    if state is PaymentState.PAID:
        _credit(session, payment, now)
    elif state is PaymentState.TO_REVIEW:
        _leave_to_review(session, payment, outcome)
    return payment


def advance(session: Session, payment: Payment, state: PaymentState) -> None:
    """Move the payment along the table, by a statement that only one of two callers wins."""
    before = payment.state
    if state not in rules.TRANSITIONS[before]:
        raise ValueError(f"no move from {before} to {state}")
    moved: sa.CursorResult[Any] = session.execute(  # type: ignore[assignment]
        sa.update(Payment)
        .where(Payment.id == payment.id, Payment.state == before)
        .values(state=state)
        .execution_options(synchronize_session=False)
    )
    if moved.rowcount != 1:
        raise RuntimeError(f"payment {payment.id} left {before} under its lock")
    session.refresh(payment)


def _credit(session: Session, payment: Payment, now: datetime) -> None:
    payment.paid_at = now
    session.flush()
    hooks.settle[payment.purpose.value](session, payment)
    year = clock.paris(now).year
    number = numbering.next_number(session, f"receipt:{year}")
    payment.receipt_number = rules.receipt_number(year, number)
    session.flush()
    notices.paid(session, payment)


def _leave_to_review(session: Session, payment: Payment, outcome: Outcome) -> None:
    payment.details = payment.details | {
        "received": {"cents": outcome.amount_cents, "currency": outcome.currency}
    }
    session.flush()
    notices.to_review(session, payment, outcome.amount_cents, outcome.currency)


def take_callback(session: Session, provider: str, callback: Callback, now: datetime) -> bool:
    """Settle what a checked message says, once per message; False when it was known already.

    A message about a payment that the portal does not know is kept and changes nothing.
    """
    payment = session.get(Payment, callback.payment_id) if callback.payment_id else None
    if payment is None or payment.provider != provider or not _is_about(payment, callback):
        return _remember(session, provider, callback, None, now)
    if not _remember(session, provider, callback, payment.id, now):
        return False
    if callback.outcome is not None:
        settle(session, payment.id, callback.outcome, now)
    return True


def _is_about(payment: Payment, callback: Callback) -> bool:
    """Another base that uses the same platform account may have a payment of that id."""
    return payment.provider_ref is None or payment.provider_ref == callback.ref


def _remember(
    session: Session, provider: str, callback: Callback, payment_id: int | None, now: datetime
) -> bool:
    event = ProviderEvent(
        provider=provider,
        event_id=callback.event_id,
        kind=callback.kind,
        payment_id=payment_id,
        received_at=now,
    )
    try:
        with session.begin_nested():
            session.add(event)
            session.flush()
    except IntegrityError:
        return False
    return True


def record_counter_payment(
    session: Session,
    actor: Actor,
    household_id: int,
    *,
    method: Method,
    amount_cents: int,
    bank: str = "",
    cheque_number: str = "",
    form_token: str,
    now: datetime,
) -> Payment:
    """Cash or a cheque handed over at the town hall: credited at once, with a receipt (B11).

    The same form sent again gives the same payment. Raises CounterAmountOutOfRange,
    ChequeIncomplete.
    """
    rules.check_counter(method, amount_cents, bank, cheque_number)
    is_cheque = method is Method.CHEQUE
    payment = _once_per_form(
        session,
        Payment(
            household_id=household_id,
            purpose=Purpose.TOP_UP,
            method=method,
            amount_cents=amount_cents,
            provider=COUNTER,
            form_token=form_token,
            state=PaymentState.CREATED,
            created_at=now,
            recorded_by=actor.account_id,
            details={"bank": bank, "cheque_number": cheque_number} if is_cheque else {},
        ),
    )
    if payment.state is PaymentState.CREATED:
        advance(session, payment, PaymentState.PAID)
        _credit(session, payment, now)
        audit.record(session, actor, "counter_payment", "payment", payment.id, household_id)
    return payment


def accept_reviewed(
    session: Session, actor: Actor, payment_id: int, reason: str, now: datetime
) -> Payment:
    """Credit what was really received, by decision of an agent.

    Raises NotToReview, CurrencyNotEuro, ReasonMissing.
    """
    payment = _to_decide(session, payment_id, reason)
    received = payment.details["received"]
    if received["currency"] != EURO:
        raise CurrencyNotEuro
    payment.details = payment.details | {"asked_cents": payment.amount_cents, "reason": reason}
    payment.amount_cents = received["cents"]
    session.flush()
    advance(session, payment, PaymentState.PAID)
    _credit(session, payment, now)
    audit.record(
        session,
        actor,
        "accept_reviewed",
        "payment",
        payment.id,
        payment.household_id,
        reason=reason,
    )
    return payment


def dismiss_reviewed(session: Session, actor: Actor, payment_id: int, reason: str) -> Payment:
    """Credit nothing (the money goes back outside the portal). Raises NotToReview, ReasonMissing."""
    payment = _to_decide(session, payment_id, reason)
    payment.details = payment.details | {"reason": reason}
    session.flush()
    advance(session, payment, PaymentState.FAILED)
    audit.record(
        session,
        actor,
        "dismiss_reviewed",
        "payment",
        payment.id,
        payment.household_id,
        reason=reason,
    )
    return payment


def _to_decide(session: Session, payment_id: int, reason: str) -> Payment:
    payment = locked(session, payment_id)
    if payment.state is not PaymentState.TO_REVIEW:
        raise NotToReview
    if not reason.strip():
        raise ReasonMissing
    return payment
