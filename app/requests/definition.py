"""What a démarche is: steps of typed fields, read from JSON (docs/requests.md has every key).

The same value serves the wizard, the agents' page and the designer. ``Definition.read`` takes any
JSON and says every fault it finds; a definition that was read is sound in its shape, ``checks``
says whether it can be published.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any

FORMAT = 1


class Theme(StrEnum):
    """The card of the home page on which a démarche stands."""

    SCHOOL = "school"
    CARE = "care"
    HOLIDAYS = "holidays"
    UPDATES = "updates"
    OTHER = "other"


class Audience(StrEnum):
    """Who may ask: an account of a household (« @ »), or anybody."""

    ACCOUNT = "account"
    PUBLIC = "public"


class Once(StrEnum):
    """How often: freely, or one living request per household, child or child and school year."""

    FREE = "free"
    HOUSEHOLD = "household"
    CHILD = "child"
    CHILD_YEAR = "child_year"


class Silence(StrEnum):
    """What the law makes of no answer in time."""

    NOTHING = ""
    ACCEPTED = "accepted"
    REFUSED = "refused"


class Kind(StrEnum):
    """Type of a field. The answer's JSON is text unless said otherwise."""

    TEXT = "text"
    LONG_TEXT = "long_text"
    INTEGER = "integer"  # number
    AMOUNT = "amount"  # cents
    DATE = "date"  # ISO text
    CHOICE = "choice"
    CHOICES = "choices"  # list
    YES_NO = "yes_no"  # true or false
    CHILD = "child"  # id
    ADULT = "adult"  # id
    SCHOOL_LEVEL = "school_level"  # {"school_id", "level_id"}
    SCHOOL_YEAR = "school_year"  # id
    ADDRESS = "address"  # {"street", "postcode", "city"}
    PHONE = "phone"
    EMAIL = "email"
    IBAN = "iban"
    FILE = "file"  # id of a document
    STATEMENT = "statement"  # true: accepted
    GROUP = "group"  # list of {field: answer}


@dataclass(frozen=True)
class Condition:
    """« Show if »: an earlier field has one of these values (« yes » and « no » for yes/no)."""

    field: str
    values: tuple[str, ...]


@dataclass(frozen=True)
class Choice:
    """One value of a choice."""

    value: str
    label: str


@dataclass(frozen=True)
class Field:
    """One question. ``private``: health, sealed and read by the role Santé alone.

    ``choices_from`` names a list that the portal knows (``app.requests.offered``) in place of
    ``choices``; ``prefill`` something known (``app.requests.prefill``); ``document_type`` the code
    of a file's kind; ``fields`` the columns of a group, ``max_rows`` its most rows.
    """

    key: str
    kind: Kind
    label: str
    help: str = ""
    required: bool = False
    private: bool = False
    choices: tuple[Choice, ...] = ()
    choices_from: str = ""
    show_if: Condition | None = None
    prefill: str = ""
    document_type: str = ""
    minimum: int | None = None
    maximum: int | None = None
    max_length: int | None = None
    fields: tuple[Field, ...] = ()
    max_rows: int = 5


@dataclass(frozen=True)
class Step:
    """One page of the wizard."""

    key: str
    title: str
    fields: tuple[Field, ...]
    help: str = ""
    show_if: Condition | None = None


@dataclass(frozen=True)
class NeededDocument:
    """A document asked before submission, by the code of its type."""

    document_type: str
    required: bool = True
    show_if: Condition | None = None


@dataclass(frozen=True)
class Definition:
    """A démarche. ``effect``: what closing does, by its name in ``app.requests.effects``.

    ``closes_itself``: no agent is needed, the portal closes it at once. ``page``: the path of a page
    of its own in place of the wizard (built-in démarches only). ``delay_days``: the legal delay.
    """

    title: str
    theme: Theme
    service: str
    steps: tuple[Step, ...]
    summary: str = ""
    text: str = ""
    audience: Audience = Audience.ACCOUNT
    once: Once = Once.FREE
    opens_on: date | None = None
    closes_on: date | None = None
    documents: tuple[NeededDocument, ...] = ()
    effect: str = ""
    closes_itself: bool = False
    page: str = ""
    delay_days: int | None = None
    silence: Silence = Silence.NOTHING
    format: int = FORMAT

    def fields(self) -> Iterator[Field]:
        """Every field of every step, groups as one."""
        for step in self.steps:
            yield from step.fields

    def step(self, key: str) -> Step | None:
        """The step of this key."""
        return next((one for one in self.steps if one.key == key), None)

    @classmethod
    def read(cls, values: Mapping[str, Any]) -> Definition:
        """From JSON. KeyError, TypeError and ValueError never leave: BadDefinition lists the faults."""
        from app.requests.reading import read  # the reader needs the types above

        return read(values)

    def as_json(self) -> dict[str, Any]:
        """For a version, an export: only what differs from the defaults."""
        return {"format": self.format, **_as_json(self)}


def holds(condition: Condition | None, answers: Mapping[str, Any]) -> bool:
    """Whether what depends on ``condition`` is shown."""
    if condition is None:
        return True
    return bool(set(as_words(answers.get(condition.field))) & set(condition.values))


def as_words(answer: Any) -> Sequence[str]:
    """An answer as conditions compare it."""
    if answer is None or answer == "":
        return ()
    if isinstance(answer, bool):
        return ("yes" if answer else "no",)
    if isinstance(answer, list):
        return [str(one) for one in answer]
    return (str(answer),)


def _as_json(value: Any) -> Any:
    if isinstance(value, tuple):
        return [_as_json(one) for one in value]
    if isinstance(value, StrEnum):
        return value.value
    if isinstance(value, date):
        return value.isoformat()
    if not hasattr(value, "__dataclass_fields__"):
        return value
    kept = {}
    for name, known in value.__dataclass_fields__.items():
        content = getattr(value, name)
        if content != known.default and name != "format":
            kept[name] = _as_json(content)
    return kept
