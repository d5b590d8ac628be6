"""E-mails and PDF documents: their layout, their fonts, and that nothing comes from outside."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from flask import Flask, render_template_string
from jinja2 import ChoiceLoader, DictLoader, FileSystemLoader
from pypdf import PdfReader

from app import create_app
from app.core import pages
from app.core.pdf import PdfFailed, render_pdf
from tests.conftest import test_settings

NBSP = "\u00a0"
SERVICE = SimpleNamespace(
    name="Service périscolaire", phone="04 65 71 12 05", opening_hours="Lundi, 8 h – 12 h"
)
WRONG = {
    "remote.html": '<html><body><img src="http://127.0.0.1:1/x.png"></body></html>',
    "outside.html": '<html><body><img src="../../../config.py"></body></html>',
    "font.html": "<html><style>body { font-family: Nowhere }</style><body>a</body></html>",
}
MAIL = """{% extends "emails/layout.html" %}{% block title %}Activez <b>{% endblock %}
{% block content %}{{ mail.button("https://x.example/?a=1&b=2", "Activer") }}{% endblock %}"""
TEXT = """{% extends "emails/layout.txt" %}{% block content %}Bonjour{% endblock %}"""


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Flask:
    app = create_app(test_settings("sqlite://", tmp_path_factory.mktemp("var")))
    own = FileSystemLoader(Path(__file__).parent / "templates")
    loader: Any = app.jinja_env.loader
    app.jinja_env.loader = ChoiceLoader([loader, own, DictLoader(WRONG)])
    return app


@pytest.fixture
def job(site: Flask, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """As in a worker: an application, no request."""
    monkeypatch.setattr(pages, "shell_facts", [lambda: {"commune": "Montclair"}])
    with site.app_context():
        yield


@pytest.mark.usefixtures("job")
def test_a_document_has_its_number_its_amounts_and_its_fonts() -> None:
    lines = [("Accueil du matin", 42, 6930), ("Centre du mercredi", 30, -40200)]
    page = PdfReader(
        io.BytesIO(
            render_pdf("receipt.html", number="AF-2026-0087", date="12 janvier 2027", lines=lines)
        )
    ).pages[0]
    text = page.extract_text().replace(NBSP, " ")
    fonts = {str(font.get_object()["/BaseFont"]) for font in page["/Resources"]["/Font"].values()}
    assert "AF-2026-0087" in text
    assert "69,30 €" in text
    assert "\u2212 402,00 €" in text
    assert any("FigtreePdfBold" in font for font in fonts)
    assert [float(side) for side in page.mediabox[2:]] == pytest.approx([595.3, 841.9], abs=0.1)


@pytest.mark.usefixtures("job")
@pytest.mark.parametrize("template", sorted(WRONG))
def test_a_document_that_is_not_whole_is_refused(template: str) -> None:
    with pytest.raises(PdfFailed):
        render_pdf(template)


@pytest.mark.usefixtures("job")
def test_an_email_says_who_to_call() -> None:
    page = render_template_string(MAIL, service=SERVICE)
    assert "04 65 71 12 05" in page
    assert 'href="https://x.example/?a=1&amp;b=2"' in page
    assert "<link" not in page
    assert "<script" not in page
    assert "<img" not in page


@pytest.mark.usefixtures("job")
def test_a_text_email_ends_with_its_signature() -> None:
    assert render_template_string(TEXT, service=SERVICE) == (
        "Bonjour\n\n-- \nService périscolaire, Montclair, 04 65 71 12 05\nLundi, 8 h – 12 h\n"
    )
    assert render_template_string(TEXT).splitlines()[-1].endswith("Montclair")
