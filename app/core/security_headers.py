"""What every answer says to the browser about what it may load, frame, cache and send.

Scripts: this server's, or inline with the nonce of the request. Styles: this server's alone, on the
generated back-office screens too.
"""

from __future__ import annotations

import secrets

from flask import Flask, Response, current_app, g, request, session

ONE_YEAR = 365 * 24 * 3600

PERMISSIONS_POLICY = ", ".join(
    f"{feature}=()"
    for feature in ("camera", "microphone", "geolocation", "payment", "usb", "browsing-topics")
)


def init_app(app: Flask) -> None:
    """Register the headers and ``csp_nonce`` for templates.

    ``PAYMENT_FORM_HOSTS`` (sequence of origins) lists the payment platforms that a form may lead to:
    a browser applies form-action to the redirect that follows a POST.
    """
    app.config.setdefault("PAYMENT_FORM_HOSTS", ())
    # A global and not a context value: imported macros see globals only.
    app.jinja_env.globals["csp_nonce"] = csp_nonce
    app.after_request(_add_headers)


def csp_nonce() -> str:
    """The nonce of this request's inline scripts."""
    if "csp_nonce" not in g:
        g.csp_nonce = secrets.token_urlsafe(16)
    return str(g.csp_nonce)


def content_security_policy() -> str:
    """The policy of this request's page."""
    nonce = f" 'nonce-{g.csp_nonce}'" if "csp_nonce" in g else ""
    hosts = "".join(f" {host}" for host in current_app.config["PAYMENT_FORM_HOSTS"])
    directives = (
        "default-src 'self'",
        f"script-src 'self'{nonce}",
        "style-src 'self'",
        "img-src 'self' data:",
        f"form-action 'self'{hosts}",
        "frame-ancestors 'none'",
        "base-uri 'none'",
        "object-src 'none'",
    )
    return "; ".join(directives)


def _add_headers(response: Response) -> Response:
    headers = response.headers
    headers.setdefault("Content-Security-Policy", content_security_policy())
    headers["X-Content-Type-Options"] = "nosniff"
    headers["Referrer-Policy"] = "same-origin"
    headers["Permissions-Policy"] = PERMISSIONS_POLICY
    headers["Cross-Origin-Opener-Policy"] = "same-origin"
    headers.setdefault("X-Frame-Options", "DENY")
    # By the public address: behind a reverse proxy this very request may be plain.
    if current_app.config["PRODUCTION"] and current_app.config["BASE_URL"].startswith("https://"):
        headers["Strict-Transport-Security"] = f"max-age={ONE_YEAR}; includeSubDomains"
    _say_who_may_keep(response)
    return response


def _say_who_may_keep(response: Response) -> None:
    """Versioned files for ever, private pages never, anything else only after asking again."""
    if request.endpoint and request.endpoint.endswith("static"):
        # A font is asked for by tokens.css, without version: another one has another name.
        if "v" in request.args or "/fonts/" in request.path:
            response.headers["Cache-Control"] = f"public, max-age={ONE_YEAR}, immutable"
    elif "_user_id" in session:
        response.headers["Cache-Control"] = "no-store"
    else:
        response.headers.setdefault("Cache-Control", "private, no-cache")
