"""The shape of what agents type about activities."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, ClassVar

from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from wtforms import (
    BooleanField,
    FieldList,
    Form,
    FormField,
    HiddenField,
    SelectChoice,
    SelectField,
    SelectMultipleField,
    StringField,
    ValidationError,
)
from wtforms.validators import DataRequired, InputRequired, Length, NumberRange, Optional
from wtforms.widgets import CheckboxInput, ListWidget

from app.activities import labels
from app.activities.queries import OpeningChoice
from app.activities.rules import BandFacts
from app.activities.services import NEW, Where
from app.core.admin_fields import (
    DateField,
    MoneyField,
    NoControlCharacters,
    WholeNumberField,
    whole_number,
)

BLANK_ROWS = 4
"""Empty rows under the bands of a grid."""
MOST_BANDS = 60


def mandatory() -> InputRequired:
    """The field carries « * »."""
    return InputRequired(_("Fill in this field."))


def short_text(label: Any, longest: int, *more: Any) -> StringField:
    """One line of text, trimmed."""
    rules = [*more, NoControlCharacters(), Length(max=longest)]
    return StringField(label, rules, filters=[lambda value: (value or "").strip()])


class Boxes(SelectMultipleField):  # type: ignore[misc]
    """Several boxes to tick."""

    widget = ListWidget(prefix_label=False)
    option_widget = CheckboxInput()


class WeekdaysField(Boxes):
    """Weekdays to tick, kept as digits (« 0134 »)."""

    def __init__(self, label: Any, **more: Any) -> None:
        some = DataRequired(_("Choose at least one weekday."))
        offered = [some, *more.pop("validators", ())]
        super().__init__(label, offered, choices=lambda: weekday_choices(str), **more)

    def process_data(self, value: Any) -> None:
        """From the digits of the pattern."""
        self.data = list(value or "")

    def populate_obj(self, obj: Any, name: str) -> None:
        """Back to digits."""
        setattr(obj, name, "".join(sorted(self.data)))


def weekday_choices(kind: type) -> list[SelectChoice]:
    """Monday (0) to Sunday in the reader's language."""
    return [SelectChoice(kind(number), labels.weekday(number)) for number in range(7)]


def choices(rows: Iterable[Any]) -> list[SelectChoice]:
    """Rows as choices; their text is their name."""
    return [SelectChoice(row.id, str(row)) for row in rows]


# ---- Openings ------------------------------------------------------------------------------------


class ChoiceForm(FlaskForm):  # type: ignore[misc]
    """Which openings: days, sites, slots. ``lists`` fills the choices before validating."""

    first = DateField(_("From"), [mandatory()])
    last = DateField(_("To, included"), [mandatory()])
    sites = Boxes(_("Sites"), coerce=int, description=_("None ticked: every site."))
    slots = Boxes(_("Slots"), coerce=int, description=_("None ticked: every slot."))

    def lists(self, sites: Iterable[Any], slots: Iterable[Any]) -> None:
        """Fill the choices."""
        self.sites.choices, self.slots.choices = choices(sites), choices(slots)

    def validate_last(self, field: Any) -> None:
        """Dates in order."""
        if self.first.data and field.data and field.data < self.first.data:
            raise ValidationError(_("The end cannot be before the start."))

    def choice(self) -> OpeningChoice:
        """What was typed."""
        return OpeningChoice(self.first.data, self.last.data, self.sites.data, self.slots.data)


class CloseForm(ChoiceForm):
    """Closing in bulk; the families read the reason."""

    reason = short_text(_("Reason, read by the families"), 200, mandatory())


class ReopenForm(ChoiceForm):
    """Opening again in bulk."""


class ResizeForm(ChoiceForm):
    """Another number of places in bulk."""

    capacity = WholeNumberField(_("Number of places"), [mandatory(), NumberRange(min=0)])


# ---- Enrolments ----------------------------------------------------------------------------------


class EnrolForm(FlaskForm):  # type: ignore[misc]
    """On what to enrol. ``lists`` fills the choices before validating."""

    whom: ClassVar[tuple[str, ...]] = ()
    """Fields asked first, though declared by the subclass."""

    activity = SelectField(_("Activity"), [mandatory()], coerce=int)
    site = SelectField(_("Site"), [mandatory()], coerce=int)
    year = SelectField(_("School year"), [mandatory()], coerce=int)
    starts_on = DateField(
        _("First day"), [Optional()], description=_("Empty: first day of the school year.")
    )
    ends_on = DateField(
        _("Last day"), [Optional()], description=_("Empty: last day of the school year.")
    )

    def lists(self, activities: Iterable[Any], sites: Iterable[Any], years: Iterable[Any]) -> None:
        """Fill the choices."""
        for field, rows in ((self.activity, activities), (self.site, sites), (self.year, years)):
            field.choices = choices(rows)

    def __iter__(self) -> Iterator[Any]:
        return iter(sorted(super().__iter__(), key=lambda field: field.name not in self.whom))

    def where(self) -> Where:
        """What was typed."""
        return Where(
            self.activity.data,
            self.site.data,
            self.year.data,
            self.starts_on.data,
            self.ends_on.data,
        )


class EnrolChildForm(EnrolForm):
    """One child among those found."""

    whom = ("child_id",)

    child_id = SelectField(_("Child"), [mandatory()], coerce=int)


class EnrolClassForm(EnrolForm):
    """The pupils of a school, or of some levels of it."""

    whom = ("school", "levels")

    school = SelectField(_("School"), [mandatory()], coerce=int)
    levels = Boxes(_("Levels"), coerce=int, description=_("None ticked: every level."))


class EndForm(FlaskForm):  # type: ignore[misc]
    """End of enrolments."""

    last_day = DateField(_("Last day"), [mandatory()])
    reason = short_text(_("Reason, read by the families"), 200, mandatory())


class MoveForm(FlaskForm):  # type: ignore[misc]
    """Another site, or another last day."""

    site = SelectField(_("Site"), [mandatory()], coerce=int)
    ends_on = DateField(_("Last day"), [mandatory()])
    reason = short_text(_("Reason, read by the families"), 200, mandatory())


# ---- School year ---------------------------------------------------------------------------------


class CopyForm(FlaskForm):  # type: ignore[misc]
    """A year made from another one."""

    source = SelectField(_("Copy from"), [mandatory()], coerce=int)
    prices = BooleanField(
        _("Copy the prices too"),
        default=True,
        description=_("They begin on the first day of the new year; change them afterwards."),
    )


# ---- Prices --------------------------------------------------------------------------------------

RESIDENTS: Mapping[str, bool | None] = {"": None, "yes": True, "no": False}


class BandRow(Form):  # type: ignore[misc]
    """One band; a row without name nor price is not a band."""

    band_id = HiddenField(default=str(NEW))
    name = short_text(_("Name of the band"), 40)
    quotient_from = WholeNumberField(_("Quotient from"), [Optional(), NumberRange(min=0)])
    quotient_to = WholeNumberField(_("below"), [Optional(), NumberRange(min=1)])
    resident = SelectField(
        _("Families"),
        choices=[
            SelectChoice("", _("All families")),
            SelectChoice("yes", _("Residents")),
            SelectChoice("no", _("Other communes")),
        ],
    )
    sibling_rank = WholeNumberField(
        _("From which child"), [Optional(), NumberRange(min=1, max=20)], default=1
    )
    care_cents = MoneyField(_("Care"))
    meal_cents = MoneyField(_("Meal"))

    @property
    def is_empty(self) -> bool:
        """Nothing was typed."""
        return not self.name.data and self.care_cents.data is None and self.meal_cents.data is None

    def validate_name(self, field: Any) -> None:
        """A band has a name, which families read."""
        if not self.is_empty and not field.data:
            raise ValidationError(_("Fill in this field."))

    def validate_care_cents(self, field: Any) -> None:
        """A band has a price: never free by accident."""
        priced = field.data is not None or self.meal_cents.data is not None
        if not self.is_empty and not priced:
            raise ValidationError(_("Fill in this field."))

    def facts(self) -> BandFacts:
        """What was typed."""
        return BandFacts(
            id=whole_number(self.band_id.data or "") or NEW,
            name=self.name.data,
            care_cents=self.care_cents.data or 0,
            meal_cents=self.meal_cents.data or 0,
            quotient_from=self.quotient_from.data or 0,
            quotient_to=self.quotient_to.data,
            resident=RESIDENTS[self.resident.data or ""],
            sibling_rank=self.sibling_rank.data or 1,
        )


class GridForm(FlaskForm):  # type: ignore[misc]
    """The bands of a grid, all at once."""

    cost_cents = MoneyField(
        _("What the service costs the commune"),
        [Optional()],
        description=_("Per child and per day. A price above it is pointed out."),
    )
    bands = FieldList(FormField(BandRow), max_entries=MOST_BANDS)

    def facts(self) -> list[BandFacts]:
        """The bands typed; empty rows aside."""
        return [row.form.facts() for row in self.bands if not row.form.is_empty]

    def add_blank_rows(self) -> None:
        """Room for more bands."""
        empty = sum(row.form.is_empty for row in self.bands)
        for _row in range(BLANK_ROWS - empty):
            if len(self.bands) < MOST_BANDS:
                self.bands.append_entry()


def typed_bands(bands: Sequence[BandFacts]) -> list[dict[str, Any]]:
    """Bands as the values of the rows of a form."""
    words = {value: word for word, value in RESIDENTS.items()}
    return [
        band._asdict() | {"band_id": str(band.id), "resident": words[band.resident]}
        for band in bands
    ]
