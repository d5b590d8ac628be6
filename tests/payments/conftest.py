"""A portal that pays through the fake Stripe, or through its own demonstration page."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import Session
from stripe import HTTPClient

from app.core import clock
from app.core.actor import Actor
from app.payments import services
from app.payments.flow import Desk, Links
from app.payments.models import Payment
from app.payments.providers.demo import DemoProvider
from app.payments.providers.stripe import StripeProvider
from tests.factories import Cast
from tests.fakes import stripe_server
from tests.fakes.stripe_server import FakeStripe

TOKEN = "7d0b6b5e-7d5c-4f57-8f10-0d7a5c0f0001"
LINKS = Links("https://portail.test", "tests only")


@pytest.fixture
def stripe(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeStripe]:
    """The library tries again at once instead of after half a second."""
    monkeypatch.setattr(HTTPClient, "INITIAL_DELAY", 0.01)
    monkeypatch.setattr(HTTPClient, "MAX_DELAY", 0.01)
    with stripe_server.running() as fake:
        yield fake


@pytest.fixture
def provider(stripe: FakeStripe) -> StripeProvider:
    return StripeProvider("sk_test_1", stripe_server.SECRET, api_base=stripe.url)


@pytest.fixture
def with_stripe(app: Flask, provider: StripeProvider, monkeypatch: pytest.MonkeyPatch) -> Flask:
    """The application pays through the fake Stripe."""
    monkeypatch.setitem(app.extensions, "payment_provider", provider)
    return app


@pytest.fixture
def demo(app: Flask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> DemoProvider:
    """The application pays through the demonstration page, with its own books."""
    provider = DemoProvider(tmp_path / "demo", "tests only")
    monkeypatch.setitem(app.extensions, "payment_provider", provider)
    return provider


@pytest.fixture
def desk(session: Session, provider: StripeProvider) -> Desk:
    return Desk(session, provider, LINKS)


@pytest.fixture
def begin(session: Session, cast: Cast) -> Any:
    """``begin(5_000)`` → a payment of Camille's, committed, not sent to the platform yet."""

    def begun(cents: int = 5_000, token: str = TOKEN, provider: str = "stripe") -> Payment:
        payment = services.start_top_up(
            session,
            Actor(cast.camille.id, cast.home.id),
            cast.home.id,
            cents,
            form_token=token,
            provider=provider,
            now=clock.now(),
        )
        session.commit()
        return payment

    return begun


def the_payment(session: Session) -> Payment:
    """The only payment, as the database has it."""
    session.expire_all()
    return session.scalars(sa.select(Payment)).one()


def csrf_free(html: str) -> str:
    """The form's mark of a page « Paiements »."""
    found = re.search(r'name="token"[^>]*value="([^"]+)"', html)
    assert found, html[:500]
    return found[1]
