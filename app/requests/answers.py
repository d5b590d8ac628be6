"""Cleaning what is answered: types, limits, choices, conditions, and what the household may name.

The same function serves a step that is posted and the whole request when it is submitted.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from app.core.money import BadAmount, cents_from
from app.core.text import N_
from app.requests.definition import Definition, Field, Kind, Step, holds
from app.requests.errors import Fault

SHORT, LONG = 200, 5000
ADDRESS_LENGTHS = {"street": 200, "postcode": 10, "city": 100}
"""As long as the address of a household can be."""
PHONE = re.compile(r"\+?[0-9][0-9 .()-]{5,24}")
EMAIL = re.compile(r"[^@\s<>\"]{1,64}@[^@\s<>\"]+\.[A-Za-z]{2,}")
TYPED_DATE = re.compile(r"([0-9]{1,2})[/.]([0-9]{1,2})[/.]([0-9]{4})")
POSTCODE = re.compile(r"[0-9A-Za-z -]{4,10}")
CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")
NO_VALUE: tuple[Any, ...] = (None, "", [], {})

Answers = dict[str, Any]
Faults = dict[str, Fault]


@dataclass(frozen=True)
class Nameable:
    """Ids that answers may hold, with their names: read for the household that asks.

    ``documents``: id → code of its type.
    """

    children: Mapping[int, str]
    adults: Mapping[int, str]
    schools: Mapping[int, str]
    levels: Mapping[int, str]
    years: Mapping[int, str]
    documents: Mapping[int, str]


class _Wrong(Exception):
    """``at``: which part of the field is wrong (« postcode », « 2-name »), empty for the field."""

    def __init__(self, text: str, at: str = "", **facts: Any) -> None:
        super().__init__(text)
        self.faults = {at: Fault(text, facts)}


class _WrongRows(_Wrong):
    """Several columns of several rows of a group."""

    def __init__(self, faults: Faults) -> None:
        super().__init__("")
        self.faults = faults


MANDATORY = N_("Fill in this field.")
NOT_OFFERED = N_("Choose one of the values offered.")


def clean(
    fields: Iterable[Field], posted: Mapping[str, Any], before: Mapping[str, Any], known: Nameable
) -> tuple[Answers, Faults]:
    """Answers of ``fields`` as JSON, and what is wrong. Fields not shown or not asked are dropped.

    A fault is named by its field, or by its part as forms name it: « home-postcode », « mates-2-name ».
    """
    answers: Answers = {}
    faults: Faults = {}
    seen = dict(before)
    for field in fields:
        seen.pop(field.key, None)
        if not holds(field.show_if, seen):
            continue
        try:
            value = clean_one(field, posted.get(field.key), known)
        except _Wrong as wrong:
            faults |= {
                f"{field.key}-{at}" if at else field.key: one for at, one in wrong.faults.items()
            }
            continue
        if value not in NO_VALUE or isinstance(value, bool):
            answers[field.key] = seen[field.key] = value
    return answers, faults


def clean_one(field: Field, value: Any, known: Nameable) -> Any:
    """One answer. Raises _Wrong."""
    if isinstance(value, str):
        value = value.strip()
    if field.kind is Kind.STATEMENT:
        return _statement(field, value)
    if value in NO_VALUE and not isinstance(value, bool) and value != 0:
        if field.required:
            raise _Wrong(MANDATORY)
        return None
    return _CLEANERS[field.kind](field, value, known)


def shown_steps(definition: Definition, answers: Mapping[str, Any]) -> list[Step]:
    """The steps of the wizard with these answers."""
    return [step for step in definition.steps if holds(step.show_if, answers)]


def clean_all(
    definition: Definition, posted: Mapping[str, Any], known: Nameable
) -> tuple[Answers, dict[str, Faults]]:
    """Every step again, in order: the answers that stand, and the faults by step."""
    answers: Answers = {}
    wrong: dict[str, Faults] = {}
    for step in definition.steps:
        if not holds(step.show_if, answers):
            continue
        found, faults = clean(step.fields, posted, answers, known)
        answers |= found
        if faults:
            wrong[step.key] = faults
    return answers, wrong


def split(
    definition: Definition, answers: Mapping[str, Any]
) -> tuple[dict[str, Any], dict[str, Any]]:
    """(open answers, private answers)."""
    private = {field.key for field in definition.fields() if is_private(field)}
    return (
        {key: value for key, value in answers.items() if key not in private},
        {key: value for key, value in answers.items() if key in private},
    )


def is_private(field: Field) -> bool:
    """A group with one private column is private as a whole."""
    return field.private or any(column.private for column in field.fields)


# ---- One kind each -------------------------------------------------------------------------------


def _text(field: Field, value: Any, known: Nameable) -> str:
    limit = field.max_length or (LONG if field.kind is Kind.LONG_TEXT else SHORT)
    if not isinstance(value, str) or CONTROL.search(value):
        raise _Wrong(N_("Some characters cannot be used here."))
    if len(value) > limit:
        raise _Wrong(N_("At most %(max)d characters."), max=limit)
    return value


def _matching(pattern: re.Pattern[str], why: str) -> Callable[[Field, Any, Nameable], str]:
    def cleaner(field: Field, value: Any, known: Nameable) -> str:
        if not pattern.fullmatch(_text(field, value, known)):
            raise _Wrong(why)
        return str(value)

    return cleaner


def _integer(field: Field, value: Any, known: Nameable) -> int:
    number = _id(value)
    if number is None:
        raise _Wrong(N_("Enter a whole number."))
    lowest = 0 if field.minimum is None and field.kind is Kind.AMOUNT else field.minimum
    if lowest is not None and number < lowest:
        raise _Wrong(N_("This value is too small."))
    if number > (10**9 if field.maximum is None else field.maximum):
        raise _Wrong(N_("This value is too large."))
    return number


def _amount(field: Field, value: Any, known: Nameable) -> int:
    """Cents; a text is what was typed in euros (« 12,5 »)."""
    if isinstance(value, str):
        try:
            value = cents_from(value)
        except BadAmount as error:
            raise _Wrong(error.text) from None
    return _integer(field, value, known)


def _date(field: Field, value: Any, known: Nameable) -> str:
    """ISO, or as it is typed in French where a browser has no field for dates."""
    if isinstance(value, str) and (typed := TYPED_DATE.fullmatch(value)):
        value = f"{typed[3]}-{typed[2]:>02}-{typed[1]:>02}"
    try:
        day = value if isinstance(value, date) else date.fromisoformat(value)
    except (TypeError, ValueError):
        raise _Wrong(N_("Enter a date.")) from None
    if not 1900 <= day.year <= 2200:
        raise _Wrong(N_("Enter a date."))
    return day.isoformat()


def _choice(field: Field, value: Any, known: Nameable) -> str:
    if value not in [one.value for one in field.choices]:
        raise _Wrong(NOT_OFFERED)
    return str(value)


def _choices(field: Field, value: Any, known: Nameable) -> list[str]:
    given = value if isinstance(value, list) else [value]
    offered = [one.value for one in field.choices]
    if any(one not in offered for one in given):
        raise _Wrong(NOT_OFFERED)
    return [one for one in offered if one in given]


def _yes_no(field: Field, value: Any, known: Nameable) -> bool:
    if value not in (True, False, "yes", "no"):
        raise _Wrong(NOT_OFFERED)
    return value in (True, "yes")


def _statement(field: Field, value: Any) -> bool | None:
    accepted = value in (True, "y", "yes", "on")
    if field.required and not accepted:
        raise _Wrong(N_("Tick this box to go on."))
    return accepted or None


def _among(name: str, at: str = "") -> Callable[[Field, Any, Nameable], int]:
    def cleaner(field: Field, value: Any, known: Nameable) -> int:
        number = _id(value)
        if number is None or number not in getattr(known, name):
            raise _Wrong(NOT_OFFERED, at)
        return number

    return cleaner


def _file(field: Field, value: Any, known: Nameable) -> int:
    document_id = _among("documents")(field, value, known)
    if known.documents[document_id] != field.document_type:
        raise _Wrong(NOT_OFFERED)
    return document_id


def _school_level(field: Field, value: Any, known: Nameable) -> dict[str, int] | None:
    parts = _parts(value, ("school_id", "level_id"))
    if not any(parts.values()) and not field.required:
        return None
    return {
        "school_id": _among("schools")(field, parts["school_id"], known),
        "level_id": _among("levels", "level_id")(field, parts["level_id"], known),
    }


def _address(field: Field, value: Any, known: Nameable) -> dict[str, str] | None:
    parts = _parts(value, tuple(ADDRESS_LENGTHS))
    if not any(parts.values()) and not field.required:
        return None
    cleaned = {
        key: _text(replace(field, max_length=ADDRESS_LENGTHS[key]), str(part or "").strip(), known)
        for key, part in parts.items()
    }
    if not all(cleaned.values()):
        raise _Wrong(N_("Fill in the street, the postcode and the town."))
    if not POSTCODE.fullmatch(cleaned["postcode"]):
        raise _Wrong(N_("Enter a postcode."), "postcode")
    return cleaned


def _iban(field: Field, value: Any, known: Nameable) -> str:
    iban = re.sub(r"\s", "", _text(field, value, known)).upper()
    if not re.fullmatch(r"[A-Z]{2}[0-9]{2}[A-Z0-9]{11,30}", iban) or not _checks(iban):
        raise _Wrong(N_("This IBAN is not right: copy it from your bank details."))
    return iban


def _checks(iban: str) -> bool:
    """ISO 13616: the rest by 97 is 1."""
    moved = iban[4:] + iban[:4]
    return int("".join(str(int(one, 36)) for one in moved)) % 97 == 1


def _group(field: Field, value: Any, known: Nameable) -> list[Answers]:
    if not isinstance(value, list) or len(value) > field.max_rows:
        raise _Wrong(N_("At most %(max)d lines."), max=field.max_rows)
    cleaned: list[Answers] = []
    wrong: Faults = {}
    for place, row in enumerate(value):
        if not isinstance(row, Mapping) or not _filled(row.values()):
            continue
        answers, faults = clean(field.fields, row, {}, known)
        wrong |= {f"{place}-{at}": fault for at, fault in faults.items()}
        cleaned.append(answers)
    if wrong:
        raise _WrongRows(wrong)
    if field.required and not cleaned:
        raise _Wrong(MANDATORY)
    return cleaned


def _filled(values: Collection[Any]) -> bool:
    return any(value not in NO_VALUE for value in values)


def _parts(value: Any, keys: tuple[str, ...]) -> dict[str, Any]:
    if not isinstance(value, Mapping):
        raise _Wrong(NOT_OFFERED)
    return {key: value.get(key) for key in keys}


def _id(value: Any) -> int | None:
    if isinstance(value, bool):
        return None
    if isinstance(value, str) and re.fullmatch(r"-?[0-9]{1,12}", value):
        return int(value)
    return value if isinstance(value, int) else None


_CLEANERS: Mapping[Kind, Callable[[Field, Any, Nameable], Any]] = {
    Kind.TEXT: _text,
    Kind.LONG_TEXT: _text,
    Kind.INTEGER: _integer,
    Kind.AMOUNT: _amount,
    Kind.DATE: _date,
    Kind.CHOICE: _choice,
    Kind.CHOICES: _choices,
    Kind.YES_NO: _yes_no,
    Kind.CHILD: _among("children"),
    Kind.ADULT: _among("adults"),
    Kind.SCHOOL_LEVEL: _school_level,
    Kind.SCHOOL_YEAR: _among("years"),
    Kind.ADDRESS: _address,
    Kind.PHONE: _matching(PHONE, N_("Enter a telephone number, for example 06 12 34 56 78.")),
    Kind.EMAIL: _matching(EMAIL, N_("Enter an e-mail address, for example name@example.fr.")),
    Kind.IBAN: _iban,
    Kind.FILE: _file,
    Kind.GROUP: _group,
}
