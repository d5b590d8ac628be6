"""The day's list of the régisseur as a file for a spreadsheet."""

from __future__ import annotations

import csv
import io

from flask_babel import gettext

from app.core import clock
from app.payments.models import Method
from app.payments.queries import CounterDay, CounterLine

FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")
"""A cell that begins so would be run by a spreadsheet."""


def safe(text: str) -> str:
    """The text, never taken for a formula."""
    return f"'{text}" if text.startswith(FORMULA) else text


def as_csv(day: CounterDay) -> str:
    """Semicolons, decimal comma and a byte order mark: what French spreadsheets open by themselves."""
    out = io.StringIO()
    out.write("\ufeff")
    writer = csv.writer(out, delimiter=";", lineterminator="\r\n")
    writer.writerow(
        [
            gettext("Receipt"),
            gettext("Time"),
            gettext("Household"),
            gettext("Number"),
            gettext("Means of payment"),
            gettext("Bank"),
            gettext("Number of the cheque"),
            gettext("Amount"),
            gettext("Recorded by"),
            gettext("State"),
            gettext("Reason"),
        ]
    )
    writer.writerows([safe(cell) for cell in _cells(line)] for line in day.lines)
    return out.getvalue()


def _cells(line: CounterLine) -> list[str]:
    return [
        line.number,
        f"{clock.paris(line.paid_at):%H:%M}",
        line.household,
        line.household_number,
        gettext("Cash") if line.method is Method.CASH else gettext("Cheque"),
        line.bank,
        line.cheque_number,
        f"{line.amount_cents // 100},{line.amount_cents % 100:02d}",
        line.recorded_by,
        gettext("reversed") if line.is_reversed else gettext("received"),
        line.reason,
    ]
