"""The pages of the wizard by the client: begun, filled in back and forth, checked, sent (D1–D4, D7)."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from io import BytesIO
from typing import Any

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient
from sqlalchemy import event
from sqlalchemy.orm import Session

from app.core import clock
from app.core.actor import Actor
from app.core.db import db
from app.documents.models import AskedOf, Document, DocumentType, Owner, Validity
from app.households.models import Adult
from app.requests import services
from app.requests.definition import Field, Kind, NeededDocument, Once, Step
from app.requests.effects import EFFECTS, Effect
from app.requests.errors import NotOpen
from app.requests.models import Request, Status
from tests.documents.samples import pdf
from tests.factories import Cast
from tests.requests.conftest import TRIP

Publish = Callable[..., None]
FILE = Field("slip", Kind.FILE, "Attestation", document_type="slip")


@pytest.fixture
def page(cast: Cast, session: Session, sign_in: Any, publish: Publish) -> FlaskClient:
    """Camille, before the démarche « sortie »."""
    publish()
    session.commit()
    return sign_in(cast.camille)


def begin(client: FlaskClient, code: str = "sortie", **more: Any) -> str:
    """« Faire une demande en ligne »; the address of the first step."""
    answer = client.post(f"/demarches/{code}", data={"terms": "y", **more})
    assert answer.status_code == 302, answer.text
    return str(answer.location)


def edition(client: FlaskClient, url: str) -> str:
    """What the page carries."""
    found = re.search(r'name="_edition" value="(\d+)"', client.get(url).text)
    assert found
    return found[1]


def send(client: FlaskClient, url: str, go: str = "next", **typed: Any) -> Any:
    """« Suivant », or « Précédent »."""
    carried = {"_edition": edition(client, url), "_go": go}
    return client.post(url, data=carried | typed, content_type="multipart/form-data")


def the_request(session: Session) -> Request:
    session.expire_all()
    return session.scalars(sa.select(Request)).one()


def filled(client: FlaskClient, cast: Cast) -> str:
    """Every step sent; the address of the check."""
    first = begin(client)
    second = send(client, first, child=cast.jules.id).location
    check = send(client, second, text="Baignade", swims="no").location
    assert check.endswith("/verification")
    return str(check)


def save(client: FlaskClient, check: str) -> Any:
    """« Enregistrer la demande »."""
    html = client.get(check).text
    carried = dict(re.findall(r'name="(_edition|_token)" value="([^"]+)"', html))
    return client.post(check, data=carried)


def test_a_demarche_is_presented_before_it_is_asked(page: FlaskClient) -> None:
    shown = page.get("/demarches/sortie").text
    assert "Sortie au lac" in shown
    assert "J’accepte les conditions générales d’utilisation du service" in shown
    assert "Faire une demande en ligne" in shown
    assert "sous 30 jours" in shown
    assert "Service scolaire" in shown


def test_the_terms_are_accepted_first(page: FlaskClient, session: Session) -> None:
    refused = page.post("/demarches/sortie", data={})
    assert refused.status_code == 400
    assert "Cochez cette case" in refused.text
    assert session.scalar(sa.select(sa.func.count()).select_from(Request)) == 0


def test_a_demarche_that_is_not_there_or_not_open(
    page: FlaskClient, session: Session, publish: Publish
) -> None:
    assert page.get("/demarches/inconnue").status_code == 404
    assert page.post("/demarches/inconnue", data={"terms": "y"}).status_code == 404
    later = clock.today().replace(year=2028)
    publish(replace(TRIP, opens_on=later), "plus-tard")
    session.commit()
    shown = page.get("/demarches/plus-tard").text
    assert "pourra être faite à partir du" in shown
    assert "Faire une demande en ligne" not in shown
    assert page.post("/demarches/plus-tard", data={"terms": "y"}).status_code == 409


def test_a_demarche_with_a_page_of_its_own_leads_there(
    page: FlaskClient, session: Session, publish: Publish
) -> None:
    publish(replace(TRIP, page="/justificatifs/"), "pieces")
    session.commit()
    assert page.get("/demarches/pieces").location == "/justificatifs/"
    begun = page.post("/demarches/pieces", data={"terms": "y"})
    assert begun.location == "/demarches/pieces"


def test_from_the_first_page_to_the_saved_request(
    page: FlaskClient, session: Session, cast: Cast
) -> None:
    check = filled(page, cast)
    shown = page.get(check).text
    for part in ("Jules Martin", "Baignade", "Modifier", "Enregistrer la demande"):
        assert part in shown
    assert the_request(session).status is Status.DRAFT
    done = save(page, check)
    request = the_request(session)
    assert done.location == f"/demandes/demarche/{request.id}"
    assert (request.status, request.number) == (Status.PENDING, "D-2027-000001")


def test_the_same_submission_sent_twice_makes_one(
    page: FlaskClient, session: Session, cast: Cast
) -> None:
    check = filled(page, cast)
    carried = dict(re.findall(r'name="(_edition|_token)" value="([^"]+)"', page.get(check).text))
    first, second = (page.post(check, data=carried) for _ in range(2))
    assert first.location == second.location
    assert the_request(session).number == "D-2027-000001"


def test_the_steps_are_counted_and_listed(page: FlaskClient, cast: Cast) -> None:
    first = begin(page)
    html = page.get(first).text
    assert "Étape 1 sur 3" in html
    assert html.count('aria-current="step"') == 1
    second = send(page, first, child=cast.jules.id).location
    assert "Étape 2 sur 3" in page.get(second).text
    assert f'href="{first}"' in page.get(second).text


def test_a_step_that_is_skipped_leads_to_the_first_unfinished(page: FlaskClient) -> None:
    first = begin(page)
    for skipped in (first.replace("/who", "/wish"), first.replace("/who", "/verification")):
        assert page.get(skipped).location == first
    assert page.get(first.replace("/who", "/nowhere")).location == first
    assert page.post(first.replace("/who", "/wish"), data={"text": "x"}).location == first
    assert page.post(first.replace("/who", "/verification"), data={"_edition": 1}).location == first


def test_what_is_wrong_is_said_and_kept_on_the_page(
    page: FlaskClient, session: Session, cast: Cast
) -> None:
    second = send(page, begin(page), child=cast.jules.id).location
    refused = send(page, second, text="x" * 10_000, swims="yes", level="poor")
    assert refused.status_code == 400
    assert "200 caractères au plus" in refused.text
    assert "Choisissez une des valeurs proposées" in refused.text
    assert "x" * 10_000 in refused.text
    assert "2 points à corriger" in refused.text
    assert "text" not in the_request(session).answers


def test_previous_keeps_what_is_valid_and_loses_nothing_of_what_is_not(
    page: FlaskClient, session: Session, cast: Cast
) -> None:
    first = begin(page)
    second = send(page, first, child=cast.jules.id).location
    back = send(page, second, go="back", text="y" * 300, swims="yes", allergy="Arachides")
    assert back.location == first
    again = page.get(second)
    assert "y" * 300 in again.text
    assert "Arachides" in again.text
    assert "200 caractères au plus" in again.text
    request = the_request(session)
    assert request.answers["swims"] is True
    assert b"Arachides" not in (request.private_answers or b"")
    assert page.get(second.replace("/wish", "/verification")).location == second
    refused = page.post(
        second.replace("/wish", "/verification"), data={"_edition": request.edition, "_token": "t"}
    )
    assert refused.location == second
    assert the_request(session).status is Status.DRAFT


def test_what_no_text_can_hold_is_not_kept_even_going_back(
    page: FlaskClient, session: Session, cast: Cast
) -> None:
    second = send(page, begin(page), child=cast.jules.id).location
    for typed in ("nul \0", "z" * 30_000):
        assert send(page, second, go="back", text=typed).status_code == 302
        assert "text" not in the_request(session).answers


def test_hidden_fields_posted_anyway_are_dropped(
    page: FlaskClient, session: Session, cast: Cast
) -> None:
    second = send(page, begin(page), child=cast.jules.id).location
    send(page, second, text="Voile", swims="no", level="good", unknown="1", child=cast.rose.id)
    assert the_request(session).answers == {
        "child": cast.jules.id,
        "text": "Voile",
        "swims": False,
    }


def test_without_a_script_a_condition_is_said(page: FlaskClient, cast: Cast) -> None:
    second = send(page, begin(page), child=cast.jules.id).location
    assert "Seulement si «\u00a0Sait nager\u00a0» vaut\u00a0: Oui." in page.get(second).text


def test_an_old_page_is_refused_and_keeps_what_was_typed(
    page: FlaskClient, session: Session, cast: Cast
) -> None:
    second = send(page, begin(page), child=cast.jules.id).location
    old = edition(page, second)
    send(page, second, text="De l’autre onglet")
    refused = page.post(second, data={"_edition": old, "_go": "next", "text": "De cet onglet"})
    assert refused.status_code == 409
    assert "autre page" in refused.text
    assert "De cet onglet" in refused.text
    assert the_request(session).answers["text"] == "De l’autre onglet"
    assert send(page, second, text="De cet onglet").status_code == 302
    assert the_request(session).answers["text"] == "De cet onglet"


def test_the_same_step_sent_twice_changes_nothing(
    page: FlaskClient, session: Session, cast: Cast
) -> None:
    first = begin(page)
    old = edition(page, first)
    for _ in range(2):
        answer = page.post(first, data={"_edition": old, "_go": "next", "child": cast.jules.id})
        assert answer.location.endswith("/wish")
    assert the_request(session).edition == 2


def test_an_abandoned_request_is_gone(page: FlaskClient, session: Session, cast: Cast) -> None:
    first = begin(page)
    assert "Abandonner la demande" in page.get(first).text
    assert page.post(first.replace("/who", "/abandonner")).status_code == 302
    assert session.scalar(sa.select(sa.func.count()).select_from(Request)) == 0
    assert page.get(first).status_code == 404


def test_what_was_begun_is_offered_again(page: FlaskClient, cast: Cast) -> None:
    second = send(page, begin(page), child=cast.jules.id).location
    shown = page.get("/demarches/sortie").text
    assert "Reprendre ma demande" in shown
    assert "Jules Martin" in shown
    assert f'href="{second.replace("/wish", "/who")}"' in shown


def test_a_pending_request_is_changed_by_the_same_steps(
    page: FlaskClient, session: Session, cast: Cast
) -> None:
    check = filled(page, cast)
    save(page, check)
    second = check.replace("/verification", "/wish?verification=1")
    assert "Abandonner la demande" not in page.get(second).text
    assert send(page, second, text="Voile").location == check
    assert save(page, check).status_code == 302
    request = the_request(session)
    assert (request.status, request.answers["text"]) == (Status.PENDING, "Voile")


def test_a_pending_request_never_holds_what_is_wrong(
    page: FlaskClient, session: Session, cast: Cast
) -> None:
    check = filled(page, cast)
    save(page, check)
    second = check.replace("/verification", "/wish")
    assert send(page, second, go="back", text="").status_code == 400
    assert the_request(session).answers["text"] == "Baignade"


def test_what_an_agent_took_is_closed_to_the_wizard(
    page: FlaskClient, session: Session, cast: Cast, agent: Actor
) -> None:
    check = filled(page, cast)
    save(page, check)
    services.take(session, agent, the_request(session).id, now=clock.now())
    session.commit()
    for url in (check, check.replace("/verification", "/wish")):
        assert "/demandes/demarche/" in page.get(url).location
    refused = page.post(check.replace("/verification", "/wish"), data={"text": "Voile"})
    assert "Cette demande a avancé" in page.get(refused.location).text
    assert the_request(session).answers["text"] == "Baignade"


def test_once_per_child_is_said_as_soon_as_the_child_is_chosen(
    page: FlaskClient, session: Session, cast: Cast, publish: Publish
) -> None:
    publish(replace(TRIP, once=Once.CHILD))
    session.commit()
    save(page, filled(page, cast))
    refused = send(page, begin(page), child=cast.jules.id)
    assert refused.status_code == 409
    assert "déjà faite" in refused.text
    assert send(page, begin(page), child=cast.rose.id).status_code == 302


def test_once_per_household_is_said_before_anything_is_answered(
    page: FlaskClient, session: Session, cast: Cast, publish: Publish
) -> None:
    publish(replace(TRIP, once=Once.HOUSEHOLD))
    session.commit()
    save(page, filled(page, cast))
    refused = page.post("/demarches/sortie", data={"terms": "y"})
    assert refused.status_code == 409
    assert "déjà faite" in refused.text
    assert '<a class="btn" href="/demandes/">' in refused.text
    assert the_request(session).status is Status.PENDING


def test_another_households_adult_is_no_choice(
    page: FlaskClient, session: Session, cast: Cast, publish: Publish
) -> None:
    fields = (Field("adult", Kind.ADULT, "Adulte", required=True),)
    publish(replace(TRIP, steps=(Step("who", "Qui", fields),)), "adulte")
    session.commit()
    stranger = session.scalar(sa.select(Adult.id).where(Adult.account_id == cast.lea.id))
    first = begin(page, "adulte")
    assert send(page, first, adult=stranger).status_code == 400
    assert the_request(session).answers == {}


def test_a_definition_changed_meanwhile_changes_nothing_to_what_was_begun(
    page: FlaskClient, session: Session, cast: Cast, publish: Publish
) -> None:
    first = begin(page)
    publish(replace(TRIP, steps=(TRIP.steps[0],)))
    session.commit()
    second = send(page, first, child=cast.jules.id).location
    assert second.endswith("/wish")
    assert send(page, second, text="Voile").location.endswith("/verification")


def test_what_an_effect_refuses_is_said_on_the_check_page(
    page: FlaskClient,
    session: Session,
    cast: Cast,
    publish: Publish,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def refuses(session: Session, case: Any) -> None:
        raise NotOpen

    nothing = Effect("never", "Never", lambda *args: None, check=refuses)
    monkeypatch.setitem(EFFECTS, "never", nothing)
    publish(replace(TRIP, effect="never"))
    session.commit()
    check = filled(page, cast)
    assert save(page, check).location == check
    assert "pas ouverte en ce moment" in page.get(check).text
    assert the_request(session).status is Status.DRAFT


# ---- Others ----------------------------------------------------------------------------------------


def test_another_household_finds_nothing(
    page: FlaskClient, session: Session, cast: Cast, sign_in: Any
) -> None:
    check = filled(page, cast)
    session.commit()
    for stranger in (cast.lea, cast.yanis, cast.agent):
        client = sign_in(stranger)
        for path in ("/who", "/wish", "/verification", "/vos-justificatifs"):
            assert client.get(check.replace("/verification", path)).status_code == 404
        for path in ("/who", "/verification", "/abandonner"):
            assert client.post(check.replace("/verification", path)).status_code == 404
    assert the_request(session).status is Status.DRAFT


def test_another_households_child_is_no_choice(
    page: FlaskClient, session: Session, cast: Cast
) -> None:
    assert (
        page.post("/demarches/sortie", data={"terms": "y", "_child": cast.ines.id}).status_code
        == 404
    )
    first = begin(page)
    for child in (cast.ines.id, 999_999, "²", "-1"):
        assert send(page, first, child=child).status_code == 400
        assert send(page, first, go="back", child=child).status_code == 302
        request = the_request(session)
        assert (request.child_id, request.answers) == (None, {})


def test_a_child_named_by_the_link_is_chosen_already(
    page: FlaskClient, session: Session, cast: Cast
) -> None:
    shown = page.get(f"/demarches/sortie?enfant={cast.rose.id}").text
    assert f'name="_child" value="{cast.rose.id}"' in shown
    first = begin(page, _child=cast.rose.id)
    assert the_request(session).answers == {"child": cast.rose.id}
    assert re.search(
        rf'value="{cast.rose.id}"[^>]*checked|checked[^>]*value="{cast.rose.id}"',
        page.get(first).text,
    )


def test_free_text_is_text_everywhere(page: FlaskClient, cast: Cast) -> None:
    second = send(page, begin(page), child=cast.jules.id).location
    check = send(page, second, text="<b>=1+1</b>").location
    for url in (second, check, save(page, check).location):
        html = page.get(url).text
        assert "<b>=1" not in html
        assert "&lt;b&gt;=1+1" in html


def test_a_visitor_is_led_to_the_login_page_and_back(
    client: FlaskClient, page: FlaskClient
) -> None:
    assert client.get("/demarches/sortie").status_code == 200
    asked = client.post("/demarches/sortie", data={"terms": "y"})
    assert asked.location == "/login/?next=/demarches/sortie"
    first = begin(page)
    assert client.get(first).location == f"/login/?next={first}"


# ---- Rows ------------------------------------------------------------------------------------------

MATES = Field(
    "mates",
    Kind.GROUP,
    "Équipiers",
    fields=(Field("name", Kind.TEXT, "Nom", required=True),),
    max_rows=2,
)


def test_rows_are_added_and_removed_by_the_page_itself(
    page: FlaskClient, session: Session, publish: Publish
) -> None:
    publish(replace(TRIP, steps=(Step("team", "Équipe", (MATES,)),)), "equipe")
    session.commit()
    first = begin(page, "equipe")
    added = send(page, first, _add_row="mates", **{"mates-0-name": "Léa"})
    assert added.status_code == 200
    assert 'value="Léa"' in added.text
    assert 'name="mates-1-name"' in added.text
    removed = send(
        page, first, _remove_row="mates-0", **{"mates-0-name": "Léa", "mates-1-name": "Bo"}
    )
    assert 'value="Bo"' in removed.text
    assert 'value="Léa"' not in removed.text
    refused = send(page, first, **{f"mates-{place}-name": "A" for place in range(40)})
    assert "2 lignes au plus" in refused.text
    assert send(page, first, **{"mates-0-name": "Léa"}).status_code == 302
    assert the_request(session).answers["mates"] == [{"name": "Léa"}]


# ---- Documents -------------------------------------------------------------------------------------


@pytest.fixture
def kinds(session: Session) -> dict[str, DocumentType]:
    """One of the household, one of a child."""
    made = {
        code: DocumentType(
            code=code, name=name, owner=owner, validity=Validity.UNLIMITED, asked_of=AskedOf.NOBODY
        )
        for code, name, owner in (
            ("slip", "Attestation", Owner.HOUSEHOLD),
            ("card", "Certificat", Owner.CHILD),
        )
    }
    session.add_all(made.values())
    session.flush()
    return made


def a_pdf(name: str = "a.pdf") -> tuple[BytesIO, str]:
    return BytesIO(pdf()), name


def test_a_file_is_given_inside_its_step_and_never_asked_again(
    page: FlaskClient, session: Session, publish: Publish, kinds: Any
) -> None:
    fields = (replace(FILE, required=True), Field("note", Kind.TEXT, "Note", required=True))
    publish(replace(TRIP, steps=(Step("papers", "Pièces", fields),)), "pieces")
    session.commit()
    first = begin(page, "pieces")
    assert send(page, first, note="x").status_code == 400
    refused = send(page, first, note="", slip=a_pdf())
    assert refused.status_code == 400
    assert "déjà fourni" in refused.text
    assert send(page, first, note="x").location.endswith("/verification")
    document = session.scalars(sa.select(Document)).one()
    assert the_request(session).answers["slip"] == document.id


def test_a_file_that_is_refused_says_why_in_its_field(
    page: FlaskClient, session: Session, publish: Publish, kinds: Any
) -> None:
    publish(replace(TRIP, steps=(Step("papers", "Pièces", (FILE,)),)), "pieces")
    session.commit()
    refused = send(page, begin(page, "pieces"), slip=(BytesIO(b"MZ"), "a.pdf"))
    assert refused.status_code == 400
    assert "f-slip-error" in refused.text
    assert session.scalar(sa.select(sa.func.count()).select_from(Document)) == 0


def test_a_document_named_in_the_form_is_not_taken(
    page: FlaskClient, session: Session, cast: Cast, publish: Publish, kinds: Any
) -> None:
    theirs = Document(
        document_type_id=kinds["slip"].id, household_id=cast.stranger_home.id, given_at=clock.now()
    )
    session.add(theirs)
    publish(replace(TRIP, steps=(Step("papers", "Pièces", (FILE,)),)), "pieces")
    session.commit()
    assert send(page, begin(page, "pieces"), slip=str(theirs.id)).status_code == 302
    assert "slip" not in the_request(session).answers


def test_a_document_of_the_child_follows_the_child_of_the_same_page(
    page: FlaskClient, session: Session, cast: Cast, publish: Publish, kinds: Any
) -> None:
    card = Field("card", Kind.FILE, "Certificat", document_type="card")
    child = Field("child", Kind.CHILD, "Enfant")
    publish(replace(TRIP, steps=(Step("papers", "Pièces", (child, card)),)), "pieces")
    session.commit()
    first = begin(page, "pieces")
    assert "Choisissez d’abord l’enfant" in send(page, first, card=a_pdf()).text
    assert send(page, first, card=a_pdf(), child=cast.rose.id).status_code == 302
    assert session.scalars(sa.select(Document.child_id)).one() == cast.rose.id


def test_the_page_of_documents_asks_what_is_missing_alone(
    page: FlaskClient, session: Session, cast: Cast, publish: Publish, kinds: Any
) -> None:
    session.add(
        Document(
            document_type_id=kinds["slip"].id,
            household_id=cast.home.id,
            given_at=clock.now(),
            is_accepted=True,
            reviewed_at=clock.now(),
        )
    )
    publish(replace(TRIP, documents=(NeededDocument("slip"), NeededDocument("card"))))
    session.commit()
    assert "Certificat" in page.get("/demarches/sortie").text
    second = send(page, begin(page), child=cast.jules.id).location
    third = send(page, second, text="Voile").location
    assert third.endswith("/vos-justificatifs")
    shown = page.get(third).text
    assert "Étape 3 sur 4" in shown
    assert shown.count('type="file"') == 1
    refused = send(page, third)
    assert refused.status_code == 400
    assert "Fournissez ce justificatif pour continuer" in refused.text
    check = third.replace("/vos-justificatifs", "/verification")
    assert "Fournir les justificatifs manquants" in page.get(check).text
    assert save(page, check).location == third
    name = f"document_{kinds['card'].id}_{cast.jules.id}"
    assert send(page, third, go="back").location == second
    assert send(page, third, **{name: a_pdf()}).location == check
    assert save(page, check).location.startswith("/demandes/")


# ---- Cost ------------------------------------------------------------------------------------------


def statements(ask: Callable[[], Any]) -> int:
    seen: list[str] = []

    def note(*args: object) -> None:
        seen.append(str(args[2]))

    event.listen(db.engine, "before_cursor_execute", note)
    try:
        assert ask().status_code in {200, 302}
    finally:
        event.remove(db.engine, "before_cursor_execute", note)
    return len(seen)


def test_a_step_costs_ten_statements_at_most_however_many_rows(
    page: FlaskClient, session: Session, cast: Cast, make: Any, publish: Publish
) -> None:
    fields = (
        Field("child", Kind.CHILD, "Enfant", required=True),
        Field("adult", Kind.ADULT, "Adulte"),
        Field("level", Kind.SCHOOL_LEVEL, "Niveau"),
        Field("year", Kind.SCHOOL_YEAR, "Année"),
        replace(MATES, max_rows=50),
    )
    publish(replace(TRIP, steps=(Step("all", "Tout", fields),)), "tout")
    session.commit()
    first = begin(page, "tout")
    sent = send(page, first, child=cast.jules.id)
    assert sent.status_code == 302

    def cost(rows: int) -> tuple[int, int]:
        typed = {f"mates-{place}-name": "Léa" for place in range(rows)}
        carried = {"_edition": edition(page, first), "_go": "next", "child": cast.jules.id}
        return (
            statements(lambda: page.get(first)),
            statements(lambda: page.post(first, data=carried | typed)),
        )

    few = cost(1)
    for number in range(5):
        make.child(f"Enfant {number}", cast.home)
        make.level(f"Niveau {number}", number)
    session.commit()
    assert cost(40) == few
    assert max(few) <= 10


def test_the_other_pages_cost_the_same_however_many_documents(
    page: FlaskClient, session: Session, cast: Cast, publish: Publish, kinds: Any
) -> None:
    papers = Step("papers", "Pièces", (*TRIP.steps[0].fields, FILE))
    asked = (NeededDocument("card", required=False),)
    publish(replace(TRIP, steps=(papers,), documents=asked))
    session.commit()
    first = begin(page)
    documents = send(page, first, child=cast.jules.id).location
    check = documents.replace("/vos-justificatifs", "/verification")
    pages = ("/demarches/", "/demarches/sortie", first, documents, check)

    def costs() -> list[int]:
        return [statements(lambda url=url: page.get(url)) for url in pages]

    before = costs()
    for _ in range(30):
        session.add(
            Document(
                document_type_id=kinds["slip"].id,
                household_id=cast.home.id,
                given_at=clock.now(),
                is_accepted=False,
                reviewed_at=clock.now(),
            )
        )
        begin(page)
    session.commit()
    assert costs() == before
    assert max(before) <= 12
