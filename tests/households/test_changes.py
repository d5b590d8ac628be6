"""Changes of address and members: checked when asked, applied once however often (A11)."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.core import clock
from app.core.actor import Actor
from app.core.errors import NotFound
from app.households import queries, services
from app.households.asked import Address, Asked, NewAdult, NewChild
from app.households.errors import BornLater, ChildKnownElsewhere, LastAdult, TieRestricted
from app.households.models import Guardianship
from tests.factories import Cast
from tests.households.conftest import Calls

TODAY = date(2027, 1, 12)
MOVE = Asked(address=Address("1 rue Neuve", "74520", "Montclair"))


def first_names(session: Session, cast: Cast) -> list[str]:
    return [card.first_name for card in queries.children_of(session, cast.home.id, TODAY)]


def test_everything_asked_is_applied_and_a_second_time_nothing_more(
    session: Session, cast: Cast, as_agent: Actor, tie_ended: Calls
) -> None:
    asked = Asked(
        address=MOVE.address,
        children=(NewChild("Zoé", "Martin", date(2022, 2, 2)),),
        adults=(NewAdult("Paul", "Martin"),),
        leaving_children=(cast.rose.id,),
    )
    for _ in range(2):
        services.apply_changes(session, as_agent, cast.home.id, asked)
        assert (cast.home.street, cast.home.name) == ("1 rue Neuve", "Martin")
        assert first_names(session, cast) == ["Noé", "Jules", "Zoé"]
        adults = [str(one) for one in queries.adults_of(session, cast.home.id)]
        assert adults == ["Camille Martin", "Paul Martin"]
        assert tie_ended == [(cast.rose.id, cast.home.id, TODAY, "")]


def test_a_child_of_another_household_is_tied_by_an_agent_alone(
    session: Session, cast: Cast, as_agent: Actor
) -> None:
    asked = Asked(children=(NewChild("INES", "durand", cast.ines.born_on),))
    with pytest.raises(ChildKnownElsewhere):
        services.apply_changes(session, as_agent, cast.home.id, asked)
    services.tie_child(session, as_agent, cast.ines.id, cast.home.id)
    services.apply_changes(session, as_agent, cast.home.id, asked)
    assert queries.child_for(session, cast.home.id, cast.ines.id) is cast.ines
    assert queries.same_children(session, *asked.children[0]) == [cast.ines]


def test_a_child_who_left_the_household_comes_back(
    session: Session, cast: Cast, as_agent: Actor
) -> None:
    rose = cast.rose
    services.end_tie(session, as_agent, rose.id, cast.home.id, TODAY, "")
    asked = Asked(children=(NewChild(rose.first_name, rose.last_name, rose.born_on),))
    services.apply_changes(session, as_agent, cast.home.id, asked)
    assert rose.first_name in first_names(session, cast)


@pytest.mark.parametrize("ended", [False, True])
def test_a_restriction_is_never_undone_by_a_request(
    session: Session, cast: Cast, as_agent: Actor, ended: bool
) -> None:
    noe, other = cast.noe, cast.other_home.id
    services.restrict(
        session, as_agent, noe.id, other, keep_bookings=True, reason="", now=clock.now()
    )
    if ended:
        tie = session.scalars(
            sa.select(Guardianship).where(Guardianship.restricted_at.is_not(None))
        ).one()
        tie.ended_on = TODAY
    asked = Asked(children=(NewChild(noe.first_name, noe.last_name, noe.born_on),))
    with pytest.raises(TieRestricted):
        services.apply_changes(session, as_agent, other, asked)
    assert queries.children_of(session, other, TODAY) == []


def test_the_last_adult_stays(session: Session, cast: Cast, as_agent: Actor) -> None:
    alone = queries.adults_of(session, cast.home.id)[0]
    alone.account_id = None
    session.flush()
    with pytest.raises(LastAdult):
        services.apply_changes(session, as_agent, cast.home.id, Asked(leaving_adults=(alone.id,)))


@pytest.mark.parametrize("who", ["child", "adult", "account"])
def test_only_own_members_without_account_can_leave(session: Session, cast: Cast, who: str) -> None:
    theirs = queries.adults_of(session, cast.other_home.id)[0]
    mine = queries.adults_of(session, cast.home.id)[0]
    asked: dict[str, Any] = {
        "child": Asked(leaving_children=(cast.ines.id,)),
        "adult": Asked(leaving_adults=(theirs.id,)),
        "account": Asked(leaving_adults=(mine.id,)),
    }
    with pytest.raises(NotFound):
        services.check_changes(session, cast.home.id, asked[who])


def test_an_asked_child_is_born_already(session: Session, cast: Cast) -> None:
    child = NewChild("Zoé", "Martin", TODAY + timedelta(days=1))
    with pytest.raises(BornLater):
        services.check_changes(session, cast.home.id, Asked(children=(child,)))
