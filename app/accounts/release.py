"""Roles and permissions, written by the release step after the migrations (facts.md)."""

from __future__ import annotations

from flask import Flask
from flask_appbuilder.security.manager import BaseSecurityManager


def write_permissions(app: Flask) -> None:
    """Create FAB's roles and the permissions of every view; safe to run again."""
    # The manager's own create_db does nothing when FAB_CREATE_DB is off, as it is.
    BaseSecurityManager.create_db(app.appbuilder.sm)  # type: ignore[attr-defined]
    app.appbuilder.add_permissions(update_perms=True)  # type: ignore[attr-defined]
