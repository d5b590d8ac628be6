"""Children and their ties: who sees, what ends, what a restriction does at once."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.core import clock
from app.core.actor import Actor
from app.core.errors import NotFound
from app.core.models import AuditEvent
from app.households import queries, services
from app.households.errors import AlreadyRestricted, AlreadyTied, BadDates, BornLater, NotRestricted
from app.households.models import Guardianship
from tests.factories import Cast, Factory
from tests.households.conftest import Calls

TODAY = date(2027, 1, 12)


def names(session: Session, household_id: int, day: date = TODAY) -> list[str]:
    return [card.first_name for card in queries.children_of(session, household_id, day)]


def test_a_household_sees_its_children_the_eldest_first(session: Session, cast: Cast) -> None:
    assert names(session, cast.home.id) == ["Noé", "Jules", "Rose"]
    assert names(session, cast.other_home.id) == ["Noé"]


def test_a_child_card_says_school_level_and_rights(session: Session, cast: Cast) -> None:
    jules = queries.children_of(session, cast.home.id, TODAY)[1]
    assert (jules.school, jules.level) == ("École des Tilleuls", "CE1")
    assert (jules.can_book, jules.can_pay, jules.can_see_other, jules.until) == (
        True,
        True,
        True,
        None,
    )


def test_a_child_without_school_is_still_listed(
    session: Session, cast: Cast, make: Factory
) -> None:
    make.child("Zoé", cast.home, born_on=date(2025, 1, 1))
    zoe = queries.children_of(session, cast.home.id, TODAY)[-1]
    assert (zoe.first_name, zoe.school, zoe.level) == ("Zoé", None, None)


def test_children_with_a_lock_are_the_same(session: Session, cast: Cast) -> None:
    plain = queries.children_of(session, cast.home.id, TODAY)
    assert queries.children_of(session, cast.home.id, TODAY, lock=True) == plain


def test_another_households_child_does_not_exist(session: Session, cast: Cast) -> None:
    with pytest.raises(NotFound):
        queries.child_for(session, cast.other_home.id, cast.jules.id)
    with pytest.raises(NotFound):
        queries.child_for(session, cast.home.id, 10**9)
    assert queries.child_for(session, cast.other_home.id, cast.noe.id) is cast.noe


def test_a_restricted_child_vanishes_at_once_for_that_household_alone(
    session: Session, cast: Cast, as_agent: Actor, tie_ended: Calls, prices_changed: Calls
) -> None:
    cancelled = services.restrict(
        session,
        as_agent,
        cast.noe.id,
        cast.other_home.id,
        keep_bookings=False,
        reason="Décision du service",
        note="Jugement du 4 janvier",
        do_not_hand_to="Yanis Benali",
        now=clock.now(),
    )
    assert cancelled == 3
    assert tie_ended == [(cast.noe.id, cast.other_home.id, TODAY, "Décision du service")]
    assert prices_changed == [([cast.other_home.id], TODAY)]
    assert names(session, cast.other_home.id) == []
    assert "Noé" in names(session, cast.home.id)
    with pytest.raises(NotFound):
        queries.child_for(session, cast.other_home.id, cast.noe.id)
    assert queries.households_of(session, [cast.noe.id], TODAY) == {
        cast.noe.id: frozenset({cast.home.id})
    }


def test_a_restriction_may_keep_the_bookings(
    session: Session, cast: Cast, as_agent: Actor, tie_ended: Calls
) -> None:
    kept = services.restrict(
        session,
        as_agent,
        cast.noe.id,
        cast.other_home.id,
        keep_bookings=True,
        reason="",
        now=clock.now(),
    )
    assert (kept, tie_ended) == (0, [])


def test_a_restriction_is_lifted_and_leaves_nothing_behind(
    session: Session, cast: Cast, as_agent: Actor
) -> None:
    ids = (cast.noe.id, cast.other_home.id)
    services.restrict(
        session,
        as_agent,
        *ids,
        keep_bookings=True,
        reason="",
        note="Jugement",
        now=clock.now(),
    )
    with pytest.raises(AlreadyRestricted):
        services.restrict(session, as_agent, *ids, keep_bookings=True, reason="", now=clock.now())
    services.lift_restriction(session, as_agent, *ids)
    assert names(session, cast.other_home.id) == ["Noé"]
    with pytest.raises(NotRestricted):
        services.lift_restriction(session, as_agent, *ids)
    of_home = AuditEvent.household_id == cast.other_home.id
    trail = session.scalars(sa.select(AuditEvent.verb).where(of_home).order_by(AuditEvent.id)).all()
    assert trail == ["restrict", "lift_restriction"]


def test_an_ended_tie_cancels_later_bookings_and_reprices_siblings(
    session: Session, cast: Cast, as_agent: Actor, tie_ended: Calls, prices_changed: Calls
) -> None:
    last = TODAY + timedelta(days=7)
    services.end_tie(session, as_agent, cast.jules.id, cast.home.id, last, "Déménagement")
    assert tie_ended == [(cast.jules.id, cast.home.id, last, "Déménagement")]
    assert prices_changed == [([cast.home.id], last)]
    assert "Jules" in names(session, cast.home.id)
    assert queries.children_of(session, cast.home.id, TODAY)[1].until == last
    assert "Jules" not in names(session, cast.home.id, last)


def test_a_tie_cannot_end_before_it_starts(session: Session, cast: Cast, as_agent: Actor) -> None:
    with pytest.raises(BadDates):
        services.end_tie(session, as_agent, cast.jules.id, cast.home.id, date(2020, 1, 1), "x")


def test_a_second_household_gets_the_child_once(
    session: Session, cast: Cast, as_agent: Actor, prices_changed: Calls
) -> None:
    services.tie_child(session, as_agent, cast.jules.id, cast.other_home.id, can_pay=False)
    card = queries.children_of(session, cast.other_home.id, TODAY)[1]
    assert (card.first_name, card.can_pay) == ("Jules", False)
    assert prices_changed == [([cast.other_home.id], TODAY)]
    with pytest.raises(AlreadyTied):
        services.tie_child(session, as_agent, cast.jules.id, cast.other_home.id)


def test_a_former_tie_starts_again(session: Session, cast: Cast, as_agent: Actor) -> None:
    ids = (cast.noe.id, cast.other_home.id)
    services.end_tie(session, as_agent, *ids, TODAY, "x")
    services.tie_child(session, as_agent, *ids)
    assert names(session, cast.other_home.id) == ["Noé"]
    ties = session.scalar(
        sa.select(sa.func.count()).where(
            Guardianship.child_id == cast.noe.id, Guardianship.household_id == cast.other_home.id
        )
    )
    assert ties == 1


def test_a_child_who_leaves_leaves_every_household(
    session: Session, cast: Cast, as_agent: Actor, tie_ended: Calls
) -> None:
    services.child_leaves(session, as_agent, cast.noe.id, TODAY, "Déménagement")
    assert tie_ended == [(cast.noe.id, None, TODAY, "Déménagement")]
    assert "Noé" not in names(session, cast.home.id)
    assert names(session, cast.other_home.id) == []


def test_a_child_who_comes_back_is_tied_again(
    session: Session, cast: Cast, as_agent: Actor, tie_ended: Calls
) -> None:
    services.child_leaves(session, as_agent, cast.noe.id, TODAY, "x")
    services.tie_child(session, as_agent, cast.noe.id, cast.home.id)
    assert "Noé" in names(session, cast.home.id)


def test_a_new_child_is_tied_and_may_change_the_ranks(
    session: Session, cast: Cast, as_agent: Actor, prices_changed: Calls
) -> None:
    services.add_child(
        session,
        as_agent,
        cast.home.id,
        first_name=" Zoé ",
        last_name="Martin",
        born_on=date(2015, 1, 1),
    )
    assert names(session, cast.home.id)[0] == "Zoé"
    assert prices_changed == [([cast.home.id], TODAY)]


def test_nobody_is_born_tomorrow(session: Session, cast: Cast, as_agent: Actor) -> None:
    identity = {"first_name": "Zoé", "last_name": "Martin", "born_on": TODAY + timedelta(days=1)}
    with pytest.raises(BornLater):
        services.add_child(session, as_agent, cast.home.id, **identity)  # type: ignore[arg-type]
    with pytest.raises(BornLater):
        services.correct_child(session, as_agent, cast.jules.id, **identity)  # type: ignore[arg-type]


def test_a_corrected_date_of_birth_reprices_every_household(
    session: Session, cast: Cast, as_agent: Actor, prices_changed: Calls
) -> None:
    services.correct_child(
        session,
        as_agent,
        cast.noe.id,
        first_name="Noé",
        last_name="Martin",
        born_on=date(2022, 8, 30),
    )
    assert [sorted(households) for households, _ in prices_changed] == [
        sorted([cast.home.id, cast.other_home.id])
    ]
    assert names(session, cast.home.id) == ["Jules", "Rose", "Noé"]


def test_schooling_is_said_then_corrected(
    session: Session, cast: Cast, as_agent: Actor, make: Factory
) -> None:
    level = make.level("CM2", 8)
    for child in (cast.jules, make.child("Zoé", cast.home)):
        services.set_schooling(
            session, as_agent, child.id, cast.year.id, make.school().id, level.id
        )
    cards = queries.children_of(session, cast.home.id, TODAY)
    assert {card.first_name: card.level for card in cards} == {
        "Noé": "CE1",
        "Jules": "CM2",
        "Zoé": "CM2",
        "Rose": "CE1",
    }


def test_rights_of_one_household_are_its_own(session: Session, cast: Cast, as_agent: Actor) -> None:
    services.set_rights(
        session,
        as_agent,
        cast.noe.id,
        cast.other_home.id,
        can_book=False,
        can_pay=False,
        can_see_other=False,
    )
    theirs = queries.children_of(session, cast.other_home.id, TODAY)[0]
    ours = queries.children_of(session, cast.home.id, TODAY)[0]
    assert (theirs.can_book, theirs.can_see_other) == (False, False)
    assert (ours.can_book, ours.can_see_other) == (True, True)
