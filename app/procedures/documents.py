"""« Fournir mes nouveaux justificatifs » (D7): the page of the documents, among the démarches."""

from __future__ import annotations

from app.core.text import N_
from app.requests.definition import Definition, Theme

CODE = "justificatifs"
DEFINITION = Definition(
    title=N_("Provide my new supporting documents"),
    theme=Theme.UPDATES,
    service="care",
    summary=N_("See what is asked of you and give it, from a photo or a file."),
    page="/justificatifs/",
    steps=(),
)
EFFECT = None
