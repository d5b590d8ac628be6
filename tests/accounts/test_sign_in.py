"""« Connexion »: who gets in, who is blocked, and what the screen says (A7, A8)."""

from __future__ import annotations

from typing import Any

import pytest
from flask.testing import FlaskClient

from app.accounts.models import Account

PASSWORD = "Montclair2026"
LOGIN = "/login/"


def try_password(client: FlaskClient, name: str, password: str = "Faux12345", **more: Any) -> Any:
    return client.post(LOGIN, data={"username": name, "password": password}, **more)


@pytest.fixture
def camille(make: Any, session: Any) -> Account:
    account = make.parent("camille.martin", make.household())
    session.commit()
    return account


@pytest.mark.parametrize(
    "typed",
    [
        "camille.martin",
        "  Camille.MARTIN ",
        "CAMILLE.MARTIN@exemple.FR",
        " camille.martin@exemple.fr\t",
    ],
)
def test_username_or_email_in_any_case_opens(camille: Account, client: Any, typed: str) -> None:
    answer = try_password(client, typed, PASSWORD)
    assert (answer.status_code, answer.location) == (302, "/")
    assert client.get("/profil/options").status_code == 200


def test_wrong_password_keeps_out_and_keeps_the_name(camille: Account, client: Any) -> None:
    answer = try_password(client, "camille.martin")
    assert answer.status_code == 400
    assert 'value="camille.martin"' in answer.text
    assert "Faux12345" not in answer.text
    assert client.get("/profil/options").status_code == 302
