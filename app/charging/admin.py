"""Charges and coverage cases as lists: read, and moved by actions that call services."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask import redirect, url_for
from flask_appbuilder.models.sqla.interface import SQLAInterface
from flask_babel import lazy_gettext as _

from app.charging.models import CaseState, Charge, CoverageCase
from app.core.admin import AgentView, agent_action
from app.core.text import N_
from app.households import search

STATES = {
    CaseState.OPEN: N_("Warned"),
    CaseState.COVERED: N_("Covered"),
    CaseState.REMOVED: N_("Bookings removed"),
    CaseState.STOPPED: N_("Stopped by an agent"),
}


class ChargeAdmin(AgentView):
    """What was debited, and its reversals (negative amounts)."""

    route_base = "/agents/debits/liste"
    datamodel = SQLAInterface(Charge)
    list_title, show_title = _("Charges"), _("Charge")
    label_columns = {
        "id": _("Number"),
        "day": _("Day of care"),
        "household": _("Household"),
        "child": _("Child"),
        "slot": _("Slot"),
        "care_cents": _("Care"),
        "meal_cents": _("Meal"),
        "reverses_id": _("Reverses charge"),
        "created_at": _("Debited on"),
    }
    list_columns = ["day", "household", "child", "slot", "care_cents", "meal_cents", "reverses_id"]
    show_columns = ["id", *list_columns, "created_at"]
    finders = {"household": search.HOUSEHOLD, "child": search.CHILD}
    search_columns = ["household", "child", "day", "created_at"]
    base_order = ("day", "desc")

    @agent_action("reverse", N_("Reverse"), icon="arrow-counterclockwise")
    def reverse(self, rows: Sequence[Charge]) -> Any:
        """A page asks for the reason."""
        return redirect(url_for("ChargeDesk.reverse", id=[row.id for row in rows]), code=303)


class CoverageCaseAdmin(AgentView):
    """Households whose prepaid account no longer covers their bookings (B9)."""

    route_base = "/agents/couverture"
    datamodel = SQLAInterface(CoverageCase)
    list_title, show_title = _("Bookings not covered"), _("Bookings not covered")
    label_columns = {
        "household": _("Household"),
        "state": _("State"),
        "opened_at": _("Since"),
        "warned_at": _("Warned on"),
        "grace_until": _("Bookings removed from"),
        "closed_at": _("Ended on"),
    }
    list_columns = ["household", "state", "opened_at", "grace_until", "closed_at"]
    show_columns = [*list_columns, "warned_at"]
    finders = {"household": search.HOUSEHOLD}
    search_columns = ["household", "state", "opened_at", "grace_until"]
    choice_labels = {"state": STATES}

    @agent_action("stop", N_("Stop"), icon="x-lg")
    def stop(self, rows: Sequence[CoverageCase]) -> Any:
        """A page asks for the reason."""
        return redirect(url_for("ChargeDesk.stop", id=[row.id for row in rows]), code=303)
