"""What templates may call, and how a refusal or an error becomes a page.

Other rooms use: ``sentence(error)``, ``flash_refusal(error)``, ``attach(form, field, error)``,
``takes_uploads``; the registry fills ``shell_facts`` (what the header shows).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from flask import Flask, abort, current_app, g, request, session
from flask_babel import get_locale, ngettext
from flask_login import current_user
from werkzeug.routing import IntegerConverter, Map
from wtforms import FieldList, FormField
from wtforms.widgets import ListWidget

from app.core import accent, agent_screens, assets, clock, dates, error_pages
from app.core.admin_fields import INT_MAX
from app.core.money import euros, figure
from app.core.refusals import attach as attach
from app.core.refusals import flash_refusal as flash_refusal
from app.core.refusals import sentence as sentence
from app.core.text import N_

UPLOAD_LIMIT = 13_000_000
"""Bytes of a request that carries a file (product.md §5.7); any other stops at 1 MB."""


class Tab(NamedTuple):
    """One tab of the family's header."""

    key: str
    label: str
    icon: str


TABS = (
    Tab("home", N_("Home"), "house-door"),
    Tab("requests", N_("My requests"), "card-checklist"),
    Tab("agenda", N_("Agenda"), "calendar3"),
    Tab("payments", N_("Payments"), "wallet2"),
    Tab("profile", N_("My profile"), "person"),
)
FOOTER = (
    ("contact", N_("Contact us")),
    ("faq", N_("Frequently asked questions")),
    ("terms", N_("Terms of use")),
    ("privacy", N_("Personal data")),
    ("accessibility", N_("Accessibility")),
)
PLACES = {
    "home": "/",
    "requests": "/demandes/",
    "agenda": "/agenda/",
    "year_file": "/demarches/dossier-annuel-enfant",
    "payments": "/paiements/",
    "tax_certificate": "/paiements/attestation-fiscale",
    "statement": "/paiements/releve",
    "profile": "/profil/",
    "household_update": "/profil/mettre-a-jour",
    "attach_child": "/demarches/rattacher-un-enfant",
    "options": "/profil/options",
    "my_data": "/profil/donnees/",
    "messages": "/messages/",
    "login": "/login/",
    "logout": "/logout/",
    "contact": "/contact",
    "faq": "/faq",
    "terms": "/conditions-generales",
    "rules": "/reglement-interieur",
    "privacy": "/donnees-personnelles",
    "accessibility": "/accessibilite",
    "back_office": "/agents/",
    "search": "/agents/recherche/",
}
"""Where the shell's links lead: one path per place, so that a page renders whatever room is there."""


@dataclass(frozen=True)
class Shell:
    """What the header and the footer show, beside the account itself."""

    commune: str = ""
    logo_url: str = ""
    accent_url: str = ""
    """``accent.url(colour)`` of the commune's own accent, empty for lake blue."""
    unread: int = 0
    counts: dict[str, int] = field(default_factory=dict)
    """Figures beside entries of the agents' menu, by name of the entry."""


shell_facts: list[Callable[[], dict[str, Any]]] = []
"""Each gives some of Shell's fields; asked once per page, only when a page is rendered."""


def init_app(app: Flask) -> None:
    """Register filters, globals, limits of size and error pages."""
    env = app.jinja_env
    env.filters.update(
        euros=euros,
        figure=figure,
        day=dates.day,
        near_day=dates.near_day,
        hour=dates.hour,
        moment=dates.moment,
        capfirst=dates.capfirst,
        initials=initials,
    )
    env.globals.update(
        TABS=TABS,
        FOOTER=FOOTER,
        shell=shell,
        place=place,
        theme=theme,
        lang=lang,
        is_family=is_family,
        page_numbers=page_numbers,
        form_errors=form_errors,
        is_list=is_list,
        plural=ngettext,
        today=clock.today,
        is_routed=is_routed,
        roles_of=roles_of,
    )
    app.url_map.converters["int"] = RowNumber
    accent.init_app(app)
    assets.init_app(app)
    agent_screens.init_app(app)
    error_pages.init_app(app)
    app.url_value_preprocessor(_refuse_control_characters)
    app.url_value_preprocessor(_raise_upload_limit)


# ---- Shell -------------------------------------------------------------------------------------


def shell() -> Shell:
    """The facts of this request's header, asked once."""
    if "shell" not in g:
        merged: dict[str, Any] = {"commune": current_app.config.get("COMMUNE_NAME", "")}
        for facts in shell_facts:
            merged.update(facts())
        g.shell = Shell(**merged)
    return g.shell


def place(key: str) -> str:
    """The path of one of ``PLACES``, below the prefix of a reverse proxy."""
    return f"{request.script_root}{PLACES[key]}"


def is_routed(key: str) -> bool:
    """Whether a page answers at one of ``PLACES``."""
    adapter = current_app.url_map.bind("")
    return adapter.test(PLACES[key])


def roles_of(account: Any) -> str:
    """The names of an account's roles, for the agents' header."""
    return ", ".join(sorted(role.name for role in account.roles))


def theme() -> str:
    """« light » or « dark » when the account chose one, else empty (the script follows the system)."""
    chosen = request.cookies.get("theme", "")
    return chosen if chosen in {"light", "dark"} else ""


def lang() -> str:
    """Language of the page, for ``<html lang>``."""
    return str(get_locale() or "fr").split("_")[0]


def is_family() -> bool:
    """Whether the page is for an account that belongs to a household."""
    return bool(
        current_user.is_authenticated and getattr(current_user, "household_id", None) is not None
    )


def initials(name: str) -> str:
    """« CM » for « Camille Martin », two letters at most."""
    words = [word for word in name.replace("-", " ").split() if word[0].isalpha()]
    return "".join(word[0] for word in (words[:1] + words[1:][-1:])).upper()


# ---- Forms and lists ---------------------------------------------------------------------------


class FieldError(NamedTuple):
    """One line of the error summary; ``anchor`` is empty when no field is at fault."""

    anchor: str
    label: str
    message: str


def form_errors(form: Any) -> list[FieldError]:
    """Every error of a WTForms form in the order of its fields, for the summary."""
    whole = [FieldError("", "", str(message)) for message in form.form_errors]
    return whole + [line for item in form for line in _field_errors(item)]


def _field_errors(item: Any) -> Iterator[FieldError]:
    if isinstance(item, FormField | FieldList):
        if isinstance(item, FieldList):
            for message in item.errors:
                if isinstance(message, str):  # of the list itself; its rows say their own
                    yield FieldError(str(item.id), str(item.label.text), message)
        for inner in item:
            yield from _field_errors(inner)
    elif item.type == "CSRFTokenField":
        yield from (FieldError("", "", str(message)) for message in item.errors)
    else:
        for message in item.errors:
            yield FieldError(anchor_of(item), str(item.label.text), str(message))


def is_list(item: Any) -> bool:
    """Whether a field is drawn as radios or boxes, one line each."""
    return isinstance(item.widget, ListWidget)


def anchor_of(item: Any) -> str:
    """The id of the control that a link of the summary reaches (the first one of a group)."""
    grouped = is_list(item) or item.type.endswith("SelectMultipleField")
    return f"{item.id}-0" if grouped else str(item.id)


def page_numbers(page: int, pages: int) -> list[int | None]:
    """Pages to offer around ``page`` (1-based); None stands for a gap."""
    near = sorted({1, pages, *range(max(1, page - 1), min(pages, page + 1) + 1)})
    numbers: list[int | None] = []
    for before, number in zip([0, *near], near, strict=False):
        if number - before > 1 and before:
            numbers.append(None)
        numbers.append(number)
    return numbers


# ---- Addresses -------------------------------------------------------------------------------------


class RowNumber(IntegerConverter):
    """« <int:…> » of an address: a number that the database has no place for is no page."""

    def __init__(self, url_map: Map, **limits: Any) -> None:
        super().__init__(url_map, **{"max": INT_MAX} | limits)


def _refuse_control_characters(endpoint: str | None, values: dict[str, Any] | None) -> None:
    """« /demarches/%00 »: no row is called so, and PostgreSQL does not even compare it."""
    if any(isinstance(one, str) and not one.isprintable() for one in (values or {}).values()):
        abort(404)


# ---- Size of requests --------------------------------------------------------------------------


def takes_uploads(page: Any) -> Any:
    """Mark a page that receives a file: requests of who is signed in may weigh ``UPLOAD_LIMIT``."""
    page.takes_uploads = True
    return page


def _raise_upload_limit(endpoint: str | None, values: dict[str, Any] | None) -> None:
    # Runs before any before_request function, so before the form is read.
    view = current_app.view_functions.get(endpoint or "")
    if getattr(view, "takes_uploads", False) and "_user_id" in session:
        request.max_content_length = UPLOAD_LIMIT
