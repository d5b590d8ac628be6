"""What the wallet refuses, by name."""

from __future__ import annotations

from app.core.errors import Refusal
from app.core.text import N_


class AlreadyPosted(Refusal):
    """A transaction of this kind with this reference is in the ledger: nothing is written twice."""

    text = N_("This operation is already recorded.")


class Unbalanced(ValueError):
    """The lines do not sum to zero, or there are none: a fault of the caller, never of a family."""


class ReasonMissing(Refusal):
    """A correction says why (§5.2)."""

    status = 400
    text = N_("Give the reason.")


class NotReversible(Refusal):
    """Only a payment of the counter, credited and not reversed yet, can be reversed."""

    text = N_("This payment cannot be reversed.")


class NotEnoughToRefund(Refusal):
    """A refund takes at most what the wallet holds (§3.2)."""

    text = N_("The prepaid account holds %(balance)s only.")


class BadThreshold(Refusal):
    """The amount under which the family wants to be warned is out of range."""

    status = 400
    text = N_("Choose an amount between %(minimum)s and %(maximum)s.")
