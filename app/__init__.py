"""The portal: a Flask-AppBuilder application put together by ``create_app``."""

from __future__ import annotations

import os
from typing import Any

from flask import Flask, current_app, request
from flask_migrate import Migrate
from flask_wtf.csrf import CSRFProtect

import config
from app import registry
from app.core import clock, pages, scheduling, security_headers
from app.core.builder import PortalBuilder
from app.core.db import db, declare_write, prepare_engine

SAFE_METHODS = {"GET", "HEAD", "OPTIONS"}

migrate = Migrate(directory=str(config.ROOT / "migrations"))
csrf = CSRFProtect()


def create_app(settings: dict[str, Any] | None = None) -> Flask:
    """A new application for ``settings`` (default: those of the environment)."""
    app = Flask(__name__, static_folder="static")
    app.config.update(settings or config.settings_from(os.environ))
    clock.configure(None if app.config["PRODUCTION"] else app.config["PORTAIL_VAR"])
    db.init_app(app)
    migrate.init_app(app, db)
    csrf.init_app(app)
    # First of all before_request functions: nothing may read the database before it.
    app.before_request(_declare_write)
    with app.app_context():
        prepare_engine(db.engine)
        pages.init_app(app)
        security_headers.init_app(app)
        registry.fill_hooks()
        scheduling.init_app(app, registry.JOBS)
        appbuilder = PortalBuilder(app, db.session, indexview=registry.index_view())
        registry.add_views(appbuilder)
    return app


def _declare_write() -> None:
    page = current_app.view_functions.get(request.endpoint or "")
    declare_write(request.method not in SAFE_METHODS and not getattr(page, "reads_only", False))
