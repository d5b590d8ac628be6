"""What this room refuses, by name."""

from __future__ import annotations

from app.core.errors import Refusal
from app.core.text import N_


class NoPrice(Refusal):
    """No grid or band gives a price: never free by accident."""

    text = N_("No price is set for %(slot)s on %(day)s.")


class NoCalendar(Refusal):
    """The library of school holidays knows nothing of these dates."""

    text = N_(
        "The school holidays of %(year)s are not known yet: enter them in the calendar by hand."
    )
