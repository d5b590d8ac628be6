"""What a save would do: one plan for the month page, the grouped entry and the agents (B5).

The preview and the save are this one object; ``fingerprint`` tells whether it is still the same.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from datetime import date

from app.reservations.rules import Refused


@dataclass(frozen=True)
class Wish:
    """One tick of the month page: this child on this opening, wanted or no longer wanted."""

    child_id: int
    opening_id: int
    wanted: bool


@dataclass(frozen=True)
class GroupRequest:
    """« Saisie groupée »: these children, slots and days, to create or to remove (B4)."""

    child_ids: tuple[int, ...]
    create: bool
    slot_ids: frozenset[int]
    days: frozenset[date]

    @property
    def asked(self) -> tuple[object, ...]:
        """The same for two requests that ask the same."""
        return (self.child_ids, self.create, sorted(self.slot_ids), sorted(self.days))


@dataclass(frozen=True)
class PlannedLine:
    """One booking to add or to remove, with its price (estimate, §3.1) in cents.

    ``booking_id``: of the booking to remove; None for one to add.
    """

    child_id: int
    opening_id: int
    slot_id: int
    day: date
    care_cents: int
    meal_cents: int
    band_id: int | None
    booking_id: int | None = None

    @property
    def total_cents(self) -> int:
        return self.care_cents + self.meal_cents


@dataclass(frozen=True)
class LeftOut:
    """What was asked and cannot be done, with its reason. ``opening_id`` None: there is none."""

    child_id: int
    opening_id: int | None
    slot_id: int
    day: date
    reason: Refused


@dataclass(frozen=True)
class Plan:
    """Everything that a save would do, and where it would leave the household's money (cents).

    ``balance_cents``: on the prepaid account now. ``available_cents``: balance − required cover,
    before this save. ``required_after_cents``: the cover required once saved. ``missing_cents``:
    what must be paid first (0: nothing). ``negative``: the balance is negative and the household
    wants more (B8).
    """

    adds: tuple[PlannedLine, ...] = ()
    removes: tuple[PlannedLine, ...] = ()
    left_out: tuple[LeftOut, ...] = ()
    balance_cents: int = 0
    available_cents: int = 0
    required_after_cents: int = 0
    missing_cents: int = 0
    negative: bool = False
    total_cents: int = field(init=False)
    """Price of what is added minus price of what is removed."""
    fingerprint: str = field(init=False)

    def __post_init__(self) -> None:
        added = sum(line.total_cents for line in self.adds)
        removed = sum(line.total_cents for line in self.removes)
        object.__setattr__(self, "total_cents", added - removed)
        object.__setattr__(self, "fingerprint", _fingerprint(self.adds, self.removes))

    @property
    def is_empty(self) -> bool:
        return not self.adds and not self.removes

    @property
    def available_after_cents(self) -> int:
        return self.balance_cents - self.required_after_cents


def _fingerprint(adds: tuple[PlannedLine, ...], removes: tuple[PlannedLine, ...]) -> str:
    """Of what would be written, prices included; not of the balance, which may grow meanwhile."""
    parts = [
        (sign, line.child_id, line.opening_id, line.care_cents, line.meal_cents)
        for sign, lines in (("+", adds), ("-", removes))
        for line in lines
    ]
    return hashlib.sha256(repr(sorted(parts)).encode()).hexdigest()[:32]


@dataclass(frozen=True)
class Report:
    """What a save did. ``repeated``: the form had been saved already, nothing was written now."""

    change_id: int | None
    added: int
    removed: int
    left_out: tuple[LeftOut, ...] = ()
    repeated: bool = False
