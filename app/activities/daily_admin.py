"""Generated agents' screens of what moves every day: openings, enrolments, prices."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask import redirect, url_for
from flask_appbuilder import expose, has_access
from flask_appbuilder.models.sqla.interface import SQLAInterface
from flask_babel import lazy_gettext as _
from flask_babel import ngettext

from app.accounts.models import Account
from app.accounts.roles import LEADER
from app.activities import services
from app.activities.models import Enrolment, Opening, PriceGrid, SiteStaff
from app.core.admin import AgentView, agent_action
from app.core.text import N_
from app.households import search


class OpeningAdmin(AgentView):
    """A slot at a site on one day."""

    route_base = "/agents/ouvertures/liste"
    datamodel = SQLAInterface(Opening)
    list_title, add_title, edit_title, show_title = (
        _("Openings"),
        _("One more opening"),
        _("Opening"),
        _("Opening"),
    )
    label_columns = {
        "day": _("Day"),
        "slot": _("Slot"),
        "site": _("Site"),
        "school_year": _("School year"),
        "capacity": _("Number of places"),
        "taken": _("Places taken"),
        "book_until": _("Book until"),
        "cancel_until": _("Cancel until"),
        "closed_at": _("Closed since"),
        "closed_reason": _("Reason of the closure"),
        "edited_at": _("Edited by hand on"),
    }
    list_columns = ["day", "slot", "site", "taken", "capacity", "book_until", "closed_reason"]
    show_columns = [
        "day",
        "slot",
        "site",
        "school_year",
        "taken",
        "capacity",
        "book_until",
        "cancel_until",
        "closed_at",
        "closed_reason",
        "edited_at",
    ]
    search_columns = ["day", "slot", "site", "school_year", "closed_at", "closed_reason"]
    add_columns = ["slot", "site", "day", "capacity"]
    edit_columns = ["capacity", "book_until", "cancel_until"]
    base_order = ("day", "desc")
    audit_subject = "opening"

    def create(self, form: Any) -> Opening:
        """With the deadlines of its rules."""
        return services.add_opening(
            self.session,
            self.actor,
            form.slot.data.id,
            form.site.data.id,
            form.day.data,
            form.capacity.data,
        )

    def update(self, row: Opening, form: Any) -> None:
        """Edited by hand from now on."""
        with self.session.no_autoflush:
            form.populate_obj(row)
        services.edit_opening(
            self.session,
            self.actor,
            row.id,
            capacity=row.capacity,
            book_until=row.book_until,
            cancel_until=row.cancel_until,
        )

    @agent_action("close", N_("Close"), icon="slash-circle")
    def close(self, rows: Sequence[Opening]) -> Any:
        """A page asks for the reason."""
        return redirect(url_for("OpeningDesk.close", id=[row.id for row in rows]))

    @agent_action(
        "reopen",
        N_("Open again"),
        confirm=N_("Open again? Cancelled bookings do not come back."),
        icon="unlock",
    )
    def reopen(self, rows: Sequence[Opening]) -> str:
        """No booking comes back (§3.7)."""
        count = services.reopen_openings(self.session, self.actor, [row.id for row in rows])
        return ngettext("%(num)d opening is open again.", "%(num)d openings are open again.", count)

    @agent_action("resize", N_("Change the number of places"), icon="people")
    def resize(self, rows: Sequence[Opening]) -> Any:
        """A page asks how many."""
        return redirect(url_for("OpeningDesk.resize", id=[row.id for row in rows]))


class EnrolmentAdmin(AgentView):
    """Which child may be booked on what; adding one is a hand-made page."""

    route_base = "/agents/inscriptions/liste"
    datamodel = SQLAInterface(Enrolment)
    list_title, show_title = _("Enrolments"), _("Enrolment")
    label_columns = {
        "child": _("Child"),
        "activity": _("Activity"),
        "site": _("Site"),
        "school_year": _("School year"),
        "starts_on": _("First day"),
        "ends_on": _("Last day"),
    }
    list_columns = ["child", "activity", "site", "school_year", "starts_on", "ends_on"]
    finders = {"child": search.CHILD}
    search_columns = ["child", "activity", "site", "school_year", "starts_on", "ends_on"]
    list_template = "activities/enrolments.html"

    @agent_action("end", N_("End"), icon="x-lg")
    def end(self, rows: Sequence[Enrolment]) -> Any:
        """A page asks for the day and the reason."""
        return redirect(url_for("EnrolmentDesk.end", id=[row.id for row in rows]))

    @agent_action("move", N_("Change the site"), icon="geo-alt", multiple=False)
    def move(self, rows: Sequence[Enrolment]) -> Any:
        """A page asks for the site."""
        return redirect(url_for("EnrolmentDesk.move", enrolment_id=rows[0].id))


class SiteStaffAdmin(AgentView):
    """Which animator receives children at which site: he sees the day’s lists of his own (§4)."""

    route_base = "/agents/animateurs"
    datamodel = SQLAInterface(SiteStaff)
    list_title, add_title, show_title = (
        _("Animators of the sites"),
        _("Add an animator to a site"),
        _("Animator of a site"),
    )
    label_columns = {"account": _("Animator"), "site": _("Site")}
    list_columns = add_columns = ["account", "site"]
    search_columns = ["site"]
    choice_filters = {
        "account": lambda statement: statement.where(
            Account.active.is_(True), Account.roles.any(name=LEADER)
        )
    }
    deletable = True


class PriceGridAdmin(AgentView):
    """Grids by slot and date; the detail is the page of the bands."""

    route_base = "/agents/grilles"
    datamodel = SQLAInterface(PriceGrid)
    list_title, add_title = _("Price grids"), _("New price grid")
    label_columns = {
        "slot": _("Slot"),
        "valid_from": _("Starting on"),
        "cost_cents": _("What the service costs the commune"),
    }
    description_columns = {
        "cost_cents": _("Per child and per day. A price above it is pointed out.")
    }
    list_columns = ["slot", "valid_from", "cost_cents"]
    search_columns = ["slot", "valid_from"]
    add_columns = ["slot", "valid_from", "cost_cents"]
    base_order = ("valid_from", "desc")
    add_row_message = _("Saved. Open it to enter its bands: until then it is not in force.")

    @expose("/show/<pk>", methods=["GET"])
    @has_access
    def show(self, pk: str) -> Any:
        """The page of the bands."""
        return redirect(url_for("PriceDesk.edit", grid_id=self.row(pk).id))
