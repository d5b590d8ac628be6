"""What a family asks to change of its household (A11): plain values."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import NamedTuple


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
