"""What the tests of this room share."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.core import hooks
from app.core.actor import Actor
from app.notices.models import OutboxMessage
from tests.factories import Cast


class Calls(list[tuple[Any, ...]]):
    """What a hook was called with, session and actor aside; answers ``answer``."""

    def __init__(self, answer: int = 0) -> None:
        super().__init__()
        self.answer = answer

    def __call__(self, session: Session, actor: Actor, *rest: Any) -> int:
        self.append(rest)
        return self.answer


@pytest.fixture(autouse=True)
def no_limits_yet(request: pytest.FixtureRequest) -> None:
    """Each test starts as if nobody had saved anything for an hour: its clock stands still."""
    if "app" in request.fixturenames:
        app = request.getfixturevalue("app")
        with app.app_context():
            app.appbuilder.sm.limiter.reset()


@pytest.fixture
def tie_ended(monkeypatch: pytest.MonkeyPatch) -> Calls:
    """Stands for the room of bookings: it « cancels » three."""
    calls = Calls(answer=3)
    monkeypatch.setattr(hooks, "tie_ended", [calls])
    return calls


@pytest.fixture
def prices_changed(monkeypatch: pytest.MonkeyPatch) -> Iterator[Calls]:
    """Stands for the room of bookings when prices change."""
    calls = Calls()
    monkeypatch.setattr(hooks, "prices_changed", [calls])
    return calls


@pytest.fixture
def as_agent(cast: Cast) -> Actor:
    """The agent acts."""
    return Actor(cast.agent.id, roles=frozenset({"Agent"}))


@pytest.fixture
def as_camille(cast: Cast) -> Actor:
    """Camille acts."""
    return Actor(cast.camille.id, cast.home.id, frozenset({"Parent"}))


def mails(session: Session) -> list[tuple[str, str]]:
    """(template, address) of the e-mails written, in order."""
    rows = session.execute(
        sa.select(OutboxMessage.template, OutboxMessage.to_address).order_by(OutboxMessage.id)
    )
    return [(template, address) for template, address in rows]
