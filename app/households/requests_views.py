"""« Mes demandes » (D1): what the household asked of the service, in progress and past.

Today a family asks to change its file (A11); the engine of démarches will add its own requests.
"""

from __future__ import annotations

from typing import Any

from app.core import clock
from app.core.db import db
from app.core.errors import NotFound
from app.core.views import PageView, current_actor, family_page
from app.households import queries
from app.households.asked import Asked
from app.households.models import ProfileChangeState
from app.households.views import member_names


class RequestsView(PageView):
    """« /demandes »: requests of this household alone."""

    route_base = "/demandes"

    @family_page("/")
    def index(self) -> Any:
        """« En cours » and « Passées », the newest first."""
        changes = queries.profile_changes(db.session(), current_actor().household_id)
        waiting = [one for one in changes if one.state is ProfileChangeState.WAITING]
        past = [one for one in changes if one.state is not ProfileChangeState.WAITING]
        return self.page("households/requests.html", waiting=waiting, past=past)

    @family_page("/<int:change_id>")
    def show(self, change_id: int) -> Any:
        """The detail of one request (the blue « i »)."""
        household_id = current_actor().household_id
        changes = queries.profile_changes(db.session(), household_id)
        change = next((one for one in changes if one.id == change_id), None)
        if change is None:
            raise NotFound
        return self.page(
            "households/request.html",
            change=change,
            asked=Asked.from_json(change.asked),
            names=member_names(queries.profile(db.session(), household_id, clock.now())),
        )
