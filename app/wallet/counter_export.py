"""The day's list of the régisseur as a file for a spreadsheet."""

from __future__ import annotations

from flask_babel import gettext

from app.core import clock, sheets
from app.payments.models import Method
from app.payments.queries import CounterDay, CounterLine


def as_csv(day: CounterDay) -> str:
    """One line a receipt, amounts with a decimal comma."""
    header = [
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
    return sheets.as_csv(header, map(_cells, day.lines))


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
