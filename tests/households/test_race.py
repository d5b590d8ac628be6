"""Two at once: one family code, one invitation, one end of a tie beside a booking."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier, Event
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import Session

from app.core import clock, tokens
from app.core.actor import Actor
from app.core.db import db, write_intent
from app.households import queries, services
from app.households.errors import CodeRefused
from app.households.models import Household
from tests.factories import Cast, Factory

Verb = Callable[[Session, int], Any]
AT_ONCE = 4


def race(app: Flask, verb: Verb, ids: list[int]) -> list[Any]:
    """Run ``verb`` for each id in its own thread and transaction; what it raised, or None."""
    barrier = Barrier(len(ids))

    def one(number: int) -> Any:
        with app.app_context(), write_intent():
            try:
                barrier.wait(10)
                verb(db.session(), number)
                db.session.commit()
            except CodeRefused as error:
                db.session.rollback()
                return type(error)
            finally:
                db.session.remove()
        return None

    with ThreadPoolExecutor(len(ids)) as pool:
        return list(pool.map(one, ids))


def account(session: Session, account_id: int) -> Any:
    from app.accounts.models import Account

    return session.get_one(Account, account_id)


def test_a_family_code_used_by_four_at_once_lets_one_in(
    app: Flask, session: Session, make: Factory, as_agent: Actor
) -> None:
    household = make.household("Petit")
    code = services.make_family_code(session, as_agent, household.id)
    people = [make.account(f"zoe.petit{number}").id for number in range(AT_ONCE)]
    home = household.id
    session.commit()
    session.close()
    results = race(
        app,
        lambda own, number: services.use_family_code(own, account(own, number), code),
        people,
    )
    assert sorted(map(str, results)) == sorted(map(str, [None] + [CodeRefused] * (AT_ONCE - 1)))
    joined = [number for number in people if account(session, number).household_id == home]
    assert len(joined) == 1
    assert session.get_one(Household, home).holder_id == joined[0]
    assert len(queries.adults_of(session, home)) == 1


def test_reading_then_marking_would_let_more_than_one_in(
    app: Flask, session: Session, make: Factory, as_agent: Actor
) -> None:
    """The race is real: who reads the code first and marks it after lets everybody in."""
    household = make.household("Petit")
    code = services.make_family_code(session, as_agent, household.id)
    home = household.id
    session.commit()
    session.close()
    read = Barrier(2)

    def careless(_: int) -> bool:
        with app.app_context():
            free = db.session.scalar(
                sa.select(Household.family_code_used_at).where(
                    Household.family_code_hash == tokens.hashed_code(code)
                )
            )
            read.wait(10)
            db.session.remove()
        return free is None

    with ThreadPoolExecutor(2) as pool:
        assert list(pool.map(careless, range(2))) == [True, True]
    assert session.get_one(Household, home).family_code_used_at is None


@pytest.mark.postgresql
def test_a_restriction_waits_for_a_save_that_counts_on_the_tie(
    app: Flask, session: Session, cast: Cast, as_agent: Actor
) -> None:
    """A save shares a lock on the tie: the restriction comes after it, and sees its bookings."""
    ids = (cast.noe.id, cast.other_home.id)
    session.commit()
    session.close()
    done = Event()

    def restrict() -> None:
        with app.app_context():
            services.restrict(
                db.session(), as_agent, *ids, keep_bookings=True, reason="", now=clock.now()
            )
            db.session.commit()
            db.session.remove()
        done.set()

    today = clock.today()
    cards = queries.children_of(session, ids[1], today, lock=True)
    assert [card.first_name for card in cards] == ["Noé"]
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(restrict)
        assert not done.wait(0.5)
        session.commit()
        waiting.result(10)
    assert queries.children_of(session, ids[1], today) == []


@pytest.mark.postgresql
def test_a_save_waits_for_a_restriction_and_then_sees_it(
    app: Flask, session: Session, cast: Cast, as_agent: Actor
) -> None:
    ids = (cast.noe.id, cast.other_home.id)
    session.commit()
    services.restrict(session, as_agent, *ids, keep_bookings=True, reason="", now=clock.now())
    seen: list[list[str]] = []

    def save() -> None:
        with app.app_context():
            cards = queries.children_of(db.session(), ids[1], clock.today(), lock=True)
            seen.append([card.first_name for card in cards])
            db.session.remove()

    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(save)
        session.commit()
        waiting.result(10)
    assert seen == [[]]
