"""Named refusals: services raise them with facts, one place turns them into a sentence.

``app.core.pages.sentence(error)`` translates ``text`` and fills it with ``facts``; an unhandled
refusal becomes an error page with ``status``.
"""

from __future__ import annotations

from typing import Any

from app.core.text import N_


class Refusal(Exception):
    """Something the rules do not allow. ``facts`` fill the placeholders of ``text``.

    A fact whose name ends in ``_cents`` is shown as euros under the name without that ending
    (``missing_cents`` → ``%(missing)s``); dates and instants are shown the French way.
    """

    status = 409
    text = N_("This cannot be done.")

    def __init__(self, **facts: Any) -> None:
        super().__init__(f"{type(self).__name__}({facts})")
        self.facts = facts


class NotFound(Refusal):
    """It does not exist, or not for this household (product.md §5.8)."""

    status = 404
    text = N_("This page does not exist, or no longer exists.")


class Forbidden(Refusal):
    """The account is known and has no right to this."""

    status = 403
    text = N_("Your account does not give access to this page.")
