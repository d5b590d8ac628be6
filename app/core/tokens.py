"""Secrets given to a person once, by link or by letter: only their hash is kept."""

from __future__ import annotations

import hashlib
import re
import secrets

CODE_LETTERS = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"
"""No 0/O and no 1/I: a code is read on paper and typed."""
CODE_LENGTH = 12


def new_token() -> str:
    """256 random bits, fit for a URL."""
    return secrets.token_urlsafe(32)


def new_code() -> str:
    """A code for a letter, « 7KQM-2XPA-9RTD »: 60 random bits."""
    letters = "".join(secrets.choice(CODE_LETTERS) for _ in range(CODE_LENGTH))
    return "-".join(letters[start : start + 4] for start in range(0, CODE_LENGTH, 4))


def hashed(token: str) -> str:
    """What the database keeps of a token (64 hexadecimal digits)."""
    return hashlib.sha256(token.encode()).hexdigest()


def of_form(mark: str, *asked: object) -> str:
    """What two copies of one form share: its mark and what it asks; empty without a mark.

    A page reached again by « Back » has its old mark: asking something else is another form.
    """
    return hashed(f"{mark}:{asked!r}") if mark else ""


def hashed_code(typed: str) -> str:
    """What the database keeps of a code, typed in any case, with any spaces or dashes."""
    return hashed(re.sub(r"[^0-9A-Z]", "", typed.upper()))
