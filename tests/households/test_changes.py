"""Changes of address and family composition: asked, replaced, taken back, decided (A11)."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from sqlalchemy.orm import Session

from app.core import clock
from app.core.actor import Actor
from app.core.errors import NotFound
from app.households import queries, services
from app.households.asked import Address, Asked, NewAdult, NewChild
from app.households.errors import AlreadyDecided, BornLater, ReasonMissing
from app.households.models import ProfileChange, ProfileChangeState
from tests.factories import Cast
from tests.households.conftest import Calls, mails

TODAY = date(2027, 1, 12)
MOVE = Asked(address=Address("1 rue Neuve", "74520", "Montclair"))


def ask(session: Session, actor: Actor, cast: Cast, asked: Asked) -> ProfileChange:
    change = services.ask_profile_change(session, actor, cast.home.id, asked, now=clock.now())
    assert change is not None
    return change


def test_an_asked_address_waits_for_an_agent(
    session: Session, cast: Cast, as_camille: Actor
) -> None:
    change = ask(session, as_camille, cast, MOVE)
    assert change.state is ProfileChangeState.WAITING
    assert cast.home.street == "3 rue des Tilleuls"
    assert mails(session) == [("profile_change_received", cast.camille.email)]


def test_an_accepted_change_is_applied_whole_and_told(
    session: Session, cast: Cast, as_camille: Actor, as_agent: Actor, tie_ended: Calls
) -> None:
    asked = Asked(
        address=MOVE.address,
        children=(NewChild("Zoé", "Martin", date(2022, 2, 2)),),
        adults=(NewAdult("Paul", "Martin"),),
        leaving_children=(cast.rose.id,),
    )
    change = ask(session, as_camille, cast, asked)
    services.decide_profile_change(session, as_agent, change.id, accept=True, now=clock.now())
    assert (cast.home.street, cast.home.name) == ("1 rue Neuve", "Martin")
    children = queries.children_of(session, cast.home.id, TODAY)
    assert [card.first_name for card in children] == ["Noé", "Jules", "Zoé"]
    assert [str(one) for one in queries.adults_of(session, cast.home.id)] == [
        "Camille Martin",
        "Paul Martin",
    ]
    assert tie_ended == [(cast.rose.id, cast.home.id, TODAY, "")]
    assert (change.state, change.decided_by) == (ProfileChangeState.ACCEPTED, cast.agent.id)
    assert mails(session)[-1] == ("profile_change_decided", cast.camille.email)


def test_a_child_who_is_known_is_tied_instead_of_made_twice(
    session: Session, cast: Cast, as_camille: Actor, as_agent: Actor
) -> None:
    asked = Asked(children=(NewChild("INES", "durand", cast.ines.born_on),))
    change = ask(session, as_camille, cast, asked)
    assert queries.same_children(session, *asked.children[0]) == [cast.ines]
    services.decide_profile_change(
        session,
        as_agent,
        change.id,
        accept=True,
        known_children={0: cast.ines.id},
        now=clock.now(),
    )
    assert queries.child_for(session, cast.home.id, cast.ines.id) is cast.ines


def test_a_refusal_says_why_and_changes_nothing(
    session: Session, cast: Cast, as_camille: Actor, as_agent: Actor
) -> None:
    change = ask(session, as_camille, cast, MOVE)
    with pytest.raises(ReasonMissing):
        services.decide_profile_change(
            session, as_agent, change.id, accept=False, reason="  ", now=clock.now()
        )
    services.decide_profile_change(
        session, as_agent, change.id, accept=False, reason="Justificatif ?", now=clock.now()
    )
    assert (change.state, change.reason) == (ProfileChangeState.REFUSED, "Justificatif ?")
    assert cast.home.street == "3 rue des Tilleuls"


def test_a_change_is_decided_once(
    session: Session, cast: Cast, as_camille: Actor, as_agent: Actor
) -> None:
    change = ask(session, as_camille, cast, MOVE)
    services.decide_profile_change(session, as_agent, change.id, accept=True, now=clock.now())
    with pytest.raises(AlreadyDecided):
        services.decide_profile_change(
            session, as_agent, change.id, accept=False, reason="x", now=clock.now()
        )
    with pytest.raises(AlreadyDecided):
        services.cancel_profile_change(
            session, as_camille, cast.home.id, change.id, now=clock.now()
        )


def test_asking_again_replaces_what_waits(session: Session, cast: Cast, as_camille: Actor) -> None:
    first = ask(session, as_camille, cast, MOVE)
    second = ask(session, as_camille, cast, Asked(comment="Nous déménageons."))
    assert first.id == second.id
    waiting = queries.waiting_change(session, cast.home.id)
    assert waiting is not None
    assert waiting.asked == {"comment": "Nous déménageons."}


def test_asking_the_same_again_says_nothing_again(
    session: Session, cast: Cast, as_camille: Actor
) -> None:
    ask(session, as_camille, cast, MOVE)
    ask(session, as_camille, cast, MOVE)
    assert len(mails(session)) == 1


def test_asking_for_nothing_takes_the_request_back(
    session: Session, cast: Cast, as_camille: Actor
) -> None:
    change = ask(session, as_camille, cast, MOVE)
    services.ask_profile_change(session, as_camille, cast.home.id, Asked(), now=clock.now())
    assert change.state is ProfileChangeState.CANCELLED
    assert queries.waiting_change(session, cast.home.id) is None


def test_members_of_another_household_cannot_be_named(
    session: Session, cast: Cast, as_camille: Actor
) -> None:
    theirs = queries.adults_of(session, cast.other_home.id)[0]
    for asked in (Asked(leaving_children=(cast.ines.id,)), Asked(leaving_adults=(theirs.id,))):
        with pytest.raises(NotFound):
            services.ask_profile_change(session, as_camille, cast.home.id, asked, now=clock.now())


def test_an_account_is_not_removed_by_a_request(
    session: Session, cast: Cast, as_camille: Actor
) -> None:
    me = queries.adults_of(session, cast.home.id)[0]
    with pytest.raises(NotFound):
        ask(session, as_camille, cast, Asked(leaving_adults=(me.id,)))


def test_an_asked_child_is_born_already(session: Session, cast: Cast, as_camille: Actor) -> None:
    tomorrow = TODAY + timedelta(days=1)
    with pytest.raises(BornLater):
        ask(session, as_camille, cast, Asked(children=(NewChild("Zoé", "Martin", tomorrow),)))


def test_another_household_cannot_take_the_request_back(
    session: Session, cast: Cast, as_camille: Actor
) -> None:
    change = ask(session, as_camille, cast, MOVE)
    yanis = Actor(cast.yanis.id, cast.other_home.id)
    with pytest.raises(NotFound):
        services.cancel_profile_change(
            session, yanis, cast.other_home.id, change.id, now=clock.now()
        )
