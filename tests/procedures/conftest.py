"""A family that fills a démarche, an agent who closes it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import Session

from app.core import clock
from app.core.actor import Actor
from app.core.db import db, write_intent
from app.core.errors import Refusal
from app.notices.models import Notice, OutboxMessage
from app.requests import queries, services
from app.requests.answers import shown_steps
from app.requests.effects import EFFECTS
from app.requests.models import Request
from tests.factories import Cast

Ask = Callable[..., Request]
Fill = Callable[..., Request]


@pytest.fixture
def camille(cast: Cast) -> Actor:
    """The parent who asks."""
    return Actor(cast.camille.id, cast.camille.household_id, frozenset({"Parent"}))


@pytest.fixture
def yanis(cast: Cast) -> Actor:
    """The other parent of Noé."""
    return Actor(cast.yanis.id, cast.yanis.household_id, frozenset({"Parent"}))


@pytest.fixture
def agent(cast: Cast) -> Actor:
    """An agent of the commune."""
    return Actor(cast.agent.id, roles=frozenset({"Agent"}))


@pytest.fixture
def fill(session: Session) -> Fill:
    """Fill the démarche step by step, as the wizard does; submit it unless only some ``steps``."""

    def filling(
        code: str, actor: Actor, answers: Mapping[str, Any], steps: Collection[str] = ()
    ) -> Request:
        now = clock.now()
        request = services.begin(session, actor, code, now=now)
        definition = queries.definition_of(request)
        for step in shown_steps(definition, answers):
            if steps and step.key not in steps:
                continue
            posted = {field.key: answers.get(field.key) for field in step.fields}
            services.save_step(
                session, actor, request.id, step.key, posted, request.edition, now=now
            )
        if steps:
            return request
        return services.submit(
            session, actor, request.id, request.edition, f"t{request.id}", now=now
        )

    return filling


@pytest.fixture
def ask(session: Session, camille: Actor) -> Ask:
    """``ask(code, answers)``: Camille's request, submitted."""

    def asking(code: str, answers: dict[str, Any], actor: Actor = camille) -> Request:
        return services.ask_whole(session, actor, code, answers, now=clock.now())

    return asking


def close(session: Session, agent: Actor, request: Request) -> Request:
    """The agent takes it and closes it."""
    services.take(session, agent, request.id, now=clock.now())
    return services.close(session, agent, request.id, now=clock.now())


def apply_again(session: Session, agent: Actor, request: Request) -> None:
    """Its effect once more: nothing may change."""
    effect = EFFECTS[queries.definition_of(request).effect]
    effect.apply(session, agent, queries.case_of(request), clock.now())
    session.flush()


def told(session: Session) -> tuple[list[str], int]:
    """(templates of the e-mails in order, how many messages in the space)."""
    mails = session.scalars(sa.select(OutboxMessage.template).order_by(OutboxMessage.id)).all()
    return list(mails), session.scalar(sa.select(sa.func.count(Notice.id))) or 0


def at_once(app: Flask, verb: Any) -> list[type[Exception] | None]:
    """``verb(session)`` in two transactions at the same moment; what each raised."""
    start = Barrier(2)

    def one(_: int) -> type[Exception] | None:
        with app.app_context(), write_intent():
            try:
                start.wait(10)
                verb(db.session())
                db.session.commit()
            except Refusal as error:
                db.session.rollback()
                return type(error)
            finally:
                db.session.remove()
        return None

    with ThreadPoolExecutor(2) as pool:
        return list(pool.map(one, range(2)))
