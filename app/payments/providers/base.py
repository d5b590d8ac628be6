"""What the portal asks of a payment platform, in plain values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

EURO = "eur"


@dataclass(frozen=True)
class Order:
    """What a family is to pay. The same payment always gives the same order, so that asking again
    under the same ``idempotency_key`` brings back the same page.

    ``closes_at``: real time after which the platform takes no money any more.
    """

    payment_id: int
    idempotency_key: str
    amount_cents: int
    label: str
    email: str
    return_url: str
    cancel_url: str
    closes_at: datetime


@dataclass(frozen=True)
class Checkout:
    """The platform's page for one order."""

    ref: str
    url: str


class Fate(StrEnum):
    """What became of a checkout, as the platform says it."""

    OPEN = "open"
    PAID = "paid"
    FAILED = "failed"
    EXPIRED = "expired"


@dataclass(frozen=True)
class Outcome:
    """The platform's word on one checkout. Amount and currency: what was really received."""

    fate: Fate
    amount_cents: int = 0
    currency: str = EURO
    reason: str = ""


@dataclass(frozen=True)
class Callback:
    """One message of the platform, its signature checked. ``outcome`` None: nothing to settle."""

    event_id: str
    kind: str
    payment_id: int | None
    ref: str
    outcome: Outcome | None


class Provider(Protocol):
    """A platform. Every method but ``read_callback`` may go through the network: never call one
    inside a database transaction. They raise ProviderDown or UnknownCheckout.
    """

    name: str
    hosts: tuple[str, ...]
    """Origins that a form of the portal may lead to."""

    def start(self, order: Order) -> Checkout:
        """Open the page on which the family pays."""

    def ask(self, ref: str) -> Outcome:
        """What became of it."""

    def close(self, ref: str) -> Outcome:
        """Take no money any more, unless it is paid; what became of it."""

    def read_callback(self, body: bytes, headers: Mapping[str, str]) -> Callback:
        """Check and read a message. Raises BadCallback."""
