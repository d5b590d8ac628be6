"""Stripe Checkout: one session per payment, asked back before anything is believed.

https://docs.stripe.com/api/checkout/sessions — a session lives from 30 minutes to 24 hours and ends
either « complete » or « expired », never both; an idempotency key is good for 24 hours.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import stripe

from app.payments.errors import BadCallback, ProviderDown, UnknownCheckout
from app.payments.providers.base import EURO, Callback, Checkout, Fate, Order, Outcome

ANSWER_SECONDS = 10
CHECKOUT_HOST = "https://checkout.stripe.com"
FAILED_EVENT = "checkout.session.async_payment_failed"
EVENTS = {
    "checkout.session.completed",
    "checkout.session.expired",
    "checkout.session.async_payment_succeeded",
    FAILED_EVENT,
}


class StripeProvider:
    """See the module. ``api_base`` replaces Stripe's own address (tests)."""

    name = "stripe"

    def __init__(self, key: str, webhook_secret: str, *, api_base: str = "") -> None:
        self.webhook_secret = webhook_secret
        self.hosts: tuple[str, ...] = (api_base or CHECKOUT_HOST,)
        self.client = stripe.StripeClient(
            key,
            base_addresses={"api": api_base} if api_base else {},
            max_network_retries=2,
            http_client=stripe.RequestsClient(timeout=ANSWER_SECONDS),
        )

    def start(self, order: Order) -> Checkout:
        created = _answered(
            lambda: self.client.v1.checkout.sessions.create(
                params=_params(order),  # type: ignore[arg-type]
                options={"idempotency_key": order.idempotency_key},
            )
        )
        if not created.url:
            raise ProviderDown
        return Checkout(ref=created.id, url=created.url)

    def ask(self, ref: str) -> Outcome:
        return outcome_of(_answered(lambda: self.client.v1.checkout.sessions.retrieve(ref)))

    def close(self, ref: str) -> Outcome:
        outcome = self.ask(ref)
        if outcome.fate is not Fate.OPEN:
            return outcome
        try:
            self.client.v1.checkout.sessions.expire(ref)
        except stripe.InvalidRequestError:
            pass  # paid or expired in between: what it became is asked below
        except stripe.StripeError as error:
            raise ProviderDown from error
        return self.ask(ref)

    def read_callback(self, body: bytes, headers: Mapping[str, str]) -> Callback:
        try:
            event: Any = stripe.Webhook.construct_event(
                body, headers.get("Stripe-Signature", ""), self.webhook_secret
            )
        except (ValueError, stripe.SignatureVerificationError) as error:
            raise BadCallback from error
        return _callback(event)


def _params(order: Order) -> dict[str, Any]:
    return {
        "mode": "payment",
        "client_reference_id": str(order.payment_id),
        "line_items": [
            {
                "quantity": 1,
                "price_data": {
                    "currency": EURO,
                    "unit_amount": order.amount_cents,
                    "product_data": {"name": order.label},
                },
            }
        ],
        "success_url": order.return_url,
        "cancel_url": order.cancel_url,
        "expires_at": int(order.closes_at.timestamp()),
        "locale": "fr",
        **({"customer_email": order.email} if order.email else {}),
    }


def outcome_of(session: Any) -> Outcome:
    """What a Checkout Session (as returned or sent by Stripe) says of its payment."""
    if session.status == "expired":
        return Outcome(Fate.EXPIRED)
    if session.payment_status != "paid":
        return Outcome(Fate.OPEN)
    return Outcome(Fate.PAID, int(session.amount_total), str(session.currency).lower())


def _callback(event: Any) -> Callback:
    if event.type not in EVENTS:
        return Callback(event.id, event.type, None, "", None)
    session = event.data.object
    reference = str(session.client_reference_id or "")
    return Callback(
        event_id=event.id,
        kind=event.type,
        payment_id=int(reference) if reference.isascii() and reference.isdigit() else None,
        ref=session.id,
        outcome=Outcome(Fate.FAILED) if event.type == FAILED_EVENT else outcome_of(session),
    )


def _answered(call: Callable[[], Any]) -> Any:
    """The answer, or one of our two refusals."""
    try:
        return call()
    except stripe.InvalidRequestError as error:
        if error.code == "resource_missing":
            raise UnknownCheckout from error
        raise ProviderDown(why=str(error)[:200]) from error
    except stripe.StripeError as error:
        raise ProviderDown(why=str(error)[:200]) from error
