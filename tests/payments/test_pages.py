"""The way to the platform and back, as a browser does it; receipts; the demonstration page."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import Session

from app.core import clock
from app.core.actor import Actor
from app.payments import flow, providers, queries, services
from app.payments.models import Method, Payment, PaymentState
from app.payments.providers.demo import DemoProvider
from app.payments.queries import Receipt
from app.wallet import queries as wallets
from tests.factories import Cast
from tests.fakes.stripe_server import FakeStripe
from tests.payments.conftest import TOKEN, csrf_free, the_payment


@pytest.fixture
def camille(session: Session, cast: Cast, sign_in: Any) -> Any:
    session.commit()
    return sign_in(cast.camille)


def top_up(client: Any, amount: str = "50", **more: str) -> Any:
    page = client.get("/paiements/").get_data(as_text=True)
    form = {"token": csrf_free(page), "amount": amount} | more
    return client.post("/paiements/recharger", data=form)


def balance(session: Session, cast: Cast) -> int:
    session.rollback()
    return wallets.balance(session, cast.home.id)


def path(response: Any) -> str:
    return urlsplit(response.headers["Location"]).path


class TestDemonstration:
    """« Paiement de démonstration »."""

    def test_paying_comes_back_with_a_receipt(
        self, session: Session, cast: Cast, camille: Any, demo: DemoProvider
    ) -> None:
        to_platform = top_up(camille, "62,5")
        assert to_platform.status_code == 303
        page = camille.get(path(to_platform))
        assert "62,50" in page.get_data(as_text=True)
        back = camille.post(path(to_platform), data={"choice": "pay"})
        assert back.status_code == 303
        told = camille.get(path(back)).get_data(as_text=True)
        assert "2027-00001" in told
        assert balance(session, cast) == 16_250
        again = camille.get(path(back))
        assert "2027-00001" in again.get_data(as_text=True)
        assert balance(session, cast) == 16_250

    def test_the_way_back_works_without_a_session(
        self, app: Flask, session: Session, cast: Cast, camille: Any, demo: DemoProvider
    ) -> None:
        to_platform = top_up(camille)
        stranger = app.test_client()
        back = stranger.post(path(to_platform), data={"choice": "pay"})
        page = stranger.get(path(back)).get_data(as_text=True)
        assert "2027-00001" in page
        assert "Martin" not in page
        assert balance(session, cast) == 15_000

    @pytest.mark.parametrize(
        ("choice", "state"), [("refuse", PaymentState.FAILED), ("abandon", PaymentState.EXPIRED)]
    )
    def test_not_paying_changes_nothing(
        self,
        session: Session,
        cast: Cast,
        camille: Any,
        demo: DemoProvider,
        choice: str,
        state: Any,
    ) -> None:
        to_platform = top_up(camille)
        back = camille.post(path(to_platform), data={"choice": choice})
        assert camille.get(path(back)).status_code == 200
        assert the_payment(session).state is state
        assert balance(session, cast) == 10_000

    def test_paying_and_never_coming_back_is_found(
        self,
        app: Flask,
        session: Session,
        cast: Cast,
        camille: Any,
        demo: DemoProvider,
        frozen_clock: Any,
    ) -> None:
        to_platform = top_up(camille)
        assert path(camille.post(path(to_platform), data={"choice": "pay_and_vanish"})) == path(
            to_platform
        )
        assert camille.get(path(to_platform)).status_code == 200
        frozen_clock.shift(300)
        session.rollback()
        flow.Desk(session, demo, flow.Links("http://portail.test", "x")).reconcile(clock.now())
        assert balance(session, cast) == 15_000

    def test_a_made_up_reference_is_404(self, client: Any, demo: DemoProvider) -> None:
        for ref in ("1-00000000000000000000000000000000", "..%2F..%2Fsecret_key", "x"):
            assert client.get(f"/paiement-de-demonstration/{ref}").status_code == 404

    def test_a_made_up_choice_is_400(self, camille: Any, demo: DemoProvider) -> None:
        to_platform = top_up(camille)
        assert camille.post(path(to_platform), data={"choice": "steal"}).status_code == 400

    def test_there_is_no_such_page_with_a_real_platform(
        self, with_stripe: Flask, client: Any
    ) -> None:
        assert client.get(f"/paiement-de-demonstration/1-{'0' * 32}").status_code == 404

    def test_production_refuses_it(self, app: Flask) -> None:
        with pytest.raises(RuntimeError):
            providers.choose({"STRIPE_SECRET_KEY": "", "PRODUCTION": True})

    def test_a_full_disk_is_a_sentence(
        self,
        session: Session,
        cast: Cast,
        camille: Any,
        demo: DemoProvider,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        def full(*args: Any, **more: Any) -> None:
            raise OSError(28, "No space left on device")

        monkeypatch.setattr("app.payments.providers.demo.os.replace", full)
        refused = top_up(camille)
        assert refused.status_code == 502
        monkeypatch.undo()
        assert the_payment(session).state is PaymentState.CREATED


class TestStripe:
    """The same way with the fake Stripe."""

    def test_there_and_back(
        self, session: Session, cast: Cast, stripe: FakeStripe, with_stripe: Flask, camille: Any
    ) -> None:
        to_platform = top_up(camille, "50")
        assert to_platform.headers["Location"] == f"{stripe.url}/pay/{stripe.last}"
        stripe.pay(stripe.last)
        back = urlsplit(stripe.sessions[stripe.last]["success_url"]).path
        assert "2027-00001" in camille.get(back).get_data(as_text=True)
        assert balance(session, cast) == 15_000

    def test_a_double_click_opens_one_page(
        self, session: Session, stripe: FakeStripe, with_stripe: Flask, camille: Any
    ) -> None:
        form = {"token": TOKEN, "amount": "50"}
        answers = [camille.post("/paiements/recharger", data=form) for _ in range(2)]
        assert {answer.headers["Location"] for answer in answers} == {
            f"{stripe.url}/pay/{stripe.last}"
        }
        assert len(stripe.sessions) == 1

    def test_another_amount_on_the_page_reached_by_back_is_another_payment(
        self, session: Session, stripe: FakeStripe, with_stripe: Flask, camille: Any
    ) -> None:
        for amount in ("20", "50"):
            camille.post("/paiements/recharger", data={"token": TOKEN, "amount": amount})
        session.rollback()
        amounts = session.scalars(sa.select(Payment.amount_cents).order_by(Payment.id)).all()
        assert amounts == [2_000, 5_000]
        assert len(stripe.sessions) == 2

    def test_a_replayed_form_after_paying_shows_the_receipt(
        self, session: Session, cast: Cast, stripe: FakeStripe, with_stripe: Flask, camille: Any
    ) -> None:
        form = {"token": TOKEN, "amount": "50"}
        camille.post("/paiements/recharger", data=form)
        stripe.pay(stripe.last)
        camille.get(urlsplit(stripe.sessions[stripe.last]["success_url"]).path)
        again = camille.post("/paiements/recharger", data=form)
        assert "/paiements/retour/" in again.headers["Location"]
        assert balance(session, cast) == 15_000

    def test_another_households_form_mark_is_404(
        self,
        session: Session,
        cast: Cast,
        stripe: FakeStripe,
        with_stripe: Flask,
        camille: Any,
        sign_in: Any,
    ) -> None:
        form = {"token": TOKEN, "amount": "50"}
        camille.post("/paiements/recharger", data=form)
        assert sign_in(cast.lea).post("/paiements/recharger", data=form).status_code == 404

    def test_a_silent_platform_says_so_and_keeps_the_amount(
        self, session: Session, stripe: FakeStripe, with_stripe: Flask, camille: Any
    ) -> None:
        stripe.is_down = True
        refused = top_up(camille, "47,30")
        assert refused.status_code == 502
        assert 'value="47,30"' in refused.get_data(as_text=True)

    def test_coming_back_while_the_platform_is_silent_waits(
        self, session: Session, cast: Cast, stripe: FakeStripe, with_stripe: Flask, camille: Any
    ) -> None:
        top_up(camille)
        back = urlsplit(stripe.sessions[stripe.last]["success_url"]).path
        stripe.is_down = True
        assert camille.get(back).status_code == 200
        stripe.is_down = False
        assert the_payment(session).state is PaymentState.PENDING

    def test_a_forged_way_back_is_404(self, with_stripe: Flask, client: Any) -> None:
        assert client.get("/paiements/retour/MQ.forged").status_code == 404
        assert client.get("/paiements/abandon/1").status_code == 404

    def test_coming_back_without_paying_is_not_paid(
        self, session: Session, cast: Cast, stripe: FakeStripe, with_stripe: Flask, camille: Any
    ) -> None:
        """The address of the way back proves nothing: the platform is asked."""
        top_up(camille)
        camille.get(urlsplit(stripe.sessions[stripe.last]["success_url"]).path)
        assert balance(session, cast) == 10_000

    def test_the_form_may_lead_to_the_platform(
        self,
        app: Flask,
        session: Session,
        stripe: FakeStripe,
        with_stripe: Flask,
        camille: Any,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        monkeypatch.setitem(app.config, "PAYMENT_FORM_HOSTS", providers.current().hosts)
        policy = camille.get("/paiements/").headers["Content-Security-Policy"]
        assert f"form-action 'self' {stripe.url}" in policy


@pytest.mark.parametrize(
    "amount", ["", "0", "0,99", "1000,01", "-5", "1e3", "12.345", "abc", "9" * 50]
)
def test_a_bad_amount_is_refused_beside_the_field(
    session: Session, camille: Any, demo: DemoProvider, amount: str
) -> None:
    refused = top_up(camille, amount, preset="")
    assert refused.status_code == 400
    assert 'aria-invalid="true"' in refused.get_data(as_text=True)
    assert session.scalar(sa.select(sa.func.count()).select_from(Payment)) == 0


def test_a_ready_amount_needs_no_typing(session: Session, camille: Any, demo: DemoProvider) -> None:
    assert top_up(camille, "", preset="2000").status_code == 303
    assert the_payment(session).amount_cents == 2_000


def test_a_price_sent_by_the_browser_is_ignored(
    session: Session, camille: Any, demo: DemoProvider
) -> None:
    assert (
        top_up(camille, "50", preset="999999", amount_cents="1", household_id="3").status_code
        == 303
    )
    assert the_payment(session).amount_cents == 5_000


class TestReceipts:
    """The household's own, and no other's."""

    @pytest.fixture
    def paid(self, session: Session, cast: Cast) -> Payment:
        payment = services.record_counter_payment(
            session,
            Actor(cast.regie.id),
            cast.home.id,
            method=Method.CHEQUE,
            amount_cents=5_000,
            bank="Crédit agricole",
            cheque_number="1234567",
            form_token=TOKEN,
            now=clock.now(),
        )
        session.commit()
        return payment

    def test_page_and_pdf(self, paid: Payment, camille: Any) -> None:
        page = camille.get(f"/paiements/recus/{paid.id}").get_data(as_text=True)
        for fact in ("2027-00001", "Martin", "50,00", "Crédit agricole", "1234567"):
            assert fact in page
        pdf = camille.get(f"/paiements/recus/{paid.id}.pdf")
        assert pdf.mimetype == "application/pdf"
        assert pdf.data.startswith(b"%PDF-")
        assert "recu-2027-00001.pdf" in pdf.headers["Content-Disposition"]

    def test_of_another_household_are_404(
        self, session: Session, cast: Cast, paid: Payment, sign_in: Any
    ) -> None:
        number = paid.id
        yanis = sign_in(cast.yanis)
        assert yanis.get(f"/paiements/recus/{number}").status_code == 404
        assert yanis.get(f"/paiements/recus/{number}.pdf").status_code == 404

    def test_none_before_it_is_paid(self, session: Session, begin: Any, camille: Any) -> None:
        assert camille.get(f"/paiements/recus/{begin().id}").status_code == 404

    def test_facts(self, session: Session, cast: Cast, paid: Payment) -> None:
        receipt = queries.receipt(session, paid.id, cast.home.id)
        assert isinstance(receipt, Receipt)
        assert receipt.address == "3 rue des Tilleuls, 74520 Montclair"
