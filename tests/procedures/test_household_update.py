"""« Mettre à jour mon foyer »: the request, what an agent sees of it, what closing does (A11)."""

from __future__ import annotations

from datetime import date

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import Session

from app.core import clock
from app.core.actor import Actor
from app.core.errors import NotFound, Refusal
from app.households import queries as households
from app.households import services as homes
from app.households.asked import Address, Asked, NewAdult, NewChild
from app.households.errors import TieRestricted
from app.households.models import Child
from app.procedures.household_update import CODE, answers_of, asked_in
from app.requests import queries, services
from app.requests.effects import EFFECTS
from app.requests.errors import AlreadyAsked, MovedOn, Outdated
from app.requests.models import Request, Status
from tests.factories import Cast
from tests.procedures.conftest import Ask, apply_again, at_once, close, told

ZOE = NewChild("Zoé", "Martin", date(2022, 2, 2))
MOVE = Asked(address=Address("1 rue Neuve", "74520", "Montclair"))
WHOLE = Asked(
    address=MOVE.address,
    children=(ZOE,),
    adults=(NewAdult("Paul", "Martin"),),
    comment="Nous déménageons.",
)


def with_members(cast: Cast) -> Asked:
    return Asked(**{**WHOLE.__dict__, "leaving_children": (cast.rose.id,)})


def test_what_is_asked_comes_back_from_the_answers(cast: Cast) -> None:
    for asked in (Asked(), MOVE, with_members(cast), Asked(leaving_adults=(3, 4))):
        assert asked_in(answers_of(asked)) == asked


def test_it_waits_then_is_applied_whole_when_an_agent_closes_it(
    session: Session, cast: Cast, ask: Ask, agent: Actor
) -> None:
    request = ask(CODE, answers_of(with_members(cast)))
    assert request.status is Status.PENDING
    assert cast.home.street == "3 rue des Tilleuls"
    assert told(session) == (["request_received"], 1)
    close(session, agent, request)
    assert request.status is Status.CLOSED
    apply_again(session, agent, request)
    assert cast.home.street == "1 rue Neuve"
    children = households.children_of(session, cast.home.id, clock.today())
    assert [one.first_name for one in children] == ["Noé", "Jules", "Zoé"]
    assert len(households.adults_of(session, cast.home.id)) == 2
    assert told(session)[0].count("request_moved") == 2  # taken, then closed


def test_a_refusal_of_the_effect_changes_nothing_and_is_said_to_the_agent(
    session: Session, cast: Cast, ask: Ask, agent: Actor
) -> None:
    yanis = Actor(cast.yanis.id, cast.other_home.id)
    homes.restrict(
        session, agent, cast.noe.id, cast.other_home.id,
        keep_bookings=True, reason="", now=clock.now(),
    )  # fmt: skip
    noe = NewChild(cast.noe.first_name, cast.noe.last_name, cast.noe.born_on)
    request = ask(CODE, answers_of(Asked(address=MOVE.address, children=(noe,))), yanis)
    session.commit()
    with pytest.raises(TieRestricted):
        close(session, agent, request)
    session.rollback()
    assert session.get_one(Request, request.id).status is Status.PENDING
    assert cast.other_home.street != "1 rue Neuve"


def test_an_agent_sees_what_is_known_beside_what_is_asked(session: Session, ask: Ask) -> None:
    current = EFFECTS["update_household"].current
    assert current is not None
    request = ask(CODE, answers_of(WHOLE))
    assert current(session, queries.case_of(request)) == {
        "address": {"street": "3 rue des Tilleuls", "postcode": "74520", "city": "Montclair"}
    }
    request.answers = answers_of(Asked(comment="Bonjour"))
    assert current(session, queries.case_of(request)) == {}


def test_one_at_a_time_and_changed_while_it_waits(
    session: Session, ask: Ask, camille: Actor, agent: Actor
) -> None:
    request = ask(CODE, answers_of(MOVE))
    session.commit()
    with pytest.raises(AlreadyAsked):
        ask(CODE, answers_of(WHOLE))
    session.rollback()
    now, edition = clock.now(), session.get_one(Request, request.id).edition
    changed = services.change_whole(
        session, camille, request.id, answers_of(WHOLE), edition, now=now
    )
    assert (changed.status, asked_in(changed.answers)) == (Status.PENDING, WHOLE)
    with pytest.raises(Outdated):
        services.change_whole(session, camille, request.id, answers_of(MOVE), edition, now=now)
    services.take(session, agent, request.id, now=now)
    with pytest.raises(MovedOn):
        services.change_whole(
            session, camille, request.id, answers_of(MOVE), changed.edition, now=now
        )


def test_members_of_another_household_cannot_be_named_even_later(
    session: Session, cast: Cast, ask: Ask, camille: Actor
) -> None:
    theirs = answers_of(Asked(leaving_children=(cast.ines.id,)))
    session.commit()
    with pytest.raises(Refusal):
        ask(CODE, theirs)
    session.rollback()
    request = ask(CODE, answers_of(MOVE))
    with pytest.raises(Refusal):
        services.change_whole(
            session, camille, request.id, theirs, request.edition, now=clock.now()
        )
    with pytest.raises(NotFound):
        services.change_whole(
            session, Actor(cast.lea.id, cast.stranger_home.id), request.id, answers_of(MOVE),
            request.edition, now=clock.now(),
        )  # fmt: skip


def test_two_agents_close_once(app: Flask, session: Session, ask: Ask, agent: Actor) -> None:
    request_id = ask(CODE, answers_of(WHOLE)).id
    services.take(session, agent, request_id, now=clock.now())
    session.commit()
    session.close()
    results = at_once(app, lambda own: services.close(own, agent, request_id, now=clock.now()))
    assert sorted(map(str, results)) == sorted(map(str, [None, MovedOn]))
    assert len(session.scalars(sa.select(Child).where(Child.first_name == "Zoé")).all()) == 1


def test_two_tabs_ask_once(app: Flask, session: Session, camille: Actor) -> None:
    session.commit()
    session.close()
    results = at_once(
        app,
        lambda own: services.ask_whole(own, camille, CODE, answers_of(MOVE), now=clock.now()),
    )
    assert sorted(map(str, results)) == sorted(map(str, [None, AlreadyAsked]))
    assert session.scalar(sa.select(sa.func.count(Request.id))) == 1


def test_a_family_changes_while_an_agent_takes(
    app: Flask, session: Session, ask: Ask, camille: Actor, agent: Actor
) -> None:
    request = ask(CODE, answers_of(MOVE))
    request_id, edition = request.id, request.edition
    session.commit()
    session.close()
    verbs = [
        lambda own: services.take(own, agent, request_id, now=clock.now()),
        lambda own: services.change_whole(
            own, camille, request_id, answers_of(WHOLE), edition, now=clock.now()
        ),
    ]
    results = at_once(app, lambda own: verbs.pop()(own))
    request = session.get_one(Request, request_id)
    assert request.status is Status.PROCESSING
    changed = asked_in(request.answers) == WHOLE
    assert results.count(None) == (2 if changed else 1)
