"""Accounts of the staff: the first administrator, who comes without anybody signed in."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from app.accounts import services
from app.accounts.errors import AccountExists
from app.accounts.models import Account
from app.accounts.roles import ADMIN
from app.core import clock
from tests.accounts.conftest import PASSWORD
from tests.factories import Cast


def install(session: Session, email: str = "marie@mairie.example") -> str:
    path = services.install_administrator(
        session,
        username="marie.dupont",
        email=email,
        first_name="Marie",
        last_name="Dupont",
        now=clock.now(),
    )
    session.commit()
    return path


def accounts_of(session: Session, email: str) -> list[Account]:
    return list(session.scalars(sa.select(Account).where(Account.email == email)))


def test_the_first_administrator_chooses_a_password_and_comes_in(
    session: Session, client: FlaskClient, mails: Any
) -> None:
    path = install(session)
    assert mails()[-1].to_address == "marie@mairie.example"
    client.post(path, data={"password": PASSWORD, "again": PASSWORD})
    client.post("/login/", data={"username": "marie.dupont", "password": PASSWORD})
    assert client.get("/agents/reglages/").status_code == 200


def test_the_same_address_gets_another_link_not_another_account(session: Session) -> None:
    assert install(session) != install(session, "Marie@mairie.example")
    account, *others = accounts_of(session, "marie@mairie.example")
    assert others == []
    assert [role.name for role in account.roles] == [ADMIN]


def test_a_parent_is_never_made_an_administrator(session: Session, cast: Cast) -> None:
    email = cast.camille.email
    with pytest.raises(AccountExists):
        install(session, email)
    assert [role.name for role in accounts_of(session, email)[0].roles] == ["Parent"]
