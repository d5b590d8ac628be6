"""What closing a built-in démarche refuses, by name."""

from __future__ import annotations

from app.core.errors import Refusal
from app.core.text import N_


class ChildKnownElsewhere(Refusal):
    """Only an agent ties a child to a second household: a name and a date of birth prove nothing."""

    text = N_(
        "%(child)s, born on the same day, already belongs to another household. Tie the child to"
        " this household first, then close the request."
    )


class TieRestricted(Refusal):
    """The household has lost its rights on the child by a decision."""

    text = N_("A restriction is in force for %(child)s in this household.")


class NoSchoolPlace(Refusal):
    """An activity is not open where the child goes to school that year."""

    text = N_(
        "“%(activity)s” is not open at the school of %(child)s in %(year)s. Take it out, or"
        " contact us."
    )
