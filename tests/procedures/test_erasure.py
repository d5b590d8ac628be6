"""« Demander la suppression de mes données »: a month later, nothing owed; the ledger stays."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from app.accounts.models import Account
from app.core import clock
from app.core.actor import Actor
from app.households.models import Child, Household
from app.notices.models import Notice
from app.procedures.erasure import CODE
from app.requests import services
from app.requests.errors import AlreadyAsked, BadAnswers
from app.requests.models import Request, Status
from app.reservations.models import Booking, BookingChange, BookingState, ChangeOrigin
from app.retention.errors import NotSettled, StillBooked
from app.retention.jobs import purge
from app.retention.models import PurgeWarning
from app.wallet.models import LedgerEntry
from app.wallet.queries import balance
from tests.factories import Cast, Factory
from tests.procedures.conftest import Ask, apply_again, close, told

SignIn = Callable[[Any], FlaskClient]
WISH = {"understood": True, "reason": "Nous partons."}


@pytest.fixture
def settled(session: Session, cast: Cast, make: Factory) -> None:
    """Camille's account is empty; nothing is booked in the cast."""
    make.money(cast.home, -balance(session, cast.home.id))


def night(session: Session, days: int) -> dict[str, int]:
    """The purge that many days later."""
    return purge(session, clock.now() + timedelta(days=days), session.commit)


def book(make: Factory, cast: Cast, day: date) -> Booking:
    """Rose has lunch that day."""
    change = make.add(
        BookingChange(household_id=cast.home.id, origin=ChangeOrigin.MONTH, created_at=clock.now())
    )
    return make.add(
        Booking(
            child_id=cast.rose.id,
            opening_id=cast.opening(cast.midi, day).id,
            household_id=cast.home.id,
            day=day,
            state=BookingState.LIVE,
            care_cents=100,
            meal_cents=100,
            created_at=clock.now(),
            created_in=change.id,
        )
    )


@pytest.mark.usefixtures("settled")
def test_the_household_is_erased_a_month_after_an_agent_agreed(
    session: Session, cast: Cast, ask: Ask, agent: Actor
) -> None:
    request = ask(CODE, WISH)
    entries = session.scalar(sa.select(sa.func.count(LedgerEntry.id)))
    close(session, agent, request)
    apply_again(session, agent, request)
    assert [one.forget_on for one in session.scalars(sa.select(PurgeWarning))] == [
        date(2027, 2, 11)
    ]
    assert told(session)[0] == ["request_received", "request_moved", "request_moved"]
    last = session.scalars(sa.select(Notice.body).order_by(Notice.id.desc())).first()
    assert last is not None
    assert "Vos données seront effacées à partir du 11 février 2027." in last
    home, account, number = cast.home.id, cast.camille.id, request.number
    assert "households" not in night(session, 29)
    assert night(session, 31)["households"] == 1
    assert session.get_one(Household, home).name == "–"
    assert not session.get_one(Account, account).active
    assert session.get_one(Child, cast.noe.id).first_name == "Noé"  # also Yanis's
    assert session.get_one(Child, cast.jules.id).first_name == "–"
    kept = session.scalars(sa.select(Request).where(Request.household_id == home)).one()
    assert (kept.number, kept.status, kept.answers) == (number, Status.CLOSED, {})
    assert session.scalar(sa.select(sa.func.count(LedgerEntry.id))) == entries
    assert "households" not in night(session, 32)


@pytest.mark.usefixtures("settled")
def test_nothing_of_an_erased_household_waits_for_an_agent(
    session: Session, cast: Cast, ask: Ask, camille: Actor, agent: Actor
) -> None:
    pending = ask("mettre-a-jour-mon-foyer", {"comment": "Nous déménageons."})
    draft = services.begin(session, camille, CODE, now=clock.now())
    draft_id, pending_id = draft.id, pending.id
    close(session, agent, ask(CODE, WISH))
    assert night(session, 31)["households"] == 1
    assert session.get(Request, draft_id) is None
    kept = session.get_one(Request, pending_id)
    assert (kept.status, kept.answers, kept.reason) == (Status.REFUSED, {}, "")


def test_an_account_with_money_is_settled_first(session: Session, ask: Ask, agent: Actor) -> None:
    request = ask(CODE, WISH)
    session.commit()
    with pytest.raises(NotSettled):
        close(session, agent, request)
    session.rollback()
    assert session.get_one(Request, request.id).status is Status.PENDING
    assert session.scalars(sa.select(PurgeWarning)).all() == []


@pytest.mark.usefixtures("settled")
def test_bookings_to_come_are_cancelled_first(
    session: Session, cast: Cast, make: Factory, ask: Ask, agent: Actor
) -> None:
    booking = book(make, cast, date(2027, 1, 14))
    request = ask(CODE, WISH)
    session.commit()
    with pytest.raises(StillBooked):
        close(session, agent, request)
    session.rollback()
    booking.state = BookingState.CANCELLED
    close(session, agent, request)
    assert request.status is Status.CLOSED


@pytest.mark.usefixtures("settled")
def test_what_came_meanwhile_holds_the_erasure_back(
    session: Session, cast: Cast, make: Factory, ask: Ask, agent: Actor
) -> None:
    close(session, agent, ask(CODE, WISH))
    booking = book(make, cast, date(2027, 2, 15))
    assert "households" not in night(session, 31)
    booking.state = BookingState.CANCELLED
    make.money(cast.home, 300)
    assert "households" not in night(session, 32)
    make.money(cast.home, -300)
    assert night(session, 33)["households"] == 1


@pytest.mark.usefixtures("settled")
def test_the_family_may_change_its_mind(
    session: Session, cast: Cast, ask: Ask, agent: Actor, sign_in: SignIn
) -> None:
    close(session, agent, ask(CODE, WISH))
    session.commit()
    path = f"/agents/conservation/{cast.home.id}/conserver"
    assert sign_in(cast.agent).post(path).status_code in {302, 403}
    assert session.scalar(sa.select(sa.func.count(PurgeWarning.id))) == 1
    admin = sign_in(cast.admin)
    assert "à la demande de la famille" in admin.get("/agents/conservation/").text
    assert "Conserver ce foyer" in admin.get("/agents/conservation/").text
    assert "est conservé" in admin.post(path, follow_redirects=True).text
    assert admin.post(path).status_code == 404
    assert "households" not in night(session, 31)
    assert ask(CODE, WISH).status is Status.PENDING


def test_it_is_asked_once_and_knowingly(session: Session, ask: Ask) -> None:
    with pytest.raises(BadAnswers):
        ask(CODE, {"reason": "Nous partons."})
    ask(CODE, WISH)
    with pytest.raises(AlreadyAsked):
        ask(CODE, WISH)
