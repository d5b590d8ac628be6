"""Words of this room for screens: kinds, categories, weekdays, days of a pattern."""

from __future__ import annotations

from datetime import date, timedelta

from app.activities.models import Category, DeadlineKind, PeriodKind
from app.core import dates
from app.core.text import N_

KINDS = {
    DeadlineKind.DAYS_BEFORE: N_("Days before"),
    DeadlineKind.WORKING_DAYS_BEFORE: N_("Working days before"),
    DeadlineKind.PREVIOUS_WEEK: N_("A day of the week before"),
}
CATEGORIES = {
    Category.CARE: N_("Care before or after school"),
    Category.MEAL: N_("School meal"),
    Category.CENTRE: N_("Leisure centre"),
    Category.CAMP: N_("Holiday camp"),
}
PERIODS = {
    PeriodKind.SCHOOL_HOLIDAY: N_("School holidays"),
    PeriodKind.PUBLIC_HOLIDAY: N_("Public holiday"),
    PeriodKind.CLOSURE: N_("Closed to families"),
    PeriodKind.OFFICE_CLOSED: N_("Office closed"),
}
A_MONDAY = date(2024, 1, 1)


def weekday(number: int) -> str:
    """« lundi » for 0."""
    return dates.day(A_MONDAY + timedelta(days=number), "name")


def weekdays(digits: str) -> str:
    """« lundi, mardi » for « 01 »."""
    return ", ".join(weekday(int(one)) for one in digits)
