"""When an e-mail is tried again, and when it is given up."""

from __future__ import annotations

from datetime import timedelta

from app.notices.models import MailState

MAX_ATTEMPTS = 8
FIRST_DELAY = timedelta(minutes=1)
LONGEST_DELAY = timedelta(hours=6)
PERMANENT = 500
"""SMTP replies from here on will not change by waiting (RFC 5321, 4.2.1)."""


def delay(attempts: int) -> timedelta:
    """How long to wait after this many failures: 1, 4, 16, 64 minutes… six hours at most.

    >>> delay(1), delay(3)
    (datetime.timedelta(seconds=60), datetime.timedelta(seconds=960))
    """
    return min(FIRST_DELAY * 4 ** min(attempts - 1, 10), LONGEST_DELAY)


def is_given_up(attempts: int, code: int) -> bool:
    """Whether nobody tries again by itself: refused for good, or failed too often."""
    return code >= PERMANENT or attempts >= MAX_ATTEMPTS


def can_resend(state: MailState) -> bool:
    """Whether an agent may ask for another try."""
    return state in {MailState.WAITING, MailState.DEAD}
