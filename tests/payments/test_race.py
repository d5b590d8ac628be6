"""60 payments, each settled by 5 callers at once (webhook, return page, reconciliation…): 60 credits."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.core import clock
from app.core.actor import Actor
from app.core.db import db, write_intent
from app.payments import services
from app.payments.models import Payment, PaymentState
from app.payments.providers.base import Fate, Outcome
from app.wallet import queries
from app.wallet.errors import AlreadyPosted
from app.wallet.models import LedgerKind, LedgerTransaction
from app.wallet.money import credit_top_up
from tests.factories import Cast

PAYMENTS, CALLERS = 60, 5
PAID = Outcome(Fate.PAID, 1_000)


def settle(app: Flask, payment_id: int) -> None:
    with app.app_context(), write_intent():
        services.settle(db.session(), payment_id, PAID, clock.now())
        db.session.commit()
        db.session.remove()


def at_once(app: Flask, ids: list[int]) -> None:
    with ThreadPoolExecutor(10) as pool:
        list(pool.map(lambda one: settle(app, one), [one for one in ids for _ in range(CALLERS)]))


def test_sixty_payments_settled_five_times_are_sixty_credits(
    app: Flask, session: Session, cast: Cast, begin: Any
) -> None:
    ids = [begin(1_000, token=f"form-{n}").id for n in range(PAYMENTS)]
    home = cast.home.id
    session.commit()
    session.close()
    at_once(app, ids)
    assert queries.balance(session, home) == 10_000 + PAYMENTS * 1_000
    numbers = session.scalars(sa.select(Payment.receipt_number)).all()
    assert sorted(filter(None, numbers)) == [f"2027-{n:05d}" for n in range(1, PAYMENTS + 1)]


def test_the_ledger_is_the_second_lock(session: Session, cast: Cast, begin: Any) -> None:
    """Were the state of a payment lost, its reference would still be written only once."""
    payment = begin(1_000)
    services.settle(session, payment.id, PAID, clock.now())
    session.execute(sa.update(Payment).values(state=PaymentState.PENDING, receipt_number=None))
    with pytest.raises(AlreadyPosted):
        services.settle(session, payment.id, PAID, clock.now())
    assert (
        session.scalar(
            sa.select(sa.func.count()).where(
                LedgerTransaction.kind == LedgerKind.TOP_UP,
                LedgerTransaction.ref == f"payment:{payment.id}",
            )
        )
        == 1
    )


def test_without_the_locks_two_callers_would_both_credit(
    session: Session, cast: Cast, begin: Any
) -> None:
    """The race is real: both have read « pending », and only the reference stops the second."""
    payment = begin(1_000)
    credit_top_up(session, payment)
    with pytest.raises((AlreadyPosted, IntegrityError)):
        credit_top_up(session, payment)


def test_the_same_form_twice_at_once_is_one_payment(
    app: Flask, session: Session, cast: Cast
) -> None:
    home, camille = cast.home.id, cast.camille.id
    session.commit()
    session.close()

    def click(_: int) -> int:
        with app.app_context(), write_intent():
            payment = services.start_top_up(
                db.session(),
                Actor(camille, home),
                home,
                5_000,
                form_token="7d0b6b5e-7d5c-4f57-8f10-0d7a5c0f0009",
                provider="demo",
                now=clock.now(),
            )
            number = payment.id
            db.session.commit()
            db.session.remove()
            return number

    with ThreadPoolExecutor(5) as pool:
        assert len(set(pool.map(click, range(10)))) == 1
