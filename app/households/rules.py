"""Pure decisions about households: facts on a day, ranks, rights of a tie, same persons."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import NamedTuple, TypeVar

from app.core import clock


class PriceFacts(NamedTuple):
    """What a price depends on, for one child of one household on one day (§3.1, §3.11)."""

    quotient: int | None
    """Quotient familial in euros; None when none is in force: the highest band."""
    resident: bool
    sibling_rank: int
    """1 for the eldest child of the household, 2 for the next…"""


class QuotientFact(NamedTuple):
    """A quotient in force from a day on, until a day included (None: until the next one)."""

    valid_from: date
    valid_until: date | None
    quotient: int


class ResidenceFact(NamedTuple):
    """Resident of the commune or not, from a day on."""

    valid_from: date
    is_resident: bool


Fact = TypeVar("Fact", QuotientFact, ResidenceFact)


@dataclass(frozen=True)
class TieFact:
    """One child in one household: from ``started_on``, before ``ended_on`` and ``left_on``."""

    child_id: int
    born_on: date
    started_on: date
    ended_on: date | None = None
    restricted_at: datetime | None = None
    left_on: date | None = None


def quotient_on(facts: Iterable[QuotientFact], day: date) -> int | None:
    """The quotient in force on ``day``; an expired one is not replaced by an older one."""
    latest = _latest(facts, day)
    if latest is None or (latest.valid_until is not None and latest.valid_until < day):
        return None
    return latest.quotient


def resident_on(facts: Iterable[ResidenceFact], day: date) -> bool:
    """Whether the household pays as a resident on ``day``; unknown pays as an outsider."""
    latest = _latest(facts, day)
    return latest is not None and latest.is_resident


def _latest(facts: Iterable[Fact], day: date) -> Fact | None:
    known = (fact for fact in facts if fact.valid_from <= day)
    return max(known, key=lambda fact: fact.valid_from, default=None)


def tie_holds(tie: TieFact, day: date) -> bool:
    """Whether the tie gives its rights on ``day``. A restriction holds from its very day on."""
    return (
        tie.started_on <= day
        and (tie.ended_on is None or day < tie.ended_on)
        and (tie.left_on is None or day < tie.left_on)
        and (tie.restricted_at is None or day < clock.paris(tie.restricted_at).date())
    )


def sibling_rank(ties: Iterable[TieFact], child_id: int, day: date) -> int:
    """Rank of the child among the children of the household on ``day``, the eldest first.

    Counted for a child that is tied no more, too: what it still costs keeps a price.
    """
    known = list(ties)
    own = next((tie for tie in known if tie.child_id == child_id), None)
    if own is None:
        return 1
    return 1 + sum(
        (tie.born_on, tie.child_id) < (own.born_on, own.child_id)
        for tie in known
        if tie.child_id != child_id and tie_holds(tie, day)
    )


def plain_name(name: str) -> str:
    """A name without accents, case, dashes or doubled spaces, to recognise a person."""
    bare = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    return " ".join("".join(c if c.isalnum() else " " for c in bare).split())


def same_name(first: Sequence[str], second: Sequence[str]) -> bool:
    """Whether two (first name, last name) are the same person's, however they are written."""
    return [plain_name(part) for part in first] == [plain_name(part) for part in second]
