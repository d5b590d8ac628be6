"""Back from the platform, its messages, receipts, and the demonstration platform's own page."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from flask import abort, redirect, request, url_for

from app.core import clock
from app.core.db import commit, db, write_intent
from app.core.errors import NotFound
from app.core.views import PageView, current_actor, family_page, public_page
from app.payments import providers, queries, receipts, services
from app.payments.errors import BadCallback, ProviderDown
from app.payments.jobs import desk
from app.payments.models import Payment, PaymentState
from app.payments.providers.base import Fate
from app.payments.providers.demo import PAGE, DemoProvider


class PaymentView(PageView):
    """Works without a session: the signed link is the right (facts.md)."""

    route_base = ""
    default_view = "back"

    @public_page("/paiements/retour/<token>")
    def back(self, token: str) -> Any:
        """The family comes back: ask the platform, never believe the address."""
        return self._settled(token, give_up=False)

    @public_page("/paiements/abandon/<token>")
    def given_up(self, token: str) -> Any:
        """The family left the platform without paying: its page is closed."""
        return self._settled(token, give_up=True)

    def _settled(self, token: str, *, give_up: bool) -> Any:
        session = db.session()
        session.rollback()
        front = desk(session)
        payment_id = front.links.payment_id(token)
        try:
            with write_intent():
                act = front.give_up if give_up else front.refresh
                payment = act(payment_id, clock.now())
        except ProviderDown:
            session.rollback()
            payment = session.get(Payment, payment_id)
        return self.page("payments/back.html", payment=payment, seen=_seen(payment), token=token)

    @public_page("/paiements/notification/<provider>", methods=["POST"])
    def notification(self, provider: str) -> Any:
        """A platform's message: signature first, then settled, then thanked."""
        if provider != providers.current().name:
            abort(404)
        try:
            callback = providers.current().read_callback(request.get_data(), dict(request.headers))
        except BadCallback:
            return "bad signature", 400
        services.take_callback(db.session(), provider, callback, clock.now())
        commit(db.session())
        return "", 204


def _seen(payment: Payment | None) -> str:
    """Which of the four texts of the page fits."""
    if payment is None or payment.state in {PaymentState.CREATED, PaymentState.PENDING}:
        return "waiting"
    if payment.state is PaymentState.TO_REVIEW:
        return "review"
    return "paid" if payment.state in queries.CREDITED else "unpaid"


class ReceiptView(PageView):
    """The household's own receipts."""

    route_base = "/paiements/recus"
    default_view = "receipt"

    @family_page("/<int:payment_id>")
    def receipt(self, payment_id: int) -> Any:
        return receipts.as_page(self._own(payment_id))

    @family_page("/<int:payment_id>.pdf")
    def pdf(self, payment_id: int) -> Any:
        return receipts.as_pdf(db.session(), self._own(payment_id))

    def _own(self, payment_id: int) -> queries.Receipt:
        return queries.receipt(db.session(), payment_id, current_actor().household_id)


class DemoPaymentView(PageView):
    """« Paiement de démonstration »: the page of a platform that does not exist.

    Anyone with the unguessable address may act, as on a real platform. No real one: no page.
    """

    route_base = ""
    default_view = "show"

    @public_page(f"{PAGE}/<ref>")
    def show(self, ref: str) -> Any:
        checkout = _demo().read(ref)
        return self.page(
            "payments/demo.html", checkout=checkout, is_open=checkout.fate is Fate.OPEN
        )

    @public_page(f"{PAGE}/<ref>", methods=["POST"])
    def choose(self, ref: str) -> Any:
        """Pay, be refused, give up, or pay and never come back."""
        choice = request.form.get("choice", "")
        if choice not in {"pay", "refuse", "abandon", "pay_and_vanish"}:
            abort(400)
        if choice == "abandon":
            return redirect(_here(_demo().read(ref).cancel_url), code=303)
        fate = Fate.FAILED if choice == "refuse" else Fate.PAID
        checkout = _demo().decide(ref, fate)
        if choice == "pay_and_vanish":
            return redirect(url_for("DemoPaymentView.show", ref=ref), code=303)
        return redirect(_here(checkout.return_url), code=303)


def _demo() -> DemoProvider:
    provider = providers.current()
    if not isinstance(provider, DemoProvider):
        raise NotFound
    return provider


def _here(url: str) -> str:
    """The path of our own address: the family stays on the host that it uses."""
    return urlsplit(url).path
