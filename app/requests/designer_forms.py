"""The forms of the designer: one small page for each thing that agents change."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from flask_wtf.file import FileField
from wtforms import BooleanField, SelectField, ValidationError
from wtforms.validators import NumberRange
from wtforms.validators import Optional as MayBeEmpty

from app.core.admin_fields import DateField, MoneyField, WholeNumberField
from app.households.forms import mandatory, paragraph, text
from app.requests.conditions import ConditionForm, condition_data, conditioned, options
from app.requests.definition import (
    Audience,
    Definition,
    Field,
    Kind,
    NeededDocument,
    Once,
    Silence,
    Step,
    Theme,
)
from app.requests.editing import MOST_ROWS, choices_of
from app.requests.reading import NUMBER_MAX
from app.requests.rules import LONGEST_DELAY, LONGEST_TEXT, WITH_CHOICES
from app.requests.rules import MOST_ROWS as MOST_LINES
from app.requests.services.designing import OF_CODE, OF_OWN_PAGE
from app.requests.words import AUDIENCES, KEYS, KINDS, ONCE, PREFILLS, SERVICES, SILENCE, THEMES

LONGEST_LINE = 200
NUMBER = [NumberRange(-NUMBER_MAX, NUMBER_MAX, _l("Between %(min)d and %(max)d."))]
TEXTS = (Kind.TEXT, Kind.LONG_TEXT)


def _key(name: str) -> Any:
    return _l(KEYS[name])


def _select(name: str, words: Mapping[Any, str]) -> SelectField:
    choices = options((str(value), _l(word)) for value, word in words.items())
    return SelectField(_key(name), choices=choices)


class NewForm(FlaskForm):  # type: ignore[misc]
    """A démarche to begin with."""

    title = text(_key("title"), 120, mandatory())
    theme = _select("theme", THEMES)
    service = _select("service", SERVICES)
    audience = _select("audience", AUDIENCES)

    def definition(self, first_step: str) -> Definition:
        """One step to fill."""
        return Definition(
            title=self.title.data,
            theme=Theme(self.theme.data),
            service=self.service.data,
            audience=Audience(self.audience.data),
            steps=(Step("demande", first_step, ()),),
        )


class ImportForm(FlaskForm):  # type: ignore[misc]
    """A file that « Exporter » wrote."""

    file = FileField(_l("JSON file"), render_kw={"accept": ".json,application/json"})


class SettingsForm(FlaskForm):  # type: ignore[misc]
    """What is not a step; ``for_draft`` leaves out what the portal's own code decides."""

    title = text(_key("title"), 120, mandatory())
    summary = text(_key("summary"), 300, description=_l("One sentence under the title."))
    text = paragraph(_key("text"), 5000)
    theme = _select("theme", THEMES)
    service = _select("service", SERVICES)
    opens_on = DateField(_key("opens_on"), [MayBeEmpty()], format=["%Y-%m-%d", "%d/%m/%Y"])
    closes_on = DateField(_key("closes_on"), [MayBeEmpty()], format=["%Y-%m-%d", "%d/%m/%Y"])
    audience = _select("audience", AUDIENCES)
    once = _select("once", ONCE)
    delay_days = WholeNumberField(
        _key("delay_days"),
        [
            MayBeEmpty(),
            NumberRange(1, LONGEST_DELAY, _l("A delay is between one day and ten years.")),
        ],
    )
    silence = _select("silence", SILENCE)
    effect = SelectField(_key("effect"))
    closes_itself = BooleanField(
        _key("closes_itself"), description=_l("No agent looks at the requests.")
    )

    @classmethod
    def for_draft(
        cls, definition: Definition, *, builtin: bool, effects: Mapping[str, str]
    ) -> SettingsForm:
        """Filled from the draft."""
        form = cls(data={name: getattr(definition, name) for name in cls.names()})
        form.effect.choices = options(effects.items())
        for name in list(form.data):
            of_the_page = bool(definition.page) and name not in OF_OWN_PAGE
            if name in cls.names() and (of_the_page or (builtin and name in OF_CODE)):
                del form[name]
        return form

    @classmethod
    def names(cls) -> Collection[str]:
        """The keys of a definition that this form holds."""
        return [name for name in Definition.__dataclass_fields__ if hasattr(cls, name)]

    def applied(self, definition: Definition) -> Definition:
        """The draft with what was typed."""
        types = {"theme": Theme, "audience": Audience, "once": Once, "silence": Silence}
        typed = {name: self[name].data for name in self.names() if name in self}
        return replace(
            definition, **{name: types.get(name, _as_it_is)(value) for name, value in typed.items()}
        )


def _as_it_is(value: Any) -> Any:
    return value


# ---- Rows to add ---------------------------------------------------------------------------------


class AddForm(FlaskForm):  # type: ignore[misc]
    """What stands under a list: the label of one more. Left empty, nothing is added."""

    new_label: Any

    def is_adding(self, do: str) -> bool:
        """« Ajouter », or Enter once a label was typed."""
        return do == "add" or (not do and bool(self.new_label.data))

    def check_new(self, do: str, count: int) -> bool:
        """Whether one more can be added, when that is asked."""
        if self.is_adding(do) and not self.new_label.data:
            self.new_label.errors = [gettext("Give a label.")]
        elif self.is_adding(do) and count >= MOST_ROWS:
            self.new_label.errors = [gettext("A list of %(max)d lines at the most.", max=MOST_ROWS)]
        return not self.new_label.errors


class NewStepForm(AddForm):
    """A step to add."""

    new_label = text(_l("Title of the new step"), 120)


class NewFieldForm(AddForm):
    """A field to add."""

    new_label = text(_l("Label of the new field"), 200)
    new_kind = SelectField(_key("kind"))


def _kinds(apart: Collection[Kind] = ()) -> list[tuple[str, str]]:
    return [(kind.value, gettext(word)) for kind, word in KINDS.items() if kind not in apart]


# ---- A step, a field, a column, a document ---------------------------------------------------------


class StepForm(ConditionForm, NewFieldForm):
    """The title of a step, its help, when it is shown, and a field to add."""

    title = text(_key("title"), 120, mandatory())
    help = paragraph(_key("help"), 5000)

    @classmethod
    def for_draft(cls, step: Step, candidates: Sequence[Field]) -> StepForm:
        """Filled from the draft."""
        kind = conditioned(cls, candidates, step.show_if)
        data = {"title": step.title, "help": step.help, **condition_data(step.show_if)}
        form = kind(data={**data, "new_kind": Kind.TEXT.value})
        form.new_kind.choices = options(_kinds())
        return form

    def changes(self) -> dict[str, Any]:
        """For ``editing.change``."""
        return {"title": self.title.data, "help": self.help.data, "show_if": self.condition()}


@dataclass(frozen=True)
class Offers:
    """What a field may name: codes of documents, other steps, all with their words."""

    documents: Sequence[tuple[str, str]] = ()
    steps: Sequence[tuple[str, str]] = ()
    is_public: bool = False
    in_group: bool = False
    needed: Collection[str] = ()
    """Keys that the effect needs: their kind stays, their choices are only renamed or taken out."""


class FieldForm(ConditionForm, NewFieldForm):
    """A question; what its kind does not have is left out. ``fixed``: the effect needs it."""

    fixed: Field | None = None

    label = text(_key("label"), 200, mandatory())
    kind = SelectField(_key("kind"))
    help = paragraph(_key("help"), 5000)
    required = BooleanField(_l("The answer is mandatory"))
    private = BooleanField(
        _l("Health data"), description=_l("Encrypted; only the role Health reads it.")
    )
    lines = paragraph(_l("Choices, one per line"), 20_000)
    minimum = WholeNumberField(_key("minimum"), [MayBeEmpty(), *NUMBER])
    maximum = WholeNumberField(_key("maximum"), [MayBeEmpty(), *NUMBER])
    minimum_cents = MoneyField(_key("minimum"))
    maximum_cents = MoneyField(_key("maximum"))
    max_length = WholeNumberField(
        _key("max_length"),
        [MayBeEmpty(), NumberRange(1, LONGEST_TEXT, _l("Between %(min)d and %(max)d."))],
    )
    max_rows = WholeNumberField(
        _key("max_rows"),
        [MayBeEmpty(), NumberRange(1, MOST_LINES, _l("Between %(min)d and %(max)d."))],
    )
    document_type = SelectField(_key("document_type"))
    prefill = SelectField(_key("prefill"))
    step = SelectField(_l("In the step"))

    @classmethod
    def for_draft(cls, field: Field, candidates: Sequence[Field], offers: Offers) -> FieldForm:
        """Filled from the draft."""
        form = conditioned(cls, candidates, field.show_if)(data=_field_data(field, offers))
        nested = {Kind.GROUP} if offers.in_group else set()
        form.kind.choices = options(_kinds(nested))
        form.new_kind.choices = options(_kinds({Kind.GROUP}))
        form.document_type.choices = options([("", gettext("Choose")), *offers.documents])
        form.prefill.choices = options(prefills_for(field))
        form.step.choices = options(offers.steps)
        form.fixed = field if field.key in offers.needed and not offers.in_group else None
        for name in _left_out(field, offers):
            del form[name]
        return form

    def validate_lines(self, lines: Any) -> None:
        """Few and short enough; the effect knows its choices by their values."""
        typed = (lines.data or "").splitlines()
        if len(typed) > MOST_ROWS or any(len(line.strip()) > LONGEST_LINE for line in typed):
            facts = {"max": MOST_ROWS, "length": LONGEST_LINE}
            raise ValidationError(
                gettext("At most %(max)d choices, of %(length)d characters each.", **facts)
            )
        if self.fixed is None:
            return
        known = {one.value for one in self.fixed.choices}
        if any(one.value not in known for one in choices_of(lines.data, self.fixed.choices)):
            raise ValidationError(
                gettext("The effect knows these choices only: correct a label, add none.")
            )

    def applied(self, field: Field) -> Field:
        """The field with what was typed; what its new kind does not have is dropped."""
        kind = Kind(self.kind.data) if "kind" in self else field.kind
        same = kind == field.kind
        both_lists = kind in WITH_CHOICES and field.kind in WITH_CHOICES
        made = Field(
            field.key,
            kind,
            self.label.data,
            help=self.help.data,
            required=self.required.data,
            private="private" in self and self.private.data,
            show_if=self.condition() if "show_if" in self else None,
        )
        kept = {name: getattr(field, name) for name in KEPT} if same else {}
        if both_lists:
            kept = {"choices": field.choices, "choices_from": field.choices_from}
        return replace(made, **{**kept, **self._typed(field)} if same or both_lists else {})

    def _typed(self, field: Field) -> dict[str, Any]:
        typed: dict[str, Any] = {
            name: self[name].data
            for name in ("minimum", "maximum", "max_length", "document_type", "prefill")
            if name in self
        }
        for name in ("minimum", "maximum"):
            if f"{name}_cents" in self:
                typed[name] = self[f"{name}_cents"].data
        if "max_rows" in self:
            typed["max_rows"] = self.max_rows.data or field.max_rows
        if "lines" in self:
            typed["choices"] = choices_of(self.lines.data, field.choices)
        return typed


KEPT = (
    "choices", "choices_from", "minimum", "maximum", "max_length", "max_rows", "document_type",
    "prefill", "fields",
)  # fmt: skip
"""What goes with the kind of a field."""


def _field_data(field: Field, offers: Offers) -> dict[str, Any]:
    names = ("label", "help", "required", "private", "max_length", "max_rows", "document_type")
    limits = {"minimum": field.minimum, "maximum": field.maximum}
    return {
        **{name: getattr(field, name) for name in (*names, "prefill")},
        **limits,
        **{f"{name}_cents": value for name, value in limits.items()},
        "kind": field.kind.value,
        "new_kind": Kind.TEXT.value,
        "lines": "\n".join(one.label for one in field.choices),
        "step": offers.steps[0][0] if offers.steps else "",
        **condition_data(field.show_if),
    }


def _left_out(field: Field, offers: Offers) -> list[str]:
    """Names of what this kind of field, or a column, does not have."""
    has = {
        "kind": field.key not in offers.needed or offers.in_group,
        "lines": field.kind in WITH_CHOICES and not field.choices_from,
        "minimum": field.kind is Kind.INTEGER,
        "maximum": field.kind is Kind.INTEGER,
        "minimum_cents": field.kind is Kind.AMOUNT,
        "maximum_cents": field.kind is Kind.AMOUNT,
        "max_length": field.kind in TEXTS,
        "max_rows": field.kind is Kind.GROUP,
        "document_type": field.kind is Kind.FILE,
        "prefill": len(prefills_for(field)) > 1 and not offers.is_public,
        "step": len(offers.steps) > 1,
        "private": not offers.is_public or field.private,
        "show_if": not offers.in_group,
        "new_label": field.kind is Kind.GROUP,
        "new_kind": field.kind is Kind.GROUP,
    }
    return [name for name, there in has.items() if not there]


def prefills_for(field: Field) -> list[tuple[str, str]]:
    """The prefills of this kind; one that comes with the portal stays as it is."""
    found = [(name, gettext(word)) for name, (kind, word) in PREFILLS.items() if kind is field.kind]
    if field.prefill and field.prefill not in PREFILLS:
        found.append((field.prefill, gettext("What the portal knows already")))
    return [("", gettext("Nothing")), *found]


class DocumentForm(ConditionForm):
    """A document asked for before submission."""

    required = BooleanField(_l("The document is mandatory"))

    @classmethod
    def for_draft(cls, needed: NeededDocument, candidates: Sequence[Field]) -> DocumentForm:
        """Filled from the draft."""
        data = {"required": needed.required, **condition_data(needed.show_if)}
        return conditioned(cls, candidates, needed.show_if)(data=data)

    def needed(self, code: str) -> NeededDocument:
        """What was chosen."""
        return NeededDocument(code, self.required.data, self.condition())
