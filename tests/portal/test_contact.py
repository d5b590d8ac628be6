"""« Nous contacter » (A2): the form, the inbox, the e-mail to the service."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from app.core import clock
from app.core.models import Service, ServiceCode
from app.notices.models import OutboxMessage
from app.portal.models import ContactMessage
from tests.factories import Cast
from tests.portal.page import text_of

WRITTEN = {
    "subject": "care",
    "name": "Awa Diop",
    "email": "Awa@Exemple.fr",
    "phone": "06 00 00 00 00",
    "body": "Bonjour,\nma fille mange-t-elle demain ?",
}


@pytest.fixture(autouse=True)
def no_earlier_posts(app: Flask) -> None:
    """Each test starts with a fresh count of what this address sent."""
    app.appbuilder.sm.limiter.reset()  # type: ignore[attr-defined]


@pytest.fixture
def care(session: Session) -> Service:
    service = Service(code=ServiceCode.CARE, name="Périscolaire", email="peri@montclair.example")
    session.add(service)
    session.commit()
    return service


def inbox(session: Session) -> list[ContactMessage]:
    session.rollback()
    return list(session.scalars(sa.select(ContactMessage)))


def test_a_message_reaches_the_inbox_and_the_service(
    client: FlaskClient, session: Session, care: Service
) -> None:
    page = client.post("/contact", data=WRITTEN, follow_redirects=True)
    assert "Votre message est envoyé" in text_of(page)
    (message,) = inbox(session)
    assert (message.service, message.email) == (ServiceCode.CARE, "awa@exemple.fr")
    mail = session.scalars(sa.select(OutboxMessage)).one()
    assert (mail.to_address, mail.reply_to) == ("peri@montclair.example", "awa@exemple.fr")
    assert "ma fille mange-t-elle demain ?" in mail.text
    assert f"/agents/messages-recus/show/{message.id}" in mail.html


def test_the_same_message_sent_twice_is_one(
    client: FlaskClient, session: Session, care: Service
) -> None:
    for _ in range(2):
        client.post("/contact", data=WRITTEN)
    assert len(inbox(session)) == 1
    assert len(session.scalars(sa.select(OutboxMessage)).all()) == 1


def test_a_service_without_address_still_gets_its_message_in_the_inbox(
    client: FlaskClient, session: Session
) -> None:
    assert client.post("/contact", data=WRITTEN).status_code == 302
    assert len(inbox(session)) == 1


@pytest.mark.parametrize(
    ("field", "typed"),
    [
        ("subject", "mairie"),
        ("subject", ""),
        ("name", " "),
        ("email", "pas une adresse"),
        ("body", ""),
        ("body", "x" * 5001),
        ("name", "a\x00b"),
    ],
)
def test_bad_input_is_said_beside_the_field_and_nothing_is_kept(
    client: FlaskClient, session: Session, field: str, typed: str
) -> None:
    page = client.post("/contact", data=WRITTEN | {field: typed})
    assert page.status_code == 400
    assert "field-error" in page.get_data(as_text=True)
    assert inbox(session) == []


def test_markup_in_a_message_is_only_text(
    client: FlaskClient, session: Session, care: Service
) -> None:
    client.post("/contact", data=WRITTEN | {"body": "<script>alert(1)</script>"})
    assert inbox(session)
    mail = session.scalars(sa.select(OutboxMessage)).one()
    assert "<script>" not in mail.html
    assert "<script>alert(1)</script>" in mail.text


def test_too_many_messages_from_one_address_are_slowed(
    client: FlaskClient, session: Session
) -> None:
    codes = [
        client.post(
            "/contact", data=WRITTEN | {"body": f"n° {n}"}, environ_base={"REMOTE_ADDR": "10.9.8.7"}
        ).status_code
        for n in range(11)
    ]
    assert codes == [302] * 10 + [429]
    assert len(inbox(session)) == 10


def test_a_person_signed_in_need_not_type_name_and_address(
    session: Session, cast: Cast, sign_in: Any
) -> None:
    session.commit()
    html = sign_in(cast.camille).get("/contact").get_data(as_text=True)
    assert 'value="Camille Martin"' in html
    assert 'value="camille.martin@exemple.fr"' in html


def test_an_agent_reads_a_message_and_marks_it_handled_once(
    client: FlaskClient, session: Session, cast: Cast, sign_in: Any
) -> None:
    session.commit()
    client.post("/contact", data=WRITTEN)
    (message,) = inbox(session)
    agent = sign_in(cast.agent)
    assert "Awa Diop" in text_of(agent.get("/agents/messages-recus/list/"))
    assert "ma fille mange" in text_of(agent.get(f"/agents/messages-recus/show/{message.id}"))
    action = f"/agents/messages-recus/action/handled/{message.id}"
    assert "1 message traité." in text_of(agent.post(action, follow_redirects=True))
    assert "déjà traité" in text_of(agent.post(action, follow_redirects=True))
    (message,) = inbox(session)
    assert (message.handled_at, message.handled_by) == (clock.now(), cast.agent.id)


def test_a_parent_never_sees_the_inbox(session: Session, cast: Cast, sign_in: Any) -> None:
    session.commit()
    parent = sign_in(cast.camille)
    for url in ("/agents/messages-recus/list/", "/agents/courriels/list/", "/agents/reglages/"):
        assert parent.get(url).status_code == 403
    assert parent.get("/agents/").status_code == 403
