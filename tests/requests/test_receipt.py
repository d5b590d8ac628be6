"""The receipt of a request (D3): page, PDF and e-mail, without anything of health."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient
from pypdf import PdfReader
from sqlalchemy.orm import Session

from app.core import clock
from app.core.actor import Actor
from app.core.models import Service, ServiceCode
from app.documents.models import DocumentType, Owner, Validity
from app.notices.models import OutboxMessage
from app.requests import services
from app.requests.definition import Kind, NeededDocument, Silence
from app.requests.models import Request
from tests.factories import Cast, Factory
from tests.portal.page import text_of
from tests.portal.test_home import statements
from tests.requests.conftest import TRIP
from tests.requests.test_engine import Ask, Publish

SignIn = Callable[[Any], FlaskClient]
HOSTILE = '=cmd|"/C calc"!A1 <script>alert(1)</script> <b>&amp;'
LONG = "x" * 2500 + "é" * 2500


def long_text() -> Any:
    """``TRIP`` whose text may have 5,000 characters."""
    who, wish = TRIP.steps
    text = replace(wish.fields[0], kind=Kind.LONG_TEXT)
    return (who, replace(wish, fields=(text, *wish.fields[1:])))


@pytest.fixture
def school(make: Factory) -> None:
    make.add(
        Service(
            code=ServiceCode.SCHOOL,
            name="Service scolaire",
            phone="04 65 71 12 04",
            email="ecole@montclair.example",
        )
    )
    make.add(
        DocumentType(
            code="swim", name="Brevet de natation", owner=Owner.CHILD, validity=Validity.UNLIMITED
        )
    )


def pdf_text(answer: Any) -> str:
    reader = PdfReader(io.BytesIO(answer.data))
    return " ".join(" ".join(page.extract_text() for page in reader.pages).split())


def asked(session: Session, publish: Publish, ask: Ask, silence: Silence, **more: Any) -> Request:
    publish(
        replace(
            TRIP,
            silence=silence,
            steps=long_text(),
            documents=(NeededDocument("swim", required=False),),
        )
    )
    request = ask(**more)
    session.commit()
    return request


@pytest.mark.parametrize(
    ("silence", "said"),
    [
        (Silence.ACCEPTED, "Sans réponse à cette date, votre demande est acceptée."),
        (Silence.REFUSED, "Sans réponse à cette date, votre demande est refusée."),
        (Silence.NOTHING, "Le service répond le 11 février 2027 au plus tard."),
    ],
)
def test_page_pdf_and_mail_say_the_same(
    session: Session,
    cast: Cast,
    school: None,
    publish: Publish,
    ask: Ask,
    sign_in: SignIn,
    silence: Silence,
    said: str,
) -> None:
    request = asked(session, publish, ask, silence)
    client, url = sign_in(cast.camille), f"/demandes/demarche/{request.id}/recepisse"
    mail = session.scalars(sa.select(OutboxMessage)).one()
    page, pdf = text_of(client.get(url)), pdf_text(client.get(f"{url}.pdf"))
    for text in (page, pdf, " ".join(mail.text.split())):
        plain = text.replace("\u00a0", " ")
        for word in (
            "D-2027-000001",
            "12 janvier",
            "04 65 71 12 04",
            "Service scolaire",
            "Brevet de natation",
            "Sortie au lac",
            "11 février 2027",
        ):
            assert word in plain
        assert said in plain
    assert f"/demandes/demarche/{request.id}" in mail.text


def test_health_is_neither_on_the_receipt_nor_in_the_mail(
    session: Session, cast: Cast, school: None, publish: Publish, ask: Ask, sign_in: SignIn
) -> None:
    request = asked(session, publish, ask, Silence.NOTHING, allergy="Arachide")
    client, url = sign_in(cast.camille), f"/demandes/demarche/{request.id}"
    assert "Arachide" in text_of(client.get(url))
    mail = session.scalars(sa.select(OutboxMessage)).one()
    for text in (
        text_of(client.get(f"{url}/recepisse")),
        pdf_text(client.get(f"{url}/recepisse.pdf")),
    ):
        assert "Arachide" not in text
        assert "Les réponses de santé ne figurent pas" in text
    assert "Arachide" not in mail.html + mail.text


@pytest.mark.parametrize("text", [HOSTILE, LONG, "ligne\n" * 400])
def test_hostile_and_very_long_texts_are_only_text(
    session: Session,
    cast: Cast,
    school: None,
    publish: Publish,
    ask: Ask,
    sign_in: SignIn,
    text: str,
) -> None:
    request = asked(session, publish, ask, Silence.NOTHING, text=text)
    client, url = sign_in(cast.camille), f"/demandes/demarche/{request.id}/recepisse"
    page = client.get(url)
    assert page.status_code == 200
    assert "<script>alert" not in page.text
    pdf = client.get(f"{url}.pdf")
    assert pdf.headers["Content-Disposition"].endswith('"recepisse-D-2027-000001.pdf"')
    assert pdf_text(pdf).replace(" ", "").count(text[:4].strip()) >= 1


def test_a_draft_has_no_receipt(
    session: Session, cast: Cast, publish: Publish, ask: Ask, sign_in: SignIn
) -> None:
    publish()
    url = f"/demandes/demarche/{ask(draft=True).id}/recepisse"
    session.commit()
    for path in (url, f"{url}.pdf"):
        assert sign_in(cast.camille).get(path).status_code == 404


def test_a_receipt_costs_few_statements(
    session: Session, cast: Cast, school: None, publish: Publish, ask: Ask, sign_in: SignIn
) -> None:
    request = asked(session, publish, ask, Silence.NOTHING)
    client, url = sign_in(cast.camille), f"/demandes/demarche/{request.id}/recepisse"
    client.get(url)
    assert statements(lambda: client.get(url)) <= 12


def test_what_the_service_writes_is_only_text_in_the_mail(
    session: Session, agent: Actor, publish: Publish, ask: Ask
) -> None:
    publish()
    request = ask()
    now = clock.now()
    services.say(session, agent, request.id, HOSTILE, now=now)
    services.take(session, agent, request.id, now=now)
    services.refuse(session, agent, request.id, HOSTILE, now=now)
    told = session.scalars(
        sa.select(OutboxMessage)
        .where(OutboxMessage.template.in_(["request_message", "request_moved"]))
        .order_by(OutboxMessage.id)
    ).all()
    assert len(told) == 3
    for mail in (told[0], told[2]):
        assert HOSTILE in mail.text
        assert "&lt;script&gt;alert(1)&lt;/script&gt;" in mail.html
        assert "<script>" not in mail.html
