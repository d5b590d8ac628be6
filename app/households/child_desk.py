"""Agents' pages of a child in one household: identity, school, rights, end of the tie, restriction."""

from __future__ import annotations

from typing import Any

from flask import url_for
from flask_babel import gettext as _
from flask_babel import ngettext

from app.core import clock
from app.core.db import db
from app.core.views import agent_page, current_actor
from app.households import desk, queries, services
from app.households.desk_views import DeskView
from app.households.forms import (
    ChildForm,
    EndTieForm,
    LeaveForm,
    RestrictForm,
    RightsForm,
    SchoolingForm,
)


class ChildDesk(DeskView):
    """« /agents/foyers/…/enfants/… »"""

    route_base = "/agents/foyers/<int:household_id>/enfants"
    default_view = "show"

    @agent_page("/<int:child_id>")
    def show(self, household_id: int, child_id: int) -> Any:
        """The child, its schools, its households, and what can be done."""
        tie = desk.child_file(db.session(), household_id, child_id)
        return self.page(
            "households/desk_child.html",
            tie=tie,
            child=tie.child,
            state=lambda one: desk.tie_state(one, clock.today()),
        )

    @agent_page("/<int:child_id>/modifier", methods=["GET", "POST"])
    def edit(self, household_id: int, child_id: int) -> Any:
        """Correct the identity."""
        tie = desk.child_file(db.session(), household_id, child_id)
        form = ChildForm(obj=tie.child)

        def verb(session: Any) -> str:
            services.correct_child(
                session,
                current_actor(),
                child_id,
                first_name=form.first_name.data,
                last_name=form.last_name.data,
                born_on=form.born_on.data,
            )
            return _("Saved.")

        return self.run(form, verb, title=_("Identity of the child"), back=_url(tie))

    @agent_page("/<int:child_id>/ecole", methods=["GET", "POST"])
    def schooling(self, household_id: int, child_id: int) -> Any:
        """School and level of a year."""
        tie = desk.child_file(db.session(), household_id, child_id)
        now = desk.schooling_now(tie.child)
        form = SchoolingForm(obj=now)
        form.offer(*queries.schools_and_years(db.session()))

        def verb(session: Any) -> str:
            services.set_schooling(
                session,
                current_actor(),
                child_id,
                form.school_year_id.data,
                form.school_id.data,
                form.level_id.data,
            )
            return _("Saved.")

        return self.run(form, verb, title=_("School and level"), back=_url(tie))

    @agent_page("/<int:child_id>/droits", methods=["GET", "POST"])
    def rights(self, household_id: int, child_id: int) -> Any:
        """What this household may do for the child."""
        tie = desk.child_file(db.session(), household_id, child_id)
        form = RightsForm(obj=tie)

        def verb(session: Any) -> str:
            services.set_rights(session, current_actor(), child_id, household_id, **form.rights())
            return _("Saved.")

        return self.run(form, verb, title=_("Rights of the household"), back=_url(tie))

    @agent_page("/<int:child_id>/fin", methods=["GET", "POST"])
    def end(self, household_id: int, child_id: int) -> Any:
        """End the tie with this household."""
        tie = desk.child_file(db.session(), household_id, child_id)
        form = EndTieForm(data={"ended_on": clock.today()})

        def verb(session: Any) -> str:
            cancelled = services.end_tie(
                session,
                current_actor(),
                child_id,
                household_id,
                form.ended_on.data,
                form.reason.data,
            )
            return _cancelled(cancelled)

        return self.run(
            form,
            verb,
            title=_("End the tie"),
            back=_url(tie),
            submit=_("End the tie"),
            lead=_("Later bookings of this household are cancelled, and the family is told."),
        )

    @agent_page("/<int:child_id>/restriction", methods=["GET", "POST"])
    def restrict(self, household_id: int, child_id: int) -> Any:
        """Record a court restriction (§3.5)."""
        tie = desk.child_file(db.session(), household_id, child_id)
        form = RestrictForm()

        def verb(session: Any) -> str:
            cancelled = services.restrict(
                session,
                current_actor(),
                child_id,
                household_id,
                keep_bookings=form.bookings.data == "keep",
                reason=_("Decision of the service"),
                note=form.note.data,
                do_not_hand_to=form.do_not_hand_to.data,
                now=clock.now(),
            )
            return _cancelled(cancelled)

        return self.run(
            form,
            verb,
            title=_("Restrict the household"),
            back=_url(tie),
            submit=_("Restrict"),
            lead=_("At once, this household sees nothing of the child and books nothing for it."),
        )

    @agent_page("/<int:child_id>/lever", methods=["POST"])
    def lift(self, household_id: int, child_id: int) -> Any:
        """Lift the restriction."""

        def verb(session: Any) -> str:
            services.lift_restriction(session, current_actor(), child_id, household_id)
            return _("The restriction is lifted.")

        return self.do(verb, url_for(".show", household_id=household_id, child_id=child_id))

    @agent_page("/<int:child_id>/depart", methods=["GET", "POST"])
    def leave(self, household_id: int, child_id: int) -> Any:
        """The child leaves the commune's schools."""
        tie = desk.child_file(db.session(), household_id, child_id)
        form = LeaveForm(data={"left_on": clock.today()})

        def verb(session: Any) -> str:
            cancelled = services.child_leaves(
                session, current_actor(), child_id, form.left_on.data, form.reason.data
            )
            return _cancelled(cancelled)

        return self.run(
            form,
            verb,
            title=_("The child leaves"),
            back=_url(tie),
            lead=_("Later bookings of every household are cancelled, and the families are told."),
        )


def _url(tie: Any) -> str:
    return url_for("ChildDesk.show", household_id=tie.household_id, child_id=tie.child_id)


def _cancelled(count: int) -> str:
    if not count:
        return _("Saved. No booking had to be cancelled.")
    return ngettext(
        "Saved. %(num)d booking is cancelled.", "Saved. %(num)d bookings are cancelled.", count
    )
