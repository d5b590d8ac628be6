"""The shape of what the régisseur types."""

from __future__ import annotations

from typing import Any

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import HiddenField, RadioField, SelectChoice, StringField
from wtforms.validators import UUID, InputRequired, Length, Optional, ValidationError

from app.core.errors import Refusal
from app.core.money import cents_from
from app.core.refusals import sentence
from app.payments.models import Method


class AmountForm(FlaskForm):  # type: ignore[misc]
    """An amount typed in euros; ``cents`` once it is valid."""

    amount = StringField(_l("Amount"), validators=[InputRequired(), Length(max=40)])
    token = HiddenField(validators=[UUID()])

    cents: int = 0

    def validate_amount(self, field: Any) -> None:
        try:
            self.cents = cents_from(field.data or "")
        except Refusal as error:
            raise ValidationError(sentence(error)) from error


class CounterForm(AmountForm):
    """Cash or a cheque handed over at the counter (B11)."""

    method = RadioField(
        _l("Means of payment"),
        choices=[
            SelectChoice(Method.CASH.value, _l("Cash")),
            SelectChoice(Method.CHEQUE.value, _l("Cheque")),
        ],
        default=Method.CASH.value,
    )
    bank = StringField(_l("Bank"), validators=[Optional(), Length(max=60)])
    cheque_number = StringField(_l("Number of the cheque"), validators=[Optional(), Length(max=30)])


class RefundForm(AmountForm):
    """Money given back out of the prepaid account."""

    method = RadioField(
        _l("Given back by"),
        choices=[
            SelectChoice("transfer", _l("Bank transfer")),
            SelectChoice("cash", _l("Cash")),
            SelectChoice("cheque", _l("Cheque")),
        ],
        default="transfer",
    )
    reason = StringField(_l("Reason"), validators=[InputRequired(), Length(max=200)])


class ReasonForm(FlaskForm):  # type: ignore[misc]
    """A correction says why."""

    reason = StringField(_l("Reason"), validators=[InputRequired(), Length(max=200)])
