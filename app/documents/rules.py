"""The status of a document and until when it is good, from plain facts (D7)."""

from __future__ import annotations

import calendar
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from app.core.text import N_
from app.documents.models import Validity


class Status(StrEnum):
    """What the family reads. ``VALID`` before ``WAITING``: a valid document is not asked again."""

    MISSING = "missing"
    ASKED = "asked"
    WAITING = "waiting"
    VALID = "valid"
    INVALID = "invalid"
    EXPIRED = "expired"


WORDS = {
    Status.MISSING: N_("not given"),
    Status.ASKED: N_("asked for"),
    Status.WAITING: N_("not looked at yet"),
    Status.VALID: N_("still valid"),
    Status.INVALID: N_("not accepted"),
    Status.EXPIRED: N_("out of date"),
}
TAGS = {
    Status.MISSING: "warn",
    Status.ASKED: "warn",
    Status.WAITING: "info",
    Status.VALID: "ok",
    Status.INVALID: "err",
    Status.EXPIRED: "err",
}
"""Kind of tag of each status (``ui.tag``)."""
CAN_GIVE = frozenset({Status.MISSING, Status.ASKED, Status.INVALID, Status.EXPIRED})
REMINDER_DAYS = 30


@dataclass(frozen=True)
class Ask:
    """A document to ask of a household, for a child if its type is a child's."""

    household_id: int
    type_id: int
    child_id: int | None


@dataclass(frozen=True)
class Given:
    """What decides of one document given: its review and its end."""

    is_accepted: bool | None
    valid_until: date | None


def status(given: Sequence[Given], *, is_asked: bool, day: date) -> Status:
    """The status for documents ``given`` of one kind and owner, the newest first.

    ``is_asked``: somebody asks for it by name (a requirement not lifted).
    """
    if any(is_good(one, day) for one in given):
        return Status.VALID
    if not given:
        return Status.ASKED if is_asked else Status.MISSING
    newest = given[0].is_accepted
    if newest is None:
        return Status.WAITING
    return Status.EXPIRED if newest else Status.INVALID


def is_good(given: Given, day: date) -> bool:
    """Accepted, and its last day is not past."""
    return given.is_accepted is True and (given.valid_until is None or day <= given.valid_until)


def can_give(given: Sequence[Given], day: date) -> bool:
    """Nothing waits, and nothing is valid beyond the days when the family is reminded."""
    if any(one.is_accepted is None for one in given):
        return False
    return not any(is_good(one, day) and not ends_soon(one, day) for one in given)


def ends_soon(given: Given, day: date) -> bool:
    """Its last day comes within ``REMINDER_DAYS``: it may be renewed."""
    return given.valid_until is not None and given.valid_until <= day + timedelta(REMINDER_DAYS)


def valid_until(
    validity: Validity, months: int | None, given_on: date, year_ends: date | None
) -> date | None:
    """The last day proposed to the agent; None: without end, or only the agent can read it.

    ``year_ends``: last day of the school year in course, or of the next one in summer.
    """
    if validity is Validity.MONTHS:
        return add_months(given_on, months or 0)
    return year_ends if validity is Validity.SCHOOL_YEAR else None


def add_months(day: date, months: int) -> date:
    """The same day ``months`` later, or the last one of a shorter month."""
    place = day.year * 12 + day.month - 1 + months
    year, month = place // 12, place % 12 + 1
    return date(year, month, min(day.day, calendar.monthrange(year, month)[1]))
