"""``run.py admin``: the first administrator of a commune, or one more when nobody can sign in."""

from __future__ import annotations

from app.accounts import services
from app.core import clock, refusals
from app.core.db import commit, db, write_intent
from app.core.errors import Refusal
from app.supervisor import processes
from app.supervisor.problem import Problem


def install(email: str, first_name: str, last_name: str, username: str = "") -> str:
    """Make the account and send its invitation; the address that sets its password.

    The link is returned too: the mail server may not be ready on the first day.
    """
    app = processes.ready()
    with app.app_context(), write_intent():
        try:
            path = services.install_administrator(
                db.session(),
                username=username or email.partition("@")[0],
                email=email,
                first_name=first_name,
                last_name=last_name,
                now=clock.now(),
            )
            commit(db.session())
        except Refusal as refusal:
            raise Problem(refusals.sentence(refusal)) from refusal
        return app.config["BASE_URL"].rstrip("/") + path
