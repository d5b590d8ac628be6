"""Bookings as a list: read, and moved by actions that call services."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask import redirect, url_for
from flask_appbuilder.models.sqla.interface import SQLAInterface
from flask_babel import lazy_gettext as _

from app.core.admin import AgentView, agent_action
from app.core.text import N_
from app.households import search
from app.reservations.models import Booking, BookingChange, BookingState, ChangeOrigin

STATES = {
    BookingState.HELD: N_("Held while being paid"),
    BookingState.LIVE: N_("Booked"),
    BookingState.CANCELLED: N_("Cancelled"),
}
STATE_TAGS = {
    BookingState.HELD: ("warn", "clock"),
    BookingState.LIVE: ("ok", "check-circle-fill"),
    BookingState.CANCELLED: ("", "slash-circle"),
}
ORIGINS = {
    ChangeOrigin.MONTH: N_("Agenda"),
    ChangeOrigin.GROUPED: N_("Grouped entry"),
    ChangeOrigin.AGENT: N_("Agent"),
    ChangeOrigin.CLOSURE: N_("Closure"),
    ChangeOrigin.COVER: N_("Not covered"),
    ChangeOrigin.TIE_ENDED: N_("End of a tie"),
    ChangeOrigin.ENROLMENT_ENDED: N_("End of an enrolment"),
    ChangeOrigin.CAMP: N_("Camp"),
}


class BookingAdmin(AgentView):
    """Who is booked, when, for how much."""

    route_base = "/agents/reservations/liste"
    datamodel = SQLAInterface(Booking)
    list_title, show_title = _("Bookings"), _("Booking")
    label_columns = {
        "day": _("Day"),
        "child": _("Child"),
        "household": _("Household"),
        "opening.slot": _("Slot"),
        "opening.site": _("Site"),
        "state": _("State"),
        "care_cents": _("Care"),
        "meal_cents": _("Meal"),
        "charged": _("Debited"),
        "created_at": _("Booked on"),
        "cancelled_at": _("Cancelled on"),
    }
    list_columns = ["day", "child", "household", "opening.slot", "state", "charged"]
    show_columns = [
        *list_columns,
        "opening.site",
        "care_cents",
        "meal_cents",
        "created_at",
        "cancelled_at",
    ]
    finders = {"household": search.HOUSEHOLD, "child": search.CHILD}
    search_columns = ["child", "household", "day", "state", "charged", "created_at", "cancelled_at"]
    choice_labels = {"state": STATES}
    choice_tags = {"state": STATE_TAGS}
    base_order = ("day", "desc")
    list_template = "reservations/bookings.html"

    @agent_action("cancel", N_("Cancel"), icon="x-lg")
    def cancel(self, rows: Sequence[Booking]) -> Any:
        """A page asks for the reason."""
        return redirect(url_for("BookingDesk.cancel", id=[row.id for row in rows]), code=303)


class BookingChangeAdmin(AgentView):
    """Every save: how many bookings it added and removed, from where, and why."""

    route_base = "/agents/reservations/journal"
    datamodel = SQLAInterface(BookingChange)
    list_title, show_title = _("Journal of the bookings"), _("Recorded save")
    label_columns = {
        "id": _("Number"),
        "created_at": _("On"),
        "origin": _("Made from"),
        "added": _("Added"),
        "removed": _("Removed"),
        "reason": _("Reason"),
    }
    list_columns = ["created_at", "origin", "added", "removed", "reason"]
    show_columns = ["id", *list_columns]
    search_columns = ["created_at", "origin"]
    choice_labels = {"origin": ORIGINS}
