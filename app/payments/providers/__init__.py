"""Payment platforms behind one interface, and the choice of the one in use.

To add one: a module here with a class that has the methods of ``base.Provider``, and a line in
``choose``.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

from flask import Flask, current_app

from app.payments.providers.base import Provider
from app.payments.providers.demo import DemoProvider
from app.payments.providers.stripe import StripeProvider

EXTENSION = "payment_provider"


def init_app(app: Flask) -> None:
    """Choose the platform; let pages' forms lead to it (Content-Security-Policy)."""
    provider = choose(app.config)
    app.extensions[EXTENSION] = provider
    app.config["PAYMENT_FORM_HOSTS"] = provider.hosts
    # Signed by the platform and sent without a session: nothing of ours could be forged into it.
    app.extensions["csrf"].exempt("app.payments.views.notification")


def choose(config: Mapping[str, Any]) -> Provider:
    """Stripe when its key is given, else the demonstration page; never that one in production."""
    if config["STRIPE_SECRET_KEY"]:
        return StripeProvider(
            config["STRIPE_SECRET_KEY"],
            config["STRIPE_WEBHOOK_SECRET"],
            api_base=config["STRIPE_API_BASE"],
        )
    if config["PRODUCTION"]:
        raise RuntimeError("the demonstration payment is refused in production")
    return DemoProvider(Path(config["PORTAIL_VAR"]) / "demo-payments", config["SECRET_KEY"])


def current() -> Provider:
    """The platform of this application."""
    return cast(Provider, current_app.extensions[EXTENSION])
