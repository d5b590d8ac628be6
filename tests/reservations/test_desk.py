"""Agents book and cancel on pages; parents have none of them."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa

from app.core import clock
from app.reservations.models import Booking, BookingState
from tests.factories import Cast
from tests.reservations.conftest import Desk


def booked(desk: Desk, cast: Cast) -> int:
    desk.month(cast.home, desk.wish(cast.jules, cast.midi, desk.day(3)))
    desk.session.commit()
    return desk.session.scalars(sa.select(Booking.id)).one()


def test_an_agent_books_today_after_the_deadline(desk: Desk, cast: Cast, sign_in: Any) -> None:
    desk.session.commit()
    page = sign_in(cast.agent)
    found = page.get("/agents/reservations/nouvelle?q=jules")
    assert "Jules Martin" in found.text
    form = {
        "q": "jules",
        "tie": f"{cast.jules.id}-{cast.home.id}",
        "slot": cast.midi.id,
        "day": clock.today().isoformat(),
        "reason": "Oubli",
    }
    assert page.post("/agents/reservations/nouvelle", data=form).status_code == 302
    assert desk.live() == 1
    again = page.post("/agents/reservations/nouvelle", data=form | {"day": "2027-01-13"})
    assert again.status_code == 409
    desk.session.expire_all()
    assert desk.live() == 1


def test_an_agent_cancels_from_the_list_with_a_reason(desk: Desk, cast: Cast, sign_in: Any) -> None:
    booking_id = booked(desk, cast)
    page = sign_in(cast.agent)
    asked = page.post(f"/agents/reservations/liste/action/cancel/{booking_id}")
    assert asked.status_code == 303
    assert page.post(asked.location, data={"reason": ""}).status_code == 400
    assert page.post(asked.location, data={"reason": "Erreur"}).status_code == 302
    desk.session.expire_all()
    assert desk.session.get_one(Booking, booking_id).state is BookingState.CANCELLED


@pytest.mark.parametrize(
    "url",
    [
        "/agents/reservations/liste/list/",
        "/agents/reservations/journal/list/",
        "/agents/debits/liste/list/",
        "/agents/couverture/list/",
    ],
)
def test_the_lists_open(desk: Desk, cast: Cast, sign_in: Any, url: str) -> None:
    booked(desk, cast)
    assert sign_in(cast.agent).get(url).status_code == 200


@pytest.mark.parametrize(
    "url",
    [
        "/agents/reservations/nouvelle",
        "/agents/reservations/annuler?id=1",
        "/agents/debits/contre-passer?id=1",
        "/agents/couverture/list/",
        "/agents/reservations/liste/list/",
    ],
)
def test_a_parent_has_none_of_these(cast: Cast, sign_in: Any, desk: Desk, url: str) -> None:
    desk.session.commit()
    assert sign_in(cast.camille).get(url).status_code in {302, 403, 404}
