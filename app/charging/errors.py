"""What this room refuses, by name."""

from __future__ import annotations

from app.core.errors import Refusal
from app.core.text import N_


class NotReversible(Refusal):
    """A reversal is not reversed, and a charge is reversed once."""

    text = N_("This charge is reversed already, or is itself a reversal.")


class ReasonMissing(Refusal):
    """A correction says why (§5.2)."""

    status = 400
    text = N_("Give the reason.")


class CaseClosed(Refusal):
    """The coverage case is no longer open: there is nothing to stop."""

    text = N_("This case is closed already.")


class HorizonTooShort(Refusal):
    """A horizon in which no booking could be removed in time (B6)."""

    status = 400
    text = N_("At least %(minimum)s days are needed: longest time to cancel, grace and one day.")
