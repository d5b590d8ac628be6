"""What this room refuses, by name."""

from __future__ import annotations

from typing import Any

from app.core.errors import Refusal
from app.core.text import N_
from app.reservations.plan import Plan
from app.reservations.rules import Refused


class PlanRefused(Refusal):
    """A save refused whole; ``plan`` says what it would have been."""

    def __init__(self, plan: Plan, **facts: Any) -> None:
        super().__init__(**facts)
        self.plan = plan


class CannotSave(PlanRefused):
    """Something asked for on the month page cannot be done: nothing is saved."""

    text = N_("Some of these bookings can no longer be made or removed. Nothing was saved.")


WHY = {
    Refused.NO_RIGHT: N_("This household may not book for this child on that day."),
    Refused.NOT_ENROLLED: N_("The child is not enrolled on this activity on that day."),
    Refused.CLOSED: N_("The service is closed on that day."),
    Refused.ALREADY_BOOKED: N_("It is booked already."),
    Refused.OTHER_PARENT: N_("The other household of the child has booked it already."),
    Refused.FULL: N_("There is no place left: raise the number of places first."),
    Refused.NO_PRICE: N_("This slot has no price on that day."),
}
"""What an agent is told; families read the same reasons on the plan."""


class CannotBook(CannotSave):
    """What an agent asked for cannot be done; the sentence says why."""

    def __init__(self, plan: Plan) -> None:
        super().__init__(plan)
        self.text = WHY.get(plan.left_out[0].reason, self.text)


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


class NotOpen(Refusal):
    """No opening of the slot where the child is enrolled, that day."""

    text = N_("This slot is not open that day where the child is enrolled.")


class TooMuchAsked(Refusal):
    """More than a family can mean at once; the forms never ask so much."""

    status = 400
    text = N_("This is too much at once. Choose a shorter period.")
