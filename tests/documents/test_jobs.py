"""Reminders before the end, and what is forgotten."""

from __future__ import annotations

import os
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import Session

from app.core import clock
from app.core.db import commit
from app.core.storage import new_key, storage
from app.documents import jobs, purge
from app.documents.models import AskedOf, Document, DocumentPage, DocumentType, Owner, Validity
from app.households.models import Guardianship
from app.notices.models import Notice, OutboxMessage
from tests.factories import Cast, Factory

DAY = date(2027, 1, 12)


@pytest.fixture(autouse=True)
def folder(app: Flask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setitem(app.config, "STORAGE_URL", f"file://{tmp_path}/files")
    return tmp_path / "files"


@pytest.fixture
def insurance(make: Factory) -> DocumentType:
    return make.add(
        DocumentType(
            code="insurance",
            name="Assurance",
            owner=Owner.CHILD,
            validity=Validity.SCHOOL_YEAR,
            asked_of=AskedOf.NOBODY,
        )
    )


def document(make: Factory, cast: Cast, kind: DocumentType, **more: Any) -> Document:
    values = {
        "document_type_id": kind.id,
        "household_id": cast.home.id,
        "child_id": cast.jules.id,
        "given_at": clock.now() - timedelta(days=60),
        "reviewed_at": clock.now() - timedelta(days=40),
        "is_accepted": True,
        "valid_until": DAY + timedelta(days=10),
    }
    return make.add(Document(**values | more))


def reminders(session: Session) -> int:
    asked = sa.select(sa.func.count(Notice.id)).where(Notice.template == "document_reminder")
    return session.scalar(asked) or 0


def test_a_document_that_ends_soon_is_told_once(
    session: Session, make: Factory, cast: Cast, insurance: DocumentType
) -> None:
    document(make, cast, insurance)
    document(make, cast, insurance, child_id=cast.rose.id, valid_until=DAY + timedelta(days=31))
    assert jobs.remind(session, clock.now()) == "1 reminded"
    assert reminders(session) == 1
    assert jobs.remind(session, clock.now()) == "0 reminded"


def test_a_household_gets_one_reminder_for_all_of_its_documents(
    session: Session, make: Factory, cast: Cast, insurance: DocumentType
) -> None:
    document(make, cast, insurance)
    document(make, cast, insurance, child_id=cast.rose.id)
    assert jobs.remind(session, clock.now()) == "2 reminded"
    said = session.scalars(
        sa.select(OutboxMessage).where(OutboxMessage.template == "document_reminder")
    ).one()
    assert said.subject == "2 justificatifs arrivent à expiration"
    for line in (
        "- Assurance (Jules), valide jusqu’au 22 janvier 2027",
        "- Assurance (Rose), valide jusqu’au 22 janvier 2027",
    ):
        assert line in said.text


def test_what_was_renewed_or_hidden_is_not_told(
    session: Session, make: Factory, cast: Cast, insurance: DocumentType
) -> None:
    document(make, cast, insurance)
    document(make, cast, insurance, is_accepted=None, reviewed_at=None, valid_until=None)
    document(make, cast, insurance, child_id=cast.rose.id)
    session.execute(
        sa.update(Guardianship)
        .where(Guardianship.child_id == cast.rose.id, Guardianship.household_id == cast.home.id)
        .values(restricted_at=clock.now())
    )
    assert jobs.remind(session, clock.now()) == "0 reminded"


def test_reminding_many_costs_the_statements_of_one(
    session: Session, make: Factory, cast: Cast, insurance: DocumentType, count_statements: Any
) -> None:
    document(make, cast, insurance)
    with count_statements() as one:
        jobs.remind(session, clock.now())
    make.add_all(
        [
            DocumentType(code=f"k{n}", name=f"K{n}", owner=Owner.CHILD, validity=Validity.UNLIMITED)
            for n in range(40)
        ]
    )
    for kind in session.scalars(sa.select(DocumentType).where(DocumentType.code.like("k%"))):
        document(make, cast, kind)
    with count_statements() as many:
        assert jobs.remind(session, clock.now()) == "40 reminded"
    assert len(many) <= len(one) + 1


def page(make: Factory, of: Document) -> str:
    key = new_key()
    storage().put(key, b"x")
    make.add(
        DocumentPage(
            document_id=of.id,
            position=1,
            storage_key=key,
            name="a.pdf",
            content_type="application/pdf",
            size=1,
            sha256="0" * 64,
        )
    )
    return key


def test_a_document_refused_a_month_ago_loses_its_files_once_committed(
    session: Session, make: Factory, cast: Cast, insurance: DocumentType
) -> None:
    refused = {"is_accepted": False, "valid_until": None}
    old = document(make, cast, insurance, **refused)
    late = document(make, cast, insurance, **refused | {"reviewed_at": clock.now()})
    gone, kept = page(make, old), page(make, late)
    due = purge.refused_before(clock.now() - timedelta(days=31))
    assert session.scalars(due).all() == [old.id]
    purge.erase(session, [old.id])
    assert storage().exists(gone)
    commit(session)
    assert not storage().exists(gone)
    assert storage().exists(kept)
    session.refresh(old)
    assert old.erased_at is not None
    assert session.scalars(due).all() == []


def test_a_file_without_row_goes_after_a_day(
    session: Session, make: Factory, cast: Cast, insurance: DocumentType, folder: Path
) -> None:
    known, orphan, fresh = page(make, document(make, cast, insurance)), new_key(), new_key()
    for key in (orphan, fresh):
        storage().put(key, b"x")
    old = (clock.real_now() - timedelta(days=2)).timestamp()
    for key in (known, orphan):
        os.utime(folder / key, (old, old))
    os.utime(folder / fresh, (clock.real_now().timestamp(),) * 2)
    assert purge.sweep(session, storage()) == 1
    assert [storage().exists(key) for key in (known, orphan, fresh)] == [True, False, True]
