"""Why a household cannot be erased yet, by name."""

from __future__ import annotations

from app.core.errors import Refusal
from app.core.text import N_


class NotSettled(Refusal):
    """Money is on its account, or owed: it has to be given back or paid first."""

    text = N_("The prepaid account of this household is not empty (%(balance)s): settle it first.")


class StillBooked(Refusal):
    """Its children are expected."""

    text = N_("This household has bookings to come (%(count)s): cancel them first.")
