"""Agents' page of what a family asks to change: beside what is known, accept or refuse."""

from __future__ import annotations

from typing import Any

from flask import request, url_for
from flask_babel import gettext as _
from sqlalchemy.orm import Session
from werkzeug.datastructures import MultiDict

from app.core import clock
from app.core.db import db
from app.core.views import agent_page, current_actor
from app.households import desk, queries, services
from app.households.asked import Asked
from app.households.desk_views import DeskView
from app.households.forms import DecisionForm


class ProfileChangeDesk(DeskView):
    """« /agents/modifications/… »: what families ask to change of their household."""

    route_base = "/agents/modifications"
    default_view = "show"

    @agent_page("/<int:change_id>", methods=["GET", "POST"])
    def show(self, change_id: int) -> Any:
        """What is asked beside what is known; accept or refuse."""
        session = db.session()
        change = desk.change_file(session, change_id)
        asked = Asked.from_json(change.asked)
        known = [queries.same_children(session, *child) for child in asked.children]
        form = DecisionForm()
        household_id = change.household_id
        accept = request.form.get("decision") == "accept"
        chosen = _chosen_children(known)
        return self.run(
            form,
            lambda session: _decided(
                services.decide_profile_change(
                    session,
                    current_actor(),
                    change_id,
                    accept=accept,
                    reason=form.reason.data,
                    known_children=chosen,
                    now=clock.now(),
                ).state
            ),
            title=_("Change asked by a family"),
            back=url_for("HouseholdDesk.show", household_id=household_id),
            change=change,
            asked=asked,
            known=known,
            names=_names(session, household_id),
        )


def _decided(state: str) -> str:
    accepted = state == "accepted"
    return _("The request is accepted.") if accepted else _("The request is refused.")


def _chosen_children(known: list[list[Any]]) -> dict[int, int]:
    """Place of an asked child → the known child that the agent ticked, among those proposed."""
    chosen: dict[int, int] = {}
    typed: MultiDict[str, str] = request.form
    for place, children in enumerate(known):
        picked = typed.get(f"known-{place}", 0, type=int)
        if picked in {child.id for child in children}:
            chosen[place] = picked
    return chosen


def _names(session: Session, household_id: int) -> dict[str, dict[int, str]]:
    children = queries.children_of(session, household_id, clock.today())
    return {
        "children": {child.id: child.first_name for child in children},
        "adults": {one.id: str(one) for one in queries.adults_of(session, household_id)},
    }
