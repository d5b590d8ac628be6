"""What no page of ours would send about démarches, and what is told to whom when a court decided."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from io import BytesIO
from typing import Any

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from app.core import clock
from app.core.actor import SYSTEM, Actor
from app.households import services as households
from app.households.models import Adult, Guardianship
from app.notices.models import Notice, OutboxMessage
from app.requests import services
from app.requests.definition import Choice, Definition, Field, Kind, Step
from app.requests.errors import BadDefinition, TiedNoMore
from app.requests.models import Procedure, Request, Status
from app.requests.services import designing
from tests.factories import Cast
from tests.requests.conftest import TRIP
from tests.requests.test_wizard import begin, edition, filled, save, send, the_request

Publish = Callable[..., None]
OWN_PAGES = ("", "annuler", "supprimer", "message", "recepisse", "recepisse.pdf")
WIZARD_PAGES = ("who", "wish", "vos-justificatifs", "verification", "abandonner")
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
    session: Session,
    cast: Cast,
    publish: Publish,
    ask: Any,
    agent: Actor,
    effects: list[int],
) -> None:
    """Nor is anything done on its word any more."""
    publish(replace(TRIP, effect="noted"))
    request, now = ask(), clock.now()
    home, jules = cast.home.id, cast.jules.id
    households.restrict(session, agent, jules, home, keep_bookings=True, reason="x", now=now)
    told = [session.scalar(sa.select(sa.func.count(one.id))) for one in (Notice, OutboxMessage)]
    services.take(session, agent, request.id, now=now)
    services.say(session, agent, request.id, "Jules va à la piscine", now=now)
    with pytest.raises(TiedNoMore):
        services.close(session, agent, request.id, now=now)
    assert effects == []
    after = [session.scalar(sa.select(sa.func.count(one.id))) for one in (Notice, OutboxMessage)]
    assert after == told
    households.lift_restriction(session, agent, jules, home)
    services.say(session, agent, request.id, "De nouveau", now=now)
    assert session.scalar(sa.select(sa.func.count(Notice.id))) > told[0]
    services.close(session, agent, request.id, now=now)
    assert effects == [request.id]


BAD = '<script>alert(1)</script><img src=x onerror="alert(2)">{{7*7}}'
HOSTILE = Definition(
    title=f"T{BAD}",
    theme=TRIP.theme,
    service="school",
    summary=BAD,
    text=f"{BAD}\n\n{BAD}",
    delay_days=30,
    steps=(
        Step(
            "one",
            f"S{BAD}",
            (
                Field("text", Kind.TEXT, f"L{BAD}", help=BAD, required=True),
                Field(
                    "choice",
                    Kind.CHOICE,
                    f"C{BAD}",
                    required=True,
                    choices=(Choice("a", f"A{BAD}"), Choice("b", "B")),
                ),
                Field("rows", Kind.GROUP, f"G{BAD}", fields=(Field("name", Kind.TEXT, f"N{BAD}"),)),
            ),
            help=BAD,
        ),
    ),
)


def test_what_a_definition_says_is_only_text_on_every_page_and_in_every_mail(
    session: Session, cast: Cast, publish: Publish, sign_in: Any
) -> None:
    publish(HOSTILE, "mauvaise")
    session.commit()
    camille, agent = sign_in(cast.camille), sign_in(cast.agent)
    step = begin(camille, "mauvaise")
    check = send(camille, step, text=BAD, choice="a", **{"rows-0-name": BAD}).location
    pages = ["/", "/demarches/", "/demarches/mauvaise", step, check]
    shown = [camille.get(path).text for path in pages]
    assert save(camille, check).status_code == 302
    request = the_request(session)
    session.commit()
    own = f"/demandes/demarche/{request.id}"
    shown += [camille.get(path).text for path in ("/demandes/", own, f"{own}/recepisse")]
    assert camille.get(f"{own}/recepisse.pdf").data.startswith(b"%PDF-")
    desk, designer = f"/agents/demandes/{request.id}", f"/agents/demarches/{request.procedure_id}"
    pages = ["/agents/demandes/", desk, "/agents/demarches/", designer, f"{designer}/reglages"]
    pages += [f"{designer}/etapes/one", f"{designer}/etapes/one/champs/choice"]
    pages += [f"{designer}/essayer/one", f"{designer}/versions/1"]
    shown += [agent.get(path).text for path in pages]
    mail = session.scalars(sa.select(OutboxMessage).order_by(OutboxMessage.id.desc())).first()
    shown.append(mail.html)
    for rank, text in enumerate(shown):
        assert "alert(1)" in text, rank
        assert "<script>alert" not in text, rank
        assert "<img src=x" not in text, rank
        assert "49" not in re.sub(r"\d{3,}", "", text.split("alert(1)")[1][:200]), rank


@pytest.mark.parametrize("left", ["restricted_at", "ended_on"])
def test_who_sees_a_child_no_more_has_none_of_its_pages_by_any_verb(
    page: FlaskClient, session: Session, cast: Cast, ask: Any, left: str
) -> None:
    sent, draft = ask(), ask(draft=True)
    day = clock.now() if left == "restricted_at" else clock.today()
    session.execute(
        sa.update(Guardianship)
        .where(Guardianship.child_id == cast.jules.id)
        .values({left: day, "started_on": date(2026, 1, 1)})
    )
    session.commit()
    jules = cast.jules.id
    tried = [f"/demandes/demarche/{sent.id}/{one}".rstrip("/") for one in OWN_PAGES]
    tried += [f"/demarches/demande/{draft.id}/{one}" for one in WIZARD_PAGES]
    tried += [f"/demarches/personnes-autorisees/{jules}", f"/profil/dossiers-annuels/{jules}"]
    tried += [f"/demarches/personnes-autorisees/{jules}/nouvelle", f"/agenda/{jules}/2027-01"]
    for path in tried:
        for method in ("GET", "POST"):
            answer = page.open(path, method=method, data={"_edition": 1, "text": "a", "terms": "y"})
            assert answer.status_code in {404, 405}, (method, path)
    begun = page.post("/demarches/sortie", data={"terms": "y", "_child": jules})
    assert begun.status_code == 404
    for path in ("/demandes/", "/demarches/sortie", "/profil/", "/"):
        assert "Jules" not in page.get(path).text, path


FRIENDS = Definition(
    title="Avec qui",
    theme=TRIP.theme,
    service="school",
    steps=(
        Step(
            "who",
            "Avec qui",
            (
                Field(
                    "mates",
                    Kind.GROUP,
                    "Enfants",
                    required=True,
                    fields=(
                        Field("child", Kind.CHILD, "Enfant", required=True),
                        Field("adult", Kind.ADULT, "Adulte"),
                        Field("place", Kind.SCHOOL_LEVEL, "École"),
                    ),
                ),
            ),
        ),
        Step("more", "Suite", (Field("text", Kind.TEXT, "Motif"),)),
    ),
)


def test_rows_name_nobody_of_another_household_even_in_a_draft(
    page: FlaskClient, session: Session, cast: Cast, publish: Publish
) -> None:
    publish(FRIENDS, "amis")
    stranger = session.scalars(
        sa.select(Adult).where(Adult.household_id == cast.stranger_home.id)
    ).first()
    session.commit()
    url = begin(page, "amis")
    for name, number in (("child", cast.ines.id), ("adult", stranger.id), ("place-level_id", 999)):
        row = {"mates-0-child": cast.jules.id, f"mates-0-{name}": number}
        answer = send(page, url, **row)
        assert answer.status_code == 400, name
        assert "Choisissez" in answer.text
        send(page, url, go="back", **row)  # what was typed wrongly stays in the draft
        for path in (url, f"/demandes/demarche/{the_request(session).id}", "/demandes/"):
            shown = page.get(path)
            assert shown.status_code == 200, (name, path)
            assert cast.ines.first_name not in shown.text, (name, path)
            assert stranger.first_name not in shown.text, (name, path)
    assert page.post(url.replace("/who", "/verification"), data={"_edition": 9}).status_code == 302
    assert the_request(session).status is Status.DRAFT


def test_a_field_that_no_form_has_changes_nothing(
    page: FlaskClient, session: Session, cast: Cast
) -> None:
    forged = {"status": "closed", "household_id": cast.stranger_home.id, "number": "D-1"}
    check = send(page, begin(page, **forged), child=cast.jules.id, **forged).location
    send(page, check, text="Baignade", swims="no", reason="x", child_id=cast.ines.id, **forged)
    request = the_request(session)
    assert (request.status, request.household_id) == (Status.DRAFT, cast.home.id)
    assert (request.child_id, request.number, request.reason) == (cast.jules.id, None, "")
    assert request.answers.keys() == {"child", "text", "swims"}


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"[" * 100_000 + b"]" * 100_000,
        b'{"title": ' + b"[" * 900 + b"]" * 900 + b"}",
        b'{"title": ' + b"9" * 10_000 + b"}",
        b'{"title": "a", "title": "b"}',
        b"\xff\xfe{}",
        json.dumps(TRIP.as_json() | {"page": "javascript:alert(1)"}).encode(),
        json.dumps(TRIP.as_json() | {"page": "//autre.site/"}).encode(),
        json.dumps(TRIP.as_json() | {"steps": [[]]}).encode(),
        json.dumps(TRIP.as_json()).encode() + b" " * designing.IMPORT_BYTES,
    ],
    ids=lambda content: content[:12],
)
def test_a_hostile_file_makes_no_demarche(
    session: Session, cast: Cast, sign_in: Any, content: bytes
) -> None:
    before = session.scalar(sa.select(sa.func.count(Procedure.id)))
    session.commit()
    typed = {"file": (BytesIO(content), "a.json")}
    answer = sign_in(cast.agent).post(
        "/agents/demarches/importer", data=typed, content_type="multipart/form-data"
    )
    assert answer.status_code in {400, 409, 413}
    assert "alert(1)" not in answer.text
    session.rollback()
    assert session.scalar(sa.select(sa.func.count(Procedure.id))) == before


@pytest.mark.parametrize("code", ["rattacher-un-enfant", "suppression-des-donnees"])
def test_what_an_agent_has_to_agree_to_never_closes_itself(session: Session, code: str) -> None:
    """Whoever knows the name and the birthday of a child would be tied to it at once."""
    procedure = session.scalars(sa.select(Procedure).where(Procedure.code == code)).one()
    alone = procedure.draft | {"title": "Copie", "closes_itself": True}
    made = designing.import_file(session, SYSTEM, json.dumps(alone).encode(), now=clock.now())
    with pytest.raises(BadDefinition) as refused:
        services.publish(session, SYSTEM, made.id, now=clock.now())
    assert "closes_itself" in {one.place for one in refused.value.faults}
