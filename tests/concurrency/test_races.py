"""Places and slots fought for by many at once. Each race is first shown to exist (§5.3)."""

from __future__ import annotations

from collections import Counter
from datetime import date
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError, OperationalError
from sqlalchemy.orm import Session

from app.accounts.models import Account
from app.activities.models import Opening
from app.core import clock
from app.core.actor import Actor
from app.reservations import services
from app.reservations.models import Booking, BookingChange, BookingState, ChangeOrigin
from app.reservations.services import CannotSave, Refused, Report, Wish
from tests.concurrency.conftest import Together, Work
from tests.factories import Cast, Factory
from tests.reservations.conftest import Desk

PARENTS = 10


def saving(household_id: int, *wishes: Wish, token: str | None = None) -> Work:
    """A request: it reads its account, then saves."""

    def work(session: Session) -> Report:
        session.scalar(sa.select(sa.func.count(Account.id)))
        return services.save(
            session,
            Actor(None, household_id),
            household_id,
            wishes,
            now=clock.now(),
            form_token=token,
            origin=ChangeOrigin.MONTH,
        )

    return work


@pytest.fixture
def last_place(cast: Cast, make: Factory, desk: Desk) -> tuple[int, list[Work]]:
    """An opening with one place, and ten families that want it."""
    opening = cast.opening(cast.midi, desk.day(3))
    opening.capacity = 1
    works = []
    for number in range(PARENTS):
        home = make.household(f"Famille {number}")
        child = make.child(f"Enfant {number}", home)
        make.enrolment(child, cast.canteen)
        make.money(home, 5_000)
        works.append(saving(home.id, Wish(child.id, opening.id, True)))
    return opening.id, works


def reasons(outcomes: list[Any]) -> Counter[Any]:
    """How the saves ended: Report, the first reason of a CannotSave, or the error's class."""

    def told(one: Any) -> Any:
        return one.plan.left_out[0].reason if isinstance(one, CannotSave) else type(one)

    return Counter(map(told, outcomes))


def sold(session: Session, opening_id: int) -> tuple[int, int]:
    """(live bookings, ``taken``) of the opening."""
    live = sa.select(sa.func.count(Booking.id)).where(
        Booking.opening_id == opening_id, Booking.state == BookingState.LIVE
    )
    taken = sa.select(Opening.taken).where(Opening.id == opening_id)
    return session.scalar(live), session.scalar(taken)


@pytest.mark.postgresql
def test_without_the_lock_the_last_place_is_sold_ten_times(
    session: Session, together: Together, last_place: Any, all_decided_before_one_writes: Any
) -> None:
    opening_id, works = last_place
    with all_decided_before_one_writes(PARENTS):
        together(works)
    assert sold(session, opening_id) == (PARENTS, PARENTS)


def test_without_the_intent_to_write_sqlite_refuses_parents_with_no_reason(
    session: Session, together: Together, last_place: Any
) -> None:
    if session.get_bind().dialect.name != "sqlite":
        pytest.skip("a fact of SQLite")
    _, works = last_place
    outcomes = together(works, intent=False)
    assert any(isinstance(one, OperationalError) for one in outcomes)


def test_the_last_place_is_sold_once_and_every_refusal_is_explained(
    session: Session, together: Together, last_place: Any
) -> None:
    opening_id, works = last_place
    assert reasons(together(works)) == {Report: 1, Refused.FULL: PARENTS - 1}
    assert sold(session, opening_id) == (1, 1)


@pytest.fixture
def both_parents(cast: Cast, desk: Desk) -> tuple[int, list[Work]]:
    """Camille and Yanis book the same slot for Noé."""
    opening = cast.opening(cast.midi, desk.day(3))
    wish = Wish(cast.noe.id, opening.id, True)
    return opening.id, [saving(home.id, wish) for home in (cast.home, cast.other_home)]


@pytest.mark.postgresql
def test_without_the_lock_one_parent_gets_an_error_of_the_database(
    together: Together, both_parents: Any, all_decided_before_one_writes: Any
) -> None:
    _, works = both_parents
    with all_decided_before_one_writes(2):
        outcomes = together(works)
    assert reasons(outcomes) == {Report: 1, IntegrityError: 1}


def test_both_parents_at_the_same_instant_one_books_the_other_is_told(
    session: Session, together: Together, both_parents: Any
) -> None:
    opening_id, works = both_parents
    assert reasons(together(works)) == {Report: 1, Refused.OTHER_PARENT: 1}
    assert sold(session, opening_id) == (1, 1)


def test_a_double_click_is_one_save(
    session: Session, together: Together, cast: Cast, desk: Desk
) -> None:
    wish = Wish(cast.jules.id, cast.opening(cast.midi, desk.day(3)).id, True)
    outcomes = together([saving(cast.home.id, wish, token="click") for _ in range(6)])
    assert sorted(one.repeated for one in outcomes) == [False] + [True] * 5
    assert {one.change_id for one in outcomes} == {
        session.scalars(sa.select(BookingChange.id)).one()
    }


def test_two_tabs_do_not_spend_the_same_money(
    session: Session, together: Together, cast: Cast, make: Factory, desk: Desk
) -> None:
    make.money(cast.home, -10_000 + 420)
    days = [desk.day(weekday) for weekday in (0, 1, 3, 4)]
    wishes = [Wish(cast.jules.id, cast.opening(cast.midi, day).id, True) for day in days]
    outcomes = together([saving(cast.home.id, wish) for wish in wishes])
    assert reasons(outcomes) == {Report: 1, services.NotEnoughMoney: 3}
    assert session.scalar(sa.select(sa.func.count(Booking.id))) == 1


def test_a_closure_and_a_booking_at_once_leave_no_booking_on_a_closed_day(
    session: Session, together: Together, cast: Cast, desk: Desk
) -> None:
    opening_id = cast.opening(cast.midi, desk.day(3)).id
    children = [cast.jules.id, cast.rose.id, cast.noe.id]

    def close(session: Session) -> int:
        session.execute(sa.select(Opening.id).where(Opening.id == opening_id).with_for_update())
        session.execute(
            sa.update(Opening).where(Opening.id == opening_id).values(closed_at=clock.now())
        )
        return services.cancel_for_system(
            session,
            Actor(None),
            opening_ids=[opening_id],
            origin=ChangeOrigin.CLOSURE,
            reason="x",
            now=clock.now(),
        )

    works = [saving(cast.home.id, Wish(child, opening_id, True)) for child in children]
    outcomes = together([works[0], close, *works[1:]])
    booked = sum(isinstance(one, Report) for one in outcomes)
    assert outcomes[1] == booked
    assert sold(session, opening_id) == (0, 0)


def test_crossed_saves_never_block_each_other_for_ever(
    session: Session, together: Together, cast: Cast, make: Factory, desk: Desk
) -> None:
    """Families book and remove the same openings in different orders, while days close."""
    days: list[date] = [desk.day(weekday, week) for week in (1, 2) for weekday in (0, 1, 3, 4)]
    ids = [cast.opening(slot, day).id for day in days for slot in (cast.midi, cast.soir1)]
    works: list[Work] = []
    for number in range(8):
        home = make.household(f"Famille {number}")
        child = make.child(f"Enfant {number}", home)
        make.enrolment(child, cast.canteen)
        make.enrolment(child, cast.evening)
        make.money(home, 50_000)
        order = ids[number:] + ids[:number]
        works.append(_there_and_back(home.id, child.id, order if number % 2 else order[::-1]))
    outcomes = together(works)
    assert [one for one in outcomes if one != "done"] == []
    counted = dict(
        session.execute(
            sa.select(Booking.opening_id, sa.func.count())
            .where(Booking.state == BookingState.LIVE)
            .group_by(Booking.opening_id)
        ).all()
    )
    for opening_id, taken in session.execute(sa.select(Opening.id, Opening.taken)):
        assert taken == counted.get(opening_id, 0)


def _there_and_back(household_id: int, child_id: int, ids: list[int]) -> Work:
    def work(session: Session) -> str:
        for half, wanted in ((ids[:10], True), (ids[:5], False), (ids[4:], True)):
            wishes = [Wish(child_id, opening_id, wanted) for opening_id in half]
            saving(household_id, *wishes)(session)
            session.commit()
        return "done"

    return work
