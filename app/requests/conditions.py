"""« Show if » as a form: which earlier question, and which of its answers."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, TypeVar

from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import SelectChoice, SelectField

from app.households.forms import Boxes
from app.requests.definition import Condition, Field, Kind
from app.requests.rules import COMPARABLE, WITH_CHOICES

Made = TypeVar("Made", bound="ConditionForm")


class ConditionForm(FlaskForm):  # type: ignore[misc]
    """« Affiché: toujours », or when an earlier field has one of the values ticked."""

    candidates: Sequence[Field] = ()
    before: Condition | None = None
    show_if: Any
    """None for a column of a group: it has no condition."""

    def condition(self) -> Condition | None:
        """What was chosen."""
        chosen = self.show_if.data
        if not chosen:
            return None
        if self.before is not None and chosen not in {one.key for one in self.candidates}:
            return self.before  # of a field that is gone or comes later: said when it is published
        return Condition(chosen, tuple(self[f"values_{chosen}"].data))

    def boxes(self) -> list[Any]:
        """The values of each candidate, to tick."""
        return [self[f"values_{one.key}"] for one in self.candidates]

    def validate(self, extra_validators: Any = None) -> bool:
        """A condition looks at one value at least."""
        sound = bool(super().validate(extra_validators))
        boxes = f"values_{self.show_if.data}" if self.show_if else ""
        if boxes in self and not self[boxes].data:
            self[boxes].errors = [gettext("Tick one value at least.")]
            return False
        return sound


def conditioned(
    base: type[Made], candidates: Sequence[Field], before: Condition | None
) -> type[Made]:
    """The form class with the select of the candidates and the boxes of their values."""
    seen = [one for one in candidates if one.kind in COMPARABLE and not one.choices_from]
    choices = [("", gettext("Always")), *((one.key, one.label) for one in seen)]
    if before is not None and before.field not in {one.key for one in seen}:
        choices.append((before.field, gettext("A field that is gone or comes later")))
    boxes = {
        f"values_{one.key}": Boxes(
            gettext("“%(label)s” is", label=one.label), choices=options(values_of(one))
        )
        for one in seen
    }
    show = SelectField(
        _l("Shown"),
        choices=options(choices),
        description=_l("Always, or depending on the answer to an earlier question."),
    )
    return type(
        "ThisForm", (base,), {"candidates": seen, "before": before, "show_if": show, **boxes}
    )


def options(pairs: Iterable[tuple[str, Any]]) -> list[SelectChoice]:
    """(value, label) as a select wants them."""
    return [SelectChoice(value, label) for value, label in pairs]


def values_of(field: Field) -> list[tuple[str, str]]:
    """The values that a condition may look at, with their words."""
    if field.kind in WITH_CHOICES:
        return [(one.value, one.label) for one in field.choices]
    if field.kind is Kind.STATEMENT:
        return [("yes", gettext("ticked"))]
    return [("yes", gettext("Yes")), ("no", gettext("No"))]


def condition_data(condition: Condition | None) -> dict[str, Any]:
    """What fills that form."""
    if condition is None:
        return {"show_if": ""}
    return {"show_if": condition.field, f"values_{condition.field}": list(condition.values)}
