"""Generated agents' screens of this room. What changes prices, rights or families goes through services."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask import redirect, url_for
from flask_appbuilder import expose, has_access
from flask_appbuilder.models.sqla.interface import SQLAInterface
from flask_babel import gettext, ngettext
from flask_babel import lazy_gettext as _
from markupsafe import Markup
from sqlalchemy.orm import Session
from wtforms import SelectChoice, SelectField, ValidationError

from app.core import clock
from app.core.admin import AgentView, agent_action
from app.core.admin_lists import Computed, SavedList
from app.core.text import N_
from app.households import incomplete, search, services
from app.households.models import (
    Adult,
    Child,
    Guardianship,
    Household,
    Invitation,
    Level,
    QuotientRecord,
    ResidenceRecord,
    School,
    Schooling,
    SchoolYear,
)

ADDRESS = ["name", "street", "postcode", "city"]


class HouseholdAdmin(AgentView):
    """Households; the detail is the hand-made page."""

    route_base = "/agents/foyers"
    datamodel = SQLAInterface(Household)
    list_title, add_title, edit_title = _("Households"), _("New household"), _("Name and address")
    label_columns = {
        "number": _("Number"),
        "name": _("Household"),
        "street": _("Number and street"),
        "postcode": _("Postcode"),
        "city": _("Town"),
        "exempt_from_cover": _("Exempted from cover"),
        "created_at": _("Created on"),
        "closed_at": _("Closed on"),
    }
    list_columns = ["number", "name", "street", "city", "exempt_from_cover", "created_at"]
    search_columns = ["number", "name", "street", "city", "exempt_from_cover", "closed_at"]
    add_columns = edit_columns = ADDRESS
    base_order = ("name", "asc")

    def create(self, form: Any) -> Household:
        """The number and the wallet come with it."""
        return services.create_household(self.session, self.actor, **_typed(form, ADDRESS))

    def update(self, row: Household, form: Any) -> None:
        """Name and address for letters."""
        services.correct_household(self.session, self.actor, row.id, **_typed(form, ADDRESS))

    @expose("/show/<pk>", methods=["GET"])
    @has_access
    def show(self, pk: str) -> Any:
        """The hand-made page."""
        return redirect(url_for("HouseholdDesk.show", household_id=self.row(pk).id))


class AdultAdmin(AgentView):
    """Adults of every household, to find one."""

    route_base = "/agents/adultes"
    datamodel = SQLAInterface(Adult)
    list_title = _("Adults")
    label_columns = {
        "first_name": _("First name"),
        "last_name": _("Last name"),
        "household": _("Household"),
        "email": _("E-mail"),
        "mobile_phone": _("Mobile phone"),
        "home_phone": _("Home phone"),
    }
    list_columns = ["last_name", "first_name", "household", "email", "mobile_phone"]
    search_columns = ["last_name", "first_name", "email", "mobile_phone", "home_phone"]
    base_order = ("last_name", "asc")

    @expose("/show/<pk>", methods=["GET"])
    @has_access
    def show(self, pk: str) -> Any:
        """The page of the household."""
        return redirect(url_for("HouseholdDesk.show", household_id=self.row(pk).household_id))


def _households(session: Session, child_ids: Sequence[int]) -> dict[int, Markup]:
    """Child → links to its households."""
    link = Markup('<a href="{}">{}</a>')
    return {
        child_id: Markup(", ").join(
            link.format(url_for("HouseholdDesk.show", household_id=key), name)
            for key, name in found
        )
        for child_id, found in incomplete.households_of(session, child_ids).items()
    }


class ChildAdmin(AgentView):
    """Children of every household, to find one."""

    route_base = "/agents/enfants"
    datamodel = SQLAInterface(Child)
    list_title, show_title = _("Children"), _("Child")
    label_columns = {
        "first_name": _("First name"),
        "last_name": _("Last name"),
        "born_on": _("Date of birth"),
        "left_on": _("Left on"),
    }
    list_columns = ["last_name", "first_name", "born_on", "left_on"]
    search_columns = ["last_name", "first_name", "born_on", "left_on"]
    saved = {
        "sans-classe": SavedList(N_("Without a class"), incomplete.without_class),
        "sans-dossier": SavedList(N_("Without a yearly file"), incomplete.without_year_file),
    }
    computed = {
        "school": Computed(_("School and level"), incomplete.schools_of),
        "households": Computed(_("Household"), _households),
    }
    base_order = ("last_name", "asc")

    @expose("/show/<pk>", methods=["GET"])
    @has_access
    def show(self, pk: str) -> Any:
        """The page of the child in its first household, if it has one."""
        child: Child = self.row(pk)
        ties = sorted(child.guardianships, key=lambda tie: tie.id)
        if not ties:
            return super().show(pk)
        return redirect(
            url_for("ChildDesk.show", household_id=ties[0].household_id, child_id=child.id)
        )


class GuardianshipAdmin(AgentView):
    """Ties of children to households."""

    route_base = "/agents/rattachements"
    datamodel = SQLAInterface(Guardianship)
    list_title = _("Ties")
    label_columns = {
        "child": _("Child"),
        "household": _("Household"),
        "can_book": _("May book"),
        "can_pay": _("May pay"),
        "can_see_other": _("May see what the other household booked"),
        "started_on": _("Starting on"),
        "ended_on": _("First day without this child"),
        "restricted_at": _("Restricted since"),
    }
    list_columns = ["child", "household", "started_on", "ended_on", "restricted_at"]
    finders = {"household": search.HOUSEHOLD, "child": search.CHILD}
    search_columns = [
        "child",
        "household",
        "can_book",
        "can_pay",
        "started_on",
        "ended_on",
        "restricted_at",
    ]

    @expose("/show/<pk>", methods=["GET"])
    @has_access
    def show(self, pk: str) -> Any:
        """The page of the child in this household."""
        tie = self.row(pk)
        return redirect(
            url_for("ChildDesk.show", household_id=tie.household_id, child_id=tie.child_id)
        )


class QuotientAdmin(AgentView):
    """History of quotients; adding one prices bookings again."""

    route_base = "/agents/quotients"
    datamodel = SQLAInterface(QuotientRecord)
    list_title, add_title, show_title = (
        _("Quotients"),
        _("Record a quotient"),
        _("Quotient familial"),
    )
    label_columns = {
        "household": _("Household"),
        "quotient": _("Quotient familial (€)"),
        "valid_from": _("Starting on"),
        "valid_until": _("Until, included"),
        "recorded_at": _("Recorded on"),
    }
    description_columns = {"household": _("Number of the household, for example F-0412.")}
    list_columns = ["household", "quotient", "valid_from", "valid_until", "recorded_at"]
    finders = {"household": search.HOUSEHOLD}
    search_columns = ["household", "quotient", "valid_from", "valid_until"]
    add_columns = ["household", "quotient", "valid_from", "valid_until"]
    lookups = {"household": "number"}
    base_order = ("valid_from", "desc")

    def create(self, form: Any) -> QuotientRecord:
        """Through the service, which prices bookings again."""
        facts = _typed(form, ["quotient", "valid_from", "valid_until"])
        household_id = form.household.data.id
        return services.record_quotient(
            self.session, self.actor, household_id, **facts, now=clock.now()
        )


class ResidenceAdmin(AgentView):
    """History of residences; adding one prices bookings again."""

    route_base = "/agents/residences"
    datamodel = SQLAInterface(ResidenceRecord)
    list_title, add_title, show_title = _("Residences"), _("Record the residence"), _("Residence")
    label_columns = {
        "household": _("Household"),
        "is_resident": _("Resident of the commune"),
        "valid_from": _("Starting on"),
        "recorded_at": _("Recorded on"),
    }
    description_columns = {"household": _("Number of the household, for example F-0412.")}
    list_columns = ["household", "is_resident", "valid_from", "recorded_at"]
    finders = {"household": search.HOUSEHOLD}
    search_columns = ["household", "is_resident", "valid_from"]
    add_columns = ["household", "is_resident", "valid_from"]
    lookups = {"household": "number"}
    base_order = ("valid_from", "desc")

    def create(self, form: Any) -> ResidenceRecord:
        """Through the service, which prices bookings again."""
        facts = _typed(form, ["is_resident", "valid_from"])
        household_id = form.household.data.id
        return services.record_residence(
            self.session, self.actor, household_id, **facts, now=clock.now()
        )


class InvitationAdmin(AgentView):
    """Invitations of second adults."""

    route_base = "/agents/invitations"
    datamodel = SQLAInterface(Invitation)
    list_title, show_title = _("Invitations"), _("Invitation")
    label_columns = {
        "email": _("E-mail"),
        "household": _("Household"),
        "created_at": _("Sent on"),
        "expires_at": _("Works until"),
        "accepted_at": _("Accepted on"),
    }
    list_columns = ["email", "household", "created_at", "expires_at", "accepted_at"]
    finders = {"household": search.HOUSEHOLD}
    search_columns = ["household", "email", "created_at", "accepted_at"]

    @agent_action("cancel", N_("Cancel"), confirm=N_("Cancel these invitations?"), icon="x-lg")
    def cancel(self, rows: Sequence[Invitation]) -> str:
        """The links stop working."""
        for row in rows:
            services.cancel_invitation(
                self.session, self.actor, row.household_id, row.id, now=clock.now()
            )
        return ngettext(
            "%(num)d invitation is cancelled.", "%(num)d invitations are cancelled.", len(rows)
        )


class SchoolAdmin(AgentView):
    """Schools of the commune."""

    route_base = "/agents/ecoles"
    datamodel = SQLAInterface(School)
    list_title, add_title, edit_title, show_title = (
        _("Schools"),
        _("New school"),
        _("School"),
        _("School"),
    )
    label_columns = {"name": _("Name"), "address": _("Address")}
    list_columns = ["name", "address"]
    search_columns = ["name"]
    add_columns = edit_columns = ["name", "address"]
    base_order = ("name", "asc")
    deletable = True


class LevelAdmin(AgentView):
    """Levels of schooling."""

    route_base = "/agents/niveaux"
    datamodel = SQLAInterface(Level)
    list_title, add_title, edit_title, show_title = (
        _("Levels"),
        _("New level"),
        _("Level"),
        _("Level"),
    )
    label_columns = {"name": _("Name"), "position": _("Order of age")}
    list_columns = ["position", "name"]
    add_columns = edit_columns = ["name", "position"]
    base_order = ("position", "asc")
    deletable = True


def _ends_after(form: Any, field: Any) -> None:
    if field.data and form.starts_on.data and field.data <= form.starts_on.data:
        raise ValidationError(gettext("The end cannot be before the start."))


class SchoolYearAdmin(AgentView):
    """School years and their zone."""

    route_base = "/agents/annees-scolaires"
    datamodel = SQLAInterface(SchoolYear)
    list_title, add_title, edit_title, show_title = (
        _("School years"),
        _("New school year"),
        _("School year"),
        _("School year"),
    )
    label_columns = {
        "label": _("School year"),
        "starts_on": _("First day"),
        "ends_on": _("Last day"),
        "zone": _("Holiday zone"),
    }
    description_columns = {"label": _("For example 2026-2027.")}
    list_columns = ["label", "starts_on", "ends_on", "zone"]
    add_columns = edit_columns = ["label", "starts_on", "ends_on", "zone"]
    form_fields = {
        "zone": SelectField(
            _("Holiday zone"), choices=[SelectChoice(zone, zone) for zone in "ABC"]
        ),
    }
    validators_columns = {"ends_on": [_ends_after]}
    base_order = ("starts_on", "desc")


class SchoolingAdmin(AgentView):
    """Who goes to which school; a first one is written on the child's page."""

    route_base = "/agents/scolarites"
    datamodel = SQLAInterface(Schooling)
    list_title, edit_title, show_title = _("Schoolings"), _("Schooling"), _("Schooling")
    label_columns = {
        "child": _("Child"),
        "school_year": _("School year"),
        "school": _("School"),
        "level": _("Level"),
    }
    list_columns = ["child", "school_year", "school", "level"]
    finders = {"child": search.CHILD}
    search_columns = ["child", "school_year", "school", "level"]
    edit_columns = ["school", "level"]


def _typed(form: Any, names: Sequence[str]) -> dict[str, Any]:
    return {name: form[name].data for name in names}
