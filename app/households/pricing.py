"""What prices depend on, read for many children of many households at once."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import sqlalchemy as sa
from sqlalchemy.orm import Session

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
from app.households.sets import among, grouped


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
    """Facts for (household id, child id) pairs, for any day, in three statements."""
    household_ids = {household_id for household_id, _ in pairs}
    return PricingFacts(
        quotients=_quotients(session, household_ids),
        residences=_residences(session, household_ids),
        ties=_ties(session, household_ids),
    )


def _quotients(session: Session, ids: Collection[int]) -> dict[int, list[QuotientFact]]:
    row = QuotientRecord
    rows = session.execute(
        sa.select(row.household_id, row.valid_from, row.valid_until, row.quotient).where(
            among(row.household_id, ids)
        )
    )
    return grouped((row[0], QuotientFact(*row[1:])) for row in rows)


def _residences(session: Session, ids: Collection[int]) -> dict[int, list[ResidenceFact]]:
    row = ResidenceRecord
    rows = session.execute(
        sa.select(row.household_id, row.valid_from, row.is_resident).where(
            among(row.household_id, ids)
        )
    )
    return grouped((row[0], ResidenceFact(*row[1:])) for row in rows)


def _ties(session: Session, ids: Collection[int]) -> dict[int, list[TieFact]]:
    rows = session.execute(
        sa.select(
            Guardianship.household_id,
            Child.id,
            Child.born_on,
            Guardianship.started_on,
            Guardianship.ended_on,
            Guardianship.restricted_at,
            Child.left_on,
        )
        .join(Child, Guardianship.child_id == Child.id)
        .where(among(Guardianship.household_id, ids))
    )
    return grouped((row[0], TieFact(*row[1:])) for row in rows)
