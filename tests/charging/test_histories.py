"""Any history of bookings, cancellations, closures, nights, reversals and top-ups keeps the books.

After every step: places taken = bookings made, the ledger sums to zero, each balance is the sum of
its entries, an accepted save left nothing uncovered, nobody is booked twice.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import sqlalchemy as sa
import time_machine
from flask import Flask
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from app.activities.models import Opening
from app.charging import services as charges
from app.charging.models import Charge
from app.core import clock, hooks
from app.core.actor import Actor
from app.core.db import db, write_intent
from app.core.errors import Refusal
from app.reservations import queries, services
from app.reservations.models import Booking, BookingState, ChangeOrigin
from app.reservations.services import Wish
from app.wallet import queries as wallets
from app.wallet.models import LedgerEntry
from tests.conftest import NOW
from tests.databases import Database
from tests.factories import Factory

CHILD = st.sampled_from(["jules", "rose", "noe"])
SLOT = st.sampled_from(["midi", "soir1"])
DAY = st.integers(0, 4)
HOME = st.sampled_from(["home", "other_home"])


class Histories(RuleBasedStateMachine):
    """Two households, three children, five days of two slots with few places."""

    app: Flask
    database: Database

    def __init__(self) -> None:
        super().__init__()
        self.context = self.app.app_context()
        self.intent = write_intent()
        self.travel = time_machine.travel(NOW, tick=False)
        self.travel.start()
        self.context.push()
        self.intent.__enter__()
        self.database.renew(db.engine)
        self.session = db.session()
        self.make = Factory(self.session)
        self.cast = self.make.cast()
        self.days = self._days()
        for (_, day), opening in self.cast.openings.items():
            if day in self.days:
                opening.capacity = 2
        self.make.money(self.cast.home, -8_000)
        self.session.commit()

    def _days(self) -> list[date]:
        known = sorted({day for _, day in self.cast.openings})
        return [day for day in known if day > clock.today() + timedelta(days=1)][:5]

    def teardown(self) -> None:
        db.session.remove()
        self.intent.__exit__(None, None, None)
        self.context.pop()
        self.travel.stop()

    def attempt(self, verb: Any) -> Any:
        """A verb that the rules may refuse: then nothing of it is left."""
        try:
            result = verb()
        except Refusal:
            self.session.rollback()
            return None
        self.session.commit()
        return result

    @rule(home=HOME, child=CHILD, slot=SLOT, day=DAY, other=DAY, wanted=st.booleans())
    def save(self, home: str, child: str, slot: str, day: int, other: int, wanted: bool) -> None:
        household = getattr(self.cast, home)
        wishes = [
            Wish(
                getattr(self.cast, child).id,
                self.cast.opening(getattr(self.cast, slot), self.days[one]).id,
                wanted,
            )
            for one in {day, other}
        ]
        report = self.attempt(
            lambda: services.save(
                self.session,
                Actor(None, household.id),
                household.id,
                wishes,
                now=clock.now(),
                form_token=None,
                origin=ChangeOrigin.MONTH,
            )
        )
        if report and report.added:
            assert wallets.standing(self.session, household.id).available_cents >= 0

    @rule(home=HOME, child=CHILD, slot=SLOT, day=DAY)
    def agent_books(self, home: str, child: str, slot: str, day: int) -> None:
        opening = self.cast.opening(getattr(self.cast, slot), self.days[day])
        self.attempt(
            lambda: services.agent_book(
                self.session,
                Actor(self.cast.agent.id),
                getattr(self.cast, home).id,
                [Wish(getattr(self.cast, child).id, opening.id, True)],
                reason="x",
                now=clock.now(),
            )
        )

    @rule(place=st.integers(0, 30))
    def agent_cancels(self, place: int) -> None:
        ids = self.session.scalars(sa.select(Booking.id).order_by(Booking.id)).all()
        if ids:
            self.attempt(
                lambda: services.agent_cancel(
                    self.session,
                    Actor(self.cast.agent.id),
                    [ids[place % len(ids)]],
                    reason="x",
                    now=clock.now(),
                )
            )

    @rule(slot=SLOT, day=DAY)
    def close(self, slot: str, day: int) -> None:
        opening = self.cast.opening(getattr(self.cast, slot), self.days[day])
        opening.closed_at = clock.now()
        self.session.flush()
        hooks.openings_closed[0](self.session, Actor(self.cast.agent.id), [opening.id], "x")
        self.session.commit()

    @rule(slot=SLOT, day=DAY)
    def open_again(self, slot: str, day: int) -> None:
        self.cast.opening(getattr(self.cast, slot), self.days[day]).closed_at = None
        self.session.commit()

    @rule(days=st.integers(1, 3))
    def nights_pass(self, days: int) -> None:
        self.travel.stop()
        self.travel = time_machine.travel(clock.now() + timedelta(days=days), tick=False)
        self.travel.start()
        charges.charge_due(self.session, clock.now(), commit=self.session.commit, batch=2)

    @rule(place=st.integers(0, 30))
    def reverse(self, place: int) -> None:
        ids = self.session.scalars(sa.select(Charge.id).order_by(Charge.id)).all()
        if ids:
            self.attempt(
                lambda: charges.reverse_charge(
                    self.session,
                    Actor(self.cast.agent.id),
                    ids[place % len(ids)],
                    reason="x",
                    now=clock.now(),
                )
            )

    @rule(home=HOME, cents=st.integers(1, 3_000))
    def top_up(self, home: str, cents: int) -> None:
        self.make.money(getattr(self.cast, home), cents)
        self.session.commit()

    @invariant()
    def places_taken_are_bookings_made(self) -> None:
        made = dict(
            self.session.execute(
                sa.select(Booking.opening_id, sa.func.count())
                .where(Booking.state == BookingState.LIVE)
                .group_by(Booking.opening_id)
            ).all()
        )
        rows = self.session.execute(sa.select(Opening.id, Opening.taken, Opening.capacity))
        for opening_id, taken, capacity in rows:
            assert taken == made.get(opening_id, 0) <= capacity

    @invariant()
    def the_ledger_sums_to_zero(self) -> None:
        assert self.session.scalar(sa.select(sa.func.sum(LedgerEntry.amount_cents))) == 0

    @invariant()
    def a_charge_is_in_the_wallet(self) -> None:
        """Charges minus reversals are what left the wallets, booking by booking at most once."""
        cost = sa.func.coalesce(sa.func.sum(Charge.care_cents + Charge.meal_cents), 0)
        charged = self.session.scalar(sa.select(cost))
        took = self.session.scalar(
            sa.select(sa.func.coalesce(sa.func.sum(LedgerEntry.amount_cents), 0)).where(
                LedgerEntry.account.in_(["care", "meal"])
            )
        )
        assert charged == took

    @invariant()
    def nobody_is_booked_twice(self) -> None:
        pairs = self.session.execute(
            sa.select(Booking.child_id, Booking.opening_id).where(
                Booking.state != BookingState.CANCELLED
            )
        ).all()
        assert len(pairs) == len(set(pairs))

    @invariant()
    def cover_is_the_price_of_what_is_not_charged(self) -> None:
        for home in (self.cast.home, self.cast.other_home):
            open_cents = self.session.scalar(
                sa.select(
                    sa.func.coalesce(sa.func.sum(Booking.care_cents + Booking.meal_cents), 0)
                ).filter_by(household_id=home.id, state=BookingState.LIVE, charged=False)
            )
            assert queries.required_cover(self.session, [home.id]) == {home.id: open_cents}


def test_any_history_keeps_the_books(app: Flask, database: Database) -> None:
    Histories.app, Histories.database = app, database
    run_state_machine_as_test(
        Histories,
        settings=settings(
            max_examples=12,
            stateful_step_count=25,
            deadline=None,
            suppress_health_check=list(HealthCheck),
            database=None,
        ),
    )
