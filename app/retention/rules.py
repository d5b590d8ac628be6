"""Periods: from which moment on something is too old to be kept."""

from __future__ import annotations

import calendar
from datetime import date, datetime, timedelta

WARNING_DAYS = 30
"""A household is warned this long before its file is erased."""


def months_before(moment: datetime, months: int) -> datetime:
    """The same clock time that many months earlier, on the last day of a shorter month."""
    year, month = divmod(moment.year * 12 + moment.month - 1 - months, 12)
    day = min(moment.day, calendar.monthrange(year, month + 1)[1])
    return moment.replace(year=year, month=month + 1, day=day)


def forget_on(warned: date) -> date:
    """The first day on which a warned household may be erased."""
    return warned + timedelta(days=WARNING_DAYS)
