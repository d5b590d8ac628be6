"""What this room refuses, by name."""

from __future__ import annotations

from app.core.errors import Refusal
from app.core.text import N_


class AlreadyTied(Refusal):
    """The child already belongs to this household."""

    text = N_("%(child)s already belongs to this household.")


class AlreadyRestricted(Refusal):
    """The tie is restricted already."""

    text = N_("A restriction is already in force for %(child)s in this household.")


class NotRestricted(Refusal):
    """There is no restriction to lift."""

    text = N_("No restriction is in force for %(child)s in this household.")


class BadDates(Refusal):
    """The end stands before the start."""

    status = 400
    text = N_("The end cannot be before the start.")


class BornLater(Refusal):
    """A date of birth in the future."""

    status = 400
    text = N_("The date of birth cannot be in the future.")


class BadQuotient(Refusal):
    """Not a quotient familial."""

    status = 400
    text = N_("Enter a quotient between 0 and %(most)s.")


class CodeRefused(Refusal):
    """A « code famille » that is unknown, replaced or used."""

    status = 400
    text = N_("This family code is not valid, or has already been used.")


class InvitationRefused(Refusal):
    """An invitation that is unknown, expired or used."""

    status = 404
    text = N_("This invitation is not valid any more. Ask for a new one.")


class AlreadyInHousehold(Refusal):
    """This account lives in a household with its own history: only an agent can move it."""

    text = N_(
        "Your account already has a household with its own children or payments. "
        "Contact us to change it."
    )


class TooManyInvitations(Refusal):
    """A household must not fill other people's mailboxes."""

    status = 429
    text = N_(
        "Your household has sent several invitations since yesterday. Wait a day, or contact us."
    )


class NotAMember(Refusal):
    """The chosen account or adult is not of this household."""

    status = 404
    text = N_("This person does not belong to the household.")


class LastAdult(Refusal):
    """A household keeps at least one adult."""

    text = N_("A household keeps at least one adult.")


class ChildKnownElsewhere(Refusal):
    """Only an agent ties a child to a second household: a name and a date of birth prove nothing."""

    text = N_(
        "%(child)s, born on the same day, already belongs to another household. Tie the child to"
        " this household first, then close the request."
    )


class SeveralChildren(Refusal):
    """More than one child has this name and this day of birth: a person has to choose."""

    text = N_(
        "Several children are called %(child)s and were born that day: tie the right one to the "
        "household from its page, then close the request."
    )


class TieRestricted(Refusal):
    """A court restriction is never undone by a request."""

    text = N_(
        "A court restriction holds between %(child)s and this household. Only the child’s page "
        "lifts it."
    )


class HouseholdClosed(Refusal):
    """A closed household takes nothing new."""

    text = N_("This household is closed.")


class AlreadyAllowed(Refusal):
    """The person may collect this child already."""

    text = N_("%(person)s is already allowed to collect %(child)s.")
