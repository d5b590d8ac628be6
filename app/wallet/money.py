"""Money into the wallet and out of it: top-ups, reversals of the counter, refunds."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.core import audit, clock, hooks
from app.core.actor import Actor
from app.core.errors import NotFound
from app.payments import notices as payment_notices
from app.payments import services as payments
from app.payments.models import (
    Method,
    Payment,
    PaymentState,
    Purpose,
    Refund,
    RefundState,
)
from app.payments.queries import COUNTER
from app.wallet import notices, queries
from app.wallet.errors import NotEnoughToRefund, NotReversible, ReasonMissing
from app.wallet.models import LedgerAccount, LedgerEntry, LedgerKind, LedgerTransaction
from app.wallet.rules import Line, opposite
from app.wallet.services import lock_wallets, note_crossings, post

RECEIVED_IN = {
    Method.CARD: LedgerAccount.CARD,
    Method.CASH: LedgerAccount.CASH,
    Method.CHEQUE: LedgerAccount.CHEQUE,
}


def credit_top_up(session: Session, payment: Payment) -> None:
    """What a paid top-up does (``hooks.settle``): credit the wallet, once.

    UNIQUE(kind, ref) in the ledger is the second lock behind the payment's state.
    """
    now = payment.paid_at or clock.now()
    wallet = lock_wallets(session, [payment.household_id])[payment.household_id]
    post(
        session,
        LedgerKind.TOP_UP,
        f"payment:{payment.id}",
        clock.paris(now).date(),
        [
            Line(LedgerAccount.WALLET, payment.amount_cents, wallet.id),
            Line(RECEIVED_IN[payment.method], -payment.amount_cents),
        ],
        now=now,
        author_id=payment.recorded_by or payment.account_id,
    )
    note_crossings(session, [payment.household_id], now)
    for credited in hooks.wallet_credited:
        credited(session, payment.household_id)


def reverse(
    session: Session, transaction_id: int, *, reason: str, author_id: int | None, now: datetime
) -> int:
    """Write the opposite of a transaction, the only way to correct (§5.2); its id.

    The caller has locked the wallets. Raises AlreadyPosted when it is reversed already,
    ReasonMissing.
    """
    if not reason.strip():
        raise ReasonMissing
    first = session.get(LedgerTransaction, transaction_id)
    if first is None:
        raise NotFound
    return post(
        session,
        LedgerKind.REVERSAL,
        f"reversal:{transaction_id}",
        first.value_date,
        opposite(_lines(session, transaction_id)),
        now=now,
        author_id=author_id,
        reason=reason.strip(),
        reverses_id=transaction_id,
    )


def _lines(session: Session, transaction_id: int) -> Sequence[Line]:
    entries = session.scalars(
        sa.select(LedgerEntry)
        .where(LedgerEntry.transaction_id == transaction_id)
        .order_by(LedgerEntry.id)
    )
    return [Line(entry.account, entry.amount_cents, entry.wallet_id) for entry in entries]


def reverse_counter_payment(
    session: Session, actor: Actor, payment_id: int, reason: str, now: datetime
) -> Payment:
    """Take back a payment of the counter (cheque refused, typing mistake), with its reason.

    The receipt keeps its number and says that it was reversed. Raises NotReversible, ReasonMissing.
    """
    if not reason.strip():
        raise ReasonMissing
    payment = payments.locked(session, payment_id)
    if not (
        payment.provider == COUNTER
        and payment.state is PaymentState.PAID
        and payment.purpose is Purpose.TOP_UP
    ):
        raise NotReversible
    payment.details = payment.details | {"reason": reason.strip()}
    session.flush()
    payments.advance(session, payment, PaymentState.REVERSED)
    lock_wallets(session, [payment.household_id])
    credited = session.scalars(
        sa.select(LedgerTransaction.id).where(
            LedgerTransaction.kind == LedgerKind.TOP_UP,
            LedgerTransaction.ref == f"payment:{payment.id}",
        )
    ).one()
    reverse(session, credited, reason=reason, author_id=actor.account_id, now=now)
    note_crossings(session, [payment.household_id], now)
    payment_notices.reversed_(session, payment, reason.strip())
    audit.record(
        session,
        actor,
        "reverse",
        "payment",
        payment.id,
        payment.household_id,
        reason=reason.strip(),
    )
    return payment


def refund(
    session: Session,
    actor: Actor,
    household_id: int,
    *,
    amount_cents: int,
    method: str,
    reason: str,
    form_token: str,
    now: datetime,
) -> Refund:
    """Money given back to the family out of its wallet, the only way out (§3.2).

    ``method``: how it leaves, « transfer », « cash » or « cheque ». The same form sent again gives
    the same refund. Raises NotEnoughToRefund, ReasonMissing.
    """
    if not reason.strip():
        raise ReasonMissing
    wallet = lock_wallets(session, [household_id])[household_id]
    done = session.scalar(sa.select(Refund).where(Refund.form_token == form_token))
    if done is not None:
        return _own(done, household_id)
    balance = queries.balance(session, household_id)
    if not 0 < amount_cents <= balance:
        raise NotEnoughToRefund(balance_cents=max(balance, 0))
    given = Refund(
        household_id=household_id,
        amount_cents=amount_cents,
        method=method,
        reason=reason.strip(),
        state=RefundState.DONE,
        created_at=now,
        done_at=now,
        recorded_by=actor.account_id,
        form_token=form_token,
    )
    session.add(given)
    session.flush()
    _post_refund(session, given, wallet.id)
    note_crossings(session, [household_id], now)
    notices.refunded(session, given)
    audit.record(session, actor, "refund", "refund", given.id, household_id, cents=amount_cents)
    return given


def _own(refund: Refund, household_id: int) -> Refund:
    if refund.household_id != household_id:
        raise NotFound
    return refund


def _post_refund(session: Session, given: Refund, wallet_id: int) -> None:
    post(
        session,
        LedgerKind.REFUND,
        f"refund:{given.id}",
        clock.paris(given.created_at).date(),
        [
            Line(LedgerAccount.WALLET, -given.amount_cents, wallet_id),
            Line(LedgerAccount.REFUND, given.amount_cents),
        ],
        now=given.created_at,
        author_id=given.recorded_by,
        reason=given.reason,
    )
