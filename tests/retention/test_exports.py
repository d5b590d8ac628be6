"""« Mes données »: everything of the household, nothing of another, made once and kept a week."""

from __future__ import annotations

import io
import json
import zipfile
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import Session

from app.core import clock, encryption
from app.core.actor import SYSTEM, Actor
from app.core.db import db
from app.core.errors import NotFound
from app.core.storage import FileMissing, new_key, storage
from app.documents.models import Document, DocumentPage, DocumentType, Owner, Validity
from app.documents.purge import sweep
from app.households import services as households
from app.households.models import Guardianship, YearFile
from app.notices.models import OutboxMessage
from app.retention import collecting, exports
from app.retention.models import DataExport, ExportState
from tests.factories import Cast, Factory


@pytest.fixture(autouse=True)
def kept_files(app: Flask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(app.config, "STORAGE_URL", f"file://{tmp_path}")


def of(account: Any) -> Actor:
    return Actor(account.id, account.household_id, frozenset({"Parent"}))


def made(session: Session, cast: Cast) -> tuple[DataExport, zipfile.ZipFile]:
    export = exports.ask(session, of(cast.camille), clock.now())
    session.commit()
    exports.make_due(session, clock.now(), commit=session.commit)
    return export, zipfile.ZipFile(io.BytesIO(exports.content_of(export)))


def rows(bundle: zipfile.ZipFile, name: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(bundle.read(f"{name}.json"))
    return found


def test_it_holds_the_household_and_opens_its_health_data(
    session: Session, make: Factory, cast: Cast
) -> None:
    file = make.add(
        YearFile(
            child_id=cast.jules.id,
            household_id=cast.home.id,
            school_year_id=cast.year.id,
            closed_at=clock.now(),
        )
    )
    file.health_cipher = encryption.seal_json({"allergies": "arachide"}, f"year_file:{file.id}")
    export, bundle = made(session, cast)
    assert export.state is ExportState.READY
    assert export.progress == 100
    assert {one["first_name"] for one in rows(bundle, "enfants")} == {"Jules", "Rose", "Noé"}
    assert rows(bundle, "dossiers_annuels")[0]["sante"] == {"allergies": "arachide"}
    assert [one["id"] for one in rows(bundle, "comptes")] == [cast.camille.id]
    assert rows(bundle, "ecritures")


def test_it_holds_nothing_of_another_household_nor_a_secret(
    session: Session, make: Factory, cast: Cast
) -> None:
    _export, bundle = made(session, cast)
    whole = "".join(bundle.read(name).decode() for name in bundle.namelist())
    for word in ("Benali", "Ines", "password", "token_hash", "restriction_note"):
        assert word not in whole, word


def test_a_restricted_child_is_left_out(session: Session, cast: Cast) -> None:
    session.execute(
        sa.update(Guardianship)
        .where(Guardianship.child_id == cast.noe.id, Guardianship.household_id == cast.home.id)
        .values(restricted_at=clock.now())
    )
    _export, bundle = made(session, cast)
    assert {one["first_name"] for one in rows(bundle, "enfants")} == {"Jules", "Rose"}


def test_nothing_about_a_restricted_child_is_in_any_part(
    session: Session, make: Factory, cast: Cast
) -> None:
    kind = make.add(
        DocumentType(code="a", name="A", owner=Owner.CHILD, validity=Validity.UNLIMITED)
    )
    make.add(
        Document(
            document_type_id=kind.id,
            household_id=cast.home.id,
            child_id=cast.noe.id,
            given_at=clock.now(),
        )
    )
    change = {"restricted_at": clock.now()}
    assert _about(session, cast, cast.noe.id)
    session.execute(
        sa.update(Guardianship)
        .where(Guardianship.child_id == cast.noe.id, Guardianship.household_id == cast.home.id)
        .values(change)
    )
    assert _about(session, cast, cast.noe.id) == set()


def _about(session: Session, cast: Cast, child_id: int) -> set[str]:
    """The parts with a row about this child."""
    return {
        part.name
        for part in collecting.parts(cast.home.id)
        if any(row.get("child_id") == child_id for row in collecting.rows(session, part))
    }


def test_a_former_tie_shows_nothing_of_how_the_child_lives_today(
    session: Session, cast: Cast
) -> None:
    assert "inscriptions" in _about(session, cast, cast.noe.id)
    session.execute(
        sa.update(Guardianship)
        .where(Guardianship.child_id == cast.noe.id, Guardianship.household_id == cast.home.id)
        .values(ended_on=clock.today())
    )
    assert not {"inscriptions", "scolarites"} & _about(session, cast, cast.noe.id)


def test_one_that_fails_is_said_and_keeps_no_other_waiting(
    session: Session, cast: Cast, sign_in: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = exports.ask(session, of(cast.camille), clock.now())
    second = exports.ask(session, of(cast.yanis), clock.now())
    session.commit()
    real = exports.archive

    def archive(session: Session, household_id: int, progress: Any) -> bytes:
        if household_id == cast.home.id:
            raise FileMissing
        return real(session, household_id, progress)

    monkeypatch.setattr(exports, "archive", archive)
    exports.make_due(session, clock.now(), commit=session.commit)
    assert (first.state, second.state) == (ExportState.FAILED, ExportState.READY)
    assert "n’ont pas pu être préparées" in sign_in(cast.camille).get("/profil/donnees/").text


def test_its_own_files_are_in_it_sealed_ones_opened(
    session: Session, make: Factory, cast: Cast
) -> None:
    kind = make.add(
        DocumentType(
            code="plan",
            name="PAI",
            owner=Owner.CHILD,
            validity=Validity.SCHOOL_YEAR,
            is_health=True,
        )
    )
    document = make.add(
        Document(
            document_type_id=kind.id,
            household_id=cast.home.id,
            child_id=cast.jules.id,
            given_at=clock.now(),
        )
    )
    key = new_key()
    storage().put(key, encryption.seal(b"%PDF", key))
    make.add(
        DocumentPage(
            document_id=document.id,
            position=1,
            storage_key=key,
            name="pai.pdf",
            content_type="application/pdf",
            size=4,
            sha256="0" * 64,
            is_sealed=True,
        )
    )
    _export, bundle = made(session, cast)
    assert bundle.read(f"fichiers/{document.id}-1-pai.pdf") == b"%PDF"


def test_asked_twice_it_is_made_once_and_told_once(session: Session, cast: Cast) -> None:
    first = exports.ask(session, of(cast.camille), clock.now())
    assert exports.ask(session, of(cast.camille), clock.now()) is first
    session.commit()
    for _ in range(2):
        exports.make_due(session, clock.now(), commit=session.commit)
    told = session.scalars(
        sa.select(OutboxMessage.to_address).where(OutboxMessage.template == "export_ready")
    ).all()
    assert told == [cast.camille.email]


def test_one_lost_with_its_worker_is_made_again(session: Session, cast: Cast) -> None:
    export = exports.ask(session, of(cast.camille), clock.now())
    export.state = ExportState.MAKING
    session.commit()
    exports.make_due(session, clock.now(), commit=session.commit)
    assert export.state is ExportState.MAKING
    exports.make_due(session, clock.now() + timedelta(hours=1), commit=session.commit)
    assert export.state is ExportState.READY


def test_it_is_forgotten_after_a_week(session: Session, cast: Cast) -> None:
    export, _bundle = made(session, cast)
    key = export.storage_key
    exports.make_due(session, clock.now() + timedelta(days=8), commit=session.commit)
    assert session.scalars(sa.select(DataExport)).all() == []
    assert not storage().exists(key)


def test_the_sweep_of_orphan_files_leaves_it_alone(session: Session, cast: Cast) -> None:
    export, _bundle = made(session, cast)
    orphan = new_key()
    storage().put(orphan, b"nobody's")
    assert exports.in_use(session, [export.storage_key, orphan]) == {export.storage_key}
    assert sweep(session, old_files(storage())) == 1
    assert storage().exists(export.storage_key)
    assert not storage().exists(orphan)


def old_files(store: Any) -> Any:
    """The storage as it will look in three days."""
    kept = list(store.keys())
    store.keys = lambda: [(key, at - timedelta(days=3)) for key, at in kept]
    return store


def test_only_who_asked_can_download_it(session: Session, cast: Cast, sign_in: Any) -> None:
    export, _bundle = made(session, cast)
    path = f"/profil/donnees/{export.id}/telecharger"
    answer = sign_in(cast.camille).get(path)
    assert answer.status_code == 200
    assert answer.headers["Content-Disposition"].startswith("attachment")
    assert answer.headers["Cache-Control"] == "no-store"
    assert sign_in(cast.yanis).get(path).status_code == 404
    with pytest.raises(NotFound):
        exports.ready(session, of(cast.camille), export.id, clock.now() + timedelta(days=8))


def test_it_is_kept_sealed(session: Session, cast: Cast) -> None:
    """It holds health data in clear: who reads the storage reads nothing."""
    export, _bundle = made(session, cast)
    kept = storage().read(export.storage_key)
    assert not kept.startswith(b"PK")
    assert b"foyer.json" not in kept


def test_one_made_before_a_court_restriction_is_there_no_more(
    session: Session, cast: Cast, sign_in: Any
) -> None:
    export, _bundle = made(session, cast)
    path = f"/profil/donnees/{export.id}/telecharger"
    households.restrict(
        session,
        SYSTEM,
        cast.jules.id,
        cast.home.id,
        keep_bookings=True,
        reason="x",
        now=clock.now(),
    )
    client = sign_in(cast.camille)
    assert client.get(path).status_code == 404
    assert "Télécharger mes données" not in client.get("/profil/donnees/").text
    again, bundle = made(session, cast)
    assert again.id != export.id
    assert cast.jules.id not in {one["id"] for one in rows(bundle, "enfants")}


def test_the_page_asks_shows_progress_then_offers_the_file(
    session: Session, cast: Cast, sign_in: Any
) -> None:
    session.commit()
    client = sign_in(cast.camille)
    assert "Demander mes données" in client.get("/profil/donnees/").text
    assert client.post("/profil/donnees/demander").status_code == 302
    assert "En préparation" in client.get("/profil/donnees/").text
    exports.make_due(db.session(), clock.now(), commit=db.session.commit)
    assert "Télécharger mes données" in client.get("/profil/donnees/").text


def test_every_table_that_names_a_household_is_exported() -> None:
    from app.core.db import Base

    known = {part.model.__tablename__ for part in collecting.parts(1)}
    elsewhere = {
        "coverage_case": "amounts told by message",
        "data_export": "the export itself",
        "invitation": "names somebody else's address",
        "purge_warning": "told by message",
        "wallet": "its entries are exported",
    }
    personal = {
        table.name for table in Base.metadata.tables.values() if "household_id" in table.columns
    }
    assert personal - known - set(elsewhere) == set()
