"""What no page of ours would send about démarches, and what is told to whom when a court decided."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from app.core import clock
from app.core.actor import SYSTEM, Actor
from app.households import services as households
from app.notices.models import Notice, OutboxMessage
from app.requests import services
from app.requests.definition import Definition, Field, Kind, Step
from app.requests.errors import BadDefinition
from app.requests.models import Request, Status
from app.requests.services import designing
from tests.factories import Cast
from tests.requests.conftest import TRIP
from tests.requests.test_wizard import begin, edition, filled, send, the_request

Publish = Callable[..., None]
HOME = Definition(
    title="Où j’habite",
    theme=TRIP.theme,
    service="school",
    steps=(Step("s", "Domicile", (Field("home", Kind.ADDRESS, "Adresse", required=True),)),),
)


@pytest.fixture
def page(cast: Cast, session: Session, sign_in: Any, publish: Publish) -> FlaskClient:
    """Camille, before the démarche « sortie »."""
    publish()
    session.commit()
    return sign_in(cast.camille)


@pytest.mark.parametrize("token", ["", "a", "nul \0", "é" * 500])
def test_a_token_made_up_submits_once_and_is_of_its_request_alone(
    page: FlaskClient, cast: Cast, session: Session, token: str
) -> None:
    for _ in range(2):
        check = filled(page, cast)
        typed = {"_edition": edition(page, check), "_token": token}
        for _twice in range(2):
            assert page.post(check, data=typed).status_code == 302
    found = session.scalars(sa.select(Request)).all()
    assert [one.status for one in found] == [Status.PENDING] * 2


@pytest.mark.parametrize(
    ("who", "path"),
    [
        ("camille", f"/demandes/?page={'9' * 18}"),
        ("camille", "/demarches/%00"),
        ("camille", "/demarches/personnes-autorisees/?enfant=99999999999"),
        ("agent", "/agents/demandes/?age=999999999"),
        ("agent", "/agents/demandes/?q=%00%25_"),
        ("agent", "/agents/demarches/1/etapes/%00"),
    ],
)
def test_no_address_makes_a_crash(
    session: Session, cast: Cast, sign_in: Any, who: str, path: str
) -> None:
    assert sign_in(getattr(cast, who)).get(path).status_code in {200, 404}


def test_ten_thousand_letters_in_a_short_text_are_refused_at_their_field(
    page: FlaskClient, cast: Cast, session: Session
) -> None:
    second = send(page, begin(page), child=cast.jules.id).location
    answer = send(page, second, text="é" * 10_000, swims="no")
    assert answer.status_code == 400
    assert "200 caractères au plus" in answer.text
    assert "text" not in the_request(session).answers


def test_an_address_is_never_longer_than_a_household_can_have(
    page: FlaskClient, publish: Publish, session: Session
) -> None:
    publish(HOME, "ville")
    session.commit()
    typed = {"home-street": "1 rue", "home-postcode": "74520", "home-city": "x" * 101}
    answer = send(page, begin(page, "ville"), **typed)
    assert answer.status_code == 400
    assert "100 caractères au plus" in answer.text


@pytest.mark.parametrize(
    ("path", "field"), [("refuser", "reason"), ("justificatif", "message"), ("message", "text")]
)
def test_what_no_text_can_hold_is_refused_to_agents_too(
    session: Session,
    cast: Cast,
    publish: Publish,
    ask: Any,
    agent: Actor,
    sign_in: Any,
    path: str,
    field: str,
) -> None:
    publish()
    request = ask()
    services.take(session, agent, request.id, now=clock.now())
    session.commit()
    typed = {field: "a\0b", "document_type": "livret_de_famille"}
    answer = sign_in(cast.agent).post(f"/agents/demandes/{request.id}/{path}", data=typed)
    assert answer.status_code == 400
    assert the_request(session).status is Status.PROCESSING


@pytest.mark.parametrize("more", [{"title": "a\ud800b"}, {"text": "\ud800"}, {"text": "a\u0001"}])
def test_a_file_with_broken_text_is_not_imported(session: Session, more: dict[str, str]) -> None:
    content = json.dumps(TRIP.as_json() | more).encode()
    with pytest.raises(BadDefinition):
        designing.import_file(session, SYSTEM, content, now=clock.now())


def test_a_title_stays_on_one_line(session: Session) -> None:
    """It stands in the subject of e-mails."""
    content = json.dumps(TRIP.as_json() | {"title": "Sortie\nBcc: a@exemple.fr"}).encode()
    made = designing.import_file(session, SYSTEM, content, now=clock.now())
    assert made.title == "Sortie Bcc: a@exemple.fr"


def test_a_restricted_parent_is_told_no_more_of_what_it_asked_for_the_child(
    session: Session, cast: Cast, publish: Publish, ask: Any, agent: Actor
) -> None:
    publish()
    request, now = ask(), clock.now()
    home, jules = cast.home.id, cast.jules.id
    households.restrict(session, agent, jules, home, keep_bookings=True, reason="x", now=now)
    told = [session.scalar(sa.select(sa.func.count(one.id))) for one in (Notice, OutboxMessage)]
    services.take(session, agent, request.id, now=now)
    services.say(session, agent, request.id, "Jules va à la piscine", now=now)
    services.close(session, agent, request.id, now=now)
    after = [session.scalar(sa.select(sa.func.count(one.id))) for one in (Notice, OutboxMessage)]
    assert after == told
    households.lift_restriction(session, agent, jules, home)
    services.say(session, agent, request.id, "De nouveau", now=now)
    assert session.scalar(sa.select(sa.func.count(Notice.id))) > told[0]
