"""The pages of one wizard in order: its steps, its documents, the check; where we are among them."""

from __future__ import annotations

from typing import NamedTuple

from flask import url_for
from flask_babel import gettext

from app.requests import uploads
from app.requests.progress import Progress

CHECK = "verification"
"""Address of the last page; ``rules.RESERVED``."""


class Mark(NamedTuple):
    """One page. ``url`` is empty while a step before it is not finished."""

    key: str
    title: str
    url: str


class Trail(NamedTuple):
    """Every page of the wizard, and the place of the one that is shown (1-based)."""

    marks: list[Mark]
    place: int

    @property
    def before(self) -> Mark | None:
        """« Précédent »."""
        return self.marks[self.place - 2] if self.place > 1 else None

    @property
    def after(self) -> Mark:
        """« Suivant »; the check has none."""
        return self.marks[min(self.place, len(self.marks) - 1)]


def of(at: Progress, here: str) -> Trail:
    """The wizard with the answers of now, seen from the page ``here``."""
    pages = [(step.key, step.title) for step in at.steps]
    if uploads.are_asked(at):
        pages.append((uploads.STEP, gettext("Documents")))
    pages.append((CHECK, gettext("Check")))
    first = at.unfinished.key if at.unfinished else ""
    marks, is_open = [], True
    for key, title in pages:
        marks.append(Mark(key, title, address(at, key) if is_open else ""))
        is_open = is_open and key != first
    places = [place for place, mark in enumerate(marks, start=1) if mark.key == here]
    return Trail(marks, places[0] if places else 1)


def address(at: Progress, key: str) -> str:
    """The page of this key."""
    if key == CHECK:
        return url_for("ProceduresView.check", id=at.request.id)
    return url_for("ProceduresView.step", id=at.request.id, step=key)


def first(at: Progress) -> str:
    """The first page that is not finished, else the check."""
    return address(at, at.unfinished.key if at.unfinished else CHECK)
