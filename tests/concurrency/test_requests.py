"""A family and agents, or two agents, at the same instant on one request (issue « Engine »)."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.accounts.models import Account
from app.core import clock
from app.core.actor import Actor
from app.notices.models import Notice
from app.requests import services
from app.requests.effects import EFFECTS, Effect
from app.requests.errors import MovedOn, Outdated
from app.requests.models import Request, RequestMove, Status
from app.requests.services import agents as desk
from tests.concurrency.conftest import WAIT, Together, Work
from tests.requests.conftest import TRIP

Publish = Callable[..., None]
Ask = Callable[..., Request]


def doing(actor: Actor, verb: Callable[..., Any], *facts: Any) -> Work:
    """A request of the site: it reads its account, then does one thing."""

    def work(session: Session) -> Any:
        session.scalar(sa.select(sa.func.count(Account.id)))
        return verb(session, actor, *facts, now=clock.now())

    return work


def moves(session: Session, request_id: int) -> list[Status]:
    """Where the request went, one after the other."""
    session.expire_all()
    return list(
        session.scalars(
            sa.select(RequestMove.to_status)
            .where(RequestMove.request_id == request_id)
            .order_by(RequestMove.id)
        )
    )


def kinds(outcomes: list[Any]) -> list[str]:
    return sorted(type(one).__name__ for one in outcomes)


@pytest.mark.postgresql
def test_without_the_lock_two_agents_take_the_same_request(
    together: Together,
    session: Session,
    agent: Actor,
    publish: Publish,
    ask: Ask,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The race that the lock prevents."""
    publish()
    request = ask()
    both = threading.Barrier(2)

    def unlocked(session: Session, request_id: int) -> Request:
        found = session.get_one(Request, request_id)
        both.wait(WAIT)
        return found

    monkeypatch.setattr(desk, "locked", unlocked)
    outcomes = together([doing(agent, services.take, request.id)] * 2)
    assert kinds(outcomes) == ["Request", "Request"]
    assert moves(session, request.id) == [Status.PENDING, Status.PROCESSING, Status.PROCESSING]


def test_one_of_two_agents_takes_it_and_the_family_is_told_once(
    together: Together,
    session: Session,
    agent: Actor,
    publish: Publish,
    ask: Ask,
) -> None:
    publish()
    request = ask()
    outcomes = together([doing(agent, services.take, request.id)] * 4)
    assert kinds(outcomes) == ["MovedOn", "MovedOn", "MovedOn", "Request"]
    assert moves(session, request.id) == [Status.PENDING, Status.PROCESSING]
    told = sa.select(sa.func.count(Notice.id)).where(Notice.template == "request_moved")
    assert session.scalar(told) == 1


def test_a_family_saves_while_an_agent_takes(
    together: Together,
    session: Session,
    camille: Actor,
    agent: Actor,
    publish: Publish,
    ask: Ask,
) -> None:
    """The save comes first and is read, or comes too late and says so: never in between."""
    publish()
    request = ask()
    request_id, edition = request.id, request.edition

    answers = {"text": "Voile", "swims": "no"}
    save = doing(camille, services.save_step, request_id, "wish", answers, edition)
    saved, taken = together([save, doing(agent, services.take, request_id)])
    assert isinstance(taken, Request)
    assert isinstance(saved, Request | MovedOn | Outdated) or saved is None, saved
    session.expire_all()
    request = session.get_one(Request, request_id)
    wanted = "Baignade" if isinstance(saved, Exception) else "Voile"
    assert (request.status, request.answers["text"]) == (Status.PROCESSING, wanted)
    assert moves(session, request_id)[-1] is Status.PROCESSING


def test_a_family_cancels_while_an_agent_takes(
    together: Together,
    session: Session,
    camille: Actor,
    agent: Actor,
    publish: Publish,
    ask: Ask,
) -> None:
    publish()
    request = ask()
    request_id = request.id

    outcomes = together(
        [doing(camille, services.cancel, request_id), doing(agent, services.take, request_id)]
    )
    assert kinds(outcomes) == ["MovedOn", "Request"]
    assert len(moves(session, request_id)) == 2


@pytest.mark.parametrize("bulk", [False, True])
def test_closing_at_the_same_instant_acts_once(
    together: Together,
    session: Session,
    agent: Actor,
    publish: Publish,
    ask: Ask,
    monkeypatch: pytest.MonkeyPatch,
    bulk: bool,
) -> None:
    done: list[int] = []
    effect = Effect("once", "Once", lambda *facts: done.append(facts[2].request_id), safe=True)
    monkeypatch.setitem(EFFECTS, "once", effect)
    publish(replace(TRIP, effect="once"))
    request = ask()
    services.take(session, agent, request.id, now=clock.now())
    request_id = request.id
    close, many = (
        doing(agent, services.close, request_id),
        doing(agent, services.close_many, [request_id]),
    )
    outcomes = together([close, close, many if bulk else close])
    assert done == [request_id]
    closed = [one for one in outcomes if isinstance(one, Request) or one == ([request_id], {})]
    assert len(closed) == 1, outcomes
    assert moves(session, request_id).count(Status.CLOSED) == 1
