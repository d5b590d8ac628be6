"""Reading a definition from JSON: every fault is collected, with its place, in one pass.

Each reader carries the JSON Schema of what it accepts, so that the schema that agents download
(``app.requests.schema``) cannot say anything else.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import MISSING, dataclass
from datetime import date
from enum import StrEnum
from typing import Any

from app.core.text import N_
from app.requests.definition import (
    FORMAT,
    Audience,
    Choice,
    Condition,
    Definition,
    Field,
    Kind,
    NeededDocument,
    Once,
    Silence,
    Step,
    Theme,
)
from app.requests.errors import BadDefinition, Reason

LIST_MAX = 200
NUMBER_MAX = 10**9
WORD = re.compile(r"[A-Za-z0-9][A-Za-z0-9_]{0,39}")
"""A key. Names that begin with « _ » are those of the wizard's own controls."""
CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]")
NO_CONTROL = r"^[^\u0000-\u0008\u000b\u000c\u000e-\u001f]*$"
BREAKS = re.compile(r"[\t\r\n]+")
DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


class Faults(list[Reason]):
    """What is wrong, and where."""

    def add(self, place: str, text: str, **facts: Any) -> None:
        """One more, at this place."""
        self.append(Reason(place, text, facts))


@dataclass(frozen=True)
class Reader:
    """How one value is read; ``schema`` says the same in JSON Schema."""

    read: Callable[[Faults, str, Any], Any]
    schema: Mapping[str, Any]


def read(values: Any) -> Definition:
    """The definition, or BadDefinition with all its faults."""
    faults = Faults()
    found: Definition | None = DEFINITION.read(faults, "", values)
    if faults or found is None:
        raise BadDefinition(faults)
    return found


def _text(limit: int, *, lines: bool = False) -> Reader:
    """On one line, or on several: a title goes into the subject of e-mails."""

    def read(faults: Faults, place: str, value: Any) -> str:
        if not isinstance(value, str) or len(value) > limit or CONTROL.search(value):
            faults.add(place, N_("A text of %(max)d characters at the most."), max=limit)
            return ""
        return value.strip() if lines else BREAKS.sub(" ", value).strip()

    return Reader(read, {"type": "string", "maxLength": limit, "pattern": NO_CONTROL})


def _read_word(faults: Faults, place: str, value: Any) -> str:
    if not isinstance(value, str) or not WORD.fullmatch(value):
        faults.add(place, N_("A word of 40 letters without accents, digits and _ at the most."))
        return ""
    return value


def _number(*, empty: bool = True) -> Reader:
    def read(faults: Faults, place: str, value: Any) -> int | None:
        if value is None and empty:
            return None
        if isinstance(value, bool) or not isinstance(value, int) or abs(value) > NUMBER_MAX:
            faults.add(place, N_("A whole number."))
            return None
        return value

    kinds = ["integer", "null"] if empty else "integer"
    return Reader(read, {"type": kinds, "minimum": -NUMBER_MAX, "maximum": NUMBER_MAX})


def _read_format(faults: Faults, place: str, value: Any) -> int:
    if isinstance(value, bool) or value != FORMAT:
        faults.add(place, N_("This file is of another format than this portal's."))
    return FORMAT


def _read_flag(faults: Faults, place: str, value: Any) -> bool:
    if not isinstance(value, bool):
        faults.add(place, N_("True or false."))
    return bool(value)


def _read_day(faults: Faults, place: str, value: Any) -> date | None:
    if value is None:
        return None
    try:
        return date.fromisoformat(value if DAY.fullmatch(value) else "")
    except (TypeError, ValueError):
        faults.add(place, N_("A date like 2027-09-01."))
        return None


def _one_of(kind: type[StrEnum]) -> Reader:
    values = [one.value for one in kind]

    def read(faults: Faults, place: str, value: Any) -> StrEnum:
        if value not in values:
            faults.add(place, N_("One of: %(values)s."), values=", ".join(filter(None, values)))
            return next(iter(kind))
        return kind(value)

    return Reader(read, {"enum": values})


def _list(inner: Reader) -> Reader:
    def read(faults: Faults, place: str, value: Any) -> tuple[Any, ...]:
        if not isinstance(value, list) or len(value) > LIST_MAX:
            faults.add(place, N_("A list of %(max)d lines at the most."), max=LIST_MAX)
            return ()
        read_all = (inner.read(faults, f"{place}[{rank}]", one) for rank, one in enumerate(value))
        return tuple(one for one in read_all if one is not None)

    return Reader(read, {"type": "array", "maxItems": LIST_MAX, "items": inner.schema})


def _made(kind: type[Any], readers: Mapping[str, Reader]) -> Reader:
    """Reads an object of ``kind``: unknown keys and missing ones are faults."""
    mandatory = [one.name for one in kind.__dataclass_fields__.values() if one.default is MISSING]

    def read(faults: Faults, place: str, value: Any) -> Any:
        if not isinstance(value, Mapping):
            faults.add(place, N_("A group of named values is expected."))
            return None
        at = f"{place}." if place else ""
        for key in sorted(str(key)[:40] for key in value if key not in readers):
            faults.add(f"{at}{key}", N_("This name is unknown."))
        missing = [key for key in mandatory if key not in value]
        for key in missing:
            faults.add(f"{at}{key}", N_("This is missing."))
        found = {
            key: reader.read(faults, f"{at}{key}", value[key])
            for key, reader in readers.items()
            if key in value
        }
        return None if missing else kind(**found)

    return Reader(
        read,
        {
            "type": "object",
            "title": kind.__name__,
            "properties": {key: reader.schema for key, reader in readers.items()},
            "required": mandatory,
            "additionalProperties": False,
        },
    )


def _or_nothing(inner: Reader) -> Reader:
    def read(faults: Faults, place: str, value: Any) -> Any:
        return None if value is None else inner.read(faults, place, value)

    return Reader(read, {"anyOf": [{"type": "null"}, inner.schema]})


SHORT, TITLE, LONG = _text(200), _text(120), _text(5000, lines=True)
WORDED = Reader(_read_word, {"type": "string", "pattern": f"^{WORD.pattern}$"})
FLAG = Reader(_read_flag, {"type": "boolean"})
NUMBER = _number()
ISO_DAY = Reader(
    _read_day, {"type": ["string", "null"], "format": "date", "pattern": f"^{DAY.pattern}$"}
)
CONDITION = _or_nothing(_made(Condition, {"field": WORDED, "values": _list(SHORT)}))
CHOICE = _made(Choice, {"value": WORDED, "label": SHORT})
FIELD: dict[str, Reader] = {
    "key": WORDED,
    "kind": _one_of(Kind),
    "label": SHORT,
    "help": LONG,
    "required": FLAG,
    "private": FLAG,
    "choices": _list(CHOICE),
    "choices_from": SHORT,
    "show_if": CONDITION,
    "prefill": SHORT,
    "document_type": SHORT,
    "minimum": NUMBER,
    "maximum": NUMBER,
    "max_length": NUMBER,
    "max_rows": _number(empty=False),
}
STEP = {
    "key": WORDED,
    "title": TITLE,
    "help": LONG,
    "show_if": CONDITION,
    "fields": _list(_made(Field, {**FIELD, "fields": _list(_made(Field, FIELD))})),
}
NEEDED = {"document_type": SHORT, "required": FLAG, "show_if": CONDITION}
DEFINITION = _made(
    Definition,
    {
        "format": Reader(_read_format, {"const": FORMAT}),
        "title": TITLE,
        "theme": _one_of(Theme),
        "service": WORDED,
        "summary": _text(300),
        "text": LONG,
        "audience": _one_of(Audience),
        "once": _one_of(Once),
        "opens_on": ISO_DAY,
        "closes_on": ISO_DAY,
        "documents": _list(_made(NeededDocument, NEEDED)),
        "effect": SHORT,
        "closes_itself": FLAG,
        "page": SHORT,
        "delay_days": NUMBER,
        "silence": _one_of(Silence),
        "steps": _list(_made(Step, STEP)),
    },
)
