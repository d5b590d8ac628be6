"""Answers as text: what was answered, said in words, section by section of the démarche.

The same lines serve the check page, the family's request page, the receipt, the agents' page and
the exports. ``naming.names_in`` reads the names that they need.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, NamedTuple

from flask_babel import gettext

from app.core.dates import day
from app.core.money import euros
from app.core.text import N_
from app.requests.answers import NO_VALUE, Nameable, is_private
from app.requests.definition import Definition, Field, Kind, holds
from app.requests.models import Status

NOTHING = "–"


class StatusTag(NamedTuple):
    """How a status looks: a text to translate, the kind of tag, its icon (``ui.tag``)."""

    text: str
    kind: str
    icon: str

    @property
    def word(self) -> str:
        """In the reader's language."""
        return gettext(self.text)


STATUS_TAGS: Mapping[Status, StatusTag] = {
    Status.DRAFT: StatusTag(N_("draft (request)"), "", "pencil"),
    Status.PENDING: StatusTag(N_("pending (request)"), "info", "hourglass-split"),
    Status.PROCESSING: StatusTag(N_("processing (request)"), "warn", "gear"),
    Status.CLOSED: StatusTag(N_("closed (request)"), "ok", "check-lg"),
    Status.REFUSED: StatusTag(N_("refused (request)"), "err", "x-circle"),
    Status.CANCELLED: StatusTag(N_("cancelled (request)"), "", "slash-circle"),
}
"""D2 in the words of the FAQ; never colour alone."""
NO_FILES: Mapping[int, str] = {}
NO_ANSWERS: Mapping[str, Any] = {}


@dataclass(frozen=True)
class Line:
    """One answer. ``text`` may have several lines; ``rows`` are those of a group, also in ``text``.

    ``changed_from``: what was known before when it differs (« – » for nothing), None otherwise.
    """

    label: str
    text: str
    private: bool = False
    changed_from: str | None = None
    rows: tuple[tuple[Line, ...], ...] = ()


@dataclass(frozen=True)
class Section:
    """What one step answers."""

    title: str
    lines: tuple[Line, ...]
    key: str = ""


def sections(
    definition: Definition,
    answers: Mapping[str, Any],
    known: Nameable,
    *,
    files: Mapping[int, str] = NO_FILES,
    before: Mapping[str, Any] | None = None,
) -> list[Section]:
    """The answers of the steps and fields that are shown; a step without any is left out.

    ``files``: document → its name, where ``known`` has only the code of its type; ``before``: what
    an effect knows today of each field, for the old value beside the new. Answers of keys that the
    definition does not have are ignored.
    """
    say = _Words(known, files)
    seen: dict[str, Any] = {}
    found = []
    for step in definition.steps:
        if holds(step.show_if, seen):
            lines = tuple(_lines(step.fields, answers, seen, say, before))
            if lines:
                found.append(Section(step.title, lines, step.key))
    return found


def _lines(
    fields: Sequence[Field],
    answers: Mapping[str, Any],
    seen: dict[str, Any],
    say: _Words,
    before: Mapping[str, Any] | None = None,
) -> list[Line]:
    """``seen`` gathers the answers shown so far: later conditions look at those alone."""
    lines = []
    for field in fields:
        if not holds(field.show_if, seen):
            continue
        value = answers.get(field.key)
        if not _empty(value):
            seen[field.key] = value
        changed = _changed(field, value, before, say)
        if changed is not None or not _empty(value):
            lines.append(_line(field, value, changed, say))
    return lines


def _line(field: Field, value: Any, changed: str | None, say: _Words) -> Line:
    rows: tuple[tuple[Line, ...], ...] = ()
    if field.kind is Kind.GROUP:
        rows = tuple(tuple(_lines(field.fields, row, {}, say)) for row in _rows(value))
    return Line(field.label, say(field, value), is_private(field), changed, rows)


def _changed(field: Field, value: Any, before: Mapping[str, Any] | None, say: _Words) -> str | None:
    if before is None or field.key not in before:
        return None
    old = say(field, before[field.key])
    return old if old != say(field, value) else None


def _empty(value: Any) -> bool:
    return not isinstance(value, bool) and value in NO_VALUE


def _rows(value: Any) -> list[Mapping[str, Any]]:
    return [row for row in value if isinstance(row, Mapping)] if isinstance(value, list) else []


class _Words:
    """One answer in words, with the names that this request may say."""

    def __init__(self, known: Nameable, files: Mapping[int, str]) -> None:
        self.known = known
        self.files = files

    def __call__(self, field: Field, value: Any) -> str:
        """« – » for nothing."""
        if _empty(value):
            return NOTHING
        return _SAID.get(field.kind, _plain)(self, field, value) or NOTHING

    def date(self, field: Field, value: Any) -> str:
        """« 12 janvier 2027 »."""
        try:
            return day(date.fromisoformat(value))
        except (TypeError, ValueError):  # an older kind of this field
            return str(value)

    def amount(self, field: Field, value: Any) -> str:
        """« 12,50 € »."""
        return euros(value) if isinstance(value, int) else str(value)

    def choices(self, field: Field, value: Any) -> str:
        """The labels of one choice or of several."""
        labels = {one.value: one.label for one in field.choices}
        chosen = value if isinstance(value, list) else [value]
        return ", ".join(labels.get(one, str(one)) for one in chosen)

    def yes_no(self, field: Field, value: Any) -> str:
        """« oui » or « non »."""
        return gettext("yes") if value in (True, "yes") else gettext("no")

    def accepted(self, field: Field, value: Any) -> str:
        """A statement that was ticked."""
        return gettext("ticked") if value else NOTHING

    def school_level(self, field: Field, value: Any) -> str:
        """« École des Tilleuls, CP »."""
        if not isinstance(value, Mapping):
            return NOTHING
        names = (
            self.known.schools.get(value.get("school_id") or 0),
            self.known.levels.get(value.get("level_id") or 0),
        )
        return ", ".join(name for name in names if name)

    def address(self, field: Field, value: Any) -> str:
        """Street on a line, postcode and town on the next."""
        if not isinstance(value, Mapping):
            return NOTHING
        town = f"{value.get('postcode') or ''} {value.get('city') or ''}".strip()
        return "\n".join(line for line in (value.get("street"), town) if line)

    def iban(self, field: Field, value: Any) -> str:
        """Its last four signs alone."""
        return f"•••• {re.sub(r'[^0-9A-Za-z]', '', str(value))[-4:]}"

    def file(self, field: Field, value: Any) -> str:
        """What the document is, never its address."""
        return self.files.get(value) or gettext("document provided")

    def group(self, field: Field, value: Any) -> str:
        """One line a row: « Léa, Durand, 06 12 34 56 78 »."""
        rows = (_lines(field.fields, row, {}, self) for row in _rows(value))
        return "\n".join(", ".join(line.text for line in row) for row in rows)


def _plain(say: _Words, field: Field, value: Any) -> str:
    return str(value)


def _named(name: str) -> Callable[[_Words, Field, Any], str]:
    def said(say: _Words, field: Field, value: Any) -> str:
        names: Mapping[int, str] = getattr(say.known, name)
        return names.get(value, NOTHING) if isinstance(value, int) else NOTHING

    return said


_SAID: Mapping[Kind, Callable[[_Words, Field, Any], str]] = {
    Kind.AMOUNT: _Words.amount,
    Kind.DATE: _Words.date,
    Kind.CHOICE: _Words.choices,
    Kind.CHOICES: _Words.choices,
    Kind.YES_NO: _Words.yes_no,
    Kind.CHILD: _named("children"),
    Kind.ADULT: _named("adults"),
    Kind.SCHOOL_LEVEL: _Words.school_level,
    Kind.SCHOOL_YEAR: _named("years"),
    Kind.ADDRESS: _Words.address,
    Kind.IBAN: _Words.iban,
    Kind.FILE: _Words.file,
    Kind.STATEMENT: _Words.accepted,
    Kind.GROUP: _Words.group,
}
