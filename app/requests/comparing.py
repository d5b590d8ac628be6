"""What changed between two definitions, in words for agents."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import fields
from typing import Any

from app.core.text import N_
from app.requests.definition import Definition
from app.requests.errors import Fault

APART = frozenset({"steps", "format", "fields", "key"})


def differences(old: Definition, new: Definition) -> list[Fault]:
    """Texts to translate with their facts; « keys » are names of ``words.KEYS``."""
    found = []
    if settings := changed_keys(old, new):
        found.append(Fault(N_("General: %(keys)s."), {"keys": settings}))
    found += _rows(old.steps, new.steps, STEPS)
    for step in new.steps:
        before = old.step(step.key)
        if before is not None:
            found += _rows(before.fields, step.fields, FIELDS)
    return found


class _Texts:
    def __init__(self, added: str, gone: str, moved: str, changed: str) -> None:
        self.added, self.gone, self.moved, self.changed = added, gone, moved, changed


STEPS = _Texts(
    N_("Step “%(name)s” added."),
    N_("Step “%(name)s” removed."),
    N_("Steps in another order."),
    N_("Step “%(name)s”: %(keys)s."),
)
FIELDS = _Texts(
    N_("Field “%(name)s” added."),
    N_("Field “%(name)s” removed."),
    N_("Fields in another order."),
    N_("Field “%(name)s”: %(keys)s."),
)


def _rows(old: Sequence[Any], new: Sequence[Any], texts: _Texts) -> Iterator[Fault]:
    before, after = {one.key: one for one in old}, {one.key: one for one in new}
    for key, one in after.items():
        if key not in before:
            yield Fault(texts.added, {"name": name_of(one)})
        elif keys := changed_keys(before[key], one):
            yield Fault(texts.changed, {"name": name_of(one), "keys": keys})
    yield from (
        Fault(texts.gone, {"name": name_of(one)}) for key, one in before.items() if key not in after
    )
    if [key for key in before if key in after] != [key for key in after if key in before]:
        yield Fault(texts.moved)


def changed_keys(old: Any, new: Any) -> list[str]:
    """Names of what differs, the lists of steps aside (a group's columns are among them)."""
    apart = APART - {"fields"} if hasattr(old, "max_rows") else APART
    return [
        one.name
        for one in fields(old)
        if one.name not in apart and getattr(old, one.name) != getattr(new, one.name)
    ]


def name_of(one: Any) -> str:
    """The title of a step, the label of a field."""
    return str(getattr(one, "title", "") or getattr(one, "label", ""))
