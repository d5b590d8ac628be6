"""A démarche, a family and an agent for the tests of the engine."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy.orm import Session

from app.core import clock
from app.core.actor import SYSTEM, Actor
from app.requests import services
from app.requests.definition import Choice, Condition, Definition, Field, Kind, Step, Theme
from app.requests.effects import EFFECTS, Effect
from app.requests.models import Request
from tests.factories import Cast

TRIP = Definition(
    title="Sortie au lac",
    theme=Theme.SCHOOL,
    service="school",
    delay_days=30,
    steps=(
        Step("who", "Enfant", (Field("child", Kind.CHILD, "Enfant", required=True),)),
        Step(
            "wish",
            "Souhait",
            (
                Field("text", Kind.TEXT, "Motif", required=True),
                Field("swims", Kind.YES_NO, "Sait nager"),
                Field(
                    "level",
                    Kind.CHOICE,
                    "Niveau",
                    required=True,
                    choices=(Choice("good", "Bon"), Choice("fair", "Moyen")),
                    show_if=Condition("swims", ("yes",)),
                ),
                Field("allergy", Kind.LONG_TEXT, "Allergie", private=True),
            ),
        ),
    ),
)


@pytest.fixture
def effects(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Request ids on which the effect « noted » ran."""
    done: list[int] = []
    effect = Effect(
        "noted",
        "Noted",
        lambda session, actor, case, now: done.append(case.request_id),
        alone=True,
    )
    monkeypatch.setitem(EFFECTS, "noted", effect)
    return done


@pytest.fixture
def camille(cast: Cast) -> Actor:
    """The parent who asks."""
    return Actor(cast.camille.id, cast.camille.household_id, frozenset({"Parent"}))


@pytest.fixture
def yanis(cast: Cast) -> Actor:
    """The other parent."""
    return Actor(cast.yanis.id, cast.yanis.household_id, frozenset({"Parent"}))


@pytest.fixture
def agent(cast: Cast) -> Actor:
    """An agent of the commune."""
    return Actor(cast.agent.id, roles=frozenset({"Agent"}))


@pytest.fixture
def publish(session: Session) -> Callable[..., None]:
    """Publish ``TRIP``, or another definition, as « sortie »."""

    def publishing(definition: Definition = TRIP, code: str = "sortie") -> None:
        now = clock.now()
        procedure = services.new_draft(session, SYSTEM, code, definition, now=now)
        services.publish(session, SYSTEM, procedure.id, now=now)

    return publishing


@pytest.fixture
def ask(session: Session, cast: Cast, camille: Actor) -> Callable[..., Request]:
    """A request of Camille about Jules, submitted unless ``draft``."""

    def asking(*, draft: bool = False, **more: Any) -> Request:
        now = clock.now()
        request = services.begin(session, camille, "sortie", now=now)
        for step, answers in (
            ("who", {"child": cast.jules.id}),
            ("wish", {"text": "Baignade", **more}),
        ):
            services.save_step(
                session, camille, request.id, step, answers, request.edition, now=now
            )
        if draft:
            return request
        return services.submit(
            session, camille, request.id, request.edition, f"t{request.id}", now=now
        )

    return asking
