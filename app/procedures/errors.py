"""What closing a built-in démarche refuses, by name."""

from __future__ import annotations

from app.core.errors import Refusal
from app.core.text import N_


class NoSchoolPlace(Refusal):
    """An activity is not open where the child goes to school that year."""

    text = N_(
        "“%(activity)s” is not open at the school of %(child)s in %(year)s. Take it out, or"
        " contact us."
    )


class NoSuchChild(Refusal):
    """Said to the agent alone: a family never learns whether a child is known."""

    text = N_(
        "No child of the portal is called %(child)s and was born on %(day)s. Tie the right child to"
        " the household from its page, then close the request; or refuse it."
    )


class NothingToRefund(Refusal):
    """The whole balance is needed by bookings, or there is none."""

    text = N_("Nothing can be refunded at the moment: %(available)s is available.")


class MoreThanAvailable(Refusal):
    """More is asked than what bookings leave on the account."""

    text = N_("At most %(available)s can be refunded: the rest is needed by your bookings.")
