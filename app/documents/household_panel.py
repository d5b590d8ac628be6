"""The documents on the agents' page of a household (hook ``household_panels``)."""

from __future__ import annotations

from flask import current_app, url_for
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from app.core import clock
from app.core.hooks import Panel
from app.documents import queries
from app.documents.rules import WORDS


def panel(session: Session, household_id: int) -> Panel | None:
    """What is needed, asked for or given, and the page that asks; for who deals with documents."""
    if not current_app.appbuilder.sm.has_access("can_use", "DocumentDesk"):  # type: ignore[attr-defined]
        return None
    states = queries.states_of_household(session, household_id, clock.today())
    return Panel(
        title=_("Documents"),
        rows=[
            (f"{one.name} ({one.child_name})" if one.child_name else one.name, _(WORDS[one.status]))
            for one in states
        ],
        links=[
            (_("Ask for a document"), url_for("DocumentDesk.ask", household_id=household_id)),
        ],
    )
