"""« Rattacher un enfant »: no oracle for the family, one child for the agent, no restriction undone."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from app.core import clock
from app.core.actor import Actor
from app.documents.models import Document, DocumentType
from app.households import queries as households
from app.households import services as homes
from app.households.errors import BornLater, SeveralChildren, TieRestricted
from app.households.models import Child, Guardianship
from app.procedures.attach_child import CODE
from app.procedures.errors import NoSuchChild
from app.procedures.kinds import FAMILY_RECORD
from app.requests import queries
from app.requests.effects import EFFECTS
from app.requests.errors import DocumentsMissing
from app.requests.models import Request, Status
from tests.factories import Cast, Factory
from tests.procedures.conftest import Ask, apply_again, close, told

SignIn = Callable[[Any], FlaskClient]


def answers(child: Child, **more: Any) -> dict[str, Any]:
    return {
        "last_name": child.last_name,
        "first_name": child.first_name,
        "born_on": child.born_on.isoformat(),
        "link": "parent",
        "true": True,
        **more,
    }


@pytest.fixture
def lea(cast: Cast) -> Actor:
    """Whose household has nothing in common with Jules's."""
    return Actor(cast.lea.id, cast.stranger_home.id, frozenset({"Parent"}))


@pytest.fixture(autouse=True)
def given(session: Session, cast: Cast) -> None:
    """Léa and Yanis gave their « livret de famille »."""
    kind = session.scalars(sa.select(DocumentType).where(DocumentType.code == FAMILY_RECORD)).one()
    for home in (cast.stranger_home, cast.other_home):
        session.add(Document(document_type_id=kind.id, household_id=home.id, given_at=clock.now()))
    session.flush()


def test_the_one_child_of_this_name_is_tied_once_an_agent_agrees(
    session: Session, cast: Cast, ask: Ask, lea: Actor, agent: Actor
) -> None:
    typed = answers(cast.jules, first_name="JULES", last_name="martin")
    request = ask(CODE, typed, lea)
    assert [one.first_name for one in households.children_of(session, lea.household_id, clock.today())] == ["Inès"]  # fmt: skip
    close(session, agent, request)
    assert request.status is Status.CLOSED
    apply_again(session, agent, request)
    assert households.child_for(session, lea.household_id, cast.jules.id) is cast.jules
    assert len(session.scalars(sa.select(Guardianship).where(Guardianship.child_id == cast.jules.id)).all()) == 2  # fmt: skip


def test_nothing_tells_the_family_whether_the_child_exists(
    session: Session, cast: Cast, ask: Ask, lea: Actor, sign_in: SignIn
) -> None:
    pages = []
    for name in ("Jules", "Personne"):
        request = ask(CODE, answers(cast.jules, first_name=name), lea)
        session.commit()
        html = sign_in(cast.lea).get(f"/demandes/demarche/{request.id}").text.split("<main")[1]
        pages.append(
            html.replace(str(request.number), "N")
            .replace(f"/{request.id}", "/R")
            .replace(name, "X")
        )
    assert pages[0] == pages[1]
    assert told(session) == (["request_received"] * 2, 2)


def test_a_name_that_nobody_has_waits_for_an_agent_who_ties_the_right_child(
    session: Session, cast: Cast, ask: Ask, lea: Actor, agent: Actor
) -> None:
    request = ask(CODE, answers(cast.jules, first_name="Jul"), lea)
    session.commit()
    with pytest.raises(NoSuchChild):
        close(session, agent, request)
    session.rollback()
    assert session.get_one(Request, request.id).status is Status.PENDING
    homes.tie_child(session, agent, cast.jules.id, lea.household_id)
    close(session, agent, request)
    assert request.status is Status.CLOSED


def test_of_two_children_alike_an_agent_chooses(
    session: Session, cast: Cast, make: Factory, ask: Ask, lea: Actor, agent: Actor
) -> None:
    make.add(Child(first_name="Jules", last_name="Martin", born_on=cast.jules.born_on))
    request = ask(CODE, answers(cast.jules), lea)
    session.commit()
    with pytest.raises(SeveralChildren):
        close(session, agent, request)
    session.rollback()
    homes.tie_child(session, agent, cast.jules.id, lea.household_id)
    close(session, agent, request)
    tied = households.children_of(session, lea.household_id, clock.today())
    assert [one.id for one in tied if one.first_name == "Jules"] == [cast.jules.id]


def test_a_restriction_stays(session: Session, cast: Cast, ask: Ask, agent: Actor) -> None:
    homes.restrict(
        session, agent, cast.noe.id, cast.other_home.id,
        keep_bookings=True, reason="", now=clock.now(),
    )  # fmt: skip
    request = ask(CODE, answers(cast.noe), Actor(cast.yanis.id, cast.other_home.id))
    with pytest.raises(TieRestricted):
        close(session, agent, request)


def test_it_is_not_asked_without_its_paper_nor_for_a_child_to_come(
    session: Session, cast: Cast, ask: Ask, lea: Actor
) -> None:
    with pytest.raises(BornLater):
        ask(CODE, answers(cast.jules, born_on="2027-01-13"), lea)
    with pytest.raises(DocumentsMissing):
        ask(CODE, answers(cast.jules))


def test_an_agent_sees_how_the_file_writes_the_name(
    session: Session, cast: Cast, ask: Ask, lea: Actor
) -> None:
    current = EFFECTS["tie_child"].current
    assert current is not None
    known = ask(CODE, answers(cast.jules, first_name="JULES"), lea)
    assert current(session, queries.case_of(known)) == {
        "first_name": "Jules",
        "last_name": "Martin",
    }
    unknown = ask(CODE, answers(cast.jules, first_name="Jul"), lea)
    assert current(session, queries.case_of(unknown)) == {}
