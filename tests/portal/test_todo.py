"""What the home page says is to be done: documents and requests (D2, D7)."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.core import clock
from app.core.actor import SYSTEM
from app.documents import services as documents
from app.documents.models import AskedOf, DocumentType, Owner, Validity
from app.requests.models import ProcedureVersion, Request
from tests.factories import Cast, Factory
from tests.portal.page import text_of
from tests.portal.test_home import statements


def kind(make: Factory, code: str, name: str, **more: Any) -> DocumentType:
    return make.add(
        DocumentType(code=code, name=name, owner=Owner.CHILD, validity=Validity.UNLIMITED, **more)
    )


def draft(make: Factory, session: Session, cast: Cast) -> Request:
    version = session.scalars(sa.select(ProcedureVersion).limit(1)).one()
    return make.add(
        Request(
            procedure_id=version.procedure_id,
            version_id=version.id,
            household_id=cast.home.id,
            step="s",
            created_at=clock.now(),
            changed_at=clock.now(),
        )
    )


def test_one_document_asked_leads_to_where_it_is_given(
    session: Session, cast: Cast, make: Factory, sign_in: Any
) -> None:
    swim = kind(make, "swim", "Brevet")
    documents.require(
        session,
        SYSTEM,
        cast.home.id,
        "swim",
        cast.jules.id,
        source="agent:1",
        message="",
        now=clock.now(),
    )
    session.commit()
    page = sign_in(cast.camille).get("/")
    assert "Brevet (Jules) Réclamé Fournir le justificatif" in text_of(page)
    assert f'href="/justificatifs/{swim.id}/enfant/{cast.jules.id}/fournir"' in page.text
    assert "Brevet" not in text_of(sign_in(cast.yanis).get("/"))


def test_many_documents_make_one_tile(
    session: Session, cast: Cast, make: Factory, sign_in: Any
) -> None:
    kind(make, "a", "Assurance", asked_of=AskedOf.EVERY_CHILD)
    kind(make, "b", "Brevet", asked_of=AskedOf.EVERY_CHILD)
    session.commit()
    shown = text_of(sign_in(cast.camille).get("/"))
    assert "6 justificatifs à fournir" in shown
    assert shown.count("Assurance") == 3
    assert ", …" in shown


def test_drafts_are_to_be_finished(
    session: Session, cast: Cast, make: Factory, sign_in: Any
) -> None:
    client = sign_in(cast.camille)
    draft(make, session, cast)
    session.commit()
    shown = text_of(client.get("/"))
    assert "À terminer" in shown
    assert "Commencée le 12 janvier 2027, pas encore enregistrée." in shown
    before = statements(lambda: client.get("/"))
    for _ in range(20):
        draft(make, session, cast)
    session.commit()
    assert "21 demandes à terminer" in text_of(client.get("/"))
    assert statements(lambda: client.get("/")) == before <= 16
