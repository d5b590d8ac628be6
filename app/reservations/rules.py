"""Whether one child may be booked on one opening, or a booking removed. Pure: plain values only."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Refused(StrEnum):
    """Why something asked for is left out of a plan (B5). The screens say each in a sentence."""

    NO_RIGHT = "no_right"
    NOT_ENROLLED = "not_enrolled"
    CLOSED = "closed"
    ALREADY_BOOKED = "already_booked"
    OTHER_PARENT = "other_parent"
    NOT_BOOKED = "not_booked"
    CHARGED = "charged"
    TOO_LATE = "too_late"
    FULL = "full"
    NO_FILE = "no_file"
    NO_PRICE = "no_price"


@dataclass(frozen=True)
class BookingFacts:
    """The live or held booking of the child on the opening."""

    by_us: bool
    charged: bool = False
    is_hold: bool = False


@dataclass(frozen=True)
class AskFacts:
    """What decides for one child and one opening. Deadlines are instants (B13).

    ``may_book``: the tie gives the right on that day; ``ignore_deadline``: an agent asks (§3.2);
    ``file_missing``: the commune wants the yearly child file, and it is not closed.
    """

    may_book: bool
    enrolled: bool
    is_open: bool
    places_left: int
    book_until: datetime
    cancel_until: datetime
    booking: BookingFacts | None = None
    ignore_deadline: bool = False
    file_missing: bool = False


def why_not_add(facts: AskFacts, now: datetime) -> Refused | None:
    """The first reason not to book, in the order of the list; None: it can be booked.

    What is booked already comes before any deadline, so that a form sent twice reads « booked ».
    At the exact moment of the deadline it is too late (B13).
    """
    reasons = (
        (facts.booking is not None and facts.booking.by_us, Refused.ALREADY_BOOKED),
        (not facts.may_book, Refused.NO_RIGHT),
        (not facts.enrolled, Refused.NOT_ENROLLED),
        (not facts.is_open, Refused.CLOSED),
        (facts.booking is not None, Refused.OTHER_PARENT),
        (now >= facts.book_until and not facts.ignore_deadline, Refused.TOO_LATE),
        (facts.places_left <= 0, Refused.FULL),
        # Last: the family can mend it. An agent who books for it has its reasons (§3.2).
        (facts.file_missing and not facts.ignore_deadline, Refused.NO_FILE),
    )
    return next((reason for applies, reason in reasons if applies), None)


def why_not_remove(facts: AskFacts, now: datetime) -> Refused | None:
    """The first reason not to remove; None: it can be removed. Only the booker removes (§3.6)."""
    booking = facts.booking
    if booking is None or booking.is_hold:
        return Refused.NOT_BOOKED
    if not booking.by_us:
        return Refused.OTHER_PARENT
    if booking.charged:
        return Refused.CHARGED
    if now >= facts.cancel_until and not facts.ignore_deadline:
        return Refused.TOO_LATE
    return None


@dataclass(frozen=True)
class Money:
    """Where a household stands before a save, in cents (B6). ``exempt``: free of B6 and B8."""

    balance_cents: int
    required_cents: int
    exempt: bool = False

    @property
    def available_cents(self) -> int:
        return self.balance_cents - self.required_cents


def missing_cents(money: Money, adds_anything: bool, covered_cents: int) -> int:
    """How much is missing for a save that moves the required cover by ``covered_cents``.

    A save that only removes is never refused, nor is an exempt household (B6, B8).
    """
    if money.exempt or not adds_anything:
        return 0
    return max(0, covered_cents - money.available_cents)
