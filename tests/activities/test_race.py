"""Agents and families at the same instant, with real threads and commits."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import Session

from app.activities import services
from app.activities.models import Opening
from app.core import clock
from app.core.actor import SYSTEM, Actor
from app.reservations import services as reservations
from app.reservations.models import Booking, BookingState, ChangeOrigin
from app.reservations.services import CannotSave, Report, Wish
from tests.activities.conftest import Town
from tests.concurrency.conftest import Together
from tests.factories import Cast

AGENTS = 4


@pytest.fixture
def together(app: Flask, session: Session) -> Together:
    """Runs works at the same instant."""
    return Together(app, session)


def test_a_year_generated_by_four_agents_at_once(
    session: Session, town: Town, together: Together
) -> None:
    """One adds the openings, the others find them."""
    year_id = town.year.id
    session.commit()

    def generate(own: Session) -> services.Generated:
        return services.generate_openings(own, SYSTEM, year_id)

    done = together([generate] * AGENTS)
    assert all(isinstance(one, services.Generated) for one in done), done
    added = sorted(one.added for one in done)
    assert added[:-1] == [0] * (AGENTS - 1)
    assert session.scalar(sa.select(sa.func.count(Opening.id))) == added[-1]


def test_a_day_closed_while_it_is_booked_keeps_no_booking(
    session: Session, cast: Cast, together: Together
) -> None:
    """Whoever comes first, the closed day has nobody in the end (§3.7)."""
    opening = max(cast.openings.values(), key=lambda one: one.day)
    homes = [(cast.home.id, cast.jules.id), (cast.stranger_home.id, cast.ines.id)]
    opening_id = opening.id
    session.commit()

    def booking(household_id: int, child_id: int) -> Any:
        def work(own: Session) -> Report:
            wish = Wish(child_id, opening_id, True)
            return reservations.save(
                own,
                Actor(None, household_id),
                household_id,
                [wish],
                now=clock.now(),
                form_token=None,
                origin=ChangeOrigin.MONTH,
            )

        return work

    def close(own: Session) -> services.Closed:
        return services.close_openings(own, SYSTEM, [opening_id], "Grève")

    done = together([booking(*homes[0]), close, booking(*homes[1])])
    assert all(isinstance(one, Report | services.Closed | CannotSave) for one in done), done
    live = sa.select(sa.func.count(Booking.id)).where(
        Booking.opening_id == opening_id, Booking.state == BookingState.LIVE
    )
    assert session.scalar(live) == 0
    assert session.scalar(sa.select(Opening.taken).where(Opening.id == opening_id)) == 0
