"""What closing a request does, by name. ``registry.fill_hooks`` fills ``EFFECTS``."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from app.core.actor import Actor
from app.core.errors import NotFound


@dataclass(frozen=True)
class Case:
    """What an effect knows of a request. ``private_answers``: those of health, opened."""

    request_id: int
    household_id: int | None
    account_id: int | None
    child_id: int | None
    school_year_id: int | None
    answers: Mapping[str, Any] = field(default_factory=dict)
    private_answers: Mapping[str, Any] = field(default_factory=dict)

    @property
    def household(self) -> int:
        """The household; for démarches that need a login. Raises NotFound."""
        if self.household_id is None:
            raise NotFound
        return self.household_id

    def answer(self, key: str) -> Any:
        """The answer of a field, private or not; None without one."""
        return self.answers.get(key, self.private_answers.get(key))


@dataclass(frozen=True)
class Effect:
    """A named thing done in the transaction that closes; ``label`` is shown to agents (N_).

    ``apply(session, actor, case, now)`` does it, once however often it is called; ``current(session,
    case)``: field → value known today; ``check(session, case)`` raises a named refusal before
    submission. ``needs``: keys of the fields without which it cannot be done; no definition that
    lacks one is published. ``repeats``: asked again it brings up to date what it made, so « once
    per child and year » counts what is in progress only. ``safe``: agents may close many such
    requests at once, without opening them. ``alone``: the portal may close it, no agent has to agree. ``says(session, case)``: a sentence (N_) and its facts,
    told to the family once it is done.
    """

    name: str
    label: str
    apply: Callable[[Session, Actor, Case, datetime], object]
    current: Callable[[Session, Case], Mapping[str, Any]] | None = None
    check: Callable[[Session, Case], object] | None = None
    needs: Sequence[str] = ()
    repeats: bool = False
    safe: bool = False
    alone: bool = False
    says: Callable[[Session, Case], tuple[str, Mapping[str, str]]] | None = None


EFFECTS: dict[str, Effect] = {}


def register(*effects: Effect) -> None:
    """Let definitions name these effects."""
    EFFECTS.update({effect.name: effect for effect in effects})
