"""How far a request is filled in: what the pages of the wizard and the saves of a step look at."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy.orm import Session

from app.core.actor import NO_HOUSEHOLD, Actor
from app.requests import queries
from app.requests.answers import Faults, Nameable, clean_all, shown_steps
from app.requests.definition import Definition, Step
from app.requests.models import Request


@dataclass(frozen=True)
class Progress:
    """``kept``: the answers as they are saved, a draft's wrong ones too; ``answers``: those that stand.

    ``wrong``: step → what is wrong in it.
    """

    request: Request
    definition: Definition
    kept: Mapping[str, Any]
    answers: Mapping[str, Any]
    wrong: Mapping[str, Faults]
    known: Nameable

    @property
    def steps(self) -> list[Step]:
        """The steps shown with these answers."""
        return shown_steps(self.definition, self.answers)

    @property
    def unfinished(self) -> Step | None:
        """The first step whose answers do not stand."""
        return next((step for step in self.definition.steps if step.key in self.wrong), None)

    def reachable(self, key: str) -> Step | None:
        """The step of this key, if every one before it is finished."""
        for step in self.steps:
            if step.key == key:
                return step
            if step.key in self.wrong:
                return None
        return None

    def others(self, step: Step) -> dict[str, Any]:
        """What the fields of every other step answer."""
        own = {field.key for field in step.fields}
        return {key: value for key, value in self.kept.items() if key not in own}


def read(
    session: Session, actor: Actor, request_id: int, day: date, *, lock: bool = False
) -> Progress:
    """The request of who asks, as far as it is. Raises NotFound."""
    request = queries.own_request(session, actor, request_id, day, lock=lock)
    return of_request(session, request, day)


def of_request(session: Session, request: Request, day: date) -> Progress:
    """A request that was already fetched for who asks."""
    definition = queries.definition_of(request)
    household_id = request.household_id or NO_HOUSEHOLD
    known = queries.nameable(session, household_id, list(definition.fields()), day)
    return _standing(request, definition, known)


def saved(at: Progress) -> Progress:
    """The same request after a save of it, without a statement."""
    return _standing(at.request, at.definition, at.known)


def _standing(request: Request, definition: Definition, known: Nameable) -> Progress:
    kept = queries.answers_of(request)
    answers, wrong = clean_all(definition, kept, known)
    return Progress(request, definition, kept, answers, wrong, known)
