"""A step as a form: one control for each field, of every kind (docs/requests.md).

A form decides nothing. It carries what was typed, as it was typed, to ``answers.clean``, shows what
is wrong where it is wrong, and shows answers again.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import (
    BooleanField,
    FieldList,
    Form,
    FormField,
    MultipleFileField,
    RadioField,
    SelectChoice,
    SelectField,
    StringField,
    TextAreaField,
)
from wtforms.validators import InputRequired

from app.core.money import NBSP, euros
from app.households.forms import Boxes
from app.requests.answers import NO_VALUE, Nameable
from app.requests.definition import Condition, Field, Kind, Step, holds
from app.requests.errors import Fault

SEGMENTS = 4
"""Up to here choices stand side by side, or one a line when their words are long; beyond, a list."""
SHORT_LABEL = 24
ROW = "__row__"
"""Number of the row that a script copies."""
PARTS = {Kind.ADDRESS: ("street", "postcode", "city"), Kind.SCHOOL_LEVEL: ("school_id", "level_id")}


class Mandatory:
    """Shows « * »; what it means is checked by ``answers.clean``."""

    field_flags = {"required": True}

    def __call__(self, form: Form, field: Any) -> None:
        """Nothing: see above."""


class Rows(FieldList):  # type: ignore[misc]
    """The rows of a group. A row that a hostile form numbers « ² » or a million is no row."""

    def _extract_indices(self, prefix: str, formdata: Iterable[str]) -> Iterator[int]:
        row = re.compile(re.escape(prefix) + r"-([0-9]{1,3})-")
        return (int(found[1]) for name in formdata if (found := row.match(name)))

    def model(self) -> Any:
        """The empty row that a script copies; no entry of the list."""
        name = {"name": f"{self.name}-{ROW}", "id": f"{self.id}-{ROW}"}
        options = {**name, "_meta": self.meta, "translations": self._translations}
        row = self.meta.bind_field(self._form, self.unbound_field, options)
        row.process(None)
        return row

    def take_out(self, place: int) -> None:
        """Without the row of this number, if there is one."""
        if 0 <= place < len(self.entries):
            self.pop_entry(place)


class Segments(RadioField):  # type: ignore[misc]
    """Few choices of few letters, side by side."""


class StartForm(FlaskForm):  # type: ignore[misc]
    """What is accepted before a démarche begins (P3)."""

    is_asked_already = False

    terms = BooleanField(
        _l("I accept the general terms of use of the service"),
        [InputRequired(_l("Tick this box to go on."))],
    )


@dataclass(frozen=True)
class Line:
    """One field of the page. ``condition``: of another field of the same page, said in ``needed``."""

    field: Field
    control: Any
    condition: Condition | None
    needed: str


class StepForm(FlaskForm):  # type: ignore[misc]
    """The form of one step; made by ``step_form``."""

    asked: Sequence[Field] = ()
    form_errors: list[str]
    is_asked_already = False
    """Then the page leads to « Mes demandes »."""

    def control(self, key: str) -> Any:
        """The control of a field."""
        return self[_attribute(key)]

    def answers(self) -> dict[str, Any]:
        """What was typed, for ``answers.clean``. Files are not here: they become documents first."""
        return {field.key: _typed(field, self.control(field.key)) for field in self.asked}

    def put(self, faults: Mapping[str, Fault]) -> None:
        """Say what is wrong on the controls; on the whole form when a control is not there."""
        controls = {one.name: one for one in _walk(self)}
        for name, fault in faults.items():
            said = gettext(fault.text, **fault.facts)
            found = controls.get(name)
            if found is None:
                self.form_errors = [*self.form_errors, said]
            else:
                _first(found).errors = [said]

    def put_refusals(self, said: Mapping[str, str]) -> None:
        """Say why files are refused, in place of what else is said of them."""
        for key, text in said.items():
            self.control(key).errors = [text]

    def lines(self, before: Mapping[str, Any]) -> list[Line]:
        """The fields to show after the answers ``before`` of earlier steps.

        What depends on an earlier step is there or not; what depends on this page is there, with
        its condition.
        """
        here = {field.key: field for field in self.asked}
        return [
            self._line(field, here)
            for field in self.asked
            if field.show_if is None or field.show_if.field in here or holds(field.show_if, before)
        ]

    def _line(self, field: Field, here: Mapping[str, Field]) -> Line:
        control = self.control(field.key)
        if field.show_if is None or field.show_if.field not in here:
            return Line(field, control, None, "")
        other = here[field.show_if.field]
        said = gettext(
            "Only if “%(field)s” is: %(values)s.",
            field=other.label,
            values=", ".join(_word(other, value) for value in field.show_if.values),
        )
        return Line(field, control, field.show_if, said)

    def change_rows(self, add: str, remove: str) -> None:
        """One row more (``add``: the group's key) or less (``remove``: « mates-2 »), as asked."""
        key, _, place = remove.rpartition("-")
        for field in self.asked:
            rows = self.control(field.key)
            if field.kind is not Kind.GROUP:
                continue
            if field.key == add and len(rows) < field.max_rows:
                rows.append_entry()
            if field.key == key and re.fullmatch("[0-9]{1,3}", place):
                rows.take_out(int(place))

    def open_rows(self) -> None:
        """A mandatory group without a row shows an empty one."""
        for field in self.asked:
            if field.kind is Kind.GROUP and field.required and not len(self.control(field.key)):
                self.control(field.key).append_entry()


def step_form(step: Step, known: Nameable) -> type[StepForm]:
    """The form class of a step. Fill it with ``shown(step.fields, answers)`` as ``data``."""
    controls = {_attribute(field.key): _control(field, known) for field in step.fields}
    return type("ThisStepForm", (StepForm,), {"asked": step.fields, **controls})


def shown(fields: Iterable[Field], answers: Mapping[str, Any]) -> dict[str, Any]:
    """Answers as the controls of ``fields`` hold them; a part of what was typed wrongly too."""
    return {
        _attribute(field.key): _shown(field, answers[field.key])
        for field in fields
        if answers.get(field.key) not in NO_VALUE or answers.get(field.key) is False
    }


def _attribute(key: str) -> str:
    """WTForms has attributes of its own (« data », « errors »); a field may have any key."""
    return f"answer_{key}"


# ---- Making controls -----------------------------------------------------------------------------


def _control(field: Field, known: Nameable) -> Any:
    return _CONTROLS.get(field.kind, _text)(field, known)


def _common(field: Field) -> dict[str, Any]:
    return {
        "label": field.label,
        "description": field.help,
        "name": field.key,
        "id": f"f-{field.key}",
        "validators": [Mandatory()] if field.required else [],
    }


def _named(field: Field) -> dict[str, Any]:
    """Without validators, for controls that hold others; a column's id follows its row."""
    return {key: value for key, value in _common(field).items() if key != "validators"}


def _text(field: Field, known: Nameable) -> Any:
    return StringField(**_common(field))


def _long_text(field: Field, known: Nameable) -> Any:
    return TextAreaField(**_common(field))


def _choice(field: Field, known: Nameable) -> Any:
    return _one_of(field, [(one.value, one.label) for one in field.choices])


def _yes_no(field: Field, known: Nameable) -> Any:
    return _one_of(field, [("yes", gettext("Yes")), ("no", gettext("No"))])


def _named_row(name: str) -> Callable[[Field, Nameable], Any]:
    def control(field: Field, known: Nameable) -> Any:
        return _one_of(field, [(str(key), label) for key, label in getattr(known, name).items()])

    return control


def _one_of(field: Field, offered: Sequence[tuple[str, str]]) -> Any:
    """Radios for a few choices, a list for many; a choice that is not mandatory can be undone."""
    few = len(offered) <= SEGMENTS
    if not field.required:
        offered = [("", gettext("No answer") if few else "–"), *offered]
    elif not few:
        offered = [("", gettext("Choose")), *offered]
    # The only possible answer to a mandatory question is given.
    first = offered[0][0] if field.required and len(offered) == 1 else None
    choices = [SelectChoice(value, label) for value, label in offered]
    short = all(len(str(label)) <= SHORT_LABEL for _, label in offered)
    made = (Segments if short else RadioField) if few else SelectField
    return made(choices=choices, validate_choice=False, default=first or "", **_common(field))


def _choices(field: Field, known: Nameable) -> Any:
    choices = [SelectChoice(one.value, one.label) for one in field.choices]
    return Boxes(choices=choices, validate_choice=False, **_common(field))


def _statement(field: Field, known: Nameable) -> Any:
    return BooleanField(false_values=("", "n"), **_common(field))


def _file(field: Field, known: Nameable) -> Any:
    return MultipleFileField(**_common(field))


def _address(field: Field, known: Nameable) -> Any:
    labels = (_l("Number and street"), _l("Postcode"), _l("Town"))
    rules = _common(field)["validators"]
    parts = {
        name: StringField(label, rules)
        for name, label in zip(PARTS[Kind.ADDRESS], labels, strict=True)
    }
    return FormField(type("AddressForm", (Form,), parts), **_named(field))


def _school_level(field: Field, known: Nameable) -> Any:
    rules = _common(field)["validators"]

    def select(label: Any, offered: Mapping[int, str]) -> Any:
        rows = [SelectChoice(str(key), name) for key, name in offered.items()]
        first = SelectChoice("", gettext("Choose"))
        return SelectField(label, rules, choices=[first, *rows], validate_choice=False)

    parts = {
        "school_id": select(_l("School"), known.schools),
        "level_id": select(_l("Level"), known.levels),
    }
    return FormField(type("SchoolLevelForm", (Form,), parts), **_named(field))


def _group(field: Field, known: Nameable) -> Any:
    columns = {}
    for column in field.fields:
        made = _control(column, known)
        made.kwargs.pop("id")  # the row gives it
        columns[_attribute(column.key)] = made
    row = FormField(type("RowForm", (Form,), columns))
    # One more than allowed, so that « too many » is said.
    return Rows(row, max_entries=field.max_rows + 1, **_named(field))


_CONTROLS: Mapping[Kind, Callable[[Field, Nameable], Any]] = {
    Kind.LONG_TEXT: _long_text,
    Kind.CHOICE: _choice,
    Kind.CHOICES: _choices,
    Kind.YES_NO: _yes_no,
    Kind.CHILD: _named_row("children"),
    Kind.ADULT: _named_row("adults"),
    Kind.SCHOOL_LEVEL: _school_level,
    Kind.SCHOOL_YEAR: _named_row("years"),
    Kind.ADDRESS: _address,
    Kind.FILE: _file,
    Kind.STATEMENT: _statement,
    Kind.GROUP: _group,
}
"""Kind → how its control is made; the others are one line of text."""


# ---- From controls to answers, and back ----------------------------------------------------------


def _typed(field: Field, control: Any) -> Any:
    if field.kind is Kind.FILE:
        return None
    if field.kind is Kind.GROUP:
        return [
            {
                column.key: _typed(column, row.form[_attribute(column.key)])
                for column in field.fields
            }
            for row in control
        ]
    if field.kind in PARTS:
        parts = {name: control.form[name].data for name in PARTS[field.kind]}
        return parts if any(parts.values()) else None
    return control.data or None


def _shown(field: Field, answer: Any) -> Any:
    if field.kind is Kind.GROUP:
        return [shown(field.fields, row) for row in answer]
    if field.kind in PARTS:
        return {name: _plain(answer.get(name)) for name in PARTS[field.kind]}
    if field.kind is Kind.AMOUNT and isinstance(answer, int):
        return euros(answer).removesuffix(f"{NBSP}€")
    if field.kind is Kind.YES_NO and isinstance(answer, bool):
        return "yes" if answer else "no"
    if field.kind in {Kind.CHOICES, Kind.STATEMENT}:
        return answer
    return _plain(answer)


def _plain(value: Any) -> str:
    return "" if value is None else str(value)


def _word(field: Field, value: str) -> str:
    """A value of a condition, as the field says it."""
    if field.kind is Kind.YES_NO:
        return gettext("Yes") if value == "yes" else gettext("No")
    if field.kind is Kind.STATEMENT:
        return gettext("ticked")
    return next((one.label for one in field.choices if one.value == value), value)


def _walk(controls: Iterable[Any]) -> Iterator[Any]:
    for control in controls:
        yield control
        if isinstance(control, FormField | FieldList):
            yield from _walk(control)


def _first(control: Any) -> Any:
    """Where an error of a whole address stands: on its first part."""
    return next(iter(control)) if isinstance(control, FormField) else control
