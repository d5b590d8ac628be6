"""What is already known, by the names that definitions give: « household.address »."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from typing import Any, TypeVar

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.accounts.models import Account
from app.households.models import Adult, Child, Household, SchoolYear

Read = TypeVar("Read")


@dataclass
class Known:
    """What prefills may look at; each is read once, when it is first asked."""

    session: Session
    account_id: int | None
    household_id: int
    child_id: int | None
    day: date
    school_year_id: int | None = None
    kept: dict[object, Any] = field(default_factory=dict)

    def once(self, read: Callable[[Known], Read]) -> Read:
        """What ``read`` gives; several fields may look at the same thing."""
        if read not in self.kept:
            self.kept[read] = read(self)
        found: Read = self.kept[read]
        return found

    @cached_property
    def account(self) -> Account | None:
        """The account that asks."""
        return self.session.get(Account, self.account_id) if self.account_id else None

    @cached_property
    def adult(self) -> Adult | None:
        """The adult of this account."""
        if self.account_id is None:
            return None
        return self.session.scalar(sa.select(Adult).where(Adult.account_id == self.account_id))

    @cached_property
    def household(self) -> Household | None:
        """The household that asks."""
        return self.session.get(Household, self.household_id)

    @cached_property
    def child(self) -> Child | None:
        """The child of the request, already checked to be this household's."""
        return self.session.get(Child, self.child_id) if self.child_id else None


Prefill = Callable[[Known], Any]


def _of(owner: str, name: str) -> Prefill:
    def prefill(known: Known) -> Any:
        value = getattr(getattr(known, owner), name, None)
        return value.isoformat() if isinstance(value, date) else value

    return prefill


def _address(known: Known) -> Mapping[str, str] | None:
    home = known.household
    if home is None:
        return None
    return {"street": home.street, "postcode": home.postcode, "city": home.city}


def current_year(known: Known) -> int | None:
    """The school year in course; None in summer."""
    return known.session.scalar(
        sa.select(SchoolYear.id)
        .where(SchoolYear.starts_on <= known.day, SchoolYear.ends_on >= known.day)
        .limit(1)
    )


PREFILLS: dict[str, Prefill] = {
    "account.email": _of("account", "email"),
    "adult.id": _of("adult", "id"),
    "adult.first_name": _of("adult", "first_name"),
    "adult.last_name": _of("adult", "last_name"),
    "adult.email": _of("adult", "email"),
    "adult.mobile_phone": _of("adult", "mobile_phone"),
    "household.address": _address,
    "child.id": _of("child", "id"),
    "child.first_name": _of("child", "first_name"),
    "child.last_name": _of("child", "last_name"),
    "child.born_on": _of("child", "born_on"),
    "school_year.current": current_year,
}
"""Name → reader; ``app.procedures`` adds its own."""
OF_WHO_ASKS = frozenset({"account", "adult", "household", "school_year"})
"""First word of what is known of who asks; all the rest is known of the child."""


def is_of_child(name: str) -> bool:
    """Whether this prefill says something of the child, so nothing of another one."""
    return bool(name) and name.partition(".")[0] not in OF_WHO_ASKS
