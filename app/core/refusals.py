"""The one place that turns a named refusal into a sentence in the reader's language."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from flask import flash
from flask_babel import gettext

from app.core import dates
from app.core.errors import Refusal
from app.core.money import euros


def sentence(error: Refusal) -> str:
    """The refusal in the reader's language, its facts shown the French way."""
    return str(gettext(error.text, **{_name(k): _shown(k, v) for k, v in error.facts.items()}))


def flash_refusal(error: Refusal) -> None:
    """Say the refusal at the top of the next page."""
    flash(sentence(error), "error")


def attach(form: Any, field_name: str | None, error: Refusal) -> None:
    """Say the refusal beside a field of the form, or in its summary when ``field_name`` is None."""
    if field_name is None:
        form.form_errors = [*form.form_errors, sentence(error)]
    else:
        form[field_name].errors = [*form[field_name].errors, sentence(error)]


def _name(key: str) -> str:
    return key.removesuffix("_cents")


def _shown(key: str, value: Any) -> Any:
    if key.endswith("_cents"):
        return euros(value)
    if isinstance(value, datetime):
        return dates.moment(value)
    return dates.day(value, "weekday") if isinstance(value, date) else value
