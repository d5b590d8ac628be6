"""Hashing passwords: slow on purpose (80 ms), so never inside an open transaction (facts.md)."""

from __future__ import annotations

from functools import cache

from werkzeug.security import check_password_hash, generate_password_hash

METHOD = "scrypt"


def hashed(password: str) -> str:
    """What the database keeps of a password."""
    return generate_password_hash(password, method=METHOD)


def is_right(kept: str | None, typed: str) -> bool:
    """Whether ``typed`` is the password; takes as long when there is none to compare with."""
    right = check_password_hash(kept or _nobodys(), typed)
    return right and bool(kept)


@cache
def _nobodys() -> str:
    return hashed("nobody's password")
