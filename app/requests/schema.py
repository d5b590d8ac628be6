"""The JSON Schema (Draft 2020-12) of a definition: what the readers accept, with words for people.

What it cannot say (a condition that looks at a later field, an effect without its fields) is said
when a definition is published (``app.requests.rules.checks``).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from app.core.text import N_
from app.requests.reading import DEFINITION
from app.requests.words import KEYS

DIALECT = "https://json-schema.org/draft/2020-12/schema"
NOTES: Mapping[str, Mapping[str, str]] = {
    "Definition": {
        "": N_("A request that families may make, as the agents’ designer exports and imports it."),
        "format": N_("Always 1."),
        "theme": N_("Where it stands on the home page."),
        "service": N_("Who answers: school, care or camps."),
        "summary": N_("One sentence under the title."),
        "text": N_("What families read before they begin."),
        "audience": N_("account: families with an account; public: everybody, without login."),
        "once": N_("How many requests at a time."),
        "opens_on": N_("First day, like 2027-09-01; null for no limit."),
        "closes_on": N_("Last day, included; null for no limit."),
        "effect": N_("Name of what closing does; empty for nothing."),
        "closes_itself": N_("true: no agent is needed."),
        "page": N_("Only for requests that come with the portal."),
        "delay_days": N_("Legal delay to answer."),
        "silence": N_("What the law makes of no answer in time; empty for nothing."),
    },
    "Step": {"": N_("One page of the request."), "key": N_("Unique among the steps.")},
    "Field": {
        "": N_("One question."),
        "key": N_("Unique among all the fields, or among the columns of a group."),
        "private": N_("true: health data, sealed, read by the role Health alone."),
        "choices": N_("For the kinds choice and choices."),
        "choices_from": N_("Name of a list that the portal knows, in place of choices."),
        "prefill": N_("Name of what is already known; empty for nothing."),
        "document_type": N_("For the kind file: code of a kind of document."),
        "minimum": N_("Whole number, or cents of an amount."),
        "maximum": N_("Whole number, or cents of an amount."),
        "max_length": N_("Between 1 and 5,000 characters."),
        "fields": N_("For the kind group: its columns."),
        "max_rows": N_("For the kind group: between 1 and 50."),
    },
    "Choice": {
        "": N_("One choice of a list."),
        "value": N_("What is kept; it stays when the label changes."),
    },
    "Condition": {
        "": N_("Shown only when an earlier field has one of these values."),
        "field": N_("Key of an earlier field."),
        "values": N_("Values of the choices, or yes and no."),
    },
    "NeededDocument": {"": N_("A document that the household gives before submission.")},
}
"""Kind of object → its keys (empty: itself) → what is said of them."""


def schema(say: Callable[[str], str]) -> dict[str, Any]:
    """The schema, its words through ``say`` (gettext)."""
    return {"$schema": DIALECT, **_worded(DEFINITION.schema, say)}


def _worded(part: Any, say: Callable[[str], str]) -> Any:
    """The same schema, each object and each of its keys with a title and a description."""
    if isinstance(part, list):
        return [_worded(one, say) for one in part]
    if not isinstance(part, Mapping):
        return part
    made = {name: _worded(value, say) for name, value in part.items()}
    if isinstance(made.get("title"), str):  # an object's, not the key « title » of a definition
        notes = NOTES[made.pop("title")]
        made["description"] = say(notes[""])
        made["properties"] = {
            key: {
                **_said("title", KEYS.get(key), say),
                **_said("description", notes.get(key), say),
                **one,
            }
            for key, one in made["properties"].items()
        }
    return made


def _said(name: str, text: str | None, say: Callable[[str], str]) -> dict[str, str]:
    return {name: say(text)} if text else {}
