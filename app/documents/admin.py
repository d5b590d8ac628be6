"""Generated agents' screens of this room."""

from __future__ import annotations

from typing import Any

from flask_appbuilder.models.sqla.interface import SQLAInterface
from flask_babel import lazy_gettext as _
from wtforms import IntegerField, StringField
from wtforms.validators import InputRequired, Length, NumberRange, Optional, Regexp

from app.core.admin import AgentView
from app.core.text import N_
from app.documents.errors import NeedsMonths
from app.documents.models import AskedOf, DocumentType, Owner, Validity


class DocumentTypeAdmin(AgentView):
    """« Pièces »: what may be asked of families, of whom, and for how long it is good."""

    route_base = "/agents/pieces"
    datamodel = SQLAInterface(DocumentType)
    list_title, add_title, edit_title, show_title = (
        _("Kinds of documents"),
        _("New kind of document"),
        _("Kind of document"),
        _("Kind of document"),
    )
    label_columns = {
        "code": _("Code"),
        "name": _("Name"),
        "help": _("Help for the family"),
        "owner": _("Given for"),
        "validity": _("Good until"),
        "validity_months": _("Number of months"),
        "asked_of": _("Asked of"),
        "is_health": _("Health data"),
        "is_active": _("In use"),
        "position": _("Place in the list"),
    }
    description_columns = {
        "help": _("What the document must show, and where to find it."),
        "validity_months": _("For a document that is good for some months."),
    }
    choice_labels = {
        "owner": {Owner.CHILD: N_("each child"), Owner.HOUSEHOLD: N_("the household")},
        "validity": {
            Validity.MONTHS: N_("some months after it was given"),
            Validity.SCHOOL_YEAR: N_("the end of the school year"),
            Validity.DATE: N_("the date written on it"),
            Validity.UNLIMITED: N_("no end"),
        },
        "asked_of": {
            AskedOf.NOBODY: N_("those who need it"),
            AskedOf.EVERY_HOUSEHOLD: N_("every household"),
            AskedOf.EVERY_CHILD: N_("every child"),
        },
    }
    form_fields = {
        "code": StringField(
            _("Code"),
            [
                InputRequired(_("Fill in this field.")),
                Length(max=40, message=_("At most %(max)d characters.")),
                Regexp(r"[a-z][a-z0-9_]*\Z", message=_("Small letters, digits and “_” only.")),
            ],
            description=_("The name that definitions of démarches use; it does not change."),
        ),
        "validity_months": IntegerField(
            _("Number of months"),
            [Optional(), NumberRange(1, 120, _("From %(min)s to %(max)s."))],
            description=_("For a document that is good for some months."),
        ),
    }
    list_columns = ["name", "owner", "validity", "asked_of", "is_health", "is_active"]
    show_columns = ["code", "name", "help", "owner", "validity", "validity_months", "asked_of"]
    search_columns = ["name", "is_active"]
    edit_columns = [
        "name",
        "help",
        "validity",
        "validity_months",
        "asked_of",
        "position",
        "is_active",
    ]
    add_columns = ["code", "owner", "is_health", *edit_columns]
    base_order = ("position", "asc")

    def create(self, form: Any) -> DocumentType:
        """Whose it is and whether it is about health never change afterwards."""
        row = DocumentType(
            code=form.code.data, owner=form.owner.data, is_health=form.is_health.data
        )
        self.update(row, form)
        return row

    def update(self, row: DocumentType, form: Any) -> None:
        """Months go with the validity that counts them; « every child » with a child's document."""
        counted = form.validity.data is Validity.MONTHS
        if counted and not form.validity_months.data:
            raise NeedsMonths
        row.name, row.help = form["name"].data, form.help.data or ""
        row.validity = form.validity.data
        row.validity_months = form.validity_months.data if counted else None
        row.asked_of = form.asked_of.data
        row.position, row.is_active = form.position.data or 0, form.is_active.data
        self.session.add(row)
        self.session.flush()
