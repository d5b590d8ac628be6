"""The filters of the agents' queue in words: tabs with their figures, what can be chosen."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from flask import url_for
from flask_babel import gettext as _

from app.core.dates import capfirst
from app.core.money import figure
from app.requests.desk import Offered
from app.requests.display import STATUS_TAGS
from app.requests.models import Status
from app.requests.queue import (
    AGES,
    MOST_COUNTED,
    TAB_WORDS,
    THEME_WORDS,
    Filter,
    Tab,
)


class Select(NamedTuple):
    """One list of choices; ``name`` in the address."""

    name: str
    label: str
    options: Sequence[tuple[str, str]]
    chosen: str


def tabs(asked: Filter, counts: Mapping[Tab, int]) -> list[tuple[str, str, str, bool]]:
    """(address, words, icon, current) of each saved filter."""
    return [
        (
            url_for("RequestDeskView.index", onglet=tab.value),
            f"{_(word)} ({figured(counts[tab])})" if tab in counts else _(word),
            "",
            tab is asked.tab,
        )
        for tab, word in TAB_WORDS.items()
    ]


def figured(count: int) -> str:
    """« 1 234 », « more than 5 000 »."""
    if count > MOST_COUNTED:
        return _("more than %(figure)s", figure=figure(MOST_COUNTED))
    return figure(count)


def selects(asked: Filter, offered: Offered) -> Iterator[Select]:
    """What narrows this tab."""
    procedures = [(str(key), title) for key, title in offered.procedures]
    schools = [(str(key), name) for key, name in offered.schools]
    themes = [(theme.value, _(word)) for theme, word in THEME_WORDS.items()]
    ages = [(str(days), _("%(days)s days or more", days=days)) for days in AGES]
    yield Select("demarche", _("Kind of request"), procedures, str(asked.procedure_id or ""))
    yield Select("theme", _("Theme"), themes, asked.theme.value if asked.theme else "")
    if asked.tab in {Tab.LATE, Tab.DONE, Tab.ALL}:
        words = [
            (status.value, capfirst(tag.word))
            for status, tag in STATUS_TAGS.items()
            if status is not Status.DRAFT
        ]
        yield Select("statut", _("Status"), words, asked.status.value if asked.status else "")
    yield Select("age", _("Age"), ages, str(asked.age or ""))
    yield Select("ecole", _("School"), schools, str(asked.school_id or ""))
    if asked.tab not in {Tab.LATE, Tab.DONE}:
        late = [("1", _("Late only"))]
        yield Select("retard", _("Legal delay"), late, "1" if asked.late else "")
