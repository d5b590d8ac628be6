"""What this room refuses, by name."""

from __future__ import annotations

from typing import Any

from app.core.errors import Refusal
from app.core.text import N_
from app.reservations.plan import Plan


class PlanRefused(Refusal):
    """A save refused whole; ``plan`` says what it would have been."""

    def __init__(self, plan: Plan, **facts: Any) -> None:
        super().__init__(**facts)
        self.plan = plan


class CannotSave(PlanRefused):
    """Something asked for on the month page cannot be done: nothing is saved."""

    text = N_("Some of these bookings can no longer be made or removed. Nothing was saved.")


class PlanChanged(PlanRefused):
    """The plan is no longer the one previewed (B5): nothing is saved, here is the new one."""

    text = N_("Things changed since the preview. Nothing was saved: please check it again.")


class NotEnoughMoney(PlanRefused):
    """The save would make the available balance negative (B6)."""

    text = N_("%(missing)s missing to save these bookings. Nothing was saved.")


class NegativeBalance(PlanRefused):
    """While the balance is negative nothing new is booked (B8)."""

    text = N_("The balance is %(balance)s: top up the account before booking. Nothing was saved.")


class ReasonMissing(Refusal):
    """What an agent does for a family has a reason (§3.2)."""

    status = 400
    text = N_("Give the reason.")


class TooMuchAsked(Refusal):
    """More than a family can mean at once; the forms never ask so much."""

    status = 400
    text = N_("This is too much at once. Choose a shorter period.")
