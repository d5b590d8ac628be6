"""The demonstration commune « Montclair » (fictitious), loaded once into an empty database.

``town`` sets up what an agent would set up, ``families`` the people, ``story`` what they booked and
paid, ``papers`` the documents they gave, ``asked`` what they asked of the service.
The portal never starts in production on a database that holds it.
"""

from __future__ import annotations

import sqlalchemy as sa
from flask import Flask

from app.core import clock
from app.core.db import commit, db, write_intent
from app.core.models import Setting
from app.demo import asked, families, papers, story, town, year_files
from app.demo.families import PASSWORD
from app.procedures import builtin

LOADED = "demonstration.loaded"
SIGN_IN = (
    f"Comptes de démonstration, tous avec le mot de passe « {PASSWORD} » :",
    "  familles : camille.martin, yanis.benali, lea.durand, hugo.petit",
    "  agents   : agent, regie, animateur, sante, admin",
)
"""What the console says at the end of the start."""


def is_loaded(app: Flask) -> bool:
    """Whether this database holds the demonstration."""
    with app.app_context():
        return db.session.get(Setting, LOADED) is not None


def load(app: Flask) -> bool:
    """Load it into an empty database, whole or not at all; False when there is nothing to do."""
    if is_loaded(app):
        return False
    with app.app_context(), app.test_request_context(), write_intent():
        session = db.session()
        if session.scalar(sa.text("SELECT count(*) FROM household")):
            return False
        builtin.install(session, now=clock.now())
        places = town.build(session)
        people = families.build(session, places)
        story.tell(session, places, people)
        year_files.tell(session, places, people)
        papers.prepare(session)
        papers.give(session, people)
        asked.publish(session, people)
        asked.tell(session, places, people)
        session.add(Setting(key=LOADED, value=True))
        commit(session)
    return True
