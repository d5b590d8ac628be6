"""Agents' pages that enrol children, one by one or by class, and end enrolments."""

from __future__ import annotations

from typing import Any

from flask import request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from wtforms import SelectChoice

from app.activities import queries, services
from app.activities.forms import (
    EndForm,
    EnrolChildForm,
    EnrolClassForm,
    EnrolForm,
    MoveForm,
    choices,
)
from app.core import clock, pages
from app.core.admin_fields import row_number
from app.core.db import db
from app.core.errors import NotFound
from app.core.views import agent_page, current_actor
from app.households import desk
from app.households.desk_views import DeskView


class EnrolmentDesk(DeskView):
    """« /agents/inscriptions/… »"""

    route_base = "/agents/inscriptions"
    default_view = "new"

    @agent_page("/nouvelle", methods=["GET", "POST"])
    def new(self) -> Any:
        """One child, found by its name."""
        words = request.values.get("q", "")[:80]
        found = desk.find_children(db.session(), words)
        form = EnrolChildForm()
        _lists(form)
        form.child_id.choices = [SelectChoice(one.id, _described(one)) for one in found]

        def verb(session: Any) -> str:
            where = form.where()
            services.enrol(
                session,
                current_actor(),
                form.child_id.data,
                where.activity_id,
                where.site_id,
                where.school_year_id,
                where.starts_on,
                where.ends_on,
            )
            return _("The child is enrolled.")

        return self.run(
            form,
            verb,
            title=_("Enrol a child"),
            back=_back(),
            submit=_("Enrol"),
            search=words,
            nothing=not found,
        )

    @agent_page("/classe", methods=["GET", "POST"])
    def school_class(self) -> Any:
        """Every pupil of a school, or of some levels of it."""
        form = EnrolClassForm()
        _lists(form)
        form.school.choices = choices(queries.schools(db.session()))
        form.levels.choices = choices(queries.levels(db.session()))
        return self.run(
            form,
            lambda session: _enrolled(
                services.enrol_class(
                    session, current_actor(), form.school.data, form.levels.data, form.where()
                )
            ),
            title=_("Enrol a class or a school"),
            back=_back(),
            submit=_("Enrol"),
            lead=_("Children who are enrolled already are left as they are."),
        )

    @agent_page("/terminer", methods=["GET", "POST"])
    def end(self) -> Any:
        """End the enrolments that the list sent."""
        ids = request.args.getlist("id", type=row_number)
        if not ids:
            raise NotFound
        count = len(queries.enrolments(db.session(), ids))
        form = EndForm(data={"last_day": clock.today()})
        return self.run(
            form,
            lambda session: _ended(
                services.end_enrolments(
                    session, current_actor(), ids, form.last_day.data, form.reason.data
                )
            ),
            title=ngettext("End %(num)d enrolment", "End %(num)d enrolments", count),
            back=_back(),
            submit=_("End"),
            lead=_("Later bookings are cancelled, and the families are told."),
        )

    @agent_page("/<int:enrolment_id>/site", methods=["GET", "POST"])
    def move(self, enrolment_id: int) -> Any:
        """Another site or another last day."""
        (one,) = queries.enrolments(db.session(), [enrolment_id])
        form = MoveForm(data={"site": one.site_id, "ends_on": one.ends_on})
        form.site.choices = choices(queries.sites(db.session()))
        return self.run(
            form,
            lambda session: _ended(
                services.change_enrolment(
                    session,
                    current_actor(),
                    enrolment_id,
                    site_id=form.site.data,
                    ends_on=form.ends_on.data,
                    reason=form.reason.data,
                )
            ),
            title=_("%(child)s: %(activity)s", child=str(one.child), activity=one.activity.name),
            back=_back(),
            lead=_("Bookings to come at another site, or after the last day, are cancelled."),
        )


def _back() -> str:
    return url_for("EnrolmentAdmin.list")


def _lists(form: EnrolForm) -> None:
    session = db.session()
    form.lists(queries.activities(session), queries.sites(session), queries.years(session))


def _described(child: Any) -> str:
    day = pages.dates.day(child.born_on)
    return _("%(name)s, born on %(day)s", name=str(child), day=day)


def _enrolled(count: int) -> str:
    if not count:
        return _("These children were all enrolled already.")
    return ngettext("%(num)d child is enrolled.", "%(num)d children are enrolled.", count)


def _ended(cancelled: int) -> str:
    if not cancelled:
        return _("Saved. No booking had to be cancelled.")
    return ngettext(
        "Saved. %(num)d booking is cancelled.", "Saved. %(num)d bookings are cancelled.", cancelled
    )
