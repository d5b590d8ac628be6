"""Turning a template and its facts into a subject, a text and an HTML body, in one language."""

from __future__ import annotations

import re
from collections.abc import Mapping
from email.utils import parseaddr
from typing import Any, NamedTuple, Protocol

import sqlalchemy as sa
from flask import current_app
from flask_babel import force_locale
from sqlalchemy.orm import Session

from app.core import settings
from app.core.models import Service, ServiceCode

SUBJECT_LENGTH = 200
SIGNATURE = "\n-- \n"


class Rendered(NamedTuple):
    """One message in the reader's language."""

    subject: str
    text: str
    html: str
    in_space: str
    """The text without its signature and without the line that is only the link."""


class Reader(Protocol):
    """Who reads: only the language matters here."""

    @property
    def locale(self) -> str: ...


class Renderer:
    """Renders many messages; what they share is read once."""

    def __init__(self, session: Session) -> None:
        self.base_url = str(current_app.config["BASE_URL"]).rstrip("/")
        address = parseaddr(current_app.config["MAIL_FROM"])[1]
        self.host = address.rpartition("@")[2] or "localhost"
        self.shared: dict[str, Any] = {
            "commune": settings.get(session, settings.COMMUNE_NAME),
            "service": session.scalar(sa.select(Service).where(Service.code == ServiceCode.CARE)),
        }

    def render(
        self, template: str, facts: Mapping[str, Any], url: str, recipient: Reader
    ) -> Rendered:
        """The three texts of ``template``; ``url`` is a path, or empty."""
        whole = self.base_url + url if url.startswith("/") else url
        context = {**self.shared, **facts, "url": whole, "recipient": recipient}
        with force_locale(recipient.locale):
            subject, text, html = (
                current_app.jinja_env.get_template(f"emails/{template}/{name}").render(context)
                for name in ("subject.txt", "body.txt", "body.html")
            )
        return Rendered(_one_line(subject), _tidy(text), html, _for_space(text, whole))


def _one_line(subject: str) -> str:
    """A subject is one line: a name with a line break must not become a header."""
    return (
        " ".join(re.split(r"[ \t\r\n\v\f]+", subject.strip()))[:SUBJECT_LENGTH] if subject else ""
    )


def _tidy(text: str) -> str:
    """At most one empty line in a row (template tags leave some), none at the ends."""
    lines: list[str] = []
    for line in text.strip().splitlines():
        # « -- » keeps its space: mail programs know the signature by it.
        kept = line if line == SIGNATURE.strip("\n") else line.rstrip()
        if kept or (lines and lines[-1]):
            lines.append(kept)
    return "\n".join(lines) + "\n"


def _for_space(text: str, url: str) -> str:
    body = _tidy(text).partition(SIGNATURE)[0]
    kept = [line for line in body.splitlines() if not url or line.strip() != url]
    return _tidy("\n".join(kept)).strip()
