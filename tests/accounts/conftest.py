"""What tests of accounts share."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import Session

from app.accounts import passwords, views
from app.core.db import db
from app.notices.models import OutboxMessage

PASSWORD = "Montclair2026"


@pytest.fixture(autouse=True)
def cheap_passwords(monkeypatch: pytest.MonkeyPatch) -> None:
    """A real hash costs 80 ms, and asking for an e-mail takes 300 ms on purpose."""
    monkeypatch.setattr(passwords, "METHOD", "pbkdf2:sha256:1")
    monkeypatch.setattr(views, "SAME_TIME", 0.0)


@pytest.fixture(autouse=True)
def fresh_limits(request: pytest.FixtureRequest) -> None:
    """Nobody is slowed by the test before."""
    if "app" in request.fixturenames:
        app: Flask = request.getfixturevalue("app")
        with app.app_context():
            app.appbuilder.sm.limiter.reset()  # type: ignore[attr-defined]


@pytest.fixture
def look(app: Flask) -> Callable[[Any], list[Any]]:
    """``look(statement)`` → what is committed now, read by a session that keeps nothing open."""

    def read(statement: Any) -> list[Any]:
        with app.app_context(), Session(db.engine) as own:
            rows = list(own.scalars(statement).unique())
            own.expunge_all()
            return rows

    return read


@pytest.fixture
def mails(look: Any) -> Callable[[], list[OutboxMessage]]:
    """``mails()`` → every e-mail written so far."""
    return lambda: look(sa.select(OutboxMessage).order_by(OutboxMessage.id))


@pytest.fixture
def link_in(mails: Any) -> Callable[[str], str]:
    """``link_in("account_activation")`` → the path in the last e-mail of this template."""

    def find(template: str) -> str:
        text = [mail.text for mail in mails() if mail.template == template][-1]
        address = next(word for word in text.split() if word.startswith("http"))
        return "/" + address.split("/", 3)[3]

    return find
