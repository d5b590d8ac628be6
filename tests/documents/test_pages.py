"""The family's pages of documents, clicked through the client (D7, D8, D9)."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session
from werkzeug.datastructures import FileStorage
from werkzeug.test import encode_multipart

from app.core import clock
from app.core.db import after_commit, db
from app.core.storage import StorageAway, open_storage
from app.documents import files, services
from app.documents.models import (
    AskedOf,
    Document,
    DocumentPage,
    DocumentReading,
    DocumentType,
    Owner,
    Validity,
)
from app.households.models import Guardianship
from tests.documents.samples import jpeg, pdf
from tests.factories import Cast, Factory

SignIn = Callable[[Any], FlaskClient]


@pytest.fixture(autouse=True)
def files_apart(app: Flask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setitem(app.config, "STORAGE_URL", f"file://{tmp_path}/files")
    return tmp_path / "files"


def kind(make: Factory, **more: Any) -> DocumentType:
    values = {
        "code": "insurance",
        "name": "Attestation d’assurance",
        "owner": Owner.CHILD,
        "validity": Validity.SCHOOL_YEAR,
        "asked_of": AskedOf.EVERY_CHILD,
    }
    return make.add(DocumentType(**values | more))


@pytest.fixture
def insurance(make: Factory, cast: Cast) -> DocumentType:
    return kind(make)


@pytest.fixture
def camille(session: Session, cast: Cast, sign_in: SignIn, insurance: DocumentType) -> FlaskClient:
    session.commit()
    return sign_in(cast.camille)


def give_url(kind: DocumentType, child: Any) -> str:
    return f"/justificatifs/{kind.id}/enfant/{child.id}/fournir"


def send(client: FlaskClient, url: str, *sent: tuple[bytes, str]) -> Any:
    """The body is made here: the client would leave a large one in a temporary file, open."""
    parts = [FileStorage(io.BytesIO(content), filename=name) for content, name in sent]
    boundary, body = encode_multipart({"files": parts})
    return client.post(url, data=body, content_type=f"multipart/form-data; boundary={boundary}")


def stored(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


def test_a_document_is_given_and_waits(
    camille: FlaskClient, cast: Cast, insurance: DocumentType, session: Session
) -> None:
    assert "non fourni" in camille.get("/justificatifs/").text
    answer = send(camille, give_url(insurance, cast.jules), (pdf(), "assurance.pdf"))
    assert answer.status_code == 302
    page = camille.get("/justificatifs/").text
    assert "non traité" in page
    document = session.scalars(sa.select(Document)).one()
    assert (document.household_id, document.child_id) == (cast.home.id, cast.jules.id)
    # While it waits it is not asked again.
    assert camille.get(give_url(insurance, cast.jules)).status_code == 302


def test_my_profile_shows_the_state_of_documents(camille: FlaskClient) -> None:
    page = camille.get("/profil/").text
    assert "Attestation d’assurance (Jules)" in page
    assert "non fourni" in page


def test_another_households_child_document_and_file_are_not_there(
    camille: FlaskClient, cast: Cast, insurance: DocumentType, session: Session, sign_in: SignIn
) -> None:
    assert camille.get(give_url(insurance, cast.ines)).status_code == 404
    assert send(camille, give_url(insurance, cast.ines), (pdf(), "a.pdf")).status_code == 404
    send(camille, give_url(insurance, cast.noe), (pdf(), "a.pdf"))
    document = session.scalars(sa.select(Document)).one()
    url = f"/justificatifs/fichier/{document.id}/1"
    assert camille.get(url).status_code == 200
    # Yanis is Noé's other parent: what Camille gave stays hers (A12).
    assert sign_in(cast.yanis).get(url).status_code == 404
    assert sign_in(cast.lea).get(url).status_code == 404


def test_a_restricted_child_hides_its_documents_at_once(
    camille: FlaskClient, cast: Cast, insurance: DocumentType, session: Session
) -> None:
    send(camille, give_url(insurance, cast.jules), (pdf(), "a.pdf"))
    document = session.scalars(sa.select(Document)).one()
    session.execute(
        sa.update(Guardianship)
        .where(Guardianship.child_id == cast.jules.id, Guardianship.household_id == cast.home.id)
        .values(restricted_at=clock.now())
    )
    assert "Jules" not in camille.get("/justificatifs/").text
    assert camille.get(f"/justificatifs/fichier/{document.id}/1").status_code == 404
    assert camille.get(give_url(insurance, cast.jules)).status_code == 404


def test_a_file_goes_back_as_a_download_and_its_opening_is_logged(
    camille: FlaskClient, cast: Cast, insurance: DocumentType, session: Session
) -> None:
    send(camille, give_url(insurance, cast.jules), (pdf(), "assurance é.pdf"), (jpeg(), "p2.jpg"))
    document = session.scalars(sa.select(Document)).one()
    answer = camille.get(f"/justificatifs/fichier/{document.id}/1")
    assert answer.data == pdf()
    assert answer.headers["Content-Disposition"].startswith("attachment")
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Content-Security-Policy"].startswith("default-src 'none'")
    reading = session.scalars(sa.select(DocumentReading)).one()
    assert (reading.account_id, reading.document_id) == (cast.camille.id, document.id)
    assert camille.get(f"/justificatifs/fichier/{document.id}/2").mimetype == "image/jpeg"
    assert camille.get(f"/justificatifs/fichier/{document.id}/3").status_code == 404


def test_a_refused_file_is_said_beside_the_field_and_leaves_nothing(
    camille: FlaskClient,
    cast: Cast,
    insurance: DocumentType,
    session: Session,
    files_apart: Path,
) -> None:
    url = give_url(insurance, cast.jules)
    answer = send(camille, url, (pdf(), "a.pdf"), (b"not a picture", "b.jpg"))
    assert answer.status_code == 400
    assert "n’est pas vraiment un fichier JPEG" in answer.text
    assert send(camille, url).status_code == 400
    assert send(camille, url, (b"%PDF-" + b"0" * 2_000_000, "a.pdf")).status_code == 413
    assert session.scalars(sa.select(Document)).all() == []
    assert stored(files_apart) == []


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_an_upload_that_is_cut_half_way_leaves_nothing(
    camille: FlaskClient,
    cast: Cast,
    insurance: DocumentType,
    session: Session,
    files_apart: Path,
) -> None:
    """The browser announced more than what came before its connection broke."""
    parts = [FileStorage(io.BytesIO(pdf()), filename="a.pdf")]
    boundary, body = encode_multipart({"files": parts})
    answer = camille.post(
        give_url(insurance, cast.jules),
        input_stream=io.BytesIO(body[: len(body) // 2]),
        content_length=len(body),
        content_type=f"multipart/form-data; boundary={boundary}",
    )
    assert answer.status_code == 400
    assert session.scalars(sa.select(Document)).all() == []
    assert stored(files_apart) == []


def test_a_full_storage_saves_nothing_and_says_so(
    camille: FlaskClient,
    cast: Cast,
    insurance: DocumentType,
    session: Session,
    files_apart: Path,
) -> None:
    files_apart.write_text("a file where the folder should be")
    answer = send(camille, give_url(insurance, cast.jules), (pdf(), "a.pdf"))
    assert answer.status_code == 503
    assert "n’a pas pu être enregistré" in answer.text
    assert session.scalars(sa.select(Document)).all() == []


def test_a_storage_that_fails_at_the_second_file_keeps_none(
    camille: FlaskClient,
    cast: Cast,
    insurance: DocumentType,
    session: Session,
    files_apart: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    store = type(open_storage(f"file://{files_apart}"))
    put, calls = store.put, []

    def failing(self: Any, key: str, content: bytes) -> None:
        calls.append(key)
        if len(calls) == 2:
            raise StorageAway
        put(self, key, content)

    monkeypatch.setattr(store, "put", failing)
    answer = send(camille, give_url(insurance, cast.jules), (pdf(), "a.pdf"), (pdf(), "b.pdf"))
    assert answer.status_code == 503
    assert stored(files_apart) == []
    assert session.scalars(sa.select(Document)).all() == []


def test_what_fails_after_the_commit_takes_no_file_away(
    app: Flask,
    camille: FlaskClient,
    cast: Cast,
    insurance: DocumentType,
    session: Session,
    files_apart: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The rows are there: the file has to be, whatever what waited for the commit does."""
    give = services.give

    def giving(own: Session, *args: Any, **more: Any) -> Document:
        def broken() -> None:
            raise RuntimeError("the queue broke")

        after_commit(own, broken)
        return give(own, *args, **more)

    monkeypatch.setattr(services, "give", giving)
    with pytest.raises(RuntimeError):
        send(camille, give_url(insurance, cast.jules), (pdf(), "a.pdf"))
    session.rollback()
    page = session.scalars(sa.select(DocumentPage)).one()
    assert stored(files_apart) == [files_apart / page.storage_key]


def test_what_fails_before_the_commit_keeps_no_file(
    camille: FlaskClient,
    cast: Cast,
    insurance: DocumentType,
    session: Session,
    files_apart: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def broken(*args: Any, **more: Any) -> Document:
        raise RuntimeError("the service broke")

    monkeypatch.setattr(services, "give", broken)
    with pytest.raises(RuntimeError):
        send(camille, give_url(insurance, cast.jules), (pdf(), "a.pdf"))
    session.rollback()
    assert session.scalars(sa.select(DocumentPage)).all() == []
    assert stored(files_apart) == []


def test_no_transaction_is_open_while_a_file_is_checked(
    camille: FlaskClient,
    cast: Cast,
    insurance: DocumentType,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    seen: list[bool] = []
    check = files.check

    def watched(name: str | None, content: bytes) -> files.CheckedFile:
        seen.append(db.session().in_transaction())
        return check(name, content)

    monkeypatch.setattr(files, "check", watched)
    assert send(camille, give_url(insurance, cast.jules), (jpeg(), "a.jpg")).status_code == 302
    assert seen == [False]


def test_the_second_of_two_sendings_keeps_no_file(
    camille: FlaskClient,
    cast: Cast,
    insurance: DocumentType,
    session: Session,
    files_apart: Path,
    monkeypatch: pytest.MonkeyPatch,
    sign_in: SignIn,
) -> None:
    """The other one arrives while this one's file is being checked."""
    url, check = give_url(insurance, cast.jules), files.check
    again = sign_in(cast.camille)

    def slow(name: str | None, content: bytes) -> files.CheckedFile:
        monkeypatch.setattr(files, "check", check)
        assert send(again, url, (pdf(), "first.pdf")).status_code == 302
        return check(name, content)

    monkeypatch.setattr(files, "check", slow)
    answer = send(camille, url, (pdf(), "second.pdf"))
    assert answer.status_code == 409
    assert "vient d’être fourni" in answer.text
    assert len(session.scalars(sa.select(Document)).all()) == 1
    assert len(stored(files_apart)) == 1


def test_a_health_document_is_sealed(
    make: Factory, cast: Cast, session: Session, sign_in: SignIn, files_apart: Path
) -> None:
    pai = kind(make, code="plan", name="PAI", is_health=True)
    session.commit()
    client = sign_in(cast.camille)
    assert send(client, give_url(pai, cast.jules), (pdf(), "pai.pdf")).status_code == 302
    assert all(b"%PDF" not in path.read_bytes() for path in stored(files_apart))
    document = session.scalars(sa.select(Document)).one()
    assert client.get(f"/justificatifs/fichier/{document.id}/1").data == pdf()


def test_the_list_costs_the_same_whatever_it_shows(
    camille: FlaskClient, cast: Cast, make: Factory, session: Session, count_statements: Any
) -> None:
    camille.get("/justificatifs/")
    with count_statements() as few:
        camille.get("/justificatifs/")
    for number in range(12):
        kind(make, code=f"k{number}", name=f"Pièce {number}")
    session.commit()
    with count_statements() as many:
        camille.get("/justificatifs/")
    assert len(many) == len(few)
    assert len(few) <= 8


@pytest.mark.parametrize(
    ("asked", "back"),
    [
        ("12", "/demandes/demarche/12"),
        ("//evil.example", "/justificatifs/"),
        ("", "/justificatifs/"),
    ],
)
def test_a_document_given_for_a_request_leads_back_to_it(
    camille: FlaskClient, cast: Cast, insurance: DocumentType, asked: str, back: str
) -> None:
    url = f"{give_url(insurance, cast.jules)}?demande={asked}"
    answer = send(camille, url, (jpeg(40, 40), "photo.jpg"))
    assert answer.headers["Location"] == back
