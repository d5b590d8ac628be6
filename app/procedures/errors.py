"""What closing a built-in démarche refuses, by name."""

from __future__ import annotations

from app.core.errors import Refusal
from app.core.text import N_


class NoSchoolPlace(Refusal):
    """An activity is not open where the child goes to school that year."""

    text = N_(
        "“%(activity)s” is not open at the school of %(child)s in %(year)s. Take it out, or"
        " contact us."
    )
