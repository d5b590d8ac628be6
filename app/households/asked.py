"""What a family asks to change of its household: a value, and its JSON in ``ProfileChange``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, NamedTuple


class Address(NamedTuple):
    """Where letters go."""

    street: str
    postcode: str
    city: str


class NewChild(NamedTuple):
    """A child to be tied to the household."""

    first_name: str
    last_name: str
    born_on: date


class NewAdult(NamedTuple):
    """An adult to be added, without account."""

    first_name: str
    last_name: str


@dataclass(frozen=True)
class Asked:
    """Nothing asked is the default; ids are those of members who leave."""

    address: Address | None = None
    children: tuple[NewChild, ...] = ()
    adults: tuple[NewAdult, ...] = ()
    leaving_children: tuple[int, ...] = ()
    leaving_adults: tuple[int, ...] = ()
    comment: str = ""

    def __bool__(self) -> bool:
        return self != Asked()

    def as_json(self) -> dict[str, Any]:
        """For ``ProfileChange.asked``: field → new value, only what is asked."""
        children = [
            child._asdict() | {"born_on": child.born_on.isoformat()} for child in self.children
        ]
        values = {
            "address": self.address._asdict() if self.address else None,
            "children": children,
            "adults": [adult._asdict() for adult in self.adults],
            "leaving_children": list(self.leaving_children),
            "leaving_adults": list(self.leaving_adults),
            "comment": self.comment,
        }
        return {name: value for name, value in values.items() if value}

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> Asked:
        """Back from ``ProfileChange.asked``."""
        return cls(
            address=Address(**values["address"]) if "address" in values else None,
            children=tuple(
                NewChild(**child | {"born_on": date.fromisoformat(child["born_on"])})
                for child in values.get("children", ())
            ),
            adults=tuple(NewAdult(**adult) for adult in values.get("adults", ())),
            leaving_children=tuple(values.get("leaving_children", ())),
            leaving_adults=tuple(values.get("leaving_adults", ())),
            comment=values.get("comment", ""),
        )
