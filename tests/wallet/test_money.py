"""Money in and out of the prepaid account, and what is said of it (B8, §3.2)."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.core import clock
from app.core.actor import Actor
from app.notices.models import Notice, OutboxMessage
from app.payments.models import Method, Payment, PaymentState, Refund
from app.payments.services import record_counter_payment
from app.wallet import crossings, money, queries
from app.wallet.errors import NotEnoughToRefund, NotReversible, ReasonMissing
from app.wallet.models import LedgerAccount as A
from app.wallet.models import LedgerKind, Wallet
from app.wallet.rules import Line
from app.wallet.services import lock_wallets, note_crossings, post
from tests.factories import Cast

TOKEN = "7d0b6b5e-7d5c-4f57-8f10-0d7a5c0f0001"


def told(session: Session, template: str) -> list[OutboxMessage]:
    session.flush()
    return list(session.scalars(sa.select(OutboxMessage).where(OutboxMessage.template == template)))


def spend(session: Session, cast: Cast, cents: int, ref: str) -> None:
    wallet = lock_wallets(session, [cast.home.id])[cast.home.id]
    lines = [Line(A.WALLET, -cents, wallet.id), Line(A.CARE, cents)]
    post(session, LedgerKind.CHARGE, ref, clock.today(), lines, now=clock.now())
    note_crossings(session, [cast.home.id], clock.now())


def wallet(session: Session, cast: Cast) -> Wallet:
    found = queries.wallet_of(session, cast.home.id)
    assert found is not None
    return found


def counter(session: Session, cast: Cast, cents: int = 5_000, **more: Any) -> Payment:
    values = {"method": Method.CASH, "form_token": TOKEN, "now": clock.now()} | more
    regie = Actor(cast.regie.id)
    return record_counter_payment(session, regie, cast.home.id, amount_cents=cents, **values)


def test_a_fall_below_zero_is_told_once(session: Session, cast: Cast, frozen_clock: Any) -> None:
    spend(session, cast, 10_000, "charge:1")
    assert told(session, "balance_negative") == []
    spend(session, cast, 1, "charge:2")
    spend(session, cast, 500, "charge:3")
    assert [mail.to_address for mail in told(session, "balance_negative")] == [cast.camille.email]
    assert wallet(session, cast).negative_since is not None
    counter(session, cast, 1_000)
    assert wallet(session, cast).negative_since is None
    frozen_clock.shift(3600)
    spend(session, cast, 2_000, "charge:4")
    assert len(told(session, "balance_negative")) == 2


def test_the_second_adult_is_not_told_about_money(session: Session, make: Any, cast: Cast) -> None:
    make.parent("alex.martin", cast.home)
    spend(session, cast, 10_001, "charge:1")
    assert len(told(session, "balance_negative")) == 1
    assert session.scalars(sa.select(Notice.account_id)).all() == [cast.camille.id]


def test_a_low_balance_is_told_once_per_fall(
    session: Session, cast: Cast, frozen_clock: Any
) -> None:
    crossings.choose_threshold(session, cast.home.id, 2_000, clock.now())
    spend(session, cast, 8_000, "charge:1")
    assert told(session, "balance_low") == []
    spend(session, cast, 1, "charge:2")
    spend(session, cast, 100, "charge:3")
    assert len(told(session, "balance_low")) == 1
    counter(session, cast, 5_000)
    frozen_clock.shift(3600)
    spend(session, cast, 5_000, "charge:4")
    assert len(told(session, "balance_low")) == 2


def test_choosing_a_threshold_above_the_balance_tells_nothing(session: Session, cast: Cast) -> None:
    crossings.choose_threshold(session, cast.home.id, 20_000, clock.now())
    note_crossings(session, [cast.home.id], clock.now())
    assert told(session, "balance_low") == []
    crossings.choose_threshold(session, cast.home.id, None, clock.now())
    assert wallet(session, cast).low_since is None


def test_cash_is_credited_with_a_numbered_receipt(session: Session, cast: Cast) -> None:
    payment = counter(session, cast)
    assert payment.state is PaymentState.PAID
    assert payment.receipt_number == "2027-00001"
    assert queries.balance(session, cast.home.id) == 15_000
    assert [mail.to_address for mail in told(session, "payment_received")] == [cast.camille.email]


def test_the_same_counter_form_credits_once(session: Session, cast: Cast) -> None:
    first, second = counter(session, cast), counter(session, cast)
    assert first.id == second.id
    assert queries.balance(session, cast.home.id) == 15_000


def test_receipts_have_no_gap_after_a_refusal(session: Session, cast: Cast) -> None:
    session.commit()
    counter(session, cast)
    session.rollback()
    payment = counter(session, cast, form_token=TOKEN.replace("0001", "0002"))
    assert payment.receipt_number == "2027-00001"


def test_a_counter_payment_is_reversed_once_with_a_reason(session: Session, cast: Cast) -> None:
    payment, regie = counter(session, cast), Actor(cast.regie.id)
    with pytest.raises(ReasonMissing):
        money.reverse_counter_payment(session, regie, payment.id, " ", clock.now())
    money.reverse_counter_payment(session, regie, payment.id, "Chèque refusé", clock.now())
    assert payment.state is PaymentState.REVERSED
    assert payment.receipt_number == "2027-00001"
    assert queries.balance(session, cast.home.id) == 10_000
    with pytest.raises(NotReversible):
        money.reverse_counter_payment(session, regie, payment.id, "Encore", clock.now())
    assert len(told(session, "payment_reversed")) == 1


def test_a_reversal_may_make_the_account_negative_and_says_so(session: Session, cast: Cast) -> None:
    payment = counter(session, cast)
    spend(session, cast, 12_000, "charge:1")
    money.reverse_counter_payment(session, Actor(cast.regie.id), payment.id, "Impayé", clock.now())
    assert queries.balance(session, cast.home.id) == -2_000
    assert len(told(session, "balance_negative")) == 1


def refund(session: Session, cast: Cast, cents: int, **more: Any) -> Refund:
    values = {
        "method": "transfer",
        "reason": "Déménagement",
        "form_token": TOKEN,
        "now": clock.now(),
    }
    regie = Actor(cast.regie.id)
    return money.refund(session, regie, cast.home.id, amount_cents=cents, **values | more)


def test_a_refund_takes_money_out_once(session: Session, cast: Cast) -> None:
    assert refund(session, cast, 4_000).id == refund(session, cast, 4_000).id
    assert queries.balance(session, cast.home.id) == 6_000
    assert len(told(session, "refund_recorded")) == 1


@pytest.mark.parametrize("cents", [0, -1, 10_001])
def test_a_refund_takes_at_most_what_is_there(session: Session, cast: Cast, cents: int) -> None:
    with pytest.raises(NotEnoughToRefund):
        refund(session, cast, cents)
    assert queries.balance(session, cast.home.id) == 10_000
