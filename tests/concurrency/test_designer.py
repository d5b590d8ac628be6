"""Two agents in the designer at the same instant: one change each, none lost, no code shared."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.core import clock
from app.core.actor import Actor
from app.requests import editing, services
from app.requests.definition import Definition
from app.requests.errors import DraftOutdated
from app.requests.models import Procedure, ProcedureVersion
from app.requests.services import designing
from tests.concurrency.conftest import Together
from tests.requests.conftest import TRIP

pytestmark = pytest.mark.db


@pytest.fixture
def trip(session: Session, publish: Callable[..., None]) -> int:
    """« Sortie au lac », published once; its draft is of edition 1."""
    publish()
    session.commit()
    return session.scalars(sa.select(Procedure.id).where(Procedure.code == "sortie")).one()


def adding(agent: Actor, procedure_id: int, title: str) -> Callable[[Session], Any]:
    def work(session: Session) -> Any:
        return designing.edit(
            session,
            agent,
            procedure_id,
            1,
            lambda definition: editing.add(definition, (), title),
            now=clock.now(),
        )

    return work


def test_of_two_saves_of_one_edition_one_stands_and_the_other_is_told(
    together: Together, session: Session, agent: Actor, trip: int
) -> None:
    outcomes = together([adding(agent, trip, "Un"), adding(agent, trip, "Deux")])
    assert sum(isinstance(one, DraftOutdated) for one in outcomes) == 1
    procedure = session.get_one(Procedure, trip, populate_existing=True)
    assert procedure.draft_edition == 2
    assert len(Definition.read(procedure.draft).steps) == 3


def test_what_is_published_is_what_the_agent_saw(
    together: Together, session: Session, agent: Actor, trip: int
) -> None:
    def publishing(session: Session) -> Any:
        return services.publish(session, agent, trip, 1, now=clock.now())

    outcomes = together([publishing, adding(agent, trip, "Un"), publishing])
    refused = [one for one in outcomes if isinstance(one, Exception)]
    assert all(isinstance(one, DraftOutdated) for one in refused)
    versions = session.scalars(
        sa.select(ProcedureVersion.definition).where(ProcedureVersion.procedure_id == trip)
    )
    assert {len(Definition.read(one).steps) for one in versions} == {2}


def test_two_of_one_title_get_a_code_each(
    together: Together, session: Session, agent: Actor
) -> None:
    definition = replace(TRIP, title="Sortie nature")

    def creating(session: Session) -> Any:
        return designing.create(session, agent, definition, now=clock.now()).code

    outcomes = together([creating, creating, creating])
    assert sorted(map(str, outcomes)) == ["sortie-nature", "sortie-nature-2", "sortie-nature-3"]
