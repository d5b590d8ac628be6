"""The agents' queue and the page on which a request is processed (issue « Processing »)."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from app.core import clock
from app.core.actor import Actor
from app.core.models import AuditEvent
from app.documents.models import Document, DocumentType, Owner, Requirement, Validity
from app.households.models import HealthReading, Household
from app.requests import queue, services
from app.requests.definition import NeededDocument
from app.requests.effects import EFFECTS, Case, Effect
from app.requests.models import Request, RequestMessage, Status
from tests.agenda.test_budgets import statements
from tests.factories import Cast, Factory
from tests.requests.conftest import TRIP

Publish = Callable[..., None]
Ask = Callable[..., Request]
SignIn = Callable[[Any], FlaskClient]
QUEUE = "/agents/demandes/"
LIST, PAGE = 10, 22
"""Statements of the queue and of the page of one request, everything included."""


@pytest.fixture
def desk(session: Session, cast: Cast, sign_in: SignIn) -> FlaskClient:
    """An agent at work."""
    session.commit()
    return sign_in(cast.agent)


def text_of(answer: Any) -> str:
    return " ".join(answer.get_data(as_text=True).split())


def many(session: Session, like: Request, number: int, **more: Any) -> None:
    """Copies of a request, straight in the table."""
    values = {
        "procedure_id": like.procedure_id,
        "version_id": like.version_id,
        "household_id": like.household_id,
        "child_id": like.child_id,
        "status": Status.PENDING,
        "answers": like.answers,
        "submitted_at": clock.now(),
        "created_at": clock.now(),
        "changed_at": clock.now(),
    }
    session.execute(
        sa.insert(Request),
        [{**values, "number": f"D-2026-{one:06d}", **more} for one in range(number)],
    )


@pytest.mark.parametrize(
    ("who", "status"),
    [("agent", 200), ("admin", 200), ("regie", 403), ("camille", 403), (None, 302)],
)
def test_who_opens_the_queue_and_a_request(
    session: Session,
    cast: Cast,
    app: Flask,
    sign_in: SignIn,
    publish: Publish,
    ask: Ask,
    who: str | None,
    status: int,
) -> None:
    publish()
    request = ask()
    session.commit()
    client = sign_in(getattr(cast, who)) if who else app.test_client()
    assert client.get(QUEUE).status_code == status
    assert client.get(f"{QUEUE}{request.id}").status_code == status
    wanted = 302 if status == 200 else status
    assert client.post(f"{QUEUE}{request.id}/prendre").status_code == wanted
    session.refresh(request)
    assert (request.status is Status.PROCESSING) == (status == 200)


def test_an_animateur_has_no_request(
    session: Session, make: Factory, publish: Publish, ask: Ask, sign_in: SignIn
) -> None:
    publish()
    request = ask()
    leader = make.account("anim", role="Animateur")
    session.commit()
    for path in (QUEUE, f"{QUEUE}{request.id}"):
        assert sign_in(leader).get(path).status_code == 403


def test_a_draft_is_nobodys_business(
    session: Session, desk: FlaskClient, publish: Publish, ask: Ask
) -> None:
    publish()
    request = ask(draft=True)
    session.commit()
    assert desk.get(f"{QUEUE}{request.id}").status_code == 404
    for verb in ("prendre", "clore", "refuser", "message", "sante"):
        assert desk.post(f"{QUEUE}{request.id}/{verb}").status_code in {403, 404}, verb
    assert "<table" not in text_of(desk.get(f"{QUEUE}?onglet=toutes"))


def test_each_tab_and_filter_finds_its_own(
    session: Session,
    cast: Cast,
    agent: Actor,
    desk: FlaskClient,
    publish: Publish,
    ask: Ask,
    make: Factory,
) -> None:
    publish()
    waiting, mine, late, done = ask(), ask(), ask(), ask()
    services.take(session, agent, mine.id, now=clock.now())
    late.due_on = clock.today() - timedelta(days=3)
    late.submitted_at = clock.now() - timedelta(days=40)
    services.take(session, agent, done.id, now=clock.now())
    services.refuse(session, agent, done.id, "Trop tard", now=clock.now())
    other = make.account("collegue", role="Agent")
    theirs = ask()
    services.take(session, Actor(other.id, roles=frozenset({"Agent"})), theirs.id, now=clock.now())
    session.commit()

    def found(query: str) -> set[str]:
        page = desk.get(f"{QUEUE}?{query}")
        assert page.status_code == 200
        text = text_of(page)
        asked = (waiting, mine, late, done, theirs)
        return {one.number for one in asked if f">{one.number}<" in text}

    school, procedure = cast.site.school_id, waiting.procedure_id
    assert found("") == {waiting.number, late.number}
    assert found("onglet=en-traitement") == {mine.number, theirs.number}
    assert found("onglet=les-miennes") == {mine.number}
    assert found("onglet=en-retard") == {late.number}
    assert found("onglet=closes") == {done.number}
    assert len(found("onglet=toutes")) == 5
    assert found("onglet=toutes&statut=refused") == {done.number}
    assert found("age=30") == {late.number}
    assert found("retard=1") == {late.number}
    assert found(f"demarche={procedure}") == {waiting.number, late.number}
    assert found("demarche=999") == set()
    assert found("theme=school") == {waiting.number, late.number}
    assert found("theme=care") == set()
    assert found(f"ecole={school}") == {waiting.number, late.number}
    assert found("ecole=999") == set()
    assert found(f"onglet=toutes&q={done.number}") == {done.number}
    assert found("onglet=toutes&q=4") == {done.number}
    assert found("q=martin+jules") == {waiting.number, late.number}
    assert found("q=martin+yanis") == set()
    assert found(f"q={cast.home.number}") == {waiting.number, late.number}
    assert found("q=100%25") == set()
    for bad in ("age=999999999", "age=abc&onglet=zzz", "demarche=-1&page=99999", "q=%00", "page=x"):
        assert found(bad) == {waiting.number, late.number}, bad


def test_a_row_says_what_to_watch(
    session: Session, cast: Cast, desk: FlaskClient, agent: Actor, publish: Publish, ask: Ask
) -> None:
    for code in ("rib", "insurance"):
        session.add(
            DocumentType(code=code, name=code, owner=Owner.HOUSEHOLD, validity=Validity.UNLIMITED)
        )
    publish(replace(TRIP, documents=(NeededDocument("insurance", required=False),)))
    request = ask()
    request.due_on = clock.today() - timedelta(days=1)
    services.ask_document(session, agent, request.id, "rib", now=clock.now())
    session.commit()
    page = text_of(desk.get(QUEUE))
    assert "en retard de 1 jour" in page
    assert "2 justificatifs manquants" in page
    kind = session.scalar(sa.select(DocumentType).where(DocumentType.code == "rib"))
    document = Document(document_type_id=kind.id, household_id=cast.home.id, given_at=clock.now())
    session.add(document)
    session.commit()
    page = text_of(desk.get(QUEUE))
    assert "1 justificatif manquant" in page
    assert "1 justificatif à examiner" in page
    page = text_of(desk.get(f"{QUEUE}{request.id}"))
    assert f"/agents/justificatifs/{document.id}" in page
    assert "en retard de 1 jour" in page


def test_the_queue_costs_the_same_however_long(
    app: Flask, session: Session, desk: FlaskClient, publish: Publish, ask: Ask
) -> None:
    session.add(
        DocumentType(code="rib", name="RIB", owner=Owner.HOUSEHOLD, validity=Validity.UNLIMITED)
    )
    publish(replace(TRIP, documents=(NeededDocument("rib", required=False),)))
    request = ask()
    session.commit()
    desk.get(QUEUE)
    with statements(app) as one:
        desk.get(QUEUE)
    many(session, request, 120)
    session.commit()
    with statements(app) as full:
        page = desk.get(f"{QUEUE}?q=martin&theme=school&ecole=1&age=7")
        page = desk.get(QUEUE)
    assert "121 demandes" in text_of(page)
    assert text_of(page).count("rowid") == queue.PAGE_SIZE
    assert len(one) <= LIST, one
    assert len(full) <= 2 * LIST, full


def test_the_page_of_a_request_costs_the_same_however_long_its_story(
    app: Flask, session: Session, desk: FlaskClient, publish: Publish, ask: Ask
) -> None:
    publish()
    request = ask(allergy="arachides")
    session.commit()
    path = f"{QUEUE}{request.id}"
    desk.get(path)
    with statements(app) as short:
        desk.get(path)
    now = clock.now()
    said = {"request_id": request.id, "at": now, "from_agent": True, "text": "Bonjour"}
    session.execute(sa.insert(RequestMessage), [said] * 60)
    session.commit()
    with statements(app) as long:
        desk.get(path)
    assert len(short) == len(long) <= PAGE, long


def test_a_request_goes_through_the_page_to_the_next_one(
    session: Session,
    desk: FlaskClient,
    publish: Publish,
    ask: Ask,
    effects: list[int],
) -> None:
    publish(replace(TRIP, effect="noted"))
    first, second, third = ask(), ask(), ask()
    session.commit()
    page = text_of(desk.get(f"{QUEUE}{first.id}?onglet=a-prendre"))
    assert f'href="/agents/demandes/{second.id}?onglet=a-prendre" rel="next"' in page
    taken = desk.post(f"{QUEUE}{first.id}/prendre?onglet=a-prendre")
    assert taken.location == f"/agents/demandes/{first.id}?onglet=a-prendre"
    assert effects == []
    closed = desk.post(f"{QUEUE}{first.id}/clore?onglet=a-prendre")
    assert closed.location == f"/agents/demandes/{second.id}?onglet=a-prendre"
    assert effects == [first.id]
    desk.post(f"{QUEUE}{second.id}/prendre?onglet=a-prendre")
    refused = desk.post(
        f"{QUEUE}{second.id}/refuser?onglet=a-prendre", data={"reason": "<b>Complet</b>"}
    )
    assert refused.location == f"/agents/demandes/{third.id}?onglet=a-prendre"
    page = text_of(desk.get(f"{QUEUE}{second.id}"))
    assert "&lt;b&gt;Complet&lt;/b&gt;" in page
    desk.post(f"{QUEUE}{third.id}/prendre?onglet=a-prendre")
    last = desk.post(f"{QUEUE}{third.id}/clore?onglet=a-prendre")
    assert last.location == "/agents/demandes/?onglet=a-prendre"


def test_what_moved_on_is_said_with_409(
    session: Session, desk: FlaskClient, publish: Publish, ask: Ask, effects: list[int]
) -> None:
    publish(replace(TRIP, effect="noted"))
    request = ask()
    session.commit()
    early = desk.post(f"{QUEUE}{request.id}/clore")
    assert early.status_code == 409
    assert "Cette demande a avancé" in text_of(early)
    assert desk.post(f"{QUEUE}{request.id}/prendre").status_code == 302
    assert desk.post(f"{QUEUE}{request.id}/prendre").status_code == 409
    assert desk.post(f"{QUEUE}{request.id}/clore").status_code == 302
    assert desk.post(f"{QUEUE}{request.id}/clore").status_code == 409
    assert desk.post(f"{QUEUE}{request.id}/refuser", data={"reason": "Non"}).status_code == 409
    assert effects == [request.id]


def test_what_is_written_is_checked_and_kept(
    session: Session, desk: FlaskClient, publish: Publish, ask: Ask
) -> None:
    session.add(
        DocumentType(code="rib", name="RIB", owner=Owner.HOUSEHOLD, validity=Validity.UNLIMITED)
    )
    publish()
    request = ask()
    session.commit()
    path = f"{QUEUE}{request.id}"
    desk.post(f"{path}/prendre")
    nothing = desk.post(f"{path}/refuser", data={"reason": "  "})
    assert (nothing.status_code, "Indiquez le motif" in text_of(nothing)) == (400, True)
    assert desk.post(f"{path}/message", data={"text": ""}).status_code == 400
    long = desk.post(f"{path}/message", data={"text": "x" * 5001})
    assert (long.status_code, "x" * 5001 in text_of(long)) == (400, True)
    unchosen = desk.post(f"{path}/justificatif", data={"message": "Le vôtre est illisible"})
    assert unchosen.status_code == 400
    assert "Le vôtre est illisible" in text_of(unchosen)
    assert desk.post(f"{path}/justificatif", data={"document_type": "zzz"}).status_code == 404
    sent = desk.post(f"{path}/justificatif", data={"document_type": "rib", "message": "Merci"})
    assert sent.status_code == 302
    assert session.scalar(sa.select(Requirement.message)) == "Merci"
    for verb, name in (("refuser", "reason"), ("message", "text"), ("justificatif", "message")):
        assert desk.post(f"{path}/{verb}", data={name: "\0"}).status_code == 400, verb
    desk.post(f"{path}/message", data={"text": "<script>alert(1)</script>"})
    page = text_of(desk.get(path))
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert "RIB" in page


def test_health_answers_open_for_their_role_and_are_written_down(
    session: Session,
    cast: Cast,
    make: Factory,
    sign_in: SignIn,
    desk: FlaskClient,
    publish: Publish,
    ask: Ask,
) -> None:
    publish()
    request = ask(allergy="arachides")
    session.commit()
    path = f"{QUEUE}{request.id}"
    page = text_of(desk.get(path))
    assert ("arachides" in page, "réservé au rôle Santé" in page) == (False, True)
    assert desk.post(f"{path}/sante").status_code == 403
    assert "arachides" not in text_of(sign_in(cast.admin).get(path))
    nurse = make.account("sante", role="Agent")
    nurse.roles = [*nurse.roles, make.role("Santé")]
    session.commit()
    client = sign_in(nurse)
    assert "arachides" not in text_of(client.get(path))
    assert session.scalar(sa.select(sa.func.count(HealthReading.id))) == 0
    opened = client.post(f"{path}/sante")
    assert (opened.status_code, "arachides" in text_of(opened)) == (200, True)
    (reading,) = session.scalars(sa.select(HealthReading))
    assert (reading.subject, reading.subject_id, reading.household_id) == (
        "request",
        request.id,
        cast.home.id,
    )
    assert "arachides" not in text_of(client.post(f"{QUEUE}export"))


def test_old_stands_beside_new_for_an_update(
    session: Session,
    desk: FlaskClient,
    publish: Publish,
    ask: Ask,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def known(session: Session, case: Case) -> dict[str, Any]:
        return {"text": "Canoë", "allergy": "secret d’avant"}

    effect = Effect("told", "Note the wish", lambda *facts: None, current=known)
    monkeypatch.setitem(EFFECTS, "told", effect)
    publish(replace(TRIP, effect="told"))
    request = ask(allergy="arachides")
    session.commit()
    page = text_of(desk.get(f"{QUEUE}{request.id}"))
    assert '<del class="lines">Canoë</del>' in page
    assert "secret d’avant" not in page
    desk.post(f"{QUEUE}{request.id}/prendre")
    page = text_of(desk.get(f"{QUEUE}{request.id}"))
    assert "À la clôture, le portail note the wish." in page
    desk.post(f"{QUEUE}{request.id}/clore")
    assert "Canoë" not in text_of(desk.get(f"{QUEUE}{request.id}"))


def test_a_broken_effect_is_said_to_the_agent(
    session: Session,
    desk: FlaskClient,
    publish: Publish,
    ask: Ask,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def broken(*facts: Any) -> None:
        raise RuntimeError("no")

    monkeypatch.setitem(EFFECTS, "broken", Effect("broken", "Break", broken))
    publish(replace(TRIP, effect="broken"))
    request = ask()
    session.commit()
    desk.post(f"{QUEUE}{request.id}/prendre")
    answer = desk.post(f"{QUEUE}{request.id}/clore", follow_redirects=True)
    assert "problème technique" in text_of(answer)
    session.refresh(request)
    assert request.status is Status.REFUSED


def test_many_are_taken_and_only_safe_ones_closed(
    session: Session,
    camille: Actor,
    cast: Cast,
    desk: FlaskClient,
    publish: Publish,
    ask: Ask,
    effects: list[int],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    publish(replace(TRIP, effect="noted"))
    risky = ask()
    publish(TRIP)
    plain, cancelled = ask(), ask()
    services.cancel(session, camille, cancelled.id, now=clock.now())
    session.commit()
    ids = [risky.id, plain.id, cancelled.id, 999_999]
    closed = desk.post(
        f"{QUEUE}lot?onglet=toutes",
        data={"rowid": [*ids, "x"], "action": "close"},
        follow_redirects=True,
    )
    page = text_of(closed)
    assert "1 demande close." in page
    assert f"{risky.number} : Clore cette démarche modifie le dossier" in page
    assert f"{cancelled.number} : Cette demande a avancé" in page
    for one in (risky, plain, cancelled):
        session.refresh(one)
    assert (risky.status, plain.status) == (Status.PENDING, Status.CLOSED)
    taken = desk.post(f"{QUEUE}lot", data={"rowid": ids, "action": "take"}, follow_redirects=True)
    assert "1 demande prise en charge." in text_of(taken)
    session.refresh(risky)
    assert (risky.status, risky.taken_by) == (Status.PROCESSING, cast.agent.id)
    monkeypatch.setitem(EFFECTS, "noted", replace(EFFECTS["noted"], safe=True))
    desk.post(f"{QUEUE}lot", data={"rowid": [risky.id], "action": "close"})
    assert effects == [risky.id]
    nothing = desk.post(f"{QUEUE}lot", data={"action": "close"}, follow_redirects=True)
    assert "Choisissez au moins une ligne" in text_of(nothing)


def test_the_export_is_a_spreadsheet_without_formulas_and_is_written_down(
    session: Session, cast: Cast, desk: FlaskClient, publish: Publish, ask: Ask
) -> None:
    publish()
    ask(allergy="arachides")
    home = session.get_one(Household, cast.home.id)
    home.name = "=HYPERLINK(1)"
    session.commit()
    assert desk.get(f"{QUEUE}export").status_code == 405
    desk.post(f"{QUEUE}export?onglet=a-prendre&q=personne")
    answer = desk.post(f"{QUEUE}export?onglet=a-prendre")
    text = answer.get_data(as_text=True)
    assert text.startswith("\ufeffNuméro;Démarche;Foyer;")
    assert "D-2027-000001;Sortie au lac;'=HYPERLINK(1);Jules Martin;" in text
    assert "arachides" not in text
    kept = session.scalars(sa.select(AuditEvent).where(AuditEvent.verb == "export")).all()
    assert [one.details["rows"] for one in kept] == [0, 1]


def test_the_confirmation_says_what_closing_does(
    session: Session, desk: FlaskClient, publish: Publish, ask: Ask, effects: list[int]
) -> None:
    publish(replace(TRIP, effect="noted"))
    request = ask()
    session.commit()
    desk.post(f"{QUEUE}{request.id}/prendre")
    page = text_of(desk.get(f"{QUEUE}{request.id}"))
    assert "Clore cette demande ? Le portail noted, et prévient la famille." in page


def test_the_figures_of_the_menu_come_with_the_page(
    session: Session, desk: FlaskClient, publish: Publish, ask: Ask
) -> None:
    publish()
    ask()
    session.commit()
    page = text_of(desk.get("/agents/"))
    assert '<span>Demandes des familles</span><span class="count soft">1</span>' in page


def test_the_search_finds_a_request_by_its_number(
    session: Session, cast: Cast, sign_in: SignIn, publish: Publish, ask: Ask
) -> None:
    publish()
    request = ask()
    number = request.number
    session.commit()
    for typed in (number, str(number).lower(), "1"):
        page = text_of(sign_in(cast.agent).get("/agents/recherche/", query_string={"q": typed}))
        assert f'href="/agents/demandes/{request.id}"' in page
        assert f"{number} – Sortie au lac" in page
    for who, typed in ((cast.agent, "D-2027-9"), (cast.regie, number)):
        page = text_of(sign_in(who).get("/agents/recherche/", query_string={"q": typed}))
        assert "/agents/demandes/" not in page.split("<main")[1]


def test_a_document_looked_at_leads_back_to_its_request(
    session: Session, cast: Cast, desk: FlaskClient, publish: Publish, ask: Ask
) -> None:
    kind = DocumentType(code="rib", name="RIB", owner=Owner.HOUSEHOLD, validity=Validity.UNLIMITED)
    session.add(kind)
    publish(replace(TRIP, documents=(NeededDocument("rib", required=False),)))
    request = ask()
    session.flush()
    document = Document(document_type_id=kind.id, household_id=cast.home.id, given_at=clock.now())
    session.add(document)
    session.commit()
    here = f"/agents/demandes/{request.id}?onglet=a-prendre"
    page = desk.get(here).get_data(as_text=True)
    (url,) = set(re.findall(r'href="(/agents/justificatifs/\d+\?[^"]+)"', page))
    url = url.replace("&amp;", "&")
    assert f'href="{here}"' in desk.get(url).get_data(as_text=True)
    done = desk.post(url, data={"decision": "refuse", "reason": "Illisible"})
    assert done.location == here
    for elsewhere in ("//autre.site", "https://autre.site", "/agents/demandes/1//x", "/profil/"):
        page = desk.get(f"/agents/justificatifs/{document.id}", query_string={"retour": elsewhere})
        assert elsewhere not in page.get_data(as_text=True).split("<main")[1]
