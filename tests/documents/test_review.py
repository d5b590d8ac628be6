"""Asking, accepting and refusing, and the agents' pages of it (D7, D9)."""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from PIL import Image
from sqlalchemy.orm import Session

from app.core import clock
from app.core.actor import SYSTEM, Actor
from app.core.errors import NotFound
from app.core.storage import storage
from app.documents import drawing, errors, files, queries, services
from app.documents.models import (
    AskedOf,
    Document,
    DocumentReading,
    DocumentType,
    Owner,
    Requirement,
    Validity,
)
from app.documents.rules import Status
from app.households.models import HealthReading
from app.notices.models import Notice, OutboxMessage
from tests.documents.samples import jpeg, pdf
from tests.factories import Cast, Factory

DAY = date(2027, 1, 12)


@pytest.fixture(autouse=True)
def files_apart(app: Flask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(app.config, "STORAGE_URL", f"file://{tmp_path}/files")


def kind(make: Factory, **more: Any) -> DocumentType:
    values = {
        "code": "insurance",
        "name": "Attestation d’assurance",
        "owner": Owner.CHILD,
        "validity": Validity.SCHOOL_YEAR,
        "asked_of": AskedOf.NOBODY,
    }
    return make.add(DocumentType(**values | more))


@pytest.fixture
def insurance(make: Factory, cast: Cast) -> DocumentType:
    return kind(make)


def give(session: Session, cast: Cast, kind: DocumentType, content: bytes = b"") -> Document:
    checked = files.check("a.pdf", pdf()) if not content else files.check("a.jpg", content)
    kept = services.keep(storage(), [checked], sealed=kind.is_health)
    actor = Actor(cast.camille.id, cast.home.id)
    return services.give(
        session, actor, cast.home.id, kind.id, cast.jules.id, kept, now=clock.now()
    )


def state(session: Session, cast: Cast, day: date = DAY) -> Status:
    return queries.states_of_household(session, cast.home.id, day)[0].status


def agent(cast: Cast, *roles: str) -> Actor:
    return Actor(cast.agent.id, roles=frozenset({"Agent", *roles}))


def test_a_document_goes_through_its_life(
    session: Session, cast: Cast, insurance: DocumentType
) -> None:
    wanted = [("insurance", cast.jules.id), ("unknown", None)]
    services.require(
        session,
        SYSTEM,
        cast.home.id,
        "insurance",
        cast.jules.id,
        source="activity:3",
        now=clock.now(),
    )
    assert state(session, cast) is Status.ASKED
    assert len(queries.missing(session, cast.home.id, wanted, DAY)) == 1
    first = give(session, cast, insurance)
    assert state(session, cast) is Status.WAITING
    assert queries.missing(session, cast.home.id, wanted, DAY) == []
    services.refuse(session, agent(cast), first.id, "Illisible", now=clock.now())
    assert state(session, cast) is Status.INVALID
    second = give(session, cast, insurance)
    services.accept(session, agent(cast), second.id, date(2027, 7, 3), now=clock.now())
    assert state(session, cast) is Status.VALID
    assert state(session, cast, date(2027, 7, 4)) is Status.EXPIRED
    with pytest.raises(errors.StillValid):
        give(session, cast, insurance)
    told = session.scalars(sa.select(Notice.template).where(Notice.account_id == cast.camille.id))
    assert sorted(told) == ["document_asked", "document_decided", "document_decided"]
    mails = session.scalars(sa.select(OutboxMessage.to_address)).all()
    assert set(mails) == {cast.camille.email}


def test_a_valid_document_is_never_asked_again(
    session: Session, cast: Cast, insurance: DocumentType
) -> None:
    document = give(session, cast, insurance)
    services.accept(session, agent(cast), document.id, date(2027, 7, 3), now=clock.now())
    for _ in range(2):
        services.require(
            session,
            SYSTEM,
            cast.home.id,
            "insurance",
            cast.jules.id,
            source="request:12",
            now=clock.now(),
        )
    assert len(session.scalars(sa.select(Requirement)).all()) == 1
    assert state(session, cast) is Status.VALID
    assert queries.missing(session, cast.home.id, [("insurance", cast.jules.id)], DAY) == []
    assert "document_asked" not in session.scalars(sa.select(Notice.template)).all()
    assert services.lift(session, "request:12", now=clock.now()) == 1
    assert services.lift(session, "request:12", now=clock.now()) == 0


def test_nothing_is_asked_for_another_households_child(
    session: Session, cast: Cast, insurance: DocumentType
) -> None:
    with pytest.raises(NotFound):
        services.require(
            session,
            SYSTEM,
            cast.home.id,
            "insurance",
            cast.ines.id,
            source="agent:8",
            now=clock.now(),
        )


def test_a_review_needs_what_it_says_and_happens_once(
    session: Session, cast: Cast, insurance: DocumentType
) -> None:
    document, now = give(session, cast, insurance), clock.now()
    with pytest.raises(errors.NeedsEndDate):
        services.accept(session, agent(cast), document.id, None, now=now)
    with pytest.raises(errors.EndsInThePast):
        services.accept(session, agent(cast), document.id, DAY - timedelta(1), now=now)
    with pytest.raises(errors.NeedsReason):
        services.refuse(session, agent(cast), document.id, "  ", now=now)
    assert services.proposed_end(session, document) == date(2027, 7, 3)
    services.accept(session, agent(cast), document.id, DAY, now=now)
    with pytest.raises(errors.AlreadyReviewed):
        services.refuse(session, agent(cast), document.id, "Trop tard", now=now)


@pytest.fixture
def desk(
    session: Session, cast: Cast, sign_in: Callable[[Any], FlaskClient], insurance: DocumentType
) -> FlaskClient:
    session.commit()
    return sign_in(cast.agent)


def test_an_agent_looks_decides_and_gets_the_next_one(
    desk: FlaskClient, session: Session, cast: Cast, make: Factory, insurance: DocumentType
) -> None:
    first = give(session, cast, insurance)
    second = give(session, cast, kind(make, code="photo", name="Photo"), jpeg())
    session.commit()
    assert "2 justificatifs en attente" in desk.get("/agents/justificatifs/").text
    page = desk.get(f"/agents/justificatifs/{first.id}").text
    assert 'value="2027-07-03"' in page
    preview = desk.get(f"/agents/justificatifs/{first.id}/apercu/1")
    assert preview.headers["Content-Disposition"].startswith("inline")
    assert preview.content_type == "image/jpeg"
    assert Image.open(io.BytesIO(preview.data)).width == drawing.WIDTH
    assert session.scalars(sa.select(DocumentReading.account_id)).all() == [cast.agent.id]
    url = f"/agents/justificatifs/{first.id}"
    bare = desk.post(url, data={"decision": "refuse"})
    assert bare.status_code == 400
    assert "la famille le lira" in bare.text
    done = desk.post(url, data={"decision": "refuse", "reason": "Page 2 illisible"})
    assert done.location.endswith(f"/agents/justificatifs/{second.id}")
    again = desk.post(url, data={"decision": "accept", "valid_until": "2027-07-03"})
    assert again.status_code == 409
    last = desk.post(
        f"/agents/justificatifs/{second.id}",
        data={"decision": "accept", "valid_until": "2027-07-03"},
    )
    assert last.location.endswith("/agents/justificatifs/")
    assert "Aucun justificatif" in desk.get("/agents/justificatifs/").text


def test_health_documents_are_for_the_role_of_health_and_each_opening_is_told(
    desk: FlaskClient,
    session: Session,
    cast: Cast,
    make: Factory,
    sign_in: Callable[[Any], FlaskClient],
) -> None:
    document = give(session, cast, kind(make, code="plan", name="PAI", is_health=True))
    session.commit()
    url = f"/agents/justificatifs/{document.id}"
    assert "Aucun justificatif" in desk.get("/agents/justificatifs/").text
    for path in (url, f"{url}/apercu/1", f"{url}/fichier/1"):
        assert desk.get(path).status_code == 403
    assert desk.post(url, data={"decision": "accept"}).status_code == 403
    nurse = make.account("nora.petit", role="Agent")
    nurse.roles = [*nurse.roles, make.role("Santé")]
    session.commit()
    client = sign_in(nurse)
    assert "PAI" in client.get("/agents/justificatifs/").text
    assert client.get(f"{url}/fichier/1").data == pdf()
    reading = session.scalars(sa.select(HealthReading)).one()
    assert (reading.account_id, reading.subject, reading.subject_id) == (
        nurse.id,
        "document",
        document.id,
    )


def test_a_parent_does_not_review(
    session: Session, cast: Cast, insurance: DocumentType, sign_in: Callable[[Any], FlaskClient]
) -> None:
    document = give(session, cast, insurance)
    session.commit()
    client = sign_in(cast.camille)
    for path in ("", f"{document.id}", f"{document.id}/fichier/1"):
        assert client.get(f"/agents/justificatifs/{path}").status_code in {302, 403, 404}


def test_a_kind_of_document_is_made_without_code(desk: FlaskClient, session: Session) -> None:
    typed = {
        "code": "domicile",
        "name": "Facture de moins de trois mois",
        "owner": "household",
        "validity": "months",
        "asked_of": "every_household",
        "is_active": "y",
    }
    assert "nombre de mois" in desk.post("/agents/pieces/add", data=typed).text
    answer = desk.post("/agents/pieces/add", data=typed | {"validity_months": "3"})
    assert answer.status_code == 302, answer.text
    made = session.scalars(sa.select(DocumentType).where(DocumentType.code == "domicile")).one()
    assert (made.validity_months, made.owner) == (3, Owner.HOUSEHOLD)


def test_the_queue_costs_the_same_whatever_waits(
    desk: FlaskClient, session: Session, cast: Cast, make: Factory, count_statements: Any
) -> None:
    give(session, cast, kind(make, code="k", name="K"))
    session.commit()
    desk.get("/agents/justificatifs/")
    with count_statements() as few:
        desk.get("/agents/justificatifs/")
    for number in range(8):
        give(session, cast, kind(make, code=f"k{number}", name=f"K{number}"))
    session.commit()
    with count_statements() as many:
        desk.get("/agents/justificatifs/")
    assert len(many) == len(few)
    assert len(few) <= 14
