"""What templates call, error pages, forms too old, sizes and headers."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask, abort, request
from flask.testing import FlaskClient
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session
from wtforms import Form, RadioField, SelectChoice, StringField

from app import create_app
from app.core import dates, pages, refusals
from app.core.error_pages import RESEND_LIMIT
from app.core.errors import NotFound, Refusal
from app.core.text import N_
from tests.conftest import test_settings
from tests.core.style_page import add_style_page

ROOT = Path(__file__).parents[2]
NBSP = "\u00a0"


class Full(Refusal):
    """A refusal with facts."""

    text = N_("%(missing)s missing on %(day)s")


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Flask:
    """An application without a database, with pages that fail on purpose."""
    settings = test_settings("sqlite://", tmp_path_factory.mktemp("var"))
    app = create_app(
        settings | {"WTF_CSRF_ENABLED": True, "PROPAGATE_EXCEPTIONS": False, "SERVER_NAME": None}
    )
    add_style_page(app)
    _add_failing_pages(app)
    return app


def _add_failing_pages(app: Flask) -> None:
    def fail(code: int) -> Any:
        if code == 500:
            raise RuntimeError("secret detail")
        abort(code)

    def refuse() -> Any:
        raise Full(missing_cents=1250, day=date(2027, 1, 14))

    def hide() -> Any:
        raise NotFound()

    def save() -> str:
        return request.form.get("comment", "")

    @pages.takes_uploads
    def upload() -> str:
        return str(len(request.files["file"].read()))

    app.add_url_rule("/fail/<int:code>", view_func=fail)
    app.add_url_rule("/refuse", view_func=refuse)
    app.add_url_rule("/hide", view_func=hide)
    app.add_url_rule("/save", view_func=save, methods=["POST"])
    app.add_url_rule("/upload", view_func=upload, methods=["POST"])


@pytest.fixture(autouse=True)
def bare_shell(monkeypatch: pytest.MonkeyPatch) -> None:
    """The header shows a name that no database gave."""
    monkeypatch.setattr(pages, "shell_facts", [lambda: {"commune": "Montclair"}])


@pytest.fixture
def visitor(site: Flask) -> FlaskClient:
    return site.test_client()


@pytest.fixture
def french(site: Flask) -> Iterator[None]:
    with site.test_request_context("/"):
        yield


# ---- Dates, hours, names -----------------------------------------------------------------------


@pytest.mark.usefixtures("french")
@pytest.mark.parametrize(
    ("value", "form", "said"),
    [
        (date(2027, 1, 13), "full", "mercredi 13 janvier 2027"),
        (date(2027, 1, 1), "long", "1er janvier 2027"),
        (date(2027, 1, 11), "long", "11 janvier 2027"),
        (date(2027, 2, 1), "short", "lun. 1er"),
        (date(2027, 2, 1), "digits", "01/02/2027"),
        (date(2027, 2, 1), "month", "février 2027"),
        (datetime(2027, 1, 12, 23, 30, tzinfo=UTC), "long", "13 janvier 2027"),
    ],
)
def test_days_are_said_the_french_way(value: date, form: str, said: str) -> None:
    assert dates.day(value, form) == said


@pytest.mark.usefixtures("french")
@pytest.mark.parametrize(
    ("value", "said"),
    [
        (time(10, 0), f"10{NBSP}h"),
        (time(16, 30), f"16{NBSP}h{NBSP}30"),
        (time(8, 5), f"8{NBSP}h{NBSP}05"),
        (datetime(2027, 7, 1, 8, 0, tzinfo=UTC), f"10{NBSP}h"),
    ],
)
def test_hours_are_said_the_french_way(value: time, said: str) -> None:
    assert dates.hour(value) == said


@pytest.mark.parametrize(
    ("name", "letters"),
    [
        ("Camille Martin", "CM"),
        ("Léa", "L"),
        ("Anne-Marie de la Tour", "AT"),
        ("", ""),
        ("3 Petit", "P"),
    ],
)
def test_initials(name: str, letters: str) -> None:
    assert pages.initials(name) == letters


@pytest.mark.parametrize(
    ("page", "count", "offered"),
    [
        (1, 1, [1]),
        (2, 3, [1, 2, 3]),
        (5, 9, [1, None, 4, 5, 6, None, 9]),
        (1, 9, [1, 2, None, 9]),
        (9, 9, [1, None, 8, 9]),
    ],
)
def test_pages_offered_around_the_current_one(
    page: int, count: int, offered: list[int | None]
) -> None:
    assert pages.page_numbers(page, count) == offered


# ---- Refusals and errors -----------------------------------------------------------------------


@pytest.mark.usefixtures("french")
def test_a_refusal_says_money_and_days() -> None:
    said = refusals.sentence(Full(missing_cents=1250, day=date(2027, 1, 14)))
    assert said == f"12,50{NBSP}€ missing on jeudi 14 janvier"


@pytest.mark.usefixtures("french")
def test_a_refusal_stands_beside_its_field_and_in_the_summary() -> None:
    class Asked(Form):  # type: ignore[misc]
        day = StringField("Jour")
        mode = RadioField("Mode", choices=[SelectChoice("a", "A")])

    form = Asked()
    refusals.attach(form, "day", NotFound())
    refusals.attach(form, "mode", NotFound())
    refusals.attach(form, None, NotFound())
    assert [line.anchor for line in pages.form_errors(form)] == ["", "day", "mode-0"]


@pytest.mark.parametrize("code", [400, 403, 404, 409, 413, 429, 500])
def test_every_error_is_a_page_with_its_status(visitor: FlaskClient, code: int) -> None:
    answer = visitor.get(f"/fail/{code}")
    assert answer.status_code == code
    assert answer.text.count("<h1") == 1
    assert "Traceback" not in answer.text
    assert "secret detail" not in answer.text


@pytest.mark.parametrize("code", [404, 500])
def test_a_script_gets_json(visitor: FlaskClient, code: int) -> None:
    answer = visitor.get(f"/fail/{code}", headers={"Accept": "application/json"})
    assert answer.status_code == code
    assert set(answer.get_json()) == {"error", "message"}


def test_an_unhandled_refusal_becomes_a_page_with_its_status(visitor: FlaskClient) -> None:
    assert visitor.get("/refuse").status_code == 409
    assert visitor.get("/hide").status_code == 404


def test_the_page_of_a_crash_asks_nothing_of_a_dead_database(visitor: FlaskClient) -> None:
    """Loading this account fails, as it does when the database is gone."""
    with visitor.session_transaction() as web:
        web["_user_id"] = "not a number"
    answer = visitor.get("/fail/500")
    assert answer.status_code == 500
    assert answer.text.count("<h1") == 1


# ---- Forms too old -----------------------------------------------------------------------------


def test_an_expired_form_keeps_what_was_typed(visitor: FlaskClient) -> None:
    typed = {"comment": "Bonjour <b>", "password": "Secret123", "csrf_token": "old"}
    answer = visitor.post("/save?day=3", data=typed, headers={"Origin": "http://localhost"})
    assert answer.status_code == 400
    assert 'action="/save?day=3"' in answer.text
    assert 'value="Bonjour &lt;b&gt;"' in answer.text
    assert "Secret123" not in answer.text


def test_what_was_kept_is_saved_when_sent_again(visitor: FlaskClient) -> None:
    here = {"Origin": "http://localhost"}
    page = visitor.post("/save", data={"comment": "Bonjour"}, headers=here).text
    token = re.search(r'name="csrf_token" value="([^"]+)"', page)
    assert token is not None
    again = {"comment": "Bonjour", "csrf_token": token[1]}
    assert visitor.post("/save", data=again, headers=here).text == "Bonjour"


@pytest.mark.parametrize("origin", ["https://evil.example", ""])
def test_another_site_cannot_make_us_offer_its_form(visitor: FlaskClient, origin: str) -> None:
    answer = visitor.post("/save", data={"comment": "x"}, headers={"Origin": origin})
    assert answer.status_code == 400
    assert 'name="comment"' not in answer.text


def test_a_huge_form_is_not_carried_again_whole(visitor: FlaskClient) -> None:
    typed = {"day": [str(number) for number in range(RESEND_LIMIT + 10)]}
    answer = visitor.post("/save", data=typed, headers={"Origin": "http://localhost"})
    assert answer.status_code in {400, 413}


# ---- Sizes and headers ---------------------------------------------------------------------------


def test_a_failed_statement_is_logged_without_what_it_carried(session: Session) -> None:
    with pytest.raises(IntegrityError) as failed:
        session.execute(
            sa.text("INSERT INTO household (number, name) VALUES (:number, :name)"),
            {"number": "F-1", "name": "Martin, 3 rue des Tilleuls"},
        )
    assert "Tilleuls" not in str(failed.value)


def test_a_form_over_one_megabyte_is_refused(visitor: FlaskClient) -> None:
    assert visitor.post("/save", data={"comment": "x" * 1_000_001}).status_code == 413


@pytest.mark.parametrize(
    ("known", "size", "status"),
    [(True, 12_000_000, 400), (True, 13_100_000, 413), (False, 1_000_001, 413)],
)
def test_a_file_of_who_is_signed_in_may_weigh_more(
    visitor: FlaskClient, known: bool, size: int, status: int
) -> None:
    """400 is the missing token: the body was read whole."""
    with visitor.session_transaction() as web:
        web.update({"_user_id": "0:0"} if known else {})
    head = b'--cut\r\nContent-Disposition: form-data; name="file"; filename="photo.jpg"\r\n\r\n'
    kind = "multipart/form-data; boundary=cut"
    body = head + b"x" * size + b"\r\n--cut--\r\n"
    with visitor.post("/upload", data=body, content_type=kind) as answer:
        assert answer.status_code == status


def test_headers_of_a_public_page(visitor: FlaskClient) -> None:
    headers = visitor.get("/style").headers
    policy = headers["Content-Security-Policy"]
    assert "script-src 'self';" in policy
    assert "style-src 'self';" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Cache-Control"] == "private, no-cache"
    assert "Strict-Transport-Security" not in headers


@pytest.mark.parametrize(
    ("production", "address", "said"),
    [
        (True, "https://famille.example", True),
        (True, "http://famille.example", False),
        (False, "https://famille.example", False),
    ],
)
def test_https_is_kept_for_a_year_in_production(
    site: Flask,
    visitor: FlaskClient,
    monkeypatch: pytest.MonkeyPatch,
    production: bool,
    address: str,
    said: bool,
) -> None:
    monkeypatch.setitem(site.config, "PRODUCTION", production)
    monkeypatch.setitem(site.config, "BASE_URL", address)
    assert ("Strict-Transport-Security" in visitor.get("/style").headers) is said


def test_private_pages_are_not_kept(visitor: FlaskClient) -> None:
    with visitor.session_transaction() as web:
        web["_user_id"] = "nobody"
    assert visitor.get("/fail/500").headers["Cache-Control"] == "no-store"


def test_a_payment_platform_may_follow_a_form(site: Flask, visitor: FlaskClient) -> None:
    site.config["PAYMENT_FORM_HOSTS"] = ("https://checkout.stripe.com",)
    try:
        policy = visitor.get("/style").headers["Content-Security-Policy"]
    finally:
        site.config["PAYMENT_FORM_HOSTS"] = ()
    assert "form-action 'self' https://checkout.stripe.com;" in policy


def test_static_files_are_versioned_and_kept_for_ever(visitor: FlaskClient) -> None:
    address = re.search(r'href="(/static/shell\.css\?v=[0-9a-f]{8})"', visitor.get("/style").text)
    assert address is not None
    with visitor.get("/static/fonts/figtree-latin-wght-normal.woff2") as font:
        assert "immutable" in font.headers["Cache-Control"]
    with visitor.get(address[1]) as versioned, visitor.get("/static/shell.css") as bare:
        assert "immutable" in versioned.headers["Cache-Control"]
        assert "immutable" not in bare.headers.get("Cache-Control", "")


# ---- Markup --------------------------------------------------------------------------------------


def test_errors_are_tied_to_their_fields(visitor: FlaskClient) -> None:
    page = visitor.get("/style/erreurs").text
    assert 'aria-describedby="email-hint email-error"' in page
    assert 'href="#email"' in page
    assert 'href="#mode-0"' in page
    for reference in re.findall(r'aria-describedby="([^"]+)"', page):
        for name in reference.split():
            assert f'id="{name}"' in page


def test_no_style_attribute_and_no_bare_script(visitor: FlaskClient) -> None:
    page = visitor.get("/style").text
    assert " style=" not in page
    assert re.findall(r"<script(?![^>]*\bsrc=)", page) == []


def test_every_icon_named_in_a_template_is_in_the_sprite() -> None:
    sprite = set(re.findall(r'<symbol id="([\w-]+)"', (ROOT / "app/static/icons.svg").read_text()))
    named = {
        (path.name, name)
        for path in (ROOT / "app/templates").rglob("*.html")
        for name in re.findall(r'icon\("([\w-]+)"', path.read_text())
    }
    assert {pair for pair in named if pair[1] not in sprite} == set()
    assert {tab.icon for tab in pages.TABS} <= sprite


def test_the_theme_without_script_is_the_dark_theme() -> None:
    """``tokens-system.css`` is built from ``tokens.css`` by ``tools/build_assets.py theme``."""
    tokens = (ROOT / "app/static/tokens.css").read_text()
    dark = re.search(r'(?s)\[data-bs-theme="dark"\] (\{.*?\n\})', tokens)
    assert dark is not None
    assert dark[1] in (ROOT / "app/static/tokens-system.css").read_text()
