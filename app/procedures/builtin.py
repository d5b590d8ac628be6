"""The démarches that come with the portal, in the order of the home page (D4).

Each module has ``CODE``, ``DEFINITION`` and ``EFFECT`` (or None). A definition is kept as text that
agents then change, so it is written in French at its installation: the code stays English (``N_``),
its French is in the catalogue like any other.
"""

from __future__ import annotations

from dataclasses import fields, is_dataclass, replace
from datetime import datetime
from typing import Any, Protocol

import sqlalchemy as sa
from flask_babel import force_locale, gettext
from sqlalchemy.orm import Session

from app.procedures import (
    attach_child,
    care_registration,
    documents,
    erasure,
    household_update,
    kinds,
    pickup,
    refund,
    school_registration,
    year_file,
)
from app.requests import effects, offered, prefill
from app.requests.definition import Definition
from app.requests.effects import Effect
from app.requests.models import Procedure
from app.requests.services import install_builtin

LANGUAGE = "fr"
"""In which language a commune starts; its agents change the texts from there."""


class Builtin(Protocol):
    """A module of this room that is a démarche."""

    CODE: str
    DEFINITION: Definition
    EFFECT: Effect | None


MODULES: tuple[Builtin, ...] = (
    school_registration,
    year_file,
    care_registration,
    household_update,
    pickup,
    documents,
    attach_child,
    refund,
    erasure,
)


def builtin() -> dict[str, Definition]:
    """Code → definition, its texts still to be said in a language."""
    return {module.CODE: module.DEFINITION for module in MODULES}


def register() -> None:
    """What they bring to the engine: effects, what prefills, lists of choices."""
    effects.register(*(module.EFFECT for module in MODULES if module.EFFECT is not None))
    for module in (school_registration, year_file):
        prefill.PREFILLS.update(module.PREFILLS)
    offered.OFFERED[care_registration.ACTIVITIES] = care_registration.offered


def install(session: Session, *, now: datetime) -> list[str]:
    """Publish those that are not there yet, in French; the codes installed. One statement when none."""
    there = set(session.scalars(sa.select(Procedure.code)))
    new = {code: one for code, one in builtin().items() if code not in there}
    if not new:
        return []
    with force_locale(LANGUAGE):
        kinds.install(session, {code for one in new.values() for code in kinds.named_by(one)})
        said = {code: said_now(one) for code, one in new.items()}
    return install_builtin(session, said, now=now)


SAID = frozenset({"title", "summary", "text", "label", "help"})
"""Names of what is read by people, in a definition and everything that it holds."""


def said_now(value: Any) -> Any:
    """A definition with its texts in the language of the moment."""
    if isinstance(value, tuple):
        return tuple(said_now(one) for one in value)
    if not is_dataclass(value) or isinstance(value, type):
        return value
    found = {one.name: getattr(value, one.name) for one in fields(value)}
    return replace(
        value,
        **{
            name: (gettext(one) if one else one) if name in SAID else said_now(one)
            for name, one in found.items()
        },
    )
