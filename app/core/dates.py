"""Days, hours and moments as the screens say them (French first, English too)."""

from __future__ import annotations

import re
from datetime import date, datetime, time
from functools import lru_cache

from babel.dates import format_date
from flask_babel import get_locale, gettext

from app.core import clock
from app.core.money import NBSP

PATTERNS = {
    "full": "EEEE d MMMM y",  # mercredi 13 janvier 2027
    "weekday": "EEEE d MMMM",  # mercredi 13 janvier
    "long": "d MMMM y",  # 13 janvier 2027
    "medium": "EEE d MMMM",  # mer. 13 janvier
    "short": "EEE d",  # mer. 13
    "day": "d MMMM",  # 13 janvier
    "digits": "dd/MM/y",  # 13/01/2027
    "month": "MMMM y",  # janvier 2027
    "name": "EEEE",  # mercredi
    "short_name": "EEE",  # mer.
}


EARLIEST, LATEST = date(1900, 1, 1), date(2199, 12, 31)
"""Days that anybody can mean. Beyond them a week more or a time zone has no date any more."""


def is_meant(value: date) -> bool:
    """Whether anybody can mean this day: births, school years, papers."""
    return EARLIEST <= value <= LATEST


def day_from(typed: str) -> date:
    """« 2027-01-12 ». Raises ValueError for what is no day or no day that anybody means."""
    found = date.fromisoformat(typed)
    if not is_meant(found):
        raise ValueError(f"out of range: {typed}")
    return found


def day(value: date | datetime, form: str = "long") -> str:
    """``value`` in one of ``PATTERNS``; an instant is read on the commune's wall clock."""
    return _said(_paris_day(value), form, str(get_locale() or "fr"))


@lru_cache(maxsize=4096)
def _said(plain: date, form: str, locale: str) -> str:
    """A page of a month says a hundred days, always the same ones."""
    said = format_date(plain, PATTERNS[form], locale=locale)
    if plain.day == 1 and form not in {"digits", "month"} and locale.startswith("fr"):
        said = re.sub(r"(^| )1( |$)", r"\g<1>1er\2", said)
    return said


def near_day(value: date | datetime) -> str:
    """« Aujourd’hui », « Demain », else « Mer. 13 »."""
    ahead = (_paris_day(value) - clock.today()).days
    if ahead == 0:
        return gettext("Today")
    return gettext("Tomorrow") if ahead == 1 else capfirst(day(value, "short"))


def hour(value: time | datetime) -> str:
    """« 10 h », « 16 h 30 » with unbreakable spaces; an instant on the commune's wall clock."""
    if isinstance(value, datetime) and value.tzinfo is not None:
        value = clock.paris(value)
    if not _french():
        return f"{value.hour}:{value.minute:02d}"
    minutes = f"{NBSP}{value.minute:02d}" if value.minute else ""
    return f"{value.hour}{NBSP}h{minutes}"


def moment(value: datetime, form: str = "weekday") -> str:
    """« mercredi 13 janvier à 10 h »."""
    return gettext("%(day)s at %(hour)s", day=day(value, form), hour=hour(value))


def capfirst(text: str) -> str:
    """The text with its first letter in upper case, the others as they are."""
    text = str(text)
    return text[:1].upper() + text[1:]


def _paris_day(value: date | datetime) -> date:
    if isinstance(value, datetime):
        return (clock.paris(value) if value.tzinfo else value).date()
    return value


def _french() -> bool:
    return str(get_locale() or "fr").startswith("fr")
