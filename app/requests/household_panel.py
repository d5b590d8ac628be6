"""Requests on agents' pages of other rooms: in progress on a household's, by number in the search.

Hooks ``household_panels`` and ``found_by_number``.
"""

from __future__ import annotations

import sqlalchemy as sa
from flask_babel import gettext as _
from sqlalchemy.orm import Session, joinedload

from app.accounts.security import rights_of_request
from app.core import clock, dates
from app.core.hooks import Panel
from app.requests.display import STATUS_TAGS
from app.requests.models import Procedure, Request, Status
from app.requests.queue import numbers_like

MOST = 10


def panel(session: Session, household_id: int) -> Panel | None:
    """The oldest first, each leading to its page; nothing for who may not open it."""
    if ("can_use", "RequestDeskView") not in rights_of_request():
        return None
    found = session.scalars(
        sa.select(Request)
        .options(joinedload(Request.procedure, innerjoin=True))
        .where(
            Request.household_id == household_id,
            Request.status.in_([Status.PENDING, Status.PROCESSING]),
        )
        .order_by(Request.submitted_at, Request.id)
        .limit(MOST)
    ).all()
    if not found:
        return None
    return Panel(
        title=_("Requests in progress"),
        rows=[(one.procedure.title, _(STATUS_TAGS[one.status].text)) for one in found],
        links=[
            (
                _(
                    "Request %(number)s of %(day)s",
                    number=one.number,
                    day=dates.day(one.submitted_at, "digits"),
                ),
                f"/agents/demandes/{one.id}",
            )
            for one in found
        ],
    )


def numbered(session: Session, typed: str) -> list[tuple[str, str]]:
    """(number and démarche, address) of the requests of this number, for who may open them."""
    if ("can_use", "RequestDeskView") not in rights_of_request():
        return []
    found = session.execute(
        sa.select(Request.id, Request.number, Procedure.title)
        .join(Request.procedure)
        .where(
            Request.number.in_(numbers_like(typed.strip(), clock.today())),
            Request.status != Status.DRAFT,
        )
        .order_by(Request.id.desc())
    )
    return [(f"{number} – {title}", f"/agents/demandes/{key}") for key, number, title in found]
