"""What prices depend on, read for many children of many households at once."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.core.db import UtcDateTime
from app.households.models import Child, Guardianship, QuotientRecord, ResidenceRecord
from app.households.rules import (
    PriceFacts,
    QuotientFact,
    ResidenceFact,
    TieFact,
    quotient_on,
    resident_on,
    sibling_rank,
)
from app.households.sets import named


@dataclass(frozen=True)
class PricingFacts:
    """Everything that the prices of some children of some households depend on, read at once."""

    quotients: Mapping[int, Sequence[QuotientFact]]
    residences: Mapping[int, Sequence[ResidenceFact]]
    ties: Mapping[int, Sequence[TieFact]]

    def on(self, household_id: int, child_id: int, day: date) -> PriceFacts:
        """The facts in force on ``day`` (§3.1)."""
        return PriceFacts(
            quotient=quotient_on(self.quotients.get(household_id, ()), day),
            resident=resident_on(self.residences.get(household_id, ()), day),
            sibling_rank=sibling_rank(self.ties.get(household_id, ()), child_id, day),
        )


def pricing_facts(session: Session, pairs: Collection[tuple[int, int]]) -> PricingFacts:
    """Facts for (household id, child id) pairs, for any day, in one statement.

    The three tables are read as one list of rows: what it is, household, then its values.
    """
    ids = named({household_id for household_id, _ in pairs})
    rows = session.execute(_facts(ids is not None), {} if ids is None else {"households": ids})
    found: dict[str, dict[int, list[Any]]] = {"tie": {}, "quotient": {}, "residence": {}}
    for what, household_id, *values in rows:
        found[what].setdefault(household_id, []).append(_FACTS[what](*values))
    return PricingFacts(found["quotient"], found["residence"], found["tie"])


_FACTS: dict[str, Callable[..., Any]] = {
    "tie": lambda first, last, number, born, restricted, left: TieFact(
        number, born, first, last, restricted, left
    ),
    "quotient": lambda first, last, number, *_: QuotientFact(first, last, number),
    "residence": lambda first, last, number, *_: ResidenceFact(first, bool(number)),
}
"""What a row becomes: (first day, last day, number, birth, restriction, leaving)."""


@cache
def _facts(some: bool) -> sa.CompoundSelect[*tuple[Any, ...]]:
    """Of ``some`` households, the parameter, or of all. Built once, like ``_children_of``."""

    def asked(column: Any) -> sa.ColumnElement[bool]:
        return column.in_(sa.bindparam("households")) if some else sa.true()

    return sa.union_all(
        _ties().where(asked(Guardianship.household_id)),
        _quotients().where(asked(QuotientRecord.household_id)),
        _residences().where(asked(ResidenceRecord.household_id)),
    )


def _none(kind: Any) -> sa.ColumnElement[Any]:
    return sa.cast(sa.null(), kind)


def _ties() -> sa.Select[*tuple[Any, ...]]:
    return sa.select(
        sa.literal("tie").label("what"),
        Guardianship.household_id,
        Guardianship.started_on,
        Guardianship.ended_on,
        Child.id,
        Child.born_on,
        Guardianship.restricted_at,
        Child.left_on,
    ).join(Child, Guardianship.child_id == Child.id)


def _quotients() -> sa.Select[*tuple[Any, ...]]:
    row = QuotientRecord
    return sa.select(
        sa.literal("quotient"),
        row.household_id,
        row.valid_from,
        row.valid_until,
        row.quotient,
        _none(sa.Date),
        _none(UtcDateTime),
        _none(sa.Date),
    )


def _residences() -> sa.Select[*tuple[Any, ...]]:
    row = ResidenceRecord
    return sa.select(
        sa.literal("residence"),
        row.household_id,
        row.valid_from,
        _none(sa.Date),
        sa.cast(row.is_resident, sa.Integer),
        _none(sa.Date),
        _none(UtcDateTime),
        _none(sa.Date),
    )
