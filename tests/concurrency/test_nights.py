"""Two nights at once, a night beside an agent: each booking is charged once (§5.6)."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa
import time_machine
from sqlalchemy.orm import Session

from app.charging import services as charges
from app.charging.models import Charge
from app.core import clock
from app.core.actor import Actor
from app.reservations import services
from app.reservations.models import Booking
from app.wallet import queries as wallets
from tests.concurrency.conftest import Together
from tests.factories import Cast, Factory
from tests.reservations.conftest import Desk


@pytest.fixture
def booked(desk: Desk, cast: Cast, make: Factory) -> list[int]:
    """Sixteen bookings of Camille's; their ids."""
    make.money(cast.home, 10_000)
    days = [desk.day(weekday, week) for weekday in (0, 1, 3, 4) for week in (1, 2)]
    for child in (cast.jules, cast.rose):
        desk.month(cast.home, *(desk.wish(child, cast.midi, day) for day in days))
    desk.session.commit()
    return list(desk.session.scalars(sa.select(Booking.id).order_by(Booking.id)))


def charge(session: Session) -> int:
    return charges.charge_due(session, clock.now(), commit=session.commit, batch=5).charged


def test_two_nights_at_once_charge_once(
    session: Session, together: Together, cast: Cast, booked: list[int]
) -> None:
    with time_machine.travel(clock.now() + timedelta(days=30), tick=False):
        outcomes = together([charge, charge, charge])
    assert sum(outcomes) == len(booked)
    assert session.scalar(sa.select(sa.func.count(Charge.id))) == len(booked)
    assert wallets.balance(session, cast.home.id) == 20_000 - len(booked) * 420


def test_an_agent_cancels_while_the_night_charges(
    session: Session, together: Together, cast: Cast, booked: list[int]
) -> None:
    """Whoever comes first, what is cancelled costs nothing in the end."""

    def cancel(session: Session) -> int:
        gone = 0
        for booking_id in reversed(booked[8:]):
            gone += services.agent_cancel(
                session, Actor(cast_agent), [booking_id], reason="x", now=clock.now()
            )
            session.commit()
        return gone

    cast_agent = cast.agent.id
    with time_machine.travel(clock.now() + timedelta(days=30), tick=False):
        charged, cancelled = together([charge, cancel])
    assert cancelled == 8
    assert 8 <= charged <= 16
    assert wallets.balance(session, cast.home.id) == 20_000 - 8 * 420
