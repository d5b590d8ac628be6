"""Closures, ended ties, agents: cancelled in one set, money back, families told (§3.2–§3.7)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.charging import services as charges
from app.core import clock, hooks
from app.core.actor import SYSTEM, Actor
from app.notices.models import OutboxMessage
from app.reservations import cancelling, services
from app.reservations.models import Booking, BookingState, ChangeOrigin
from app.reservations.services import CannotSave, NotEnoughMoney, ReasonMissing, Refused, Wish
from app.wallet import queries as wallets
from tests.factories import Cast, Factory
from tests.reservations.conftest import Desk


@pytest.fixture
def agent(cast: Cast) -> Actor:
    return Actor(cast.agent.id)


def mails(session: Session, template: str) -> list[OutboxMessage]:
    return list(session.scalars(sa.select(OutboxMessage).filter_by(template=template)))


def both_book(desk: Desk, cast: Cast) -> None:
    desk.month(cast.home, desk.wish(cast.jules, cast.midi, desk.day(3)))
    desk.month(cast.home, desk.wish(cast.rose, cast.midi, desk.day(3)))
    desk.month(cast.other_home, desk.wish(cast.noe, cast.midi, desk.day(3)))


def test_closing_a_day_cancels_and_tells_each_family_once(
    desk: Desk, cast: Cast, agent: Actor
) -> None:
    both_book(desk, cast)
    opening = cast.opening(cast.midi, desk.day(3))
    [close] = hooks.openings_closed
    assert close(desk.session, agent, [opening.id], "Grève du personnel") == 3
    assert desk.live() == desk.taken(cast.midi, desk.day(3)) == 0
    told = mails(desk.session, "bookings_cancelled")
    assert sorted(one.household_id for one in told) == [cast.home.id, cast.other_home.id]
    assert all("Grève du personnel" in one.text for one in told)
    assert wallets.standing(desk.session, cast.home.id).available_cents == 10_000


def test_closing_does_not_cost_more_statements_for_more_families(
    desk: Desk, cast: Cast, make: Factory, agent: Actor, statements: Callable[[], Any]
) -> None:
    counts = []
    for size, day in ((1, desk.day(0)), (8, desk.day(1))):
        opening = cast.opening(cast.midi, day)
        for n in range(size):
            home = make.household(f"Famille {day}-{n}")
            make.parent(f"parent.{day}-{n}", home)
            child = make.child("Lou", home)
            make.enrolment(child, cast.canteen)
            make.money(home, 5_000)
            services.agent_book(
                desk.session,
                agent,
                home.id,
                [Wish(child.id, opening.id, True)],
                reason="x",
                now=clock.now(),
            )
        desk.session.commit()
        with statements() as seen:
            cancelling.openings_closed(desk.session, agent, [opening.id], "x")
        counts.append(len(seen))
    assert counts[0] == counts[1]


def test_an_ended_tie_takes_its_later_bookings_away(desk: Desk, cast: Cast, agent: Actor) -> None:
    desk.month(cast.home, desk.wish(cast.noe, cast.midi, desk.day(1)))
    desk.month(cast.home, desk.wish(cast.noe, cast.midi, desk.day(4)))
    desk.month(cast.other_home, desk.wish(cast.noe, cast.soir1, desk.day(4)))
    [ended] = hooks.tie_ended
    assert ended(desk.session, agent, cast.noe.id, cast.home.id, desk.day(3), "Garde") == 1
    assert desk.live(household_id=cast.home.id) == 1
    assert desk.live(household_id=cast.other_home.id) == 1
    assert ended(desk.session, agent, cast.noe.id, None, desk.day(0), "Départ") == 2


def test_an_ended_enrolment_takes_the_bookings_of_its_activity_away(
    desk: Desk, cast: Cast, agent: Actor
) -> None:
    desk.month(cast.home, desk.wish(cast.jules, cast.midi, desk.day(3)))
    desk.month(cast.home, desk.wish(cast.jules, cast.soir1, desk.day(3)))
    [ended] = hooks.enrolment_ended
    ended(desk.session, agent, cast.jules.id, cast.evening.id, clock.today(), "Fin")
    assert desk.live() == desk.taken(cast.midi, desk.day(3)) == 1
    assert desk.taken(cast.soir1, desk.day(3)) == 0


def test_an_agent_books_after_the_deadline_never_over_the_capacity(
    desk: Desk, cast: Cast, agent: Actor
) -> None:
    opening = cast.opening(cast.midi, clock.today())
    wish = [Wish(cast.jules.id, opening.id, True)]

    def book() -> services.Report:
        return services.agent_book(
            desk.session, agent, cast.home.id, wish, reason="Oubli", now=clock.now()
        )

    opening.capacity = 0
    desk.session.commit()
    with pytest.raises(CannotSave) as refused:
        book()
    assert refused.value.plan.left_out[0].reason is Refused.FULL
    desk.session.rollback()
    opening.capacity = 1
    assert book().added == 1
    assert "Oubli" in mails(desk.session, "bookings_saved")[0].text


def test_an_agent_does_not_step_around_the_money_nor_the_reason(
    desk: Desk, cast: Cast, make: Factory, agent: Actor
) -> None:
    make.money(cast.home, -10_000)
    wish = [desk.wish(cast.jules, cast.midi, desk.day(3))]
    with pytest.raises(ReasonMissing):
        services.agent_book(desk.session, agent, cast.home.id, wish, reason=" ", now=clock.now())
    with pytest.raises(NotEnoughMoney):
        services.agent_book(desk.session, agent, cast.home.id, wish, reason="x", now=clock.now())


def test_an_agent_cancels_what_was_charged_and_the_money_comes_back(
    desk: Desk, cast: Cast, agent: Actor
) -> None:
    opening = cast.opening(cast.midi, clock.today() - timedelta(days=1))
    wish = [Wish(cast.jules.id, opening.id, True)]
    services.agent_book(desk.session, agent, cast.home.id, wish, reason="x", now=clock.now())
    desk.session.commit()
    charges.charge_due(desk.session, clock.now(), commit=desk.session.commit)
    assert wallets.balance(desk.session, cast.home.id) == 10_000 - 420
    booking = desk.session.scalars(sa.select(Booking)).one()
    for _ in range(2):
        services.agent_cancel(desk.session, agent, [booking.id], reason="Erreur", now=clock.now())
        desk.session.commit()
    assert wallets.balance(desk.session, cast.home.id) == 10_000
    assert opening.taken == 0
    assert booking.state is BookingState.CANCELLED
    # The day can be booked and charged afresh, at the facts then known.
    services.agent_book(desk.session, agent, cast.home.id, wish, reason="x", now=clock.now())
    desk.session.commit()
    charges.charge_due(desk.session, clock.now(), commit=desk.session.commit)
    assert wallets.balance(desk.session, cast.home.id) == 10_000 - 420


def test_expired_holds_give_their_places_back(desk: Desk, cast: Cast) -> None:
    desk.month(cast.home, desk.wish(cast.jules, cast.midi, desk.day(3)))
    desk.month(cast.home, desk.wish(cast.rose, cast.midi, desk.day(3)))
    first, second = desk.session.scalars(sa.select(Booking).order_by(Booking.id))
    now = clock.now()
    for booking, until in ((first, now), (second, now + timedelta(minutes=1))):
        booking.state, booking.held_until = BookingState.HELD, until
    desk.session.commit()
    assert cancelling.release_holds(desk.session, now) == 1
    assert cancelling.release_holds(desk.session, now) == 0
    desk.session.refresh(first)
    assert first.state is BookingState.CANCELLED
    assert desk.taken(cast.midi, desk.day(3)) == 1


def test_the_portal_cancels_by_booking_too(desk: Desk, cast: Cast) -> None:
    desk.month(cast.home, desk.wish(cast.jules, cast.midi, desk.day(3)))
    booking = desk.session.scalars(sa.select(Booking)).one()
    cancelled = services.cancel_for_system(
        desk.session,
        SYSTEM,
        booking_ids=[booking.id, 12_345],
        origin=ChangeOrigin.COVER,
        reason="",
        now=clock.now(),
    )
    assert cancelled == 1
