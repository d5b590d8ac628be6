"""How a request goes from one status to the next (D2): one written table, nothing beside it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from enum import StrEnum
from typing import Any, NamedTuple

from app.core.text import N_
from app.requests.definition import Audience, Condition, Definition, Field, Kind, Once
from app.requests.models import Status


class Who(StrEnum):
    """Who acts on a request. The portal acts on what needs no agent, and on what went wrong."""

    FAMILY = "family"
    AGENT = "agent"
    PORTAL = "portal"


class Action(StrEnum):
    """What is done to a request."""

    SUBMIT = "submit"
    EDIT = "edit"
    CANCEL = "cancel"
    TAKE = "take"
    CLOSE = "close"
    REFUSE = "refuse"


MOVES: Mapping[tuple[Status, Who, Action], Status] = {
    (Status.DRAFT, Who.FAMILY, Action.SUBMIT): Status.PENDING,
    (Status.PENDING, Who.FAMILY, Action.EDIT): Status.PENDING,
    (Status.PENDING, Who.FAMILY, Action.CANCEL): Status.CANCELLED,
    (Status.PENDING, Who.AGENT, Action.TAKE): Status.PROCESSING,
    (Status.PENDING, Who.PORTAL, Action.TAKE): Status.PROCESSING,
    (Status.PROCESSING, Who.AGENT, Action.CLOSE): Status.CLOSED,
    (Status.PROCESSING, Who.PORTAL, Action.CLOSE): Status.CLOSED,
    (Status.PROCESSING, Who.AGENT, Action.REFUSE): Status.REFUSED,
    (Status.PROCESSING, Who.PORTAL, Action.REFUSE): Status.REFUSED,
}
"""(status, who, action) → next status. A draft is deleted, not moved: then its row is gone."""

IN_PROGRESS = frozenset({Status.DRAFT, Status.PENDING, Status.PROCESSING})
"""« En cours »; the others are « Passées » (D1)."""
EDITABLE = frozenset({Status.DRAFT, Status.PENDING})
"""The blue pencil; the others have the blue « i » (D1)."""


def next_status(status: Status, who: Who, action: Action) -> Status | None:
    """Where this action leads, None when it is not in the table."""
    return MOVES.get((status, who, action))


# ---- Whether a definition can be published -------------------------------------------------------

SERVICES = frozenset({"school", "care", "camps"})
NOT_FOR_PUBLIC = frozenset({Kind.CHILD, Kind.ADULT, Kind.FILE})
WITH_CHOICES = frozenset({Kind.CHOICE, Kind.CHOICES})
COMPARABLE = WITH_CHOICES | {Kind.YES_NO, Kind.STATEMENT}


class Reason(NamedTuple):
    """Why a definition cannot be published: where, a text to translate, its facts."""

    place: str
    text: str
    facts: Mapping[str, Any] = {}


def checks(
    definition: Definition, document_types: Collection[str], effects: Collection[str]
) -> list[Reason]:
    """Every reason against publishing; nothing when it can be published."""
    return [
        *_whole(definition, effects),
        *_needed(definition, document_types),
        *_keys(definition),
        *_conditions(definition),
        *(
            reason
            for place, field in _placed(definition)
            for reason in _field(place, field, definition.audience, document_types)
        ),
    ]


def _whole(definition: Definition, effects: Collection[str]) -> Iterator[Reason]:
    if not definition.title:
        yield Reason("title", N_("Give a title."))
    if definition.service not in SERVICES:
        yield Reason("service", N_("Choose the service in charge."))
    if not definition.steps and not definition.page:
        yield Reason("steps", N_("Add at least one step."))
    if definition.effect and definition.effect not in effects:
        yield Reason("effect", N_("This effect does not exist."))
    if definition.opens_on and definition.closes_on and definition.opens_on > definition.closes_on:
        yield Reason("closes_on", N_("The closing date comes before the opening date."))
    if definition.delay_days is not None and definition.delay_days < 1:
        yield Reason("delay_days", N_("A delay is one day at least."))
    yield from _audience(definition)


def _audience(definition: Definition) -> Iterator[Reason]:
    kinds = [field.kind for field in definition.fields()]
    if definition.once in {Once.CHILD, Once.CHILD_YEAR} and Kind.CHILD not in kinds:
        yield Reason("once", N_("“Once per child” needs a field that chooses the child."))
    if definition.once is Once.CHILD_YEAR and Kind.SCHOOL_YEAR not in kinds:
        yield Reason("once", N_("“Once per school year” needs a field that chooses the year."))
    if definition.audience is Audience.PUBLIC:
        if Kind.EMAIL not in kinds:
            yield Reason(
                "audience", N_("Without login, an e-mail field is needed for the receipt.")
            )
        if definition.documents:
            yield Reason("documents", N_("Without login, no document can be asked for."))


def _needed(definition: Definition, document_types: Collection[str]) -> Iterator[Reason]:
    for rank, needed in enumerate(definition.documents):
        if needed.document_type not in document_types:
            yield Reason(f"documents[{rank}]", N_("This kind of document does not exist."))


def _keys(definition: Definition) -> Iterator[Reason]:
    steps = Counter(step.key for step in definition.steps)
    fields = Counter(field.key for field in definition.fields())
    for key, times in steps.items():
        if times > 1:
            yield Reason("steps", N_("Two steps have the key “%(key)s”."), {"key": key})
    for key, times in fields.items():
        if times > 1:
            yield Reason("steps", N_("Two fields have the key “%(key)s”."), {"key": key})


def _conditions(definition: Definition) -> Iterator[Reason]:
    """A condition looks at an earlier field, and at values that this field can have."""
    earlier: dict[str, Field] = {}
    for rank, step in enumerate(definition.steps):
        if not step.fields:
            yield Reason(f"steps[{rank}]", N_("Add at least one field to this step."))
        yield from _condition(f"steps[{rank}]", step.show_if, earlier)
        for place, field in enumerate(step.fields):
            yield from _condition(f"steps[{rank}].fields[{place}]", field.show_if, earlier)
            earlier[field.key] = field
    for rank, needed in enumerate(definition.documents):
        yield from _condition(f"documents[{rank}]", needed.show_if, earlier)


def _condition(
    place: str, condition: Condition | None, earlier: Mapping[str, Field]
) -> Iterator[Reason]:
    if condition is None:
        return
    field = earlier.get(condition.field)
    if field is None:
        facts = {"key": condition.field}
        yield Reason(place, N_("The condition needs an earlier field “%(key)s”."), facts)
    elif field.kind not in COMPARABLE or not condition.values:
        yield Reason(place, N_("A condition looks at a choice, a yes/no or a statement."))
    elif not set(condition.values) <= _possible(field):
        yield Reason(place, N_("The condition has a value that the field never has."))


def _possible(field: Field) -> set[str]:
    if field.kind in WITH_CHOICES:
        return {choice.value for choice in field.choices}
    return {"yes", "no"}


def _placed(definition: Definition) -> Iterator[tuple[str, Field]]:
    for rank, step in enumerate(definition.steps):
        for place, field in enumerate(step.fields):
            yield f"steps[{rank}].fields[{place}]", field


def _field(
    place: str, field: Field, audience: Audience, document_types: Collection[str]
) -> Iterator[Reason]:
    values = [choice.value for choice in field.choices]
    if not field.label:
        yield Reason(place, N_("Give a label."))
    if field.kind in WITH_CHOICES and not values:
        yield Reason(place, N_("Add the choices."))
    if len(values) != len(set(values)):
        yield Reason(place, N_("Two choices have the same value."))
    if field.kind is Kind.FILE and field.document_type not in document_types:
        yield Reason(place, N_("This kind of document does not exist."))
    if None not in (field.minimum, field.maximum) and field.minimum > field.maximum:  # type: ignore[operator]
        yield Reason(place, N_("The smallest value is above the largest."))
    if audience is Audience.PUBLIC and (field.private or field.kind in NOT_FOR_PUBLIC):
        yield Reason(place, N_("Without login, no child, adult, file or private field."))
    if field.kind is Kind.GROUP:
        yield from _group(place, field, audience, document_types)


def _group(
    place: str, field: Field, audience: Audience, document_types: Collection[str]
) -> Iterator[Reason]:
    if not field.fields:
        yield Reason(place, N_("Add at least one field to this group."))
    for rank, column in enumerate(field.fields):
        at = f"{place}.fields[{rank}]"
        if column.kind is Kind.GROUP:
            yield Reason(at, N_("A group cannot hold a group."))
            continue
        if column.kind is Kind.FILE:
            yield Reason(at, N_("A group cannot hold a file."))
        if column.show_if is not None:
            yield Reason(at, N_("A field of a group has no condition."))
        yield from _field(at, column, audience, document_types)
    if len({column.key for column in field.fields}) != len(field.fields):
        yield Reason(place, N_("Two fields of a group have the same key."))
