"""Fields of the generated forms, read and shown the French way."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from datetime import date, datetime
from enum import Enum
from typing import Any

from flask_babel import gettext
from wtforms import DateField as AnyDateField
from wtforms import (
    DateTimeLocalField,
    Field,
    SelectChoice,
    SelectField,
    StringField,
    ValidationError,
)
from wtforms.fields import Choice
from wtforms.widgets import NumberInput, TextInput

from app.core import clock, dates
from app.core.money import BadAmount, cents_from, euros
from app.core.refusals import sentence

INT_MAX = 2**31 - 1


class MoneyField(Field):  # type: ignore[misc]
    """An amount typed in euros (« 12,50 »), whole cents in ``data`` (None when empty)."""

    widget = TextInput()

    def _value(self) -> str:
        if self.raw_data:
            return str(self.raw_data[0])
        return "" if self.data is None else euros(self.data).replace("\u00a0€", "")

    def process_formdata(self, valuelist: list[str]) -> None:
        typed = valuelist[0].strip() if valuelist else ""
        try:
            self.data = cents_from(typed) if typed else None
        except BadAmount as error:
            self.data = None
            raise ValueError(sentence(error)) from error


class WholeNumberField(Field):  # type: ignore[misc]
    """A whole number that fits a database integer."""

    widget = NumberInput(step="1")

    def _value(self) -> str:
        if self.raw_data:
            return str(self.raw_data[0])
        return "" if self.data is None else str(self.data)

    def process_formdata(self, valuelist: list[str]) -> None:
        typed = valuelist[0].strip() if valuelist else ""
        self.data = whole_number(typed) if typed else None
        if typed and self.data is None:
            raise ValueError(gettext("Enter a whole number."))


class DateField(AnyDateField):  # type: ignore[misc]
    """A day that anybody can mean: not year 1, not year 9999."""

    data: date | None

    def process_formdata(self, valuelist: list[str]) -> None:
        super().process_formdata(valuelist)
        if self.data is not None and not dates.is_meant(self.data):
            self.data = None
            raise ValueError(_no_such_day())


def _no_such_day() -> str:
    return gettext(
        "Enter a date between %(first)s and %(last)s.",
        first=dates.day(dates.EARLIEST, "digits"),
        last=dates.day(dates.LATEST, "digits"),
    )


class MomentField(DateTimeLocalField):  # type: ignore[misc]
    """An instant typed on the commune's wall clock, aware and UTC in ``data``."""

    def process_data(self, value: datetime | None) -> None:
        self.data = clock.paris(value).replace(tzinfo=None) if value else None

    def process_formdata(self, valuelist: list[str]) -> None:
        if valuelist and valuelist[0].strip():
            super().process_formdata(valuelist)
        if self.data is not None and not dates.is_meant(self.data.date()):
            self.data = None
            raise ValueError(_no_such_day())

    def populate_obj(self, obj: Any, name: str) -> None:
        aware = self.data.replace(tzinfo=clock.PARIS) if self.data else None
        setattr(obj, name, aware)


class ChoiceField(SelectField):  # type: ignore[misc]
    """One member of an enumeration, shown by its label."""

    def __init__(
        self,
        label: Any = None,
        validators: Any = None,
        *,
        kind: type[Enum],
        labels: Mapping[Any, str],
        optional: bool = False,
        **more: Any,
    ) -> None:
        self.kind, self.labels, self.optional = kind, labels, optional
        super().__init__(
            label,
            validators,
            coerce=self._member,
            choices=self._offered,
            validate_choice=False,
            **more,
        )

    def _offered(self) -> list[SelectChoice]:
        blank = [SelectChoice("", "–")] if self.optional else []
        named = [SelectChoice(m.value, gettext(self.labels.get(m, m.value))) for m in self.kind]
        return [*blank, *named]

    def _member(self, value: Any) -> Enum | None:
        if isinstance(value, self.kind):
            return value
        if value in (None, "") and self.optional:
            return None
        try:
            return self.kind(value)
        except ValueError:
            raise ValueError(gettext("Choose one of the values offered.")) from None

    def has_groups(self) -> bool:
        return False

    def iter_choices(self) -> Any:
        chosen = self.data.value if isinstance(self.data, self.kind) else self.data or ""
        for one in self._offered():
            yield Choice(one.value, one.label, one.value == chosen, {})


class RowField(StringField):  # type: ignore[misc]
    """A row named by what is typed (« F-00012 »), for tables too long for a list of choices.

    ``find`` takes the text and gives the row or None; ``shown`` gives back the text of a row.
    """

    def __init__(
        self,
        label: Any = None,
        validators: Any = None,
        *,
        find: Callable[[str], Any],
        shown: Callable[[Any], str],
        **more: Any,
    ) -> None:
        super().__init__(label, validators, **more)
        self.find, self.shown = find, shown

    def _value(self) -> str:
        if self.raw_data:
            return str(self.raw_data[0])
        return self.shown(self.data) if self.data is not None else ""

    def process_formdata(self, valuelist: list[str]) -> None:
        typed = valuelist[0].strip() if valuelist else ""
        self.data = self.find(typed) if typed else None
        if typed and self.data is None:
            raise ValueError(gettext("Nothing has this name or number."))


def whole_number(typed: str) -> int | None:
    """The database integer that ``typed`` is, else None (« 12 », « -3 »; no « 1_000 », no other digits)."""
    plain = typed.removeprefix("-")
    if not (plain.isascii() and plain.isdigit() and len(plain) <= 10):
        return None
    return int(typed) if abs(int(typed)) <= INT_MAX else None


def row_number(typed: str) -> int:
    """The id that ``typed`` is, as ``type`` of an argument. Raises ValueError."""
    number = whole_number(typed)
    if number is None:
        raise ValueError(typed)
    return number


class NoControlCharacters:
    """Refuses what a database text cannot hold (NUL) and what nobody types."""

    allowed: Collection[str] = "\n\r\t"

    def __call__(self, form: Any, field: Any) -> None:
        if isinstance(field.data, str) and any(
            ord(letter) < 32 and letter not in self.allowed for letter in field.data
        ):
            raise ValidationError(gettext("Some characters cannot be kept."))
