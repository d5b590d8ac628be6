"""Requests without login: a draft belongs to one browser, by a signed cookie of its own."""

from __future__ import annotations

from flask import Response, current_app, redirect, request, url_for
from flask_appbuilder.utils.limit import Limit
from itsdangerous import BadSignature, URLSafeSerializer
from werkzeug.exceptions import HTTPException

from app.accounts.limits import POST, visitor
from app.core.actor import NO_HOUSEHOLD, Actor
from app.core.views import current_actor
from app.requests.queries import Visitor

COOKIE = "demarche"
KEPT = 5
"""Requests that one browser can have begun."""
LIMITS = ("10/minute", "40/hour")
"""What one address may begin or send, as for the contact form; families are not slowed."""
COUNTED = frozenset({"ProceduresView.begin", "ProceduresView.check"})


def limits() -> list[Limit]:
    """For the view; its steps in between are not counted."""
    return [Limit(most, visitor, methods=POST, exempt_when=_is_free) for most in LIMITS]


def _is_free() -> bool:
    is_known = current_actor().household_id != NO_HOUSEHOLD
    return is_known or request.endpoint not in COUNTED


def asking(request_id: int) -> Actor:
    """Who asks for this request: the browser that began it without login, else the account."""
    if request_id in own_requests():
        return Visitor(account_id=None, request_id=request_id)
    return current_actor()


def own_requests() -> list[int]:
    """Ids of the requests that this browser began, the newest last."""
    try:
        found = _signer().loads(request.cookies.get(COOKIE, ""))
    except BadSignature:
        return []
    return [int(one) for one in found]


def remember(answer: Response, request_id: int) -> Response:
    """This browser began it. The cookie ends with the browser: somebody else may sit there next."""
    ids = [*own_requests(), request_id][-KEPT:]
    answer.set_cookie(
        COOKIE,
        _signer().dumps(ids),
        path=f"{request.script_root}/demarches",
        secure=current_app.config["SESSION_COOKIE_SECURE"],
        httponly=True,
        samesite="Lax",
    )
    return answer


def to_login(back: str) -> HTTPException:
    """To the login page, and from there to ``back``."""
    there = url_for("SignInView.login", next=back.removesuffix("?"))
    return HTTPException(response=redirect(there))


def _signer() -> URLSafeSerializer:
    return URLSafeSerializer(current_app.config["SECRET_KEY"], salt="requests without login")
