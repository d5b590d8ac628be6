"""What the holder is told by the coverage policy (B9)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sqlalchemy.orm import Session

from app.charging.models import CoverageCase
from app.charging.rules import AtStake
from app.households import queries as households
from app.notices import services as notices
from app.reservations.notices import Line, children_of, names_of


def warned(
    session: Session,
    cases: Sequence[CoverageCase],
    at_stake: Mapping[int, Sequence[AtStake]],
    missing: Mapping[int, int],
) -> None:
    """The bookings at stake, by name, how much is missing and until when. Set-based."""
    lines = {key: [_line(one) for one in chosen] for key, chosen in at_stake.items()}
    names = names_of(session, [line for own in lines.values() for line in own])
    holders = households.recipients(session, list(lines), money=True)
    rows = []
    for case in cases:
        facts = {
            "missing_cents": missing[case.household_id],
            "grace_until": case.grace_until,
            "removed": len(lines[case.household_id]),
            "children": children_of(names, [], lines[case.household_id]),
        }
        rows += [
            (recipient, facts, f"cover_warning:{case.id}")
            for recipient in holders[case.household_id]
        ]
    notices.tell_many(session, "cover_warning", rows, url="/paiements/")


def _line(one: AtStake) -> Line:
    return Line(one.household_id, one.child_id, one.slot_id, one.day, one.cents)
