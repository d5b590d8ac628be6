"""Démarches without login: one browser by its cookie, a confirmation by e-mail, nothing more."""

from __future__ import annotations

import re
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from app.notices.models import OutboxMessage
from app.requests import public
from app.requests.definition import Audience, Definition, Field, Kind, Step, Theme
from app.requests.models import Request, Status
from tests.factories import Cast

HOLE = Definition(
    title="Signaler un trou",
    theme=Theme.OTHER,
    service="school",
    audience=Audience.PUBLIC,
    steps=(
        Step("what", "Le trou", (Field("where", Kind.ADDRESS, "Lieu", required=True),)),
        Step("who", "Vous", (Field("email", Kind.EMAIL, "E-mail", required=True),)),
    ),
)
PLACE = {"where-street": "1 rue", "where-postcode": "74520", "where-city": "Valleiry"}


@pytest.fixture(autouse=True)
def town(app: Flask, session: Session, publish: Any) -> Any:
    """The démarche is open, and nobody was slowed before."""
    publish(HOLE, "trou")
    session.commit()
    app.appbuilder.sm.limiter.reset()  # type: ignore[attr-defined]


def begin(client: FlaskClient) -> str:
    answer = client.post("/demarches/trou", data={"terms": "y"})
    assert answer.status_code == 302
    return str(answer.location)


def send(client: FlaskClient, url: str, **typed: Any) -> Any:
    found = re.search(r'name="_edition" value="(\d+)"', client.get(url).text)
    assert found
    return client.post(url, data={"_edition": found[1], "_go": "next", **typed})


def sent(client: FlaskClient) -> str:
    """From the first page to the end; the address of the receipt."""
    check = send(client, send(client, begin(client), **PLACE).location, email="ana@exemple.fr")
    html = client.get(check.location).text
    carried = dict(re.findall(r'name="(_edition|_token)" value="([^"]+)"', html))
    return str(client.post(check.location, data=carried).location)


def test_a_visitor_asks_and_gets_a_number_on_the_screen_and_by_e_mail(
    client: FlaskClient, session: Session
) -> None:
    assert "@" not in client.get("/demarches/trou").text.split("<main")[1].split("</main>")[0]
    receipt = client.get(sent(client)).text
    request = session.scalars(sa.select(Request)).one()
    assert (request.status, request.household_id, request.account_id) == (
        Status.PENDING,
        None,
        None,
    )
    assert request.number in receipt
    assert "1 rue" not in receipt
    mail = session.scalars(sa.select(OutboxMessage)).one()
    assert mail.to_address == "ana@exemple.fr"
    assert request.number in mail.text


def test_the_cookie_is_of_its_own_signed_and_closed_to_scripts(client: FlaskClient) -> None:
    client.post("/demarches/trou", data={"terms": "y"})
    cookie = client.get_cookie(public.COOKIE, domain="portail.test", path="/demarches")
    assert cookie is not None
    assert (cookie.http_only, cookie.same_site, cookie.expires) == (True, "Lax", None)


def test_another_browser_finds_nothing(
    app: Flask, client: FlaskClient, sign_in: Any, cast: Cast
) -> None:
    first = begin(client)
    for other in (app.test_client(), sign_in(cast.camille), sign_in(cast.agent)):
        for path in ("/what", "/verification"):
            assert other.get(first.replace("/what", path)).status_code == 404
        for path in ("/what", "/verification", "/abandonner"):
            assert other.post(first.replace("/what", path)).status_code == 404


@pytest.mark.parametrize("value", ["", "[1]", "WzFd.forged", "²", "x" * 3000])
def test_a_forged_cookie_opens_nothing(app: Flask, client: FlaskClient, value: str) -> None:
    first = begin(client)
    forger = app.test_client()
    forger.set_cookie(public.COOKIE, value, domain="portail.test", path="/demarches")
    assert forger.get(first).status_code == 404


def test_what_was_sent_is_closed_to_the_browser_that_sent_it(
    client: FlaskClient, session: Session
) -> None:
    receipt = sent(client)
    assert client.get(receipt.replace("/verification", "/what")).location == receipt
    for path in ("/what", "/abandonner"):
        assert client.post(receipt.replace("/verification", path)).status_code in {302, 409}
    session.expire_all()
    assert session.scalars(sa.select(Request.status)).one() is Status.PENDING


def test_a_visitor_may_abandon(client: FlaskClient, session: Session) -> None:
    first = begin(client)
    client.post(first.replace("/what", "/abandonner"))
    assert session.scalar(sa.select(sa.func.count()).select_from(Request)) == 0


def test_a_wrong_address_typed_is_kept_in_the_draft_and_no_mail_leaves(
    client: FlaskClient, session: Session
) -> None:
    second = send(client, begin(client), **PLACE).location
    assert send(client, second, email="ana@" + "x" * 1000).status_code == 400
    assert send(client, second, _go="back", email="ana@" + "x" * 1000).status_code == 302
    assert "ana@xxx" in client.get(second).text
    assert session.scalar(sa.select(sa.func.count()).select_from(OutboxMessage)) == 0


def test_one_address_is_slowed_and_families_are_not(
    app: Flask, client: FlaskClient, sign_in: Any, cast: Cast, session: Session
) -> None:
    answers = [client.post("/demarches/trou", data={"terms": "y"}).status_code for _ in range(12)]
    assert answers == [302] * 10 + [429] * 2
    session.commit()
    family = sign_in(cast.camille)
    assert family.post("/demarches/trou", data={"terms": "y"}).status_code == 302


def test_a_visitor_sends_no_large_body(client: FlaskClient) -> None:
    first = begin(client)
    assert client.post(first, data={"where-street": "x" * 1_100_000}).status_code == 413


def test_somebody_who_logs_in_meanwhile_goes_on(
    app: Flask, client: FlaskClient, cast: Cast, session: Session
) -> None:
    first = begin(client)
    session.commit()
    with client.session_transaction() as web:
        web["_user_id"], web["_fresh"] = cast.camille.get_id(), True
    assert send(client, first, **PLACE).status_code == 302


def test_a_family_keeps_in_its_space_what_needs_no_login(
    session: Session, sign_in: Any, cast: Cast
) -> None:
    session.commit()
    begin(sign_in(cast.camille))
    assert session.scalars(sa.select(Request.household_id)).one() == cast.home.id
