"""The démarches of the home page by theme (A1, D4).

A démarche without page is shown with the reason « Ouverture prochaine » and leads nowhere: nothing
is promised that does not exist.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from app.core.text import N_


@dataclass(frozen=True)
class Entry:
    """One line of a card; ``url`` is a path of the portal, empty while it is not open."""

    title: str
    url: str = ""
    needs_login: bool = True


@dataclass(frozen=True)
class Theme:
    """One card."""

    title: str
    icon: str
    entries: Sequence[Entry]


SCHOOL = Theme(
    N_("School"),
    "book",
    (Entry(N_("School registration")), Entry(N_("Yearly child file"))),
)
CARE = Theme(
    N_("Canteen and care"),
    "cup-hot",
    (
        Entry(N_("Book the canteen and care"), "/agenda/"),
        Entry(N_("Top up my account"), "/paiements/"),
        Entry(N_("After-school registration")),
        Entry(N_("Declare the absence of a child")),
    ),
)
HOLIDAYS = Theme(N_("Holidays"), "sun", (Entry(N_("Holiday camps")),))
UPDATES = Theme(
    N_("Update of my information"),
    "pencil-square",
    (
        Entry(N_("Update my household"), "/profil/mettre-a-jour"),
        Entry(
            N_("Manage the persons allowed to collect my child"),
            "/demarches/personnes-autorisees/",
        ),
        Entry(N_("Provide my new supporting documents"), "/justificatifs/"),
    ),
)


def themes(rules_url: str) -> list[Theme]:
    """The cards of « Les démarches »; the house rules when the commune has put them somewhere."""
    if not rules_url:
        return [SCHOOL, CARE, HOLIDAYS]
    rules = Entry(N_("House rules of the services"), rules_url, needs_login=False)
    return [SCHOOL, Theme(CARE.title, CARE.icon, (*CARE.entries, rules)), HOLIDAYS]
