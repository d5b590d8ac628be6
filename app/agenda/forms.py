"""The shape of what « Saisie groupée » sends (B4)."""

from __future__ import annotations

from datetime import date
from typing import Any

from flask_babel import lazy_gettext
from flask_wtf import FlaskForm
from wtforms import RadioField, SelectChoice, SelectMultipleField
from wtforms.validators import Optional, ValidationError

from app.agenda.grouped import LONGEST, Period, Span
from app.core.admin_fields import DateField


class GroupedForm(FlaskForm):  # type: ignore[misc]
    """Children, what to do, the period, the slots, the days. Choices are set per request."""

    class Meta:
        # The page's own token field is checked by CSRFProtect; a preview changes nothing.
        csrf = False

    children = SelectMultipleField(lazy_gettext("For which children?"), coerce=int)
    mode = RadioField(
        lazy_gettext("What do you want to do?"),
        choices=[
            SelectChoice("create", lazy_gettext("Create")),
            SelectChoice("delete", lazy_gettext("Delete")),
        ],
        default="create",
    )
    period = RadioField(lazy_gettext("For which period?"), default=Period.MONTH.value)
    first = DateField(lazy_gettext("From"), validators=[Optional()])
    last = DateField(lazy_gettext("To"), validators=[Optional()])
    slots = SelectMultipleField(lazy_gettext("Which activities?"), coerce=int)
    weekdays = SelectMultipleField(lazy_gettext("Which days?"), coerce=int)
    rhythm = RadioField(
        lazy_gettext("How often"),
        choices=[
            SelectChoice("1", lazy_gettext("Every week")),
            SelectChoice("2", lazy_gettext("Every other week")),
        ],
        default="1",
    )

    def span(self, quick: dict[Period, Span]) -> Span:
        """The period asked for: a quick one, or the two dates as typed."""
        period = Period(self.period.data)
        if period in quick:
            return quick[period]
        return Span(self.first.data, self.last.data)

    def validate_children(self, field: Any) -> None:
        if not field.data:
            raise ValidationError(lazy_gettext("Choose at least one child."))

    def validate_slots(self, field: Any) -> None:
        if not field.data:
            raise ValidationError(lazy_gettext("Choose at least one activity."))

    def validate(self, extra_validators: Any = None) -> bool:
        """Also the two dates together, when they are what counts."""
        valid = bool(super().validate(extra_validators))
        if self.period.data != Period.DATES.value:
            return valid
        wrong = self._wrong_dates()
        if wrong:
            self.last.errors = [*self.last.errors, wrong]
        return valid and not wrong

    def _wrong_dates(self) -> Any:
        first, last = self.first.data, self.last.data
        if not isinstance(first, date) or not isinstance(last, date):
            return lazy_gettext("Give both dates of the period.")
        if last < first:
            return lazy_gettext("The period ends before it begins.")
        if (last - first).days > LONGEST:
            return lazy_gettext("The period is longer than a school year.")
        return None
