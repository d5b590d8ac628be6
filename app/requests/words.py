"""A definition in an agent's words: the names of what it holds, and where a fault is.

The values are texts to translate (``N_``): the pages and the schema say them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from flask_babel import gettext as _

from app.core.dates import capfirst
from app.core.text import N_
from app.requests.catalogue import TITLES
from app.requests.comparing import differences
from app.requests.definition import Audience, Definition, Kind, Once, Silence, Theme
from app.requests.errors import Fault, Reason

THEMES: Mapping[Theme, str] = {theme: title for theme, (title, _icon) in TITLES.items()}
SERVICES: Mapping[str, str] = {
    "school": N_("School service"),
    "care": N_("After-school service"),
    "camps": N_("Holiday camps service"),
}
AUDIENCES: Mapping[Audience, str] = {
    Audience.ACCOUNT: N_("Families with an account (@)"),
    Audience.PUBLIC: N_("Everybody, without login"),
}
ONCE: Mapping[Once, str] = {
    Once.FREE: N_("As often as wished"),
    Once.HOUSEHOLD: N_("One at a time per household"),
    Once.CHILD: N_("One at a time per child"),
    Once.CHILD_YEAR: N_("Once per child and school year"),
}
SILENCE: Mapping[Silence, str] = {
    Silence.NOTHING: N_("Nothing"),
    Silence.ACCEPTED: N_("Silence means acceptance"),
    Silence.REFUSED: N_("Silence means refusal"),
}
KINDS: Mapping[Kind, str] = {
    Kind.TEXT: N_("Short text"),
    Kind.LONG_TEXT: N_("Long text"),
    Kind.INTEGER: N_("Whole number"),
    Kind.AMOUNT: N_("Amount in euros"),
    Kind.DATE: N_("Date"),
    Kind.CHOICE: N_("One choice of a list"),
    Kind.CHOICES: N_("Several choices of a list"),
    Kind.YES_NO: N_("Yes or no"),
    Kind.CHILD: N_("Child of the household"),
    Kind.ADULT: N_("Adult of the household"),
    Kind.SCHOOL_LEVEL: N_("School and level"),
    Kind.SCHOOL_YEAR: N_("School year"),
    Kind.ADDRESS: N_("Postal address"),
    Kind.PHONE: N_("Telephone number"),
    Kind.EMAIL: N_("E-mail address"),
    Kind.IBAN: N_("IBAN"),
    Kind.FILE: N_("File to provide"),
    Kind.STATEMENT: N_("Statement to accept"),
    Kind.GROUP: N_("Repeated lines"),
}
PREFILLS: Mapping[str, tuple[Kind, str]] = {
    "account.email": (Kind.EMAIL, N_("The e-mail of the account")),
    "adult.id": (Kind.ADULT, N_("The adult who asks")),
    "adult.first_name": (Kind.TEXT, N_("The adult’s first name")),
    "adult.last_name": (Kind.TEXT, N_("The adult’s last name")),
    "adult.email": (Kind.EMAIL, N_("The adult’s e-mail")),
    "adult.mobile_phone": (Kind.PHONE, N_("The adult’s mobile telephone")),
    "household.address": (Kind.ADDRESS, N_("The address of the household")),
    "child.id": (Kind.CHILD, N_("The child of the request")),
    "child.first_name": (Kind.TEXT, N_("The child’s first name")),
    "child.last_name": (Kind.TEXT, N_("The child’s last name")),
    "child.born_on": (Kind.DATE, N_("The child’s date of birth")),
    "school_year.current": (Kind.SCHOOL_YEAR, N_("The current school year")),
}
"""The prefills that agents may choose, for which kind of field; the others belong to built-in démarches."""
KEYS: Mapping[str, str] = {
    "format": N_("Format"),
    "title": N_("Title"),
    "theme": N_("Theme"),
    "service": N_("Service in charge"),
    "summary": N_("Summary"),
    "text": N_("Presentation"),
    "audience": N_("Who may ask"),
    "once": N_("How often"),
    "opens_on": N_("Opens on"),
    "closes_on": N_("Closes on"),
    "documents": N_("Documents asked for"),
    "effect": N_("Effect on closing"),
    "closes_itself": N_("Closed by the portal at once"),
    "page": N_("Page of its own"),
    "delay_days": N_("Delay to answer, in days"),
    "silence": N_("Without an answer in time"),
    "steps": N_("Steps"),
    "key": N_("Key"),
    "kind": N_("Kind of field"),
    "label": N_("Label"),
    "help": N_("Help"),
    "required": N_("Mandatory"),
    "private": N_("Health"),
    "choices": N_("Choices"),
    "choices_from": N_("Choices known to the portal"),
    "show_if": N_("Condition"),
    "prefill": N_("Prefilled with"),
    "document_type": N_("Kind of document"),
    "minimum": N_("Smallest value"),
    "maximum": N_("Largest value"),
    "max_length": N_("Most characters"),
    "max_rows": N_("Most lines"),
    "fields": N_("Fields"),
    "field": N_("Field"),
    "values": N_("Values"),
    "value": N_("Value"),
}
"""Name of a key of the JSON → what agents read."""

PART = re.compile(r"([^.\[\]]+)(?:\[(\d{1,3})\])?")


def said(raw: Any, reason: Reason) -> str:
    """« Étape 2, champ « Régime » : ajoutez les choix. » ``raw``: the definition's JSON, however bad."""
    place, text = where(raw, reason.place), _(reason.text, **reason.facts)
    return f"{place}{_(': ')}{text}" if place else text


def where(raw: Any, place: str) -> str:
    """« Étape 2, champ « Régime » »; empty for the whole."""
    node, parts, inner = raw, [], False
    for name, rank in PART.findall(place):
        node = node.get(name) if isinstance(node, Mapping) else None
        if not rank:
            parts.append(_(KEYS[name]).lower() if name in KEYS else _("“%(name)s”", name=name))
            continue
        node = node[int(rank)] if isinstance(node, list) and int(rank) < len(node) else None
        parts.append(_row(f"{name} {inner}" if name == "fields" else name, int(rank) + 1, node))
        inner = inner or name == "fields"
    return capfirst(", ".join(parts))


LABELLED = {"fields False": N_("field “%(label)s”"), "fields True": N_("column “%(label)s”")}
NUMBERED = {
    "steps": N_("step %(number)d"),
    "fields False": N_("field %(number)d"),
    "fields True": N_("column %(number)d"),
    "documents": N_("document %(number)d"),
    "choices": N_("choice %(number)d"),
    "values": N_("value %(number)d"),
}
LINE = N_("line %(number)d")
"""A row of a list; « True »: of a field in a field, a group's column."""


def _row(name: str, number: int, node: Any) -> str:
    label = node.get("label") if isinstance(node, Mapping) else None
    if name in LABELLED and isinstance(label, str) and label.strip():
        return _(LABELLED[name], label=label[:60])
    return _(NUMBERED.get(name, LINE), number=number)


def changes_between(old: Definition | None, new: Definition) -> list[str]:
    """What changed, in words; a first version is said as such."""
    if old is None:
        return [_("First version.")]
    return [_change(one) for one in differences(old, new)]


def _change(fault: Fault) -> str:
    keys = ", ".join(_(KEYS[key]).lower() for key in fault.facts.get("keys", ()))
    return str(_(fault.text, **{**fault.facts, "keys": keys}))
