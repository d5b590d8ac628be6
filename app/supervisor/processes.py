"""The application inside each process: made once, checked, then one of its three lives."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import redis
from flask import Flask
from sqlalchemy.engine import make_url
from sqlalchemy.exc import OperationalError, SQLAlchemyError

import config
from app import create_app, demo
from app.core.db import db
from app.core.encryption import BadKeys, parse_keys
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
    check_addresses(settings)
    check_health_keys(settings)
    return create_app(settings)


def check_addresses(settings: Mapping[str, Any]) -> None:
    """A misspelt address is said at the start, not by the first page."""
    try:
        make_url(settings["SQLALCHEMY_DATABASE_URI"]).get_dialect()
    except SQLAlchemyError as error:
        raise Problem(
            "DATABASE_URL : adresse illisible. "
            "Exemple : DATABASE_URL=postgresql://compte:motdepasse@serveur/base"
        ) from error
    try:
        redis.Redis.from_url(settings["REDIS_URL"])
    except ValueError as error:
        raise Problem(
            "REDIS_URL : adresse illisible. Exemple : REDIS_URL=redis://serveur:6379/0"
        ) from error


def check_health_keys(settings: Mapping[str, Any]) -> None:
    """A key that cannot seal is said at the start, not to the first family that gives health data."""
    if not settings["HEALTH_KEYS"]:
        return  # production has refused it; elsewhere the supervisor makes one
    try:
        parse_keys(settings["HEALTH_KEYS"])
    except BadKeys as error:
        raise Problem(
            "HEALTH_KEYS : illisible. Attendu : « 1:32 octets en base64 », une virgule, "
            "un autre numéro (1 à 255) par nouvelle clé."
        ) from error


@contextmanager
def asking_database(app: Flask) -> Iterator[None]:
    """Inside, the database may be asked; after it no connection is open, the parts fork then."""
    with app.app_context():
        try:
            yield
        except OperationalError as error:
            place = make_url(app.config["SQLALCHEMY_DATABASE_URI"]).render_as_string()
            raise Problem(f"La base de données ne répond pas : {place}\n{error.orig}") from error
        finally:
            db.session.remove()
            db.engine.dispose()


def prepare_database(app: Flask) -> bool:
    """Release, then the demonstration commune; return whether something was done."""
    with asking_database(app):
        changed = release.release()
        if not app.config["PRODUCTION"]:
            changed |= demo.load(app)
        refuse_demonstration(app)
    return changed


def ready() -> Flask:
    """The application on a database of its version, for a command beside the supervisor."""
    state.prepare(config.settings_from(os.environ)["PORTAIL_VAR"])
    app = create()
    with asking_database(app):
        release.require_current()
        refuse_demonstration(app)
    return app


def alone(part: Callable[[Flask], None]) -> None:
    """One part without the supervisor (production); the release step has been run before."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    part(ready())


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
