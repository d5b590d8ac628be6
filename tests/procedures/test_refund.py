"""« Demander le remboursement de mon solde »: never more than what bookings leave."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from app.core.actor import Actor
from app.core.errors import Refusal
from app.procedures.errors import MoreThanAvailable, NothingToRefund
from app.procedures.refund import CODE
from app.requests.errors import AlreadyAsked, BadAnswers
from app.requests.models import Request, Status
from app.wallet.queries import balance, standing
from tests.agenda.test_budgets import statements
from tests.factories import Cast, Factory
from tests.procedures.conftest import Ask, apply_again, close

SignIn = Callable[[Any], FlaskClient]
IBAN = "FR7630006000011234567890189"


def wish(amount: int | None = None, **more: Any) -> dict[str, Any]:
    asked: dict[str, Any] = (
        {"whole": True} if amount is None else {"whole": False, "amount": amount}
    )
    return {
        **asked,
        "reason": "Déménagement",
        "account_holder": "Camille Martin",
        "iban": "fr76 3000 6000 0112 3456 7890 189",
        **more,
    }


def available(session: Session, cast: Cast) -> int:
    return standing(session, cast.home.id).available_cents


def test_closing_it_moves_no_money_however_often(
    session: Session, cast: Cast, ask: Ask, agent: Actor
) -> None:
    before = balance(session, cast.home.id)
    assert before > 0
    request = ask(CODE, wish())
    close(session, agent, request)
    apply_again(session, agent, request)
    assert request.status is Status.CLOSED
    assert balance(session, cast.home.id) == before


@pytest.mark.parametrize("over", [0, 1])
def test_at_most_what_is_available(session: Session, cast: Cast, ask: Ask, over: int) -> None:
    amount = available(session, cast) + over
    if not over:
        assert ask(CODE, wish(amount)).status is Status.PENDING
        return
    with pytest.raises(MoreThanAvailable):
        ask(CODE, wish(amount))


def test_nothing_is_refunded_of_an_empty_account(
    session: Session, cast: Cast, make: Factory, ask: Ask
) -> None:
    make.money(cast.home, -balance(session, cast.home.id) - 500)
    with pytest.raises(NothingToRefund):
        ask(CODE, wish())


def test_what_was_spent_meanwhile_stops_the_closing(
    session: Session, cast: Cast, make: Factory, ask: Ask, agent: Actor
) -> None:
    request = ask(CODE, wish(available(session, cast)))
    make.money(cast.home, -1)
    session.commit()
    with pytest.raises(MoreThanAvailable):
        close(session, agent, request)
    session.rollback()
    assert session.get_one(Request, request.id).status is Status.PENDING


@pytest.mark.parametrize(
    "more",
    [
        {"iban": "FR7630006000011234567890188"},
        {"iban": ""},
        {"amount": 0},
        {"amount": -5},
        {"reason": ""},
    ],
)
def test_bad_answers_ask_nothing(ask: Ask, more: dict[str, Any]) -> None:
    with pytest.raises((BadAnswers, Refusal)):
        ask(CODE, wish(100) | more)


def test_one_at_a_time(ask: Ask) -> None:
    ask(CODE, wish(100))
    with pytest.raises(AlreadyAsked):
        ask(CODE, wish(100))


def test_the_iban_is_whole_for_the_regisseur_alone(
    session: Session, cast: Cast, ask: Ask, sign_in: SignIn
) -> None:
    request = ask(CODE, wish(1250))
    session.commit()
    assert request.answers["iban"] == IBAN
    shown = sign_in(cast.camille).get(f"/demandes/demarche/{request.id}").text
    assert "0189" in shown
    assert "7630006" not in shown
    home = f"/agents/foyers/{cast.home.id}"
    assert "FR76 3000 6000 0112 3456 7890 189" in sign_in(cast.regie).get(home).text
    assert "FR76 3000" not in sign_in(cast.agent).get(home).text
    assert "Remboursement demandé" not in sign_in(cast.regie).get(
        f"/agents/foyers/{cast.other_home.id}"
    ).text  # fmt: skip


def test_the_regisseur_has_the_list_and_its_statements_do_not_grow(
    app: Flask, session: Session, cast: Cast, ask: Ask, sign_in: SignIn
) -> None:
    request = ask(CODE, wish(1250))
    session.commit()
    page = "/agents/remboursements-demandes/"
    client = sign_in(cast.regie)
    html = client.get(page).text
    for text in (request.number or "", "Martin", "12,50", "FR76 3000", "Camille Martin"):
        assert text in html
    assert "Remboursements demandés" in client.get("/agents/").text
    with statements(app) as few:
        client.get(page)
    for account, home in ((cast.yanis, cast.other_home), (cast.lea, cast.stranger_home)):
        ask(CODE, wish(), Actor(account.id, home.id))
    session.commit()
    with statements(app) as many:
        client.get(page)
    assert len(many) == len(few) <= 8, "\n".join(many)
    assert client.get(page).text.count("tout le disponible") == 2
    for other in (cast.agent, cast.camille):
        assert sign_in(other).get(page).status_code in {302, 403}
