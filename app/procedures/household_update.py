"""« Mettre à jour mon foyer » (A11): the editable profile, among the démarches."""

from __future__ import annotations

from app.core.text import N_
from app.requests.definition import Definition, Theme

CODE = "mettre-a-jour-mon-foyer"
DEFINITION = Definition(
    title=N_("Update my household"),
    theme=Theme.UPDATES,
    service="care",
    summary=N_("Telephone numbers and e-mail at once; address and members once an agent agrees."),
    page="/profil/mettre-a-jour",
    steps=(),
)
EFFECT = None
