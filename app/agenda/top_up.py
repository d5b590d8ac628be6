"""Where « Recharger mon compte » leads from a page on which money is missing."""

from __future__ import annotations

from flask import url_for

from app.statements.views import MISSING


def url(cents: int = 0) -> str:
    """The form of the top-up, the amount that is missing already typed."""
    missing = {MISSING: f"{cents // 100}.{cents % 100:02d}"} if cents > 0 else {}
    return url_for("AccountView.index", _anchor="recharger", **missing)
