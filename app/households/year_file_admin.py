"""Generated agents' screen of the yearly files: nothing of health, which the role Santé alone opens."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from flask_appbuilder.models.sqla.interface import SQLAInterface
from flask_babel import gettext
from flask_babel import lazy_gettext as _
from markupsafe import Markup, escape

from app.core.admin import AgentView
from app.households import search
from app.households.models import YearFile
from app.households.year_file_words import AUTHORISATIONS, MEALS


def contacts(rows: Sequence[Mapping[str, str]]) -> Markup:
    """Who is called, one a line."""
    lines = (
        " – ".join(
            part for part in (row.get("name"), row.get("relation"), row.get("phone")) if part
        )
        for row in rows
    )
    return Markup("<br>").join(escape(line) for line in lines)


def authorisations(given: Mapping[str, bool]) -> Markup:
    """« photographs: no », one a line; what an agent added is shown by its own word."""
    lines = (
        gettext(
            "%(what)s: %(answer)s",
            what=gettext(AUTHORISATIONS[key]) if key in AUTHORISATIONS else key,
            answer=gettext("yes") if allowed else gettext("no"),
        )
        for key, allowed in given.items()
    )
    return Markup("<br>").join(escape(line) for line in lines)


class YearFileAdmin(AgentView):
    """« /agents/dossiers-annuels »: files that are closed, each of one household."""

    route_base = "/agents/dossiers-annuels"
    datamodel = SQLAInterface(YearFile)
    list_title, show_title = _("Yearly child files"), _("Yearly child file")
    label_columns = {
        "child": _("Child"),
        "household": _("Household"),
        "school_year": _("School year"),
        "school": _("School"),
        "meal_code": _("Meal"),
        "contacts": _("People to call"),
        "authorisations": _("Authorisations"),
        "insurer": _("Insurance company"),
        "insurance_number": _("Contract number"),
        "closed_at": _("File closed on"),
    }
    list_columns = ["child", "household", "school", "school_year", "meal_code", "closed_at"]
    show_columns = [
        "child",
        "household",
        "school",
        "school_year",
        "meal_code",
        "contacts",
        "authorisations",
        "insurer",
        "insurance_number",
        "closed_at",
    ]
    search_columns = [
        "child",
        "household",
        "school",
        "school_year",
        "meal_code",
        "insurer",
        "closed_at",
    ]
    finders = {"household": search.HOUSEHOLD, "child": search.CHILD}
    choice_labels = {"meal_code": MEALS}
    formatters_columns = {"contacts": contacts, "authorisations": authorisations}
    base_order = ("closed_at", "desc")
