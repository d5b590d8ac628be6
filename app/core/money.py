"""Money is whole cents, everywhere; only what is typed and what is shown is text."""

from __future__ import annotations

import re

from app.core.errors import Refusal
from app.core.text import N_

NBSP = "\u00a0"
MINUS = "\u2212"
_TYPED = re.compile(r"([0-9]{1,3}(?:[ \u00a0\u202f][0-9]{3})+|[0-9]{1,7})(?:[.,]([0-9]{1,2}))?")


class BadAmount(Refusal):
    """The text is not an amount of euros."""

    status = 400
    text = N_("Enter an amount in euros, for example 12.50.")


def cents_from(typed: str) -> int:
    """Cents of an amount typed the French way (« 12,5 » is 1250).

    Raises BadAmount for anything else: signs, exponents, three decimals, other digits (B10).
    """
    plain = typed.strip().removesuffix("€").strip()
    match = _TYPED.fullmatch(plain)
    if match is None:
        raise BadAmount(typed=typed[:40])
    whole = re.sub(r"\D", "", match[1])
    return int(whole) * 100 + int((match[2] or "0").ljust(2, "0"))


def euros(cents: int, *, signed: bool = False) -> str:
    """« 1 234,50 € » with unbreakable spaces; a true minus sign; « + » too when ``signed``."""
    whole, rest = divmod(abs(cents), 100)
    sign = f"{MINUS}{NBSP}" if cents < 0 else f"+{NBSP}" if signed and cents > 0 else ""
    return f"{sign}{figure(whole)},{rest:02d}{NBSP}€"


def figure(number: int) -> str:
    """« 20 086 » with unbreakable spaces."""
    return f"{number:,}".replace(",", NBSP)
