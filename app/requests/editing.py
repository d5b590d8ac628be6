"""Changing a definition by hand: each function takes one and gives another, nothing is stored here.

A list is named by its path: « () » the steps, « (step,) » its fields, « (step, field) » the columns of
a group. Keys are made here from labels, unique, and stay when labels change: conditions, effects and
answers name them.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from difflib import SequenceMatcher
from typing import Any

from app.core.errors import NotFound
from app.requests.definition import Choice, Condition, Definition, Field, Kind, NeededDocument, Step
from app.requests.rules import FORM_TOKEN, RESERVED

Path = tuple[str, ...]
Row = Step | Field
LONGEST_KEY = 40
MOST_ROWS = 200
"""As many as a definition may hold in one list (``reading.LIST_MAX``)."""


def slug(label: str, taken: Collection[str], joint: str = "_") -> str:
    """« Régime alimentaire » → « regime_alimentaire », or with a number when it is taken."""
    spelled = label.lower().replace("œ", "oe").replace("æ", "ae")
    plain = unicodedata.normalize("NFKD", spelled).encode("ascii", "ignore").decode()
    word = re.sub(r"[^a-z0-9]+", joint, plain).strip(joint)[: LONGEST_KEY - 4].strip(joint) or "x"
    numbered = (f"{word}{joint}{number}" for number in range(2, len(taken) + 3))
    return word if word not in taken else next(one for one in numbered if one not in taken)


def rows(definition: Definition, path: Path) -> tuple[Any, ...]:
    """The list at ``path``. Raises NotFound."""
    found: tuple[Any, ...] = definition.steps
    for key in path:
        found = _of_key(found, key).fields
    return found


def row(definition: Definition, path: Path, key: str) -> Any:
    """The step, field or column of this key. Raises NotFound."""
    return _of_key(rows(definition, path), key)


def add(definition: Definition, path: Path, label: str, kind: Kind = Kind.TEXT) -> Definition:
    """One more at the end: a step of this title, or a field of this label and kind."""
    key = slug(label, taken(definition, path))
    made: Row = Step(key, label, ()) if not path else Field(key, kind, label)
    return _with(definition, path, (*rows(definition, path), made))


def change(definition: Definition, path: Path, key: str, **changes: Any) -> Definition:
    """Other values for the one of this key."""
    return put(definition, path, replace(row(definition, path, key), **changes))


def put(definition: Definition, path: Path, changed: Row) -> Definition:
    """This one in the place of the one of its key."""
    now = tuple(changed if one.key == changed.key else one for one in rows(definition, path))
    return _with(definition, path, now)


def remove(definition: Definition, path: Path, key: str) -> Definition:
    """Without the one of this key; conditions that looked at it are said when it is published."""
    gone = row(definition, path, key)
    return _with(definition, path, tuple(one for one in rows(definition, path) if one is not gone))


def move(definition: Definition, path: Path, key: str, by: int) -> Definition:
    """The one of this key ``by`` places further; at the ends it stays."""
    found = list(rows(definition, path))
    place = found.index(row(definition, path, key))
    found.insert(min(max(place + by, 0), len(found) - 1), found.pop(place))
    return _with(definition, path, tuple(found))


def way_left(way: str, place: int, count: int) -> str:
    """« up » or « down », whichever a row at ``place`` can still be asked for."""
    at_end = place == (0 if way == "up" else count - 1)
    return {"up": "down", "down": "up"}[way] if at_end else way


def move_to(definition: Definition, step: str, key: str, other: str) -> Definition:
    """The field at the end of another step."""
    field = row(definition, (step,), key)
    without = remove(definition, (step,), key)
    return _with(without, (other,), (*rows(without, (other,)), field))


def copy(definition: Definition, path: Path, key: str, label: str) -> Definition:
    """A copy right after the one of this key; its conditions look at what was copied with it."""
    original = row(definition, path, key)
    new_key = slug(label, taken(definition, path))
    if isinstance(original, Field):
        made: Row = replace(original, key=new_key, label=label)
    else:
        made = _copied_step(definition, original, new_key, label)
    found = list(rows(definition, path))
    found.insert(found.index(original) + 1, made)
    return _with(definition, path, tuple(found))


def _copied_step(definition: Definition, step: Step, key: str, title: str) -> Step:
    used = set(taken(definition, (step.key,)))
    renamed = {}
    for field in step.fields:
        renamed[field.key] = slug(field.key, used)
        used.add(renamed[field.key])
    copied = (
        replace(one, key=renamed[one.key], show_if=_renamed(one.show_if, renamed))
        for one in step.fields
    )
    return replace(step, key=key, title=title, fields=tuple(copied))


def _renamed(condition: Condition | None, names: dict[str, str]) -> Condition | None:
    if condition is None:
        return None
    return replace(condition, field=names.get(condition.field, condition.field))


def taken(definition: Definition, path: Path) -> set[str]:
    """Keys that a new one at ``path`` may not have."""
    if len(path) == 1:
        return {FORM_TOKEN, *(field.key for field in definition.fields())}
    return {one.key for one in rows(definition, path)} | (set() if path else RESERVED)


def earlier(definition: Definition, step: str | None, field: str | None = None) -> Iterator[Field]:
    """The fields before this one, or before this step; all of them without a step."""
    for one in definition.steps:
        if one.key == step and field is None:
            return
        for candidate in one.fields:
            if one.key == step and candidate.key == field:
                return
            yield candidate


def set_document(definition: Definition, needed: NeededDocument) -> Definition:
    """Ask for this document, in place of how it was asked before."""
    now = [
        needed if one.document_type == needed.document_type else one for one in definition.documents
    ]
    return replace(definition, documents=tuple(now if needed in now else [*now, needed]))


def drop_document(definition: Definition, code: str) -> Definition:
    """Ask for this document no more."""
    kept = tuple(one for one in definition.documents if one.document_type != code)
    return replace(definition, documents=kept)


def choices_of(lines: str, before: Sequence[Choice]) -> tuple[Choice, ...]:
    """One choice a line. A label that was there keeps its value; one renamed in its place too."""
    labels = list(dict.fromkeys(line.strip() for line in lines.splitlines() if line.strip()))
    values = {one.label: one.value for one in before if one.label in labels}
    old = [one.label for one in before]
    for what, i1, i2, j1, j2 in SequenceMatcher(None, old, labels, autojunk=False).get_opcodes():
        if what == "replace" and i2 - i1 == j2 - j1:
            for one, label in zip(before[i1:i2], labels[j1:j2], strict=True):
                if label not in values and one.value not in values.values():
                    values[label] = one.value
    for label in labels:
        if label not in values:
            values[label] = slug(label, {*values.values(), *(one.value for one in before)})
    return tuple(Choice(values[label], label) for label in labels)


def _of_key(found: Sequence[Any], key: str) -> Any:
    for one in found:
        if one.key == key:
            return one
    raise NotFound


def _with(definition: Definition, path: Path, now: tuple[Any, ...]) -> Definition:
    if not path:
        return replace(definition, steps=now)
    return change(definition, path[:-1], path[-1], fields=now)
