"""Every error is a page in French with its status; scripts that ask for JSON get JSON."""

from __future__ import annotations

from typing import Any, NamedTuple
from urllib.parse import urlsplit

from flask import Flask, current_app, jsonify, render_template, request
from flask_babel import gettext
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import HTTPException, InternalServerError

from app.core.errors import Refusal
from app.core.refusals import sentence
from app.core.text import N_

Answer = tuple[Any, int]


class Said(NamedTuple):
    """Title and sentence of an error page."""

    title: str
    text: str


SAID = {
    400: Said(
        N_("Request not understood"),
        N_("What was sent is not complete or not readable. Nothing was saved."),
    ),
    403: Said(N_("Access not allowed"), N_("Your account does not give access to this page.")),
    404: Said(N_("Page not found"), N_("This page does not exist, or no longer exists.")),
    409: Said(
        N_("This is no longer possible"),
        N_("Something changed in the meantime. Nothing was saved."),
    ),
    413: Said(N_("Too large"), N_("What was sent is too large. Nothing was saved.")),
    429: Said(N_("Too many attempts"), N_("Wait a few minutes, then try again.")),
    500: Said(
        N_("Technical problem"),
        N_("The portal could not answer. Nothing was lost: try again in a few minutes."),
    ),
}
PRIVATE_FIELDS = ("password", "passwd", "csrf_token")
RESEND_LIMIT = 2_000
"""Fields that the page of an expired form carries again at most."""


def init_app(app: Flask) -> None:
    """Register the handlers."""
    app.register_error_handler(CSRFError, expired_form)
    app.register_error_handler(Refusal, refused)
    app.register_error_handler(HTTPException, http_error)
    app.register_error_handler(InternalServerError, crashed)


def wants_json() -> bool:
    """Whether a script asked, and not a person's browser."""
    best = request.accept_mimetypes.best_match(["text/html", "application/json"])
    return best == "application/json" or request.headers.get("X-Requested-With") == "XMLHttpRequest"


def refused(error: Refusal) -> Answer:
    """A rule said no and the view let it through."""
    return error_page(error.status, text=sentence(error))


def http_error(error: HTTPException) -> Any:
    """404, 413, 429… Redirects and ready answers pass untouched."""
    if error.response is not None or error.code is None or error.code < 400:
        return error
    page, status = error_page(error.code)
    response = current_app.make_response((page, status))
    for name, value in error.get_headers():
        if name.lower() in {"retry-after", "allow"}:
            response.headers[name] = value
    return response


def error_page(status: int, title: str | None = None, text: str | None = None) -> Answer:
    """The page (or JSON) of ``status``; an unlisted status reads like 400 or 500."""
    said = SAID.get(status) or SAID[400 if status < 500 else 500]
    title, text = title or gettext(said.title), text or gettext(said.text)
    if wants_json():
        return jsonify(error=title, message=text), status
    return render_template("errors/error.html", status=status, title=title, text=text), status


def crashed(error: InternalServerError) -> Answer:
    """An unforeseen error: a page that needs neither database nor session."""
    title, text = gettext(SAID[500].title), gettext(SAID[500].text)
    if wants_json():
        return jsonify(error=title, message=text), 500
    # Not render_template: the context processors load the account, so they read the database.
    template = current_app.jinja_env.get_template("errors/500.html")
    return template.render(status=500, title=title, text=text), 500


def expired_form(error: CSRFError) -> Answer:
    """The form's token is too old: show what was typed again, ready to be sent with a new one.

    Only for a form of this very site (Origin, else Referer): another site's form is just refused.
    """
    current_app.logger.info("form refused: %s", error.description)
    if wants_json() or not _from_here():
        return error_page(400)
    kept = [
        (name, value)
        for name, value in request.form.items(multi=True)
        if not any(private in name.lower() for private in PRIVATE_FIELDS)
    ][:RESEND_LIMIT]
    page = render_template(
        "errors/expired.html",
        action=request.full_path.removesuffix("?"),
        fields=kept,
        lost=bool(request.files) or len(kept) < _typed(),
    )
    return page, 400


def _typed() -> int:
    """How many values were sent, the token aside."""
    return sum(1 for name, _ in request.form.items(multi=True) if name != "csrf_token")


def _from_here() -> bool:
    source = request.headers.get("Origin") or request.headers.get("Referer") or ""
    return urlsplit(source).netloc == request.host
