"""The status of a document, by table (D7)."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from app.documents.models import Validity
from app.documents.rules import Given, Status, can_give, status, valid_until

DAY = date(2027, 1, 12)
WAITING, REFUSED = Given(None, None), Given(False, None)
GOOD, ENDLESS, LAST_DAY = Given(True, date(2027, 7, 3)), Given(True, None), Given(True, DAY)
PAST = Given(True, DAY - timedelta(1))


@pytest.mark.parametrize(
    ("given", "asked", "found", "may_give"),
    [
        ([], False, Status.MISSING, True),
        ([], True, Status.ASKED, True),
        ([WAITING], True, Status.WAITING, False),
        ([REFUSED], True, Status.INVALID, True),
        ([REFUSED], False, Status.INVALID, True),
        ([WAITING, REFUSED], True, Status.WAITING, False),
        ([GOOD], True, Status.VALID, False),
        ([ENDLESS], True, Status.VALID, False),
        ([LAST_DAY], False, Status.VALID, True),
        ([PAST], True, Status.EXPIRED, True),
        ([WAITING, LAST_DAY], True, Status.VALID, False),
        ([REFUSED, GOOD], True, Status.VALID, False),
        ([REFUSED, PAST], True, Status.INVALID, True),
    ],
)
def test_the_status_follows_from_facts(
    given: list[Given], asked: bool, found: Status, may_give: bool
) -> None:
    assert status(given, is_asked=asked, day=DAY) is found
    assert can_give(given, DAY) is may_give


@pytest.mark.parametrize(
    ("validity", "months", "given_on", "end"),
    [
        (Validity.MONTHS, 3, date(2026, 11, 30), date(2027, 2, 28)),
        (Validity.MONTHS, 12, date(2024, 2, 29), date(2025, 2, 28)),
        (Validity.SCHOOL_YEAR, None, DAY, date(2027, 7, 3)),
        (Validity.DATE, None, DAY, None),
        (Validity.UNLIMITED, None, DAY, None),
    ],
)
def test_the_end_that_is_proposed(
    validity: Validity, months: int | None, given_on: date, end: date | None
) -> None:
    assert valid_until(validity, months, given_on, date(2027, 7, 3)) == end
