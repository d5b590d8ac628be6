"""The coverage policy: warned by name, given time, then removed latest first (B9)."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
import sqlalchemy as sa
import time_machine
from sqlalchemy.orm import Session

from app.charging import coverage
from app.charging.errors import CaseClosed, HorizonTooShort, ReasonMissing
from app.charging.models import CaseState, CoverageCase
from app.core import clock, hooks, settings
from app.core.actor import Actor
from app.core.errors import NotFound
from app.notices.models import OutboxMessage
from app.wallet import queries as wallets
from tests.factories import Cast, Factory
from tests.reservations.conftest import Desk


@pytest.fixture
def short(session: Session, desk: Desk, cast: Cast, make: Factory) -> list[date]:
    """Camille booked six lunches (25.20) and 10.00 is left: 15.20 missing, four lunches."""
    days = sorted(desk.day(weekday, week) for weekday in (0, 1, 3) for week in (1, 2))
    desk.month(cast.home, *(desk.wish(cast.jules, cast.midi, day) for day in days))
    make.money(cast.home, -9_000)
    session.commit()
    return days


def review(session: Session, hours: float = 0) -> str:
    """Run the job so many hours later."""
    with time_machine.travel(clock.now() + timedelta(hours=hours), tick=False):
        said = coverage.review(session, clock.now(), commit=session.commit)
    session.expire_all()
    return said


def mails(session: Session, template: str) -> list[OutboxMessage]:
    return list(session.scalars(sa.select(OutboxMessage).filter_by(template=template)))


def case(session: Session) -> CoverageCase:
    return session.scalars(sa.select(CoverageCase)).one()


def test_the_holder_is_warned_of_the_bookings_at_stake(
    session: Session, cast: Cast, desk: Desk, short: list[date]
) -> None:
    assert review(session) == "0 covered, 0 bookings removed, 1 households warned"
    [mail] = mails(session, "cover_warning")
    assert mail.to_address == cast.camille.email
    assert "15,20" in mail.text
    assert "Jules" in mail.text
    assert "Supprimées" not in mail.text  # nothing is removed yet
    assert len(case(session).log[0]["bookings"]) == 4
    assert desk.live() == 6


def test_nothing_happens_before_the_grace_is_over_and_no_second_mail(
    session: Session, desk: Desk, short: list[date]
) -> None:
    for hours in (0, 1, 24, 47.9):
        review(session, hours)
    assert len(mails(session, "cover_warning")) == 1
    assert desk.live() == 6


def test_then_the_latest_go_until_covered(
    session: Session, desk: Desk, cast: Cast, short: list[date]
) -> None:
    review(session)
    review(session, 48)
    assert [desk.taken(cast.midi, day) for day in short] == [1, 1, 0, 0, 0, 0]
    assert wallets.standing(session, cast.home.id).available_cents == 1_000 - 840
    assert case(session).state is CaseState.REMOVED
    [mail] = mails(session, "bookings_cancelled")
    assert mail.household_id == cast.home.id
    review(session, 72)
    assert desk.live() == 2


def test_only_what_can_still_be_cancelled_goes(
    session: Session, desk: Desk, cast: Cast, short: list[date]
) -> None:
    review(session)
    for day in short[1:]:
        cast.opening(cast.midi, day).cancel_until = clock.now()
    session.commit()
    review(session, 48)
    assert [desk.taken(cast.midi, day) for day in short] == [0, 1, 1, 1, 1, 1]


def test_a_top_up_ends_it(
    session: Session, desk: Desk, cast: Cast, make: Factory, short: list[date]
) -> None:
    review(session)
    make.money(cast.home, 1_520)
    for credited in hooks.wallet_credited:
        credited(session, cast.home.id)
    session.commit()
    assert case(session).state is CaseState.COVERED
    review(session, 48)
    assert desk.live() == 6


def test_a_top_up_that_does_not_cover_ends_nothing(
    session: Session, desk: Desk, cast: Cast, make: Factory, short: list[date]
) -> None:
    review(session)
    make.money(cast.home, 1_519)
    coverage.credited(session, cast.home.id)
    session.commit()
    review(session, 48)
    assert desk.live() == 5


def test_cancelling_by_oneself_ends_it_too(
    session: Session, desk: Desk, cast: Cast, short: list[date]
) -> None:
    review(session)
    desk.month(
        cast.home, *(desk.wish(cast.jules, cast.midi, day, wanted=False) for day in short[:4])
    )
    session.commit()
    review(session, 1)
    assert case(session).state is CaseState.COVERED


def test_an_agent_stops_it_until_the_household_was_covered_again(
    session: Session, desk: Desk, cast: Cast, make: Factory, short: list[date]
) -> None:
    review(session)
    agent = Actor(cast.agent.id)
    found = case(session)
    with pytest.raises(ReasonMissing):
        coverage.stop(session, agent, found.id, reason=" ", now=clock.now())
    with pytest.raises(NotFound):
        coverage.stop(session, agent, 999, reason="x", now=clock.now())
    coverage.stop(session, agent, found.id, reason="Dossier en cours", now=clock.now())
    session.commit()
    for hours in (48, 24 * 4):
        review(session, hours)
    assert desk.live() == 6
    assert (found.state, found.closed_by) == (CaseState.STOPPED, cast.agent.id)
    assert [step["what"] for step in found.log] == ["warned", "stopped"]
    with pytest.raises(CaseClosed):
        coverage.stop(session, agent, found.id, reason="x", now=clock.now())
    make.money(cast.home, 2_000)
    session.commit()
    review(session, 24 * 4)
    make.money(cast.home, -2_000)
    session.commit()
    assert review(session, 24 * 4 + 1).endswith("1 households warned")


@pytest.mark.parametrize("free", ["exempt", "policy off", "beyond the horizon"])
def test_who_is_left_alone(
    session: Session, desk: Desk, cast: Cast, short: list[date], free: str
) -> None:
    if free == "exempt":
        cast.home.exempt_from_cover = True
    elif free == "policy off":
        settings.put(session, settings.COVER_POLICY_ON, False)
    else:
        settings.put(session, settings.COVER_HORIZON_DAYS, (short[1] - clock.today()).days)
    session.commit()
    review(session)
    review(session, 24)
    assert desk.live() == 6
    assert mails(session, "cover_warning") == []


def test_one_mail_a_day_even_when_it_falls_again(
    session: Session, desk: Desk, cast: Cast, make: Factory, short: list[date]
) -> None:
    review(session)
    make.money(cast.home, 2_000)
    coverage.credited(session, cast.home.id)
    make.money(cast.home, -2_000)
    session.commit()
    review(session, 1)
    assert len(mails(session, "cover_warning")) == 1
    review(session, 24)
    assert len(mails(session, "cover_warning")) == 2


def test_a_horizon_must_leave_time_to_warn_and_to_remove(
    session: Session, cast: Cast, desk: Desk
) -> None:
    """Deadlines: the working day before (three days over a week-end) + 48 h + 1 day."""
    coverage.check_horizon(session, None, clock.today())
    coverage.check_horizon(session, 6, clock.today())
    with pytest.raises(HorizonTooShort) as refused:
        coverage.check_horizon(session, 5, clock.today())
    assert refused.value.facts == {"minimum": 6}
