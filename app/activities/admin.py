"""Generated agents' screens of what a commune sets up: places, rules, activities, calendar."""

from __future__ import annotations

from typing import Any

from flask_appbuilder.models.sqla.interface import SQLAInterface
from flask_babel import lazy_gettext as _
from wtforms import SelectField

from app.activities import labels, services
from app.activities.errors import BadHours
from app.activities.forms import WeekdaysField, weekday_choices
from app.activities.models import (
    Activity,
    CalendarPeriod,
    DeadlineRule,
    OpeningPattern,
    Site,
    Slot,
)
from app.activities.rules import RuleFacts, checked_weekdays
from app.core.admin import AgentView


class SiteAdmin(AgentView):
    """Places where children are received."""

    route_base = "/agents/sites"
    datamodel = SQLAInterface(Site)
    list_title, add_title, edit_title, show_title = _("Sites"), _("New site"), _("Site"), _("Site")
    label_columns = {"name": _("Name"), "school": _("School"), "address": _("Address")}
    list_columns = ["name", "school", "address"]
    search_columns = ["name"]
    add_columns = edit_columns = ["name", "school", "address"]
    base_order = ("name", "asc")
    deletable = True


class DeadlineRuleAdmin(AgentView):
    """How deadlines are counted; openings to come follow."""

    route_base = "/agents/delais"
    datamodel = SQLAInterface(DeadlineRule)
    list_title, add_title, edit_title, show_title = (
        _("Deadline rules"),
        _("New deadline rule"),
        _("Deadline rule"),
        _("Deadline rule"),
    )
    label_columns = {
        "name": _("Name"),
        "kind": _("Counted in"),
        "days": _("Number of days"),
        "weekday": _("Weekday"),
        "at": _("Time"),
    }
    description_columns = {
        "name": _("Families read it, for example “The working day before at 10:00”."),
        "days": _("For days and working days; 0 is the day of care."),
    }
    choice_labels = {"kind": labels.KINDS}
    form_fields = {
        "weekday": SelectField(
            _("Weekday"),
            coerce=int,
            choices=lambda: weekday_choices(int),
            description=_("For a day of the week before."),
        )
    }
    formatters_columns = {"weekday": labels.weekday}
    list_columns = ["name", "kind", "days", "weekday", "at"]
    search_columns = ["name", "kind"]
    add_columns = edit_columns = ["name", "kind", "days", "weekday", "at"]
    base_order = ("name", "asc")
    deletable = True
    edit_row_message = _("Saved. Deadlines of openings to come that nobody edited are new.")

    def create(self, form: Any) -> DeadlineRule:
        """Checked by the rules."""
        rule = DeadlineRule()
        self.update(rule, form)
        return rule

    def update(self, row: DeadlineRule, form: Any) -> None:
        """Openings to come follow (B13)."""
        facts = RuleFacts(form.kind.data, form.at.data, form.days.data or 0, form.weekday.data or 0)
        services.save_rule(self.session, self.actor, row, form["name"].data, facts)


class ActivityAdmin(AgentView):
    """What families see and enrol on."""

    route_base = "/agents/activites"
    datamodel = SQLAInterface(Activity)
    list_title, add_title, edit_title, show_title = (
        _("Activities"),
        _("New activity"),
        _("Activity"),
        _("Activity"),
    )
    label_columns = {
        "name": _("Name"),
        "category": _("Kind"),
        "position": _("Order"),
        "book_rule": _("Deadline to book"),
        "cancel_rule": _("Deadline to cancel"),
        "is_active": _("Offered"),
    }
    choice_labels = {"category": labels.CATEGORIES}
    list_columns = ["name", "category", "book_rule", "cancel_rule", "is_active"]
    search_columns = ["name", "category", "is_active"]
    add_columns = edit_columns = [
        "name",
        "category",
        "position",
        "book_rule",
        "cancel_rule",
        "is_active",
    ]
    base_order = ("position", "asc")
    deletable = True

    def post_update(self, item: Activity) -> None:
        """Other rules give other deadlines (B13)."""
        services.recompute_deadlines(self.session, self.actor, [item.id])


class SlotAdmin(AgentView):
    """Times of the day of an activity."""

    route_base = "/agents/creneaux"
    datamodel = SQLAInterface(Slot)
    list_title, add_title, edit_title, show_title = _("Slots"), _("New slot"), _("Slot"), _("Slot")
    label_columns = {
        "activity": _("Activity"),
        "name": _("Name"),
        "short_name": _("Short name"),
        "starts_at": _("From (time)"),
        "ends_at": _("To (time)"),
        "position": _("Order"),
    }
    description_columns = {"short_name": _("In the calendar, for example “lunch”.")}
    list_columns = ["name", "activity", "short_name", "starts_at", "ends_at"]
    search_columns = ["activity", "name"]
    add_columns = edit_columns = [
        "activity",
        "name",
        "short_name",
        "starts_at",
        "ends_at",
        "position",
    ]
    base_order = ("name", "asc")
    deletable = True

    def pre_add(self, item: Slot) -> None:
        """Hours follow each other."""
        if item.ends_at <= item.starts_at:
            raise BadHours

    pre_update = pre_add


class OpeningPatternAdmin(AgentView):
    """From which openings are generated."""

    route_base = "/agents/modeles"
    datamodel = SQLAInterface(OpeningPattern)
    list_title, add_title, edit_title, show_title = (
        _("Opening patterns"),
        _("New opening pattern"),
        _("Opening pattern"),
        _("Opening pattern"),
    )
    label_columns = {
        "slot": _("Slot"),
        "site": _("Site"),
        "school_year": _("School year"),
        "weekdays": _("Weekdays"),
        "in_holidays": _("In the school holidays instead of in term"),
        "capacity": _("Number of places"),
    }
    form_fields = {"weekdays": WeekdaysField(_("Weekdays"))}
    formatters_columns = {"weekdays": labels.weekdays}
    list_columns = ["slot", "site", "school_year", "weekdays", "in_holidays", "capacity"]
    search_columns = ["slot", "site", "school_year", "in_holidays"]
    add_columns = edit_columns = list_columns
    deletable = True
    add_row_message = edit_row_message = _("Saved. Generate the openings for it to take effect.")
    delete_row_message = _("Deleted. Generate the openings for it to take effect.")

    def pre_add(self, item: OpeningPattern) -> None:
        """Weekdays and places make sense."""
        item.weekdays = checked_weekdays(item.weekdays)
        services.check_capacity(item.capacity)

    pre_update = pre_add


class CalendarPeriodAdmin(AgentView):
    """Holidays and closures; deadlines follow at once, openings when generated again."""

    route_base = "/agents/calendrier"
    datamodel = SQLAInterface(CalendarPeriod)
    list_title, add_title, edit_title, show_title = (
        _("Calendar"),
        _("New period"),
        _("Period"),
        _("Period"),
    )
    label_columns = {
        "kind": _("Kind"),
        "name": _("Name"),
        "starts_on": _("First day"),
        "ends_on": _("Last day"),
        "site": _("Site"),
    }
    description_columns = {
        "kind": _("When the office is closed, deadlines counted in working days skip the day."),
        "site": _("For a closure of one site only."),
    }
    choice_labels = {"kind": labels.PERIODS}
    list_columns = ["name", "kind", "starts_on", "ends_on", "site"]
    search_columns = ["name", "kind", "starts_on", "ends_on", "site"]
    add_columns = edit_columns = ["kind", "name", "starts_on", "ends_on", "site"]
    base_order = ("starts_on", "desc")
    deletable = True
    add_row_message = edit_row_message = _("Saved. Generate the openings for it to take effect.")
    delete_row_message = _("Deleted. Generate the openings for it to take effect.")

    def create(self, form: Any) -> CalendarPeriod:
        """Through the service."""
        period = CalendarPeriod()
        self.update(period, form)
        return period

    def update(self, row: CalendarPeriod, form: Any) -> None:
        """Deadlines of openings to come follow (B13)."""
        services.save_period(
            self.session,
            self.actor,
            row,
            kind=form.kind.data,
            name=form["name"].data,
            starts_on=form.starts_on.data,
            ends_on=form.ends_on.data,
            site_id=form.site.data.id if form.site.data else None,
        )

    def post_delete(self, item: CalendarPeriod) -> None:
        """The day may be a working day again."""
        services.recompute_deadlines(self.session, self.actor)
