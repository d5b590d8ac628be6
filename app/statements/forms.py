"""The shape of what a family types about its account."""

from __future__ import annotations

from typing import Any

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import HiddenField, RadioField, SelectChoice, StringField
from wtforms.validators import UUID, Length, ValidationError

from app.core.errors import Refusal
from app.core.money import cents_from
from app.core.refusals import sentence

PRESETS = (2_000, 5_000, 10_000)
"""Amounts offered, in cents."""


def _cents(field: Any) -> int | None:
    """Cents typed in ``field``, None when it is empty; its refusal becomes the field's error."""
    if not (field.data or "").strip():
        return None
    try:
        return cents_from(field.data)
    except Refusal as error:
        raise ValidationError(sentence(error)) from error


class TopUpForm(FlaskForm):  # type: ignore[misc]
    """« Recharger mon compte »: a ready amount or another one; what is typed wins."""

    preset = RadioField(
        _l("Amount"),
        choices=[SelectChoice(str(cents), f"{cents // 100}\u00a0€") for cents in PRESETS],
        validate_choice=False,
    )
    amount = StringField(_l("Other amount"), validators=[Length(max=40)])
    token = HiddenField(validators=[UUID()])

    cents: int | None = None

    def validate_amount(self, field: Any) -> None:
        self.cents = _cents(field)
        if self.cents is None and self.preset.data in {str(cents) for cents in PRESETS}:
            self.cents = int(self.preset.data)
        if self.cents is None:
            raise ValidationError(_l("Choose or enter an amount."))


class AlertForm(FlaskForm):  # type: ignore[misc]
    """The balance under which the family wants to be told; empty: never."""

    threshold = StringField(_l("Tell me when the balance falls below"), validators=[Length(max=40)])

    cents: int | None = None

    def validate_threshold(self, field: Any) -> None:
        self.cents = _cents(field)
