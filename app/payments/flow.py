"""The edge between the portal and the platform: what is committed before and after each call.

No transaction is open while the platform is asked, so these functions commit; they are called by
views and jobs only, inside ``write_intent``.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from itsdangerous import BadSignature, URLSafeSerializer
from sqlalchemy.orm import Session

from app.core.db import commit
from app.core.errors import NotFound
from app.payments import queries, services
from app.payments.errors import ProviderDown, UnknownCheckout
from app.payments.models import Payment, PaymentState
from app.payments.providers.base import Fate, Order, Outcome, Provider
from app.payments.rules import WAITING

log = logging.getLogger(__name__)

BATCH = 500
"""Payments asked in one run of the reconciliation."""


@dataclass(frozen=True)
class Links:
    """Makes the addresses that the platform sends the family back to.

    They hold a signed payment id: the page answers without a session (facts.md) and nobody can
    name another payment.
    """

    base_url: str
    secret: str

    def return_url(self, payment_id: int) -> str:
        return f"{self.base_url.rstrip('/')}/paiements/retour/{self._signer.dumps(payment_id)}"

    def cancel_url(self, payment_id: int) -> str:
        return f"{self.base_url.rstrip('/')}/paiements/abandon/{self._signer.dumps(payment_id)}"

    def payment_id(self, token: str) -> int:
        """The payment that a link names. Raises NotFound."""
        try:
            return int(self._signer.loads(token))
        except BadSignature:
            raise NotFound from None

    @property
    def _signer(self) -> URLSafeSerializer:
        return URLSafeSerializer(self.secret, salt="payment-return")


@dataclass(frozen=True)
class Desk:
    """A session, a platform, and the addresses to come back to."""

    session: Session
    provider: Provider
    links: Links

    def open(self, payment: Payment, label: str, email: str) -> str:
        """Address of the platform's page for a payment begun by ``services.start_top_up``.

        The same payment opens the same page. Raises ProviderDown (the payment stays CREATED and
        the same form may be sent again).
        """
        order, known = self._order(payment, label, email), payment.details.get("url")
        waits = payment.state in WAITING
        commit(self.session)
        if not waits:
            return order.return_url
        if known:
            return str(known)
        checkout = self.provider.start(order)
        services.note_checkout(self.session, order.payment_id, checkout)
        commit(self.session)
        return checkout.url

    def _order(self, payment: Payment, label: str, email: str) -> Order:
        closes_at = int(payment.details["closes_at"])
        return Order(
            payment_id=payment.id,
            # With its time, so that a base made anew never meets the keys of the old one.
            idempotency_key=f"payment-{payment.id}-{closes_at}",
            amount_cents=payment.amount_cents,
            label=label,
            email=email,
            return_url=self.links.return_url(payment.id),
            cancel_url=self.links.cancel_url(payment.id),
            closes_at=datetime.fromtimestamp(closes_at, UTC),
        )

    def refresh(self, payment_id: int, now: datetime) -> Payment:
        """Ask the platform and settle (return page). Raises NotFound, ProviderDown."""
        return self._ask(payment_id, now, self.provider.ask)

    def give_up(self, payment_id: int, now: datetime) -> Payment:
        """The family left the platform's page: close it, unless it is paid. Raises the same."""
        return self._ask(payment_id, now, self.provider.close)

    def _ask(self, payment_id: int, now: datetime, ask: Callable[[str], Outcome]) -> Payment:
        payment = self._get(payment_id)
        ref, mine = payment.provider_ref, payment.provider == self.provider.name
        over = payment.expires_at is None or payment.expires_at <= now
        waits = payment.state not in {PaymentState.PAID, PaymentState.REVERSED}
        commit(self.session)
        if not waits or not mine:
            return self._get(payment_id)
        outcome = _asked(ref, ask, over)
        settled = services.settle(self.session, payment_id, outcome, now)
        commit(self.session)
        return settled

    def _get(self, payment_id: int) -> Payment:
        payment = self.session.get(Payment, payment_id)
        if payment is None:
            raise NotFound
        return payment

    def reconcile(self, now: datetime) -> str:
        """Ask after every payment whose end is unknown; what the job says of it.

        One that fails is written in the log and asked again by the next run; the others go on.
        """
        ids = queries.waiting(self.session, self.provider.name, now, BATCH)
        commit(self.session)
        done = sum(self._try(payment_id, now) for payment_id in ids)
        return f"{done} of {len(ids)} payments settled"

    def _try(self, payment_id: int, now: datetime) -> bool:
        try:
            return self.refresh(payment_id, now).state not in WAITING
        except ProviderDown as error:
            self.session.rollback()
            log.warning("payment %s: %s", payment_id, error)
            return False


def _asked(ref: str | None, ask: Callable[[str], Outcome], over: bool) -> Outcome:
    """The platform's word. Without a page nobody could pay: expired once its time is over."""
    unknown = Outcome(Fate.EXPIRED if over else Fate.OPEN)
    if ref is None:
        return unknown
    try:
        return ask(ref)
    except UnknownCheckout:
        return unknown
