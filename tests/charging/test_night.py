"""The night's charge: at the facts of the day, once, whatever happens (B7, B8, §5.6)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
import time_machine
from sqlalchemy.orm import Session

from app.charging import jobs, services
from app.charging.errors import NotReversible, ReasonMissing
from app.charging.models import Charge
from app.core import clock
from app.core.actor import Actor
from app.core.errors import NotFound
from app.notices.models import OutboxMessage
from app.reservations.models import Booking
from app.wallet import queries as wallets
from app.wallet.models import LedgerEntry, LedgerTransaction
from tests.factories import Cast, Factory
from tests.reservations.conftest import Desk


@pytest.fixture
def days(desk: Desk, cast: Cast) -> list[date]:
    """Four days booked for Jules (midi, 4.20) and Rose (soir 1, 2.10)."""
    days = [desk.day(weekday) for weekday in (0, 1, 3, 4)]
    for day in days:
        desk.month(
            cast.home,
            desk.wish(cast.jules, cast.midi, day),
            desk.wish(cast.rose, cast.soir1, day),
        )
    desk.session.commit()
    return days


def night_after(session: Session, day: date, **more: Any) -> services.Night:
    """Charge at half past midnight after ``day``."""
    with time_machine.travel(_night(day), tick=False):
        return services.charge_due(session, clock.now(), commit=session.commit, **more)


def _night(day: date) -> Any:
    from datetime import datetime, time

    return datetime.combine(day + timedelta(days=1), time(0, 30), tzinfo=clock.PARIS)


def test_the_day_is_debited_in_the_night_after_it(
    session: Session, cast: Cast, days: list[date]
) -> None:
    assert night_after(session, days[0] - timedelta(days=1)).charged == 0
    assert night_after(session, days[0]).charged == 2
    assert wallets.balance(session, cast.home.id) == 10_000 - 630
    assert wallets.standing(session, cast.home.id).available_cents == 10_000 - 4 * 630
    assert set(session.scalars(sa.select(LedgerTransaction.value_date))) >= {days[0]}


def test_a_second_run_does_nothing_and_a_missed_night_is_caught_up(
    session: Session, cast: Cast, days: list[date]
) -> None:
    assert night_after(session, days[-1]).charged == 8
    assert night_after(session, days[-1]).charged == 0
    assert wallets.balance(session, cast.home.id) == 10_000 - 4 * 630
    assert session.scalar(sa.select(sa.func.sum(LedgerEntry.amount_cents))) == 0


def test_the_price_is_that_of_the_facts_on_the_day_of_care(
    session: Session, cast: Cast, days: list[date], make: Factory
) -> None:
    make.quotient(cast.home, 300, valid_from=days[1])
    session.commit()
    night_after(session, days[1])
    costs = session.execute(
        sa.select(Charge.day, Charge.care_cents, Charge.meal_cents, Charge.explanation)
        .where(Charge.slot_id == cast.midi.id)
        .order_by(Charge.day)
    ).all()
    assert [(row[0], row[1], row[2]) for row in costs] == [
        (days[0], 100, 320),
        (days[1], 50, 160),
    ]
    assert [row[3]["quotient"] for row in costs] == [845, 300]
    assert costs[1][3]["estimate_cents"] == 420


def test_the_explanation_holds_figures_and_no_names(
    session: Session, cast: Cast, days: list[date]
) -> None:
    night_after(session, days[0])
    for explanation in session.scalars(sa.select(Charge.explanation)):
        assert set(explanation) == {
            "band_id",
            "quotient",
            "resident",
            "sibling_rank",
            "care_cents",
            "meal_cents",
            "estimate_cents",
        }
        assert not any(isinstance(value, str) for value in explanation.values())


class Killed(BaseException):
    """The worker dies."""


@pytest.mark.parametrize("survived", [0, 1, 2])
def test_killed_half_way_and_run_again_gives_the_same_ledger(
    session: Session, cast: Cast, days: list[date], survived: int
) -> None:
    commits = 0

    def commit_or_die() -> None:
        nonlocal commits
        if commits == survived:
            raise Killed
        commits += 1
        session.commit()

    with time_machine.travel(_night(days[-1]), tick=False):
        with pytest.raises(Killed):
            services.charge_due(session, clock.now(), commit=commit_or_die, batch=3)
        session.rollback()
        assert session.scalar(sa.select(sa.func.count(Charge.id))) == 3 * survived
        services.charge_due(session, clock.now(), commit=session.commit, batch=3)
    entries = session.execute(
        sa.select(LedgerTransaction.ref, LedgerEntry.account, LedgerEntry.amount_cents)
        .join(LedgerEntry)
        .where(LedgerTransaction.ref.like("booking:%"))
    ).all()
    assert len({ref for ref, _, _ in entries}) == 8
    assert sum(cents for _, account, cents in entries if account == "wallet") == -4 * 630
    assert wallets.balance(session, cast.home.id) == 10_000 - 4 * 630


def test_a_slot_without_a_price_is_left_and_counted(
    session: Session, cast: Cast, days: list[date]
) -> None:
    session.execute(
        sa.text("UPDATE price_grid SET valid_from = '2027-08-01' WHERE slot_id = :slot"),
        {"slot": cast.midi.id},
    )
    session.commit()
    night = night_after(session, days[-1], batch=3)
    assert (night.charged, night.without_price) == (4, 4)
    assert session.scalar(sa.select(sa.func.count(Charge.id))) == 4


def test_statements_do_not_grow_with_the_night(
    session: Session, days: list[date], statements: Callable[[], Any]
) -> None:
    counts = []
    for day in (days[0], days[-1]):
        with statements() as seen:
            night_after(session, day)
        counts.append(len(seen))
    assert counts[1] <= counts[0] <= 20


def test_the_holder_is_told_once_that_the_balance_fell_below_zero(
    session: Session, cast: Cast, days: list[date], make: Factory
) -> None:
    make.money(cast.home, -10_000 + 1_000)
    session.commit()
    for day in days:
        night_after(session, day, batch=1)
    told = session.scalars(sa.select(OutboxMessage).filter_by(template="balance_negative")).all()
    assert [one.to_address for one in told] == [cast.camille.email]


def test_a_reversal_gives_the_money_back_once_with_its_reason(
    session: Session, cast: Cast, days: list[date]
) -> None:
    night_after(session, days[0])
    charge = session.scalars(sa.select(Charge).filter_by(slot_id=cast.midi.id)).one()
    agent = Actor(cast.agent.id)
    with pytest.raises(ReasonMissing):
        services.reverse_charge(session, agent, charge.id, reason=" ", now=clock.now())
    back = services.reverse_charge(session, agent, charge.id, reason="Erreur", now=clock.now())
    session.commit()
    assert (back.care_cents, back.meal_cents, back.reverses_id) == (-100, -320, charge.id)
    assert wallets.balance(session, cast.home.id) == 10_000 - 210
    for once_more in (charge.id, back.id):
        with pytest.raises(NotReversible):
            services.reverse_charge(session, agent, once_more, reason="x", now=clock.now())
    with pytest.raises(NotFound):
        services.reverse_charge(session, agent, 999, reason="x", now=clock.now())
    assert session.scalar(sa.select(sa.func.sum(LedgerEntry.amount_cents))) == 0


def test_what_was_cancelled_is_never_charged(
    session: Session, desk: Desk, cast: Cast, days: list[date]
) -> None:
    desk.month(cast.home, desk.wish(cast.jules, cast.midi, days[0], wanted=False))
    session.commit()
    assert night_after(session, days[0]).charged == 1


def test_the_job_says_what_it_did(session: Session, days: list[date]) -> None:
    with time_machine.travel(_night(days[-1]), tick=False):
        said = jobs.charge(session, clock.now(), commit=session.commit)
    assert said == "8 charged, 0 without price"
    assert session.scalars(sa.select(Booking.charged).distinct()).all() == [True]
