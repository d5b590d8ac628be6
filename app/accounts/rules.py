"""Pure decisions on accounts: names, passwords, lockout, where to go after signing in."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from urllib.parse import urlsplit

from app.accounts import errors

ACTIVATION_HOURS = 24
RESET_HOURS = 1
INVITATION_DAYS = 7
FAILURES_BEFORE_LOCK = 5
FIRST_LOCK = timedelta(minutes=15)
LONGEST_LOCK = timedelta(hours=24)
PASSWORD_MAX = 128
NAME_IN_PASSWORD = 4
"""Names shorter than this are in too many words to be refused."""

_USERNAME = re.compile(r"[a-z0-9][a-z0-9._-]{1,62}[a-z0-9]")


def normal(typed: str) -> str:
    """A username or an e-mail as it is kept: no spaces around, lower case (A7)."""
    return unicodedata.normalize("NFKC", typed).strip().lower()


def check_username(typed: str) -> str:
    """The username as it is kept; no « @ », so that it is never another person's e-mail.

    Raises BadUsername.
    """
    name = normal(typed)
    if not _USERNAME.fullmatch(name):
        raise errors.BadUsername
    return name


# ---- Passwords (A6) ------------------------------------------------------------------------------


def check_password(password: str, names: Collection[str], minimum: int) -> None:
    """Refuse a weak password. ``names``: username, first name, last name, e-mail.

    Raises TooShort, TooLong, TooSimple, TooCommon or HoldsName, the first that applies.
    """
    if len(password) < minimum:
        raise errors.TooShort(minimum=minimum)
    if len(password) > PASSWORD_MAX:
        raise errors.TooLong(maximum=PASSWORD_MAX)
    if not _is_varied(password):
        raise errors.TooSimple
    if is_common(password):
        raise errors.TooCommon
    if holds_name(password, names):
        raise errors.HoldsName


def _is_varied(password: str) -> bool:
    return all(
        any(test(letter) for letter in password)
        for test in (str.isupper, str.islower, str.isdecimal)
    )


def is_common(password: str) -> bool:
    """Whether it is a well-known password, dressed up with digits, signs or « 0 » for « o »."""
    plain = plain_letters(password)
    core = plain.strip("0123456789.,;:!?*$@#&_-+= ")
    undressed = core.translate(LEET)
    return not common_passwords().isdisjoint({plain, core, undressed, plain.translate(LEET)})


def holds_name(password: str, names: Collection[str]) -> bool:
    """Whether one of ``names``, or a word of it, is inside the password in any case and accent."""
    plain = plain_letters(password)
    words = {word for name in names for word in _words(plain_letters(name))}
    return any(word in plain for word in words)


def _words(name: str) -> set[str]:
    local = name.split("@")[0]
    return {w for w in (local, *re.split(r"[^a-z0-9]+", local)) if len(w) >= NAME_IN_PASSWORD}


LEET = str.maketrans("0134578@$", "oieastba" + "s")


def plain_letters(text: str) -> str:
    """Lower case, without accents."""
    parts = unicodedata.normalize("NFKD", text)
    return "".join(letter for letter in parts if not unicodedata.combining(letter)).lower()


@cache
def common_passwords() -> frozenset[str]:
    """The passwords that everybody tries first, French ones included, in plain letters."""
    text = Path(__file__).with_name("common_passwords.txt").read_text(encoding="utf-8")
    return frozenset(line for line in text.split("\n") if line and not line.startswith("#"))


# ---- Lockout (A8) --------------------------------------------------------------------------------


@dataclass(frozen=True)
class Tries:
    """Wrong passwords in a row, locks in a row, and until when it is locked (real time)."""

    failures: int = 0
    locks: int = 0
    until: datetime | None = None

    def is_locked(self, now: datetime) -> bool:
        """Whether no password opens at ``now``."""
        return self.until is not None and now < self.until


def after_failure(tries: Tries, now: datetime) -> Tries:
    """One more wrong password. The fifth in a row locks for 15 minutes, then 30, 60… up to 24 h.

    While locked nothing is counted: trying on does not lock for longer.
    """
    if tries.is_locked(now):
        return tries
    if tries.failures + 1 < FAILURES_BEFORE_LOCK:
        return Tries(tries.failures + 1, tries.locks)
    return Tries(0, tries.locks + 1, now + lock_length(tries.locks))


def lock_length(locks_before: int) -> timedelta:
    """How long the next lock lasts after ``locks_before`` locks in a row."""
    return min(FIRST_LOCK * 2 ** min(locks_before, 10), LONGEST_LOCK)


# ---- Where to go ---------------------------------------------------------------------------------


def safe_path(target: str, host: str) -> str:
    """The path of this very site that ``target`` names, else empty (no open redirect)."""
    if (
        not target
        or target.startswith("//")
        or any(ord(letter) < 33 for letter in target)
        or "\\" in target
    ):
        return ""
    try:
        parts = urlsplit(target)
    except ValueError:
        return ""
    if parts.netloc and (parts.netloc != host or parts.scheme not in {"http", "https"}):
        return ""
    if not parts.netloc and parts.scheme:
        return ""
    if not parts.path.startswith("/") or parts.path.startswith("//"):
        return ""
    return f"{parts.path}?{parts.query}" if parts.query else parts.path
