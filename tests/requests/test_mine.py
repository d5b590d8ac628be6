"""« Mes demandes » (D1) and the page of one request (D2, D3)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from app.core import clock
from app.core.actor import Actor
from app.documents.models import DocumentType, Owner, Validity
from app.households.models import Guardianship
from app.requests import services
from app.requests.models import Request, RequestMessage, RequestMove, Status
from tests.factories import Cast, Factory
from tests.portal.page import text_of
from tests.portal.test_home import statements
from tests.requests.conftest import TRIP
from tests.requests.test_engine import Ask, Publish

SignIn = Callable[[Any], FlaskClient]
HOSTILE = '=cmd|"/C calc"!A1\n<script>alert(1)</script>' + "x" * 4900


@pytest.fixture
def one(session: Session, publish: Publish, ask: Ask) -> Request:
    publish()
    request = ask(allergy="Arachide")
    session.commit()
    return request


def page_of(request: Request, *more: str) -> str:
    return "/".join((f"/demandes/demarche/{request.id}", *more))


def test_the_list_says_where_each_request_stands_and_what_can_be_done(
    session: Session,
    cast: Cast,
    make: Factory,
    agent: Actor,
    publish: Publish,
    ask: Ask,
    sign_in: SignIn,
) -> None:
    publish()
    draft, pending, taken, refused, cancelled = ask(draft=True), ask(), ask(), ask(), ask()
    now = clock.now()
    for request in (taken, refused):
        services.take(session, agent, request.id, now=now)
    services.refuse(session, agent, refused.id, "Plus de place", now=now)
    actor = Actor(cast.camille.id, cast.camille.household_id, frozenset({"Parent"}))
    services.cancel(session, actor, cancelled.id, now=now)
    update = services.ask_whole(
        session,
        actor,
        "mettre-a-jour-mon-foyer",
        {"comment": "Nous déménageons"},
        now=now + timedelta(minutes=1),
    )
    assert update.number
    session.commit()
    html = sign_in(cast.camille).get("/demandes/").text
    waiting, past = html.split('id="past"')
    words = ("Mettre à jour mon foyer", "en brouillon", "en attente", "traitement")
    assert all(word in waiting for word in words)
    assert all(word in past for word in ("refusé", "annulée"))
    assert waiting.index("Mettre à jour mon foyer") < waiting.index("Sortie au lac")
    assert f'href="/demarches/demande/{draft.id}/wish"' in waiting
    assert f'href="/demarches/demande/{pending.id}/who"' in waiting
    assert "/profil/mettre-a-jour" in waiting
    assert f"/demarches/demande/{taken.id}" not in html
    assert f"/demandes/demarche/{draft.id}/supprimer" in waiting
    assert html.count("#trash") == 1
    assert (waiting.count("#pencil-fill"), waiting.count("#info-circle-fill")) == (3, 1)
    assert (past.count("#pencil-fill"), past.count("#info-circle-fill")) == (0, 2)


def test_a_page_of_its_own_has_the_pencil(
    session: Session, cast: Cast, publish: Publish, ask: Ask, sign_in: SignIn
) -> None:
    publish(replace(TRIP, page="/profil/mettre-a-jour"))
    ask()
    session.commit()
    assert 'href="/profil/mettre-a-jour"' in sign_in(cast.camille).get("/demandes/").text


def test_a_late_answer_and_a_document_asked_are_said(
    session: Session, cast: Cast, make: Factory, agent: Actor, one: Request, sign_in: SignIn
) -> None:
    make.add(
        DocumentType(code="swim", name="Brevet", owner=Owner.CHILD, validity=Validity.UNLIMITED)
    )
    services.ask_document(session, agent, one.id, "swim", "Lisible, merci", now=clock.now())
    one.due_on = clock.today() - timedelta(days=1)
    session.commit()
    client = sign_in(cast.camille)
    shown = text_of(client.get("/demandes/"))
    assert "1 justificatif réclamé" in shown
    assert "réponse attendue le 11 janvier 2027, en retard" in shown
    detail = client.get(page_of(one)).text
    assert "Lisible, merci" in detail
    assert "Fournir le justificatif" in detail
    assert f"/enfant/{cast.jules.id}/fournir?demande={one.id}" in detail


def test_past_requests_come_by_pages_and_cost_the_same(
    session: Session, cast: Cast, one: Request, sign_in: SignIn
) -> None:
    client = sign_in(cast.camille)

    def fill(count: int) -> None:
        kept = {"procedure_id": one.procedure_id, "version_id": one.version_id}
        row = {
            **kept,
            "household_id": cast.home.id,
            "answers": {},
            "status": Status.CLOSED,
            "created_at": clock.now(),
            "changed_at": clock.now(),
            "step": "",
            "email": "",
            "reason": "",
            "edition": 1,
        }
        session.execute(sa.insert(Request), [row] * count)
        session.commit()

    fill(10)
    client.get("/demandes/")
    before = statements(lambda: client.get("/demandes/"))
    fill(90)
    assert statements(lambda: client.get("/demandes/?page=3")) == before
    assert before <= 10
    html = client.get("/demandes/").text
    assert html.count("#info-circle-fill") == 20
    assert "page=5" in html
    assert "page=6" not in html
    for page in ("0", "-1", "x", "999"):
        assert client.get(f"/demandes/?page={page}").status_code == 200


def test_a_request_shows_its_way_its_answers_and_health_to_those_who_gave_it(
    session: Session, cast: Cast, agent: Actor, one: Request, sign_in: SignIn
) -> None:
    services.take(session, agent, one.id, now=clock.now())
    services.refuse(session, agent, one.id, "Plus de place <b>ici</b>", now=clock.now())
    session.commit()
    answer = sign_in(cast.camille).get(page_of(one))
    shown = text_of(answer)
    for word in ("D-2027-000001", "Jules Martin", "Baignade", "Arachide", "refusé"):
        assert word in shown
    assert "Plus de place &lt;b&gt;ici&lt;/b&gt;" in answer.text

    order = ["Commencée", "Enregistrée", "Traitement par le service", "Refusée"]
    assert [shown.index(word) for word in order] == sorted(shown.index(word) for word in order)
    assert "Annuler la demande" not in shown
    assert 'href="/demarches/sortie"' in answer.text


def test_a_technical_problem_is_said_in_french(
    session: Session, cast: Cast, one: Request, sign_in: SignIn
) -> None:
    one.status, one.reason = Status.REFUSED, "technical problem"
    session.commit()
    assert "problème technique" in text_of(sign_in(cast.camille).get(page_of(one)))


def test_several_changes_in_a_row_make_one_point(
    session: Session, cast: Cast, camille: Actor, one: Request, sign_in: SignIn
) -> None:
    for text in ("A", "B", "C"):
        services.save_step(
            session, camille, one.id, "wish", {"text": text}, one.edition, now=clock.now()
        )
    session.commit()
    shown = text_of(sign_in(cast.camille).get(page_of(one)))
    assert shown.count("Modifiée par vous") == 1
    assert "le 11 février 2027 au plus tard" in shown


def test_the_family_and_the_service_write_to_each_other(
    session: Session, cast: Cast, agent: Actor, one: Request, sign_in: SignIn
) -> None:
    services.say(session, agent, one.id, "Quel âge a-t-il ?", now=clock.now())
    session.commit()
    client = sign_in(cast.camille)
    answer = client.post(page_of(one, "message"), data={"text": HOSTILE})
    assert answer.headers["Location"].endswith(f"{page_of(one)}#messages")
    html = client.get(page_of(one)).text
    assert html.index("Quel âge") < html.index("=cmd|")
    assert "&lt;script&gt;alert(1)" in html
    assert "<script>alert" not in html


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "Remplissez ce champ."),
        ("   ", "Écrivez un message"),
        ("x" * 10_000, "5\u00a0000 caractères"),
    ],
)
def test_what_is_wrong_with_a_message_stands_at_its_field(
    session: Session, cast: Cast, one: Request, sign_in: SignIn, text: str, said: str
) -> None:
    answer = sign_in(cast.camille).post(page_of(one, "message"), data={"text": text})
    assert answer.status_code == 400
    assert 'aria-describedby="text-error"' in answer.text
    assert said in answer.text
    assert session.scalar(sa.select(sa.func.count()).select_from(RequestMessage)) == 0


def test_cancelling_is_asked_once_more_then_done(
    session: Session, cast: Cast, one: Request, sign_in: SignIn
) -> None:
    client = sign_in(cast.camille)
    assert "Annuler la demande" in text_of(client.get(page_of(one, "annuler")))
    assert session.get_one(Request, one.id).status is Status.PENDING
    client.post(page_of(one, "annuler"))
    session.expire_all()
    assert session.get_one(Request, one.id).status is Status.CANCELLED
    assert "annulée" in text_of(client.get("/demandes/"))
    again = client.post(page_of(one, "annuler"), follow_redirects=True)
    assert "a avancé entre-temps" in text_of(again)


def test_a_draft_is_deleted_and_its_line_is_gone(
    session: Session, cast: Cast, publish: Publish, ask: Ask, sign_in: SignIn
) -> None:
    publish()
    draft = ask(draft=True)
    session.commit()
    client, gone = sign_in(cast.camille), page_of(draft)
    assert "Supprimer le brouillon" in text_of(client.get(page_of(draft, "supprimer")))
    client.post(page_of(draft, "supprimer"))
    assert "Sortie au lac" not in client.get("/demandes/").text
    assert client.get(gone).status_code == 404


def test_a_request_taken_cannot_be_cancelled_nor_one_sent_deleted(
    session: Session, cast: Cast, agent: Actor, one: Request, sign_in: SignIn
) -> None:
    client = sign_in(cast.camille)
    client.post(page_of(one, "supprimer"))
    session.expire_all()
    services.take(session, agent, one.id, now=clock.now())
    session.commit()
    client.post(page_of(one, "annuler"))
    assert client.get(page_of(one, "annuler")).headers["Location"].endswith(page_of(one))
    session.expire_all()
    assert session.get_one(Request, one.id).status is Status.PROCESSING


def test_a_restricted_childs_request_is_not_there(
    session: Session, cast: Cast, one: Request, sign_in: SignIn
) -> None:
    tie = session.scalars(
        sa.select(Guardianship).where(
            Guardianship.child_id == cast.jules.id, Guardianship.household_id == cast.home.id
        )
    ).one()
    tie.restricted_at = clock.now()
    session.commit()
    client = sign_in(cast.camille)
    assert "Sortie au lac" not in client.get("/demandes/").text
    for method, path in (("GET", ""), ("POST", "message"), ("POST", "annuler"), ("GET", "annuler")):
        url = page_of(one, path) if path else page_of(one)
        assert client.open(url, method=method, data={"text": "?"}).status_code == 404


def test_a_request_page_costs_the_same_however_long_its_thread(
    session: Session, cast: Cast, agent: Actor, one: Request, sign_in: SignIn
) -> None:
    client, url = sign_in(cast.camille), page_of(one)
    client.get(url)
    before = statements(lambda: client.get(url))
    now = clock.now()
    for number in range(30):
        services.say(session, agent, one.id, f"Message {number}", now=now)
        session.add(
            RequestMove(
                request_id=one.id,
                at=now,
                from_status=Status.PENDING,
                to_status=Status.PENDING,
            )
        )
    session.commit()
    client.get("/messages/")
    assert statements(lambda: client.get(url)) == before
    assert before <= 12
