"""Finding a household from what an agent types: number, names of its adults and children."""

from __future__ import annotations

import re
from typing import Final

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.households.models import Adult, Child, Guardianship, Household

MOST_WORDS = 4
HOUSEHOLD: Final = ("number", "name")
CHILD: Final = ("first_name", "last_name")
"""Columns by which the agents' lists find a row tied to a household, to a child."""


def households_like(session: Session, typed: str, limit: int = 20) -> list[Household]:
    """Households where each word typed begins a number or a name, by name. One statement.

    « camille martin » and « martin jules » both find the household of Jules and Camille Martin.
    """
    words = re.findall(r"[\w-]+", typed)[:MOST_WORDS]
    if not words:
        return []
    return list(
        session.scalars(
            sa.select(Household)
            .where(*map(_has, words))
            .order_by(Household.name, Household.id)
            .limit(limit)
        )
    )


def _has(word: str) -> sa.ColumnElement[bool]:
    of_child = sa.select(Guardianship.household_id).join(Child).where(_named(Child, word))
    of_adult = sa.select(Adult.household_id).where(_named(Adult, word))
    return sa.or_(
        Household.number.istartswith(word, autoescape=True),
        Household.name.istartswith(word, autoescape=True),
        Household.id.in_(of_child),
        Household.id.in_(of_adult),
    )


def _named(person: type[Child] | type[Adult], word: str) -> sa.ColumnElement[bool]:
    return sa.or_(
        person.first_name.istartswith(word, autoescape=True),
        person.last_name.istartswith(word, autoescape=True),
    )
