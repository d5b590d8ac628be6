"""Démarches by theme, as the home page and « Les démarches » list them (A1, D4)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from flask_babel import gettext

from app.core.text import N_
from app.requests import definition
from app.requests.queries import Offer


@dataclass(frozen=True)
class Entry:
    """One line of a card; ``url`` is a path of the portal, empty while it is not open.

    ``title`` is said already: the commune's own titles are no texts to translate.
    """

    title: str
    url: str = ""
    needs_login: bool = True


@dataclass(frozen=True)
class Theme:
    """One card."""

    title: str
    icon: str
    entries: Sequence[Entry]


TITLES: Mapping[definition.Theme, tuple[str, str]] = {
    definition.Theme.SCHOOL: (N_("School"), "book"),
    definition.Theme.CARE: (N_("Canteen and care"), "cup-hot"),
    definition.Theme.HOLIDAYS: (N_("Holidays"), "sun"),
    definition.Theme.OTHER: (N_("Other procedures"), "card-checklist"),
    definition.Theme.UPDATES: (N_("Update of my information"), "pencil-square"),
}
"""Theme → title and icon of its card, in the order of the pages."""

Entries = Mapping[definition.Theme, Sequence[Entry]]
NONE: Entries = {}


def by_theme(
    offers: Sequence[Offer], *, first: Entries = NONE, last: Entries = NONE
) -> dict[str, Theme]:
    """Theme → card, those without an entry left out.

    ``first`` and ``last``: what stands before and after the démarches.
    """
    cards = {}
    for theme, (title, icon) in TITLES.items():
        own = [
            Entry(one.title, one.page or f"/demarches/{one.code}", one.needs_login)
            for one in offers
            if one.theme == theme.value
        ]
        entries = [*first.get(theme, ()), *own, *last.get(theme, ())]
        if entries:
            cards[theme.value] = Theme(gettext(title), icon, entries)
    return cards
