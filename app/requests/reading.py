"""Reading a definition from JSON: every fault is collected, with its place, in one pass."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import MISSING
from datetime import date
from enum import StrEnum
from typing import Any, TypeVar

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
from app.requests.errors import BadDefinition

Reader = Callable[["Faults", str, Any], Any]
Made = TypeVar("Made")


class Faults(list[str]):
    """What is wrong, « steps[0].fields[2].kind: unknown value »."""

    def add(self, place: str, why: str) -> None:
        """One more, at this place."""
        self.append(f"{place}: {why}")


def read(values: Mapping[str, Any]) -> Definition:
    """The definition, or BadDefinition with all its faults."""
    faults = Faults()
    found: Definition | None = _made(Definition, DEFINITION)(faults, "", values)
    if found is not None and found.format != FORMAT:
        faults.add("format", f"expected {FORMAT}")
    if faults or found is None:
        raise BadDefinition(faults)
    return found


def _text(limit: int) -> Reader:
    def reader(faults: Faults, place: str, value: Any) -> str:
        if not isinstance(value, str) or len(value) > limit or "\x00" in value:
            faults.add(place, f"text of {limit} characters at the most")
            return ""
        return value.strip()

    return reader


def _word(faults: Faults, place: str, value: Any) -> str:
    if not isinstance(value, str) or not value.isascii() or not value.replace("_", "a").isalnum():
        faults.add(place, "letters without accents, digits and _")
        return ""
    return str(_text(40)(faults, place, value))


def _number(faults: Faults, place: str, value: Any) -> int | None:
    if value is not None and (not isinstance(value, int) or isinstance(value, bool)):
        faults.add(place, "whole number")
        return None
    return value


def _flag(faults: Faults, place: str, value: Any) -> bool:
    if not isinstance(value, bool):
        faults.add(place, "true or false")
    return bool(value)


def _day(faults: Faults, place: str, value: Any) -> date | None:
    try:
        return date.fromisoformat(value) if value is not None else None
    except (TypeError, ValueError):
        faults.add(place, "date like 2027-09-01")
        return None


def _one_of(kind: type[StrEnum]) -> Reader:
    def reader(faults: Faults, place: str, value: Any) -> StrEnum:
        try:
            return kind(value)
        except ValueError:
            faults.add(place, "one of " + ", ".join(f"“{one.value}”" for one in kind))
            return next(iter(kind))

    return reader


def _list(inner: Reader) -> Reader:
    def reader(faults: Faults, place: str, value: Any) -> tuple[Any, ...]:
        if not isinstance(value, list) or len(value) > 200:
            faults.add(place, "list of 200 at the most")
            return ()
        read_all = (inner(faults, f"{place}[{rank}]", one) for rank, one in enumerate(value))
        return tuple(one for one in read_all if one is not None)

    return reader


def _made(
    kind: type[Made], keys: Mapping[str, Reader]
) -> Callable[[Faults, str, Any], Made | None]:
    """Reads an object of ``kind``: unknown keys and missing ones are faults."""

    def reader(faults: Faults, place: str, value: Any) -> Made | None:
        if value is None and place.endswith("show_if"):
            return None
        if not isinstance(value, Mapping):
            faults.add(place or "file", "object")
            return None
        at = f"{place}." if place else ""
        for key in sorted(set(value) - set(keys)):
            faults.add(f"{at}{key}", "unknown key")
        missing = [key for key in _mandatory(kind) if key not in value]
        for key in missing:
            faults.add(f"{at}{key}", "missing")
        read_keys = {
            key: keys[key](faults, f"{at}{key}", value[key]) for key in keys if key in value
        }
        return None if missing else kind(**read_keys)

    return reader


def _mandatory(kind: type[Any]) -> list[str]:
    fields = kind.__dataclass_fields__.values()
    return [one.name for one in fields if one.default is MISSING]


SHORT, TITLE, LONG = _text(200), _text(120), _text(5000)
CONDITION = _made(Condition, {"field": _word, "values": _list(SHORT)})
CHOICE = _made(Choice, {"value": _word, "label": SHORT})
FIELD: dict[str, Reader] = {
    "key": _word,
    "kind": _one_of(Kind),
    "label": SHORT,
    "help": LONG,
    "required": _flag,
    "private": _flag,
    "choices": _list(CHOICE),
    "show_if": CONDITION,
    "prefill": SHORT,
    "document_type": SHORT,
    "minimum": _number,
    "maximum": _number,
    "max_length": _number,
    "max_rows": _number,
}
COLUMN = _made(Field, FIELD)
STEP = {
    "key": _word,
    "title": TITLE,
    "help": LONG,
    "show_if": CONDITION,
    "fields": _list(_made(Field, {**FIELD, "fields": _list(COLUMN)})),
}
NEEDED = {"document_type": SHORT, "required": _flag, "show_if": CONDITION}
DEFINITION: dict[str, Reader] = {
    "format": _number,
    "title": TITLE,
    "theme": _one_of(Theme),
    "service": _word,
    "summary": _text(300),
    "text": LONG,
    "audience": _one_of(Audience),
    "once": _one_of(Once),
    "opens_on": _day,
    "closes_on": _day,
    "documents": _list(_made(NeededDocument, NEEDED)),
    "effect": SHORT,
    "closes_itself": _flag,
    "page": SHORT,
    "delay_days": _number,
    "silence": _one_of(Silence),
    "steps": _list(_made(Step, STEP)),
}
