"""The application inside each process: made once, checked, then one of its three lives."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable

from flask import Flask

import config
from app import create_app, demo
from app.core.db import db
from app.supervisor import release, state
from app.supervisor import schedule as schedule_part
from app.supervisor import web as web_part
from app.supervisor import worker as worker_part
from app.supervisor.problem import Problem


def create() -> Flask:
    """The application of the environment's settings; production refuses what is missing."""
    settings = config.settings_from(os.environ)
    problems = config.production_problems(settings, os.environ)
    if problems:
        raise Problem("Réglages refusés en production :\n- " + "\n- ".join(problems))
    return create_app(settings)


def prepare_database(app: Flask) -> bool:
    """Release, then the demonstration commune; return whether something was done. No connection
    stays open: the parts fork from here.
    """
    changed = release.release(app)
    if not app.config["PRODUCTION"]:
        demo.load(app)
    refuse_demonstration(app)
    with app.app_context():
        db.session.remove()
        db.engine.dispose()
    return changed


def ready() -> Flask:
    """The application on a database of its version, for a command beside the supervisor."""
    state.prepare(config.settings_from(os.environ)["PORTAIL_VAR"])
    app = create()
    release.require_current(app)
    return app


def alone(part: Callable[[Flask], None]) -> None:
    """One part without the supervisor (production); the release step has been run before."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    app = ready()
    refuse_demonstration(app)
    part(app)


def refuse_demonstration(app: Flask) -> None:
    """Production never serves accounts whose password is in the manual."""
    if app.config["PRODUCTION"] and demo.is_loaded(app):
        raise Problem(
            "Cette base contient les comptes de démonstration, dont le mot de passe est public : "
            "elle ne peut pas servir en production. Partez d'une base vide."
        )


def web(app: Flask) -> None:
    _log()
    web_part.serve(app)


def worker(app: Flask) -> None:
    _log()
    worker_part.work(app)


def schedule(app: Flask) -> None:
    _log()
    schedule_part.run(app)


def _log() -> None:
    """Parts say what they do on standard error: their log file under the supervisor."""
    logging.basicConfig(
        level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s", force=True
    )
