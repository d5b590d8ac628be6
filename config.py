"""Settings of one deployment, read once from the environment (product.md §6)."""

from __future__ import annotations

import hashlib
import os
import secrets
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

ROOT = Path(__file__).resolve().parent
SOCKET_PATH_BYTES = 100
SECRET_LENGTH = 32


def settings_from(environ: Mapping[str, str]) -> dict[str, Any]:
    """The Flask configuration that these environment variables ask for.

    ``PORTAIL_VAR`` is the one folder of all local state; everything else is derived from it
    unless a real part (PostgreSQL, Redis, SMTP, Stripe) is named.
    """
    var = Path(environ.get("PORTAIL_VAR") or ROOT / "var").resolve()
    production = environ.get("PORTAIL_ENV") == "production"
    return {
        "PORTAIL_VAR": var,
        "PRODUCTION": production,
        "SECRET_KEY": environ.get("SECRET_KEY") or _kept_secret(var),
        "HEALTH_KEYS": environ.get("HEALTH_KEYS") or _kept(var / "health_keys"),
        "BASE_URL": environ.get("BASE_URL", f"http://127.0.0.1:{environ.get('PORT', '8000')}"),
        "SQLALCHEMY_DATABASE_URI": database_url(environ.get("DATABASE_URL"), var),
        # A failed statement is written in the log without the names and addresses it carried.
        "SQLALCHEMY_ENGINE_OPTIONS": {"hide_parameters": True},
        "REDIS_URL": environ.get("REDIS_URL") or f"unix://{queue_socket(var)}",
        "SMTP_URL": environ.get("SMTP_URL", ""),
        "MAIL_FROM": _mail_from(environ),
        "STORAGE_URL": environ.get("STORAGE_URL") or f"file://{var / 'files'}",
        "STRIPE_SECRET_KEY": environ.get("STRIPE_SECRET_KEY", ""),
        "STRIPE_WEBHOOK_SECRET": environ.get("STRIPE_WEBHOOK_SECRET", ""),
        "STRIPE_API_BASE": environ.get("STRIPE_API_BASE", ""),
        "MAX_CONTENT_LENGTH": 1_000_000,
        "SESSION_COOKIE_HTTPONLY": True,
        "SESSION_COOKIE_SAMESITE": "Lax",
        "SESSION_COOKIE_SECURE": environ.get("BASE_URL", "").startswith("https://"),
        # A session cookie older than this opens nothing, whatever the browser kept.
        "PERMANENT_SESSION_LIFETIME": 12 * 3600,
        "WTF_CSRF_TIME_LIMIT": 8 * 3600,
        "BABEL_DEFAULT_LOCALE": "fr",
        "BABEL_DEFAULT_TIMEZONE": "Europe/Paris",
        "BABEL_TRANSLATION_DIRECTORIES": str(ROOT / "translations"),
        "LANGUAGES": {"fr": {"flag": "fr", "name": "Français"}},
        # Permissions and roles are written by the release step, never by a web process.
        "FAB_CREATE_DB": False,
        "FAB_UPDATE_PERMS": False,
        "FAB_ADD_SECURITY_API": False,
        "FAB_API_SHOW_STACKTRACE": False,
        "FAB_BASE_TEMPLATE": "appbuilder/portal_base.html",
        "FAB_SECURITY_MANAGER_CLASS": "app.accounts.security.SecurityManager",
        "AUTH_TYPE": 1,
        "AUTH_USER_REGISTRATION": False,
        "AUTH_ROLE_ADMIN": "Administrateur",
        "APP_NAME": "Portail famille",
    }


def database_url(asked: str | None, var: Path) -> str:
    """SQLAlchemy's address of the database: the one asked for, else SQLite in ``var``."""
    if not asked:
        return f"sqlite:///{var / 'portail.sqlite'}"
    for prefix in ("postgres://", "postgresql://"):
        if asked.startswith(prefix):
            return "postgresql+psycopg://" + asked.removeprefix(prefix)
    return asked


def queue_socket(var: Path) -> Path:
    """Where the embedded queue listens: a Unix socket's path may have about 100 bytes at most."""
    path = var / "queue.sock"
    if len(os.fsencode(path)) <= SOCKET_PATH_BYTES:
        return path
    name = hashlib.sha256(os.fsencode(var)).hexdigest()[:12]
    return Path("/tmp") / f"portail-{os.getuid()}-{name}" / "queue.sock"  # noqa: S108


def production_problems(settings: Mapping[str, Any], environ: Mapping[str, str]) -> list[str]:
    """Why these settings must not serve real families, in French; empty outside production."""
    if not settings["PRODUCTION"]:
        return []
    stripe = settings["STRIPE_SECRET_KEY"] and settings["STRIPE_WEBHOOK_SECRET"]
    payfip = any(name.startswith("PAYFIP_") and value for name, value in environ.items())
    checks = {
        "SECRET_KEY manque, ou compte moins de 32 caractères": len(environ.get("SECRET_KEY", ""))
        < SECRET_LENGTH,
        "HEALTH_KEYS manque : les données de santé sont chiffrées avec ces clés": not environ.get(
            "HEALTH_KEYS"
        ),
        "BASE_URL manque, ou ne commence pas par https://": not _is_public(
            environ.get("BASE_URL", "")
        ),
        "SMTP_URL manque : aucun courriel ne partirait": not settings["SMTP_URL"],
        "STRIPE_SECRET_KEY est donné sans STRIPE_WEBHOOK_SECRET": bool(
            settings["STRIPE_SECRET_KEY"] and not stripe
        ),
        "aucun moyen de paiement (STRIPE_… ou PAYFIP_…) : le paiement de démonstration "
        "est refusé": not (stripe or payfip),
        "PORTAIL_CLOCK est refusé": bool(environ.get("PORTAIL_CLOCK")),
    }
    return [text for text, wrong in checks.items() if wrong]


def _is_public(address: str) -> bool:
    """Encrypted, or a trial on this very machine."""
    parts = urlsplit(address)
    return parts.scheme == "https" or parts.hostname in {"127.0.0.1", "localhost"}


def _mail_from(environ: Mapping[str, str]) -> str:
    """The sender of every e-mail: an address of the portal's own host unless one is given."""
    host = urlsplit(environ.get("BASE_URL", "")).hostname or "montclair.example"
    return environ.get("MAIL_FROM") or f"Portail famille <portail@{host}>"


def _kept_secret(var: Path) -> str:
    """The secret that the supervisor wrote once, or a passing one when nothing is kept."""
    return _kept(var / "secret_key") or secrets.token_urlsafe(48)


def _kept(path: Path) -> str:
    return path.read_text().strip() if path.exists() else ""
