"""How a request goes from one status to the next (D2): one written table, nothing beside it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from enum import StrEnum
from typing import NamedTuple

from app.core.text import N_
from app.requests.definition import Audience, Condition, Definition, Field, Kind, Once
from app.requests.errors import Reason
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


LONGEST_TEXT, MOST_ROWS, LONGEST_DELAY = 5000, 50, 3650


class Offered(NamedTuple):
    """What definitions may name: codes of document types, effects with the keys that each needs,
    prefills; of the effects, those that no agent has to agree to.
    """

    document_types: Collection[str] = ()
    effects: Mapping[str, Collection[str]] = {}
    prefills: Collection[str] = ()
    alone: Collection[str] = ()


def checks(definition: Definition, offered: Offered) -> list[Reason]:
    """Every reason against publishing; nothing when it can be published."""
    return [
        *_whole(definition),
        *_effect(definition, offered.effects, offered.alone),
        *_needed(definition, offered.document_types),
        *key_faults(definition),
        *_conditions(definition),
        *(
            reason
            for place, one in _placed(definition)
            for reason in _field(place, one, definition.audience, offered)
        ),
    ]


def _whole(definition: Definition) -> Iterator[Reason]:
    if not definition.title:
        yield Reason("title", N_("Give a title."))
    if definition.service not in SERVICES:
        yield Reason("service", N_("Choose the service in charge."))
    if not definition.steps and not definition.page:
        yield Reason("steps", N_("Add at least one step."))
    if definition.opens_on and definition.closes_on and definition.opens_on > definition.closes_on:
        yield Reason("closes_on", N_("The closing date comes before the opening date."))
    if not 1 <= (definition.delay_days or 1) <= LONGEST_DELAY or definition.delay_days == 0:
        yield Reason("delay_days", N_("A delay is between one day and ten years."))
    if definition.silence and definition.delay_days is None:
        yield Reason("silence", N_("What silence means needs a delay."))
    yield from _audience(definition)


def _effect(
    definition: Definition, effects: Mapping[str, Collection[str]], alone: Collection[str]
) -> Iterator[Reason]:
    if not definition.effect:
        return
    if definition.closes_itself and definition.effect not in alone:
        yield Reason("closes_itself", N_("An agent has to agree to this effect."))
    if definition.effect not in effects:
        yield Reason("effect", N_("This effect does not exist."))
    known = {one.key for one in definition.fields()}
    for key in effects.get(definition.effect, ()):
        if key not in known:
            yield Reason("effect", N_("The effect needs the field “%(key)s”."), {"key": key})


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


RESERVED = frozenset({"verification", "abandonner"})
"""Addresses of the wizard's own pages, beside those of the steps."""
FORM_TOKEN = "csrf_token"  # noqa: S105  (the name of a control)
"""A control of every form, which a field would hide."""


def key_faults(definition: Definition) -> Iterator[Reason]:
    """Steps and fields are told apart by their keys: no two of a kind have the same."""
    steps = Counter(step.key for step in definition.steps)
    fields = Counter(field.key for field in definition.fields())
    for key, times in steps.items():
        if key in RESERVED:
            yield Reason("steps", N_("A step cannot have the key “%(key)s”."), {"key": key})
        if times > 1:
            yield Reason("steps", N_("Two steps have the key “%(key)s”."), {"key": key})
    for key, times in fields.items():
        if key == FORM_TOKEN:
            yield Reason("steps", N_("A field cannot have the key “%(key)s”."), {"key": key})
        if times > 1:
            yield Reason("steps", N_("Two fields have the key “%(key)s”."), {"key": key})
    for place, one in _placed(definition):
        if len({column.key for column in one.fields}) != len(one.fields):
            yield Reason(place, N_("Two fields of a group have the same key."))


def _conditions(definition: Definition) -> Iterator[Reason]:
    """A condition looks at an earlier field, and at values that this field can have."""
    earlier: dict[str, Field] = {}
    every = {one.key: one.label for one in definition.fields()}
    for rank, step in enumerate(definition.steps):
        if not step.fields:
            yield Reason(f"steps[{rank}]", N_("Add at least one field to this step."))
        yield from _condition(f"steps[{rank}]", step.show_if, earlier, every)
        for place, field in enumerate(step.fields):
            yield from _condition(f"steps[{rank}].fields[{place}]", field.show_if, earlier, every)
            earlier[field.key] = field
    for rank, needed in enumerate(definition.documents):
        yield from _condition(f"documents[{rank}]", needed.show_if, earlier, every)


def _condition(
    place: str,
    condition: Condition | None,
    earlier: Mapping[str, Field],
    every: Mapping[str, str],
) -> Iterator[Reason]:
    if condition is None:
        return
    field, place = earlier.get(condition.field), f"{place}.show_if"
    if field is None and condition.field in every:
        facts = {"label": every[condition.field]}
        yield Reason(place, N_("It looks at the field “%(label)s”, which comes later."), facts)
    elif field is None:
        yield Reason(place, N_("It looks at a field that is no longer there."))
    elif field.kind not in COMPARABLE or field.choices_from or not condition.values:
        yield Reason(place, N_("It looks at a choice, a yes/no or a statement, and at one value."))
    elif not set(condition.values) <= _possible(field):
        yield Reason(place, N_("It looks at a value that the field never has."))


def _possible(field: Field) -> set[str]:
    if field.kind in WITH_CHOICES:
        return {choice.value for choice in field.choices}
    return {"yes"} if field.kind is Kind.STATEMENT else {"yes", "no"}


def _placed(definition: Definition) -> Iterator[tuple[str, Field]]:
    for rank, step in enumerate(definition.steps):
        for place, field in enumerate(step.fields):
            yield f"steps[{rank}].fields[{place}]", field


def _field(place: str, field: Field, audience: Audience, offered: Offered) -> Iterator[Reason]:
    values = [choice.value for choice in field.choices]
    if not field.label:
        yield Reason(place, N_("Give a label."))
    if field.kind in WITH_CHOICES and not values and not field.choices_from:
        yield Reason(place, N_("Add the choices."))
    if len(values) != len(set(values)):
        yield Reason(place, N_("Two choices have the same value."))
    if not all(choice.label for choice in field.choices):
        yield Reason(place, N_("Each choice has a label."))
    if field.kind is Kind.FILE and field.document_type not in offered.document_types:
        yield Reason(place, N_("Choose the kind of document."))
    if field.prefill and field.prefill not in offered.prefills:
        yield Reason(f"{place}.prefill", N_("This prefill does not exist."))
    if audience is Audience.PUBLIC and (field.private or field.kind in NOT_FOR_PUBLIC):
        yield Reason(place, N_("Without login, no child, adult, file or private field."))
    yield from _limits(place, field)
    if field.kind is Kind.GROUP:
        yield from _group(place, field, audience, offered)


def _limits(place: str, field: Field) -> Iterator[Reason]:
    if field.minimum is not None and field.maximum is not None and field.minimum > field.maximum:
        yield Reason(place, N_("The smallest value is above the largest."))
    if field.max_length is not None and not 1 <= field.max_length <= LONGEST_TEXT:
        facts = {"max": LONGEST_TEXT}
        yield Reason(f"{place}.max_length", N_("Between 1 and %(max)d."), facts)
    if not 1 <= field.max_rows <= MOST_ROWS:
        yield Reason(f"{place}.max_rows", N_("Between 1 and %(max)d."), {"max": MOST_ROWS})


def _group(place: str, field: Field, audience: Audience, offered: Offered) -> Iterator[Reason]:
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
        yield from _field(at, column, audience, offered)
