"""Stripe Checkout from end to end against the fake one: every fault credits exactly once."""

from __future__ import annotations

import time
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import Session

from app.core import clock
from app.notices.models import OutboxMessage
from app.payments import services
from app.payments.errors import BadCallback, ProviderDown, UnknownCheckout
from app.payments.flow import Desk
from app.payments.models import Payment, PaymentState, ProviderEvent
from app.payments.providers.base import Fate
from app.payments.providers.stripe import StripeProvider
from app.wallet import queries
from tests.factories import Cast
from tests.fakes.stripe_server import FakeStripe
from tests.payments.conftest import LINKS, the_payment

HOOK = "/paiements/notification/stripe"
COMPLETED = "checkout.session.completed"
EXPIRED = "checkout.session.expired"


def opened(desk: Desk, payment: Payment) -> str:
    return desk.open(payment, "Compte d’avance", "camille.martin@exemple.fr")


def balance(session: Session, cast: Cast) -> int:
    session.rollback()
    return queries.balance(session, cast.home.id)


def mails(session: Session, template: str) -> list[str]:
    rows = session.scalars(sa.select(OutboxMessage).where(OutboxMessage.template == template))
    return [row.to_address for row in rows]


def test_the_family_pays_and_comes_back(
    session: Session, cast: Cast, stripe: FakeStripe, desk: Desk, begin: Any
) -> None:
    payment = begin()
    assert opened(desk, payment) == f"{stripe.url}/pay/{stripe.last}"
    asked = stripe.sessions[stripe.last]
    assert (asked["amount_total"], asked["currency"]) == (5_000, "eur")
    assert asked["client_reference_id"] == str(payment.id)
    stripe.pay(stripe.last)
    settled = desk.refresh(payment.id, clock.now())
    assert settled.state is PaymentState.PAID
    assert settled.receipt_number == "2027-00001"
    assert balance(session, cast) == 15_000
    assert mails(session, "payment_received") == [cast.camille.email]


def test_no_transaction_is_open_while_the_platform_is_asked(
    session: Session, stripe: FakeStripe, desk: Desk, begin: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[bool] = []
    ask, start = StripeProvider.ask, StripeProvider.start

    def watched_ask(self: StripeProvider, ref: str) -> Any:
        seen.append(session.in_transaction())
        return ask(self, ref)

    def watched_start(self: StripeProvider, order: Any) -> Any:
        seen.append(session.in_transaction())
        return start(self, order)

    monkeypatch.setattr(StripeProvider, "ask", watched_ask)
    monkeypatch.setattr(StripeProvider, "start", watched_start)
    payment = begin()
    opened(desk, payment)
    desk.refresh(payment.id, clock.now())
    assert seen == [False, False]


def test_the_same_payment_opens_the_same_page(
    session: Session, stripe: FakeStripe, desk: Desk, begin: Any
) -> None:
    first = opened(desk, begin())
    assert opened(desk, begin()) == first
    assert len(stripe.sessions) == 1


def test_a_crash_after_the_call_finds_the_same_page_again(
    session: Session, stripe: FakeStripe, desk: Desk, begin: Any
) -> None:
    """The platform answered, the portal died before it wrote the answer: the key is replayed."""
    payment = begin()
    desk.provider.start(desk._order(payment, "Compte d’avance", "camille.martin@exemple.fr"))
    session.rollback()
    assert the_payment(session).provider_ref is None
    opened(desk, the_payment(session))
    assert len(stripe.sessions) == 1
    assert the_payment(session).provider_ref == stripe.last


def test_a_dead_platform_leaves_the_payment_to_be_tried_again(
    session: Session, cast: Cast, stripe: FakeStripe, desk: Desk, begin: Any
) -> None:
    stripe.is_down = True
    with pytest.raises(ProviderDown):
        opened(desk, begin())
    session.rollback()
    assert the_payment(session).state is PaymentState.CREATED
    stripe.is_down = False
    opened(desk, begin())
    assert the_payment(session).state is PaymentState.PENDING


def test_a_payment_never_heard_of_expires_by_itself(
    session: Session, stripe: FakeStripe, desk: Desk, begin: Any, frozen_clock: Any
) -> None:
    begin()
    frozen_clock.shift(36 * 60)
    desk.reconcile(clock.now())
    assert the_payment(session).state is PaymentState.EXPIRED


class TestMessages:
    """The webhook."""

    @pytest.fixture
    def payment(self, with_stripe: Flask, desk: Desk, begin: Any) -> Payment:
        payment = begin()
        opened(desk, payment)
        return payment

    @pytest.fixture
    def send(self, with_stripe: Flask, session: Session) -> Any:
        def sent(body: bytes, headers: dict[str, str]) -> int:
            session.rollback()
            return with_stripe.test_client().post(HOOK, data=body, headers=headers).status_code

        return sent

    def test_twice_credits_once(
        self, session: Session, cast: Cast, stripe: FakeStripe, payment: Payment, send: Any
    ) -> None:
        stripe.pay(stripe.last)
        message = stripe.message(COMPLETED, stripe.last)
        assert [send(*message), send(*message)] == [204, 204]
        assert send(*stripe.message(COMPLETED, stripe.last)) == 204
        assert balance(session, cast) == 15_000
        assert mails(session, "payment_received") == [cast.camille.email]
        assert session.scalar(sa.select(sa.func.count()).select_from(ProviderEvent)) == 2

    def test_after_the_return_changes_nothing(
        self,
        session: Session,
        cast: Cast,
        stripe: FakeStripe,
        desk: Desk,
        payment: Payment,
        send: Any,
    ) -> None:
        stripe.pay(stripe.last)
        desk.refresh(payment.id, clock.now())
        assert send(*stripe.message(COMPLETED, stripe.last)) == 204
        assert balance(session, cast) == 15_000

    def test_in_the_wrong_order_paid_wins(
        self, session: Session, cast: Cast, stripe: FakeStripe, payment: Payment, send: Any
    ) -> None:
        late = dict(stripe.sessions[stripe.last])
        stripe.pay(stripe.last)
        paid = stripe.message(COMPLETED, stripe.last)
        stripe.sessions[stripe.last] = late | {"status": "expired"}
        expired = stripe.message(EXPIRED, stripe.last)
        assert [send(*expired), send(*paid), send(*expired)] == [204, 204, 204]
        assert the_payment(session).state is PaymentState.PAID
        assert balance(session, cast) == 15_000

    def test_late_by_a_day_is_credited(
        self,
        session: Session,
        cast: Cast,
        stripe: FakeStripe,
        desk: Desk,
        payment: Payment,
        send: Any,
        frozen_clock: Any,
    ) -> None:
        """The portal gave up (expired), the money came all the same."""
        services.settle(session, payment.id, desk.provider.close(stripe.last), clock.now())
        session.commit()
        assert the_payment(session).state is PaymentState.EXPIRED
        stripe.sessions[stripe.last]["status"] = "open"
        stripe.pay(stripe.last)
        frozen_clock.shift(24 * 3600)
        assert send(*stripe.message(COMPLETED, stripe.last)) == 204
        assert balance(session, cast) == 15_000

    def test_forged_is_refused(
        self, session: Session, cast: Cast, stripe: FakeStripe, payment: Payment, send: Any
    ) -> None:
        stripe.pay(stripe.last)
        body, headers = stripe.message(COMPLETED, stripe.last)
        assert send(*stripe.message(COMPLETED, stripe.last, secret="whsec_other")) == 400
        assert send(body, {"Content-Type": "application/json"}) == 400
        assert send(body.replace(b"5000", b"9000"), headers) == 400
        assert send(*stripe.message(COMPLETED, stripe.last, at=time.time() - 3600)) == 400
        assert send(b"\xff\xfe", headers) == 400
        assert balance(session, cast) == 10_000

    def test_about_somebody_elses_payment_changes_nothing(
        self, session: Session, cast: Cast, stripe: FakeStripe, payment: Payment, send: Any
    ) -> None:
        """Another portal on the same account of the platform, with the same payment id."""
        stripe.sessions["cs_other"] = stripe.sessions[stripe.last] | {"id": "cs_other"}
        stripe.pay("cs_other")
        assert send(*stripe.message(COMPLETED, "cs_other")) == 204
        stripe.sessions["cs_other"]["client_reference_id"] = "not ours"
        assert send(*stripe.message(COMPLETED, "cs_other")) == 204
        assert balance(session, cast) == 10_000

    def test_before_the_portal_wrote_the_answer_down(
        self,
        with_stripe: Flask,
        session: Session,
        cast: Cast,
        stripe: FakeStripe,
        desk: Desk,
        begin: Any,
        send: Any,
    ) -> None:
        payment = begin()
        desk.provider.start(desk._order(payment, "Compte", ""))
        stripe.pay(stripe.last)
        assert send(*stripe.message(COMPLETED, stripe.last)) == 204
        assert balance(session, cast) == 15_000

    @pytest.mark.parametrize("wrong", [{"cents": 500}, {"cents": 50_000}, {"currency": "usd"}])
    def test_a_wrong_amount_is_left_to_the_regisseur(
        self,
        session: Session,
        cast: Cast,
        stripe: FakeStripe,
        payment: Payment,
        send: Any,
        wrong: Any,
    ) -> None:
        stripe.pay(stripe.last, **wrong)
        assert send(*stripe.message(COMPLETED, stripe.last)) == 204
        assert the_payment(session).state is PaymentState.TO_REVIEW
        assert balance(session, cast) == 10_000
        assert mails(session, "payment_to_review") == [cast.regie.email]

    def test_other_messages_are_thanked(
        self, session: Session, cast: Cast, stripe: FakeStripe, payment: Payment, send: Any
    ) -> None:
        assert send(*stripe.message("payment_intent.created", stripe.last)) == 204
        assert the_payment(session).state is PaymentState.PENDING


class TestMissing:
    """Neither message nor return: the reconciliation."""

    def test_finds_what_was_paid(
        self,
        session: Session,
        cast: Cast,
        stripe: FakeStripe,
        desk: Desk,
        begin: Any,
        frozen_clock: Any,
    ) -> None:
        opened(desk, begin())
        stripe.pay(stripe.last)
        frozen_clock.shift(300)
        assert desk.reconcile(clock.now()) == "1 of 1 payments settled"
        assert desk.reconcile(clock.now()) == "0 of 0 payments settled"
        assert balance(session, cast) == 15_000

    def test_leaves_the_family_alone_while_it_pays(
        self, session: Session, stripe: FakeStripe, desk: Desk, begin: Any, frozen_clock: Any
    ) -> None:
        opened(desk, begin())
        frozen_clock.shift(60)
        assert desk.reconcile(clock.now()) == "0 of 0 payments settled"
        frozen_clock.shift(600)
        assert desk.reconcile(clock.now()) == "0 of 1 payments settled"
        assert the_payment(session).state is PaymentState.PENDING

    def test_goes_on_after_one_that_fails(
        self,
        session: Session,
        cast: Cast,
        stripe: FakeStripe,
        desk: Desk,
        begin: Any,
        frozen_clock: Any,
    ) -> None:
        opened(desk, begin())
        stripe.pay(stripe.last)
        frozen_clock.shift(300)
        stripe.is_down = True
        assert desk.reconcile(clock.now()) == "0 of 1 payments settled"
        stripe.is_down = False
        assert desk.reconcile(clock.now()) == "1 of 1 payments settled"
        assert balance(session, cast) == 15_000

    def test_forgotten_by_the_platform_expires(
        self, session: Session, stripe: FakeStripe, desk: Desk, begin: Any, frozen_clock: Any
    ) -> None:
        opened(desk, begin())
        stripe.sessions.clear()
        frozen_clock.shift(3600)
        desk.reconcile(clock.now())
        assert the_payment(session).state is PaymentState.EXPIRED


def test_the_platforms_words(provider: StripeProvider, stripe: FakeStripe) -> None:
    with pytest.raises(UnknownCheckout):
        provider.ask("cs_nothing")
    with pytest.raises(BadCallback):
        provider.read_callback(b"{}", {})
    assert provider.hosts == (stripe.url,)


def test_giving_up_closes_the_platforms_page(
    session: Session, cast: Cast, stripe: FakeStripe, desk: Desk, begin: Any
) -> None:
    payment = begin()
    opened(desk, payment)
    assert desk.give_up(payment.id, clock.now()).state is PaymentState.EXPIRED
    assert stripe.sessions[stripe.last]["status"] == "expired"


def test_giving_up_after_paying_is_paid(
    session: Session, cast: Cast, stripe: FakeStripe, desk: Desk, begin: Any
) -> None:
    payment = begin()
    opened(desk, payment)
    stripe.pay(stripe.last)
    assert desk.give_up(payment.id, clock.now()).state is PaymentState.PAID
    assert desk.provider.close(stripe.last).fate is Fate.PAID


def test_a_link_names_one_payment_only() -> None:
    token = LINKS.return_url(12).rsplit("/", 1)[1]
    assert LINKS.payment_id(token) == 12
