"""Choices that the portal knows: « activities ». A definition names the list, today fills it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from sqlalchemy.orm import Session

from app.requests.definition import Choice, Definition

Offer = Callable[[Session], Sequence[Choice]]

OFFERED: dict[str, Offer] = {}
"""Name → what can be chosen today; ``app.procedures`` fills it."""


def filled(session: Session, definition: Definition) -> Definition:
    """The definition with the choices of each list it names; each list is read once."""
    names = {field.choices_from for field in definition.fields()} & OFFERED.keys()
    if not names:
        return definition
    known = {name: tuple(OFFERED[name](session)) for name in names}
    steps = tuple(
        replace(
            step,
            fields=tuple(
                replace(field, choices=known.get(field.choices_from, field.choices))
                for field in step.fields
            ),
        )
        for step in definition.steps
    )
    return replace(definition, steps=steps)
