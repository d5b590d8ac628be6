"""Roles and permissions, written by the release step after the migrations (facts.md)."""

from __future__ import annotations

from flask import Flask


def write_permissions(app: Flask) -> None:
    """Create FAB's roles and the permissions of every view; safe to run again."""
    app.appbuilder.sm.create_db()  # type: ignore[attr-defined]
    app.appbuilder.add_permissions(update_perms=True)  # type: ignore[attr-defined]
