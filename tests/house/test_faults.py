"""Faults that strike every page alike: too much, not readable, or a part of the machine dead."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import Session

from app import create_app
from app.core import scheduling
from app.core.db import db, write_intent
from app.notices.models import MailState, OutboxMessage
from tests.conftest import FreshClient, test_settings
from tests.factories import Cast

TWO_MEGABYTES = b"comment=" + b"x" * 2_000_000
FORM = "application/x-www-form-urlencoded"
PASSWORD = "Montclair2026"


@pytest.fixture
def with_tokens(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    """Forms need their token, as for real."""
    monkeypatch.setitem(app.config, "WTF_CSRF_ENABLED", True)
    monkeypatch.setitem(app.config, "WTF_CSRF_CHECK_DEFAULT", True)


def posts(app: Flask) -> list[str]:
    """Every address that takes a POST and no file, its variables filled in."""
    adapter = app.url_map.bind("portail.test")
    return [
        adapter.build(rule.endpoint, dict.fromkeys(rule.arguments, 1), method="POST")
        for rule in app.url_map.iter_rules()
        if "POST" in (rule.methods or set())
        and not getattr(app.view_functions[rule.endpoint], "takes_uploads", False)
        and rule.endpoint != "SignInView.logout"
    ]


@pytest.mark.parametrize("who", ["camille", "admin", None])
def test_two_megabytes_are_refused_everywhere(
    app: Flask, cast: Cast, session: Session, sign_in: Any, with_tokens: None, who: str | None
) -> None:
    session.commit()
    client = sign_in(getattr(cast, who)) if who else app.test_client()
    answers = {
        path: client.post(path, data=TWO_MEGABYTES, content_type=FORM).status_code
        for path in posts(app)
    }
    del answers["/paiements/notification/1"]  # no platform of this name: 404 before it is read
    assert {path: code for path, code in answers.items() if code != 413} == {}
    assert len(answers) > 100


@pytest.mark.parametrize(
    ("path", "field"),
    [
        ("/login/", "username"),
        ("/contact", "body"),
        ("/compte/creer", "first_name"),
        ("/compte/oubli/mot-de-passe", "email"),
        ("/profil/mettre-a-jour", "street"),
        ("/paiements/recharger", "amount"),
        ("/agenda/saisie-groupee/apercu", "slots"),
        ("/agents/foyers/1/modifier", "name"),
    ],
)
def test_what_is_no_utf8_is_answered(
    app: Flask, cast: Cast, session: Session, sign_in: Any, path: str, field: str
) -> None:
    session.commit()
    account = cast.admin if path.startswith("/agents") else cast.camille
    is_public = path.startswith(("/login", "/contact", "/compte"))
    client = app.test_client() if is_public else sign_in(account)
    for junk in (b"%ff%fe", b"\xff\xfe", b"%ed%a0%80", b"%C3"):
        body = field.encode() + b"=" + junk + b"&" + junk + b"=1"
        answer = client.post(path, data=body, content_type=FORM)
        assert answer.status_code < 500
        assert "\ufffd" in answer.text or answer.status_code in {302, 303, 400}


@pytest.fixture
def without_queue(app: Flask, tmp_path: Path) -> Iterator[Flask]:
    """The same portal as it really starts, its queue server dead, the limiter's counts with it."""
    settings = test_settings(app.config["SQLALCHEMY_DATABASE_URI"], tmp_path)
    del settings["RATELIMIT_STORAGE_URI"]
    other = create_app(settings | {"REDIS_URL": f"unix://{tmp_path}/nobody.sock"})
    other.test_client_class = FreshClient
    yield other
    with other.app_context():
        db.session.remove()
        db.engine.dispose()


def test_with_the_queue_dead_pages_and_saves_work_and_mails_leave_later(
    without_queue: Flask, cast: Cast, session: Session
) -> None:
    session.commit()
    client = without_queue.test_client()
    entered = client.post("/login/", data={"username": "camille.martin", "password": PASSWORD})
    assert entered.status_code == 302
    opening = max(one.id for one in cast.openings.values())
    page = f"/agenda/{cast.jules.id}/2027-01"
    saved = client.post(page, data={"shown": "", "o": [opening]})
    assert saved.status_code == 303
    assert client.get(saved.location).status_code == 200
    session.rollback()
    assert states(session) == {MailState.WAITING}
    with without_queue.app_context(), write_intent():
        scheduling.execute(db.session(), scheduling.find("send"))
        db.session.remove()
    session.rollback()
    assert states(session) == {MailState.SENT}


def states(session: Session) -> set[MailState]:
    return set(session.scalars(sa.select(OutboxMessage.state)))


def test_a_form_of_the_agenda_too_old_comes_back_with_its_ticks(
    cast: Cast, session: Session, sign_in: Any, with_tokens: None
) -> None:
    """The mark of the form is kept too, so that sending again is still the same save."""
    session.commit()
    client = sign_in(cast.camille)
    opening = max(one.id for one in cast.openings.values())
    form = {"shown": "", "token": "mark-of-the-form", "o": [opening], "csrf_token": "too old"}
    page = f"/agenda/{cast.jules.id}/2027-01"
    here = {"Origin": "http://portail.test"}
    refused = client.post(page, data=form, headers=here)
    assert refused.status_code == 400
    kept = dict(re.findall(r'name="(\w+)" value="([^"]*)"', refused.text))
    assert kept["o"] == str(opening)
    assert kept["token"] == "mark-of-the-form"
    assert client.post(page, data=kept, headers=here).status_code == 303
