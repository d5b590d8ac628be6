"""What the family is told about its bookings: one message and one e-mail per save (D3, §3.7)."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date
from itertools import groupby
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.activities.models import Slot
from app.households import queries as households
from app.households.models import Child
from app.notices import services as notices
from app.reservations import locking
from app.reservations.models import ChangeOrigin
from app.reservations.plan import Plan

MOST_DAYS = 31
"""More days than that are summed up in a message: the agenda shows each."""

URL = "/agenda/"


class Line(NamedTuple):
    """One booking in a message."""

    household_id: int
    child_id: int
    slot_id: int
    day: date
    cents: int


class Names(NamedTuple):
    """First names of children and (position, short name) of slots."""

    children: Mapping[int, str]
    slots: Mapping[int, tuple[int, str]]


def saved(
    session: Session,
    household_id: int,
    change_id: int,
    plan: Plan,
    *,
    by_agent: bool = False,
    reason: str = "",
) -> None:
    """A save of the family, or of an agent for it: everything that it moved, in one message."""
    added = [
        Line(household_id, one.child_id, one.slot_id, one.day, one.total_cents) for one in plan.adds
    ]
    removed = [
        Line(household_id, one.child_id, one.slot_id, one.day, one.total_cents)
        for one in plan.removes
    ]
    facts = {
        "added": len(added),
        "removed": len(removed),
        "total_cents": plan.total_cents,
        "children": children_of(names_of(session, [*added, *removed]), added, removed),
        "by_agent": by_agent,
        "reason": reason,
    }
    told = households.recipients(session, [household_id], money=False)[household_id]
    notices.tell(
        session, "bookings_saved", told, facts, dedupe=f"bookings_saved:{change_id}", url=URL
    )


def cancelled(
    session: Session,
    lines: Collection[Line],
    *,
    origin: ChangeOrigin,
    reason: str,
    change_id: int,
) -> None:
    """Bookings that the portal or an agent cancelled: one message per household, set-based."""
    tell_households(
        session,
        "bookings_cancelled",
        lines,
        {"origin": origin.value, "reason": reason},
        dedupe=f"bookings_cancelled:{change_id}",
    )


def tell_households(
    session: Session,
    template: str,
    lines: Collection[Line],
    facts: Mapping[str, Any],
    *,
    dedupe: str,
    money: bool = False,
) -> None:
    """Tell each household its own lines. Statements do not grow with the households."""
    names = names_of(session, lines)
    by_household: dict[int, list[Line]] = {}
    for line in lines:
        by_household.setdefault(line.household_id, []).append(line)
    told = households.recipients(session, list(by_household), money=money)
    rows = []
    for household_id, own in by_household.items():
        said = {
            **facts,
            "removed": len(own),
            "total_cents": sum(line.cents for line in own),
            "children": children_of(names, [], own),
        }
        rows += [(recipient, said, f"{dedupe}:{household_id}") for recipient in told[household_id]]
    notices.tell_many(session, template, rows, url=URL)


def names_of(session: Session, lines: Iterable[Line]) -> Names:
    """Names of the children and slots of ``lines``. Two statements."""
    lines = list(lines)
    child_ids = {line.child_id for line in lines}
    asked = sa.select(Child.id, Child.first_name)
    if len(child_ids) <= locking.CHUNK:
        asked = asked.where(Child.id.in_(child_ids))
    slots = sa.select(Slot.id, Slot.position, Slot.short_name).where(
        Slot.id.in_({line.slot_id for line in lines})
    )
    return Names(
        children={row[0]: row[1] for row in session.execute(asked)},
        slots={row[0]: (row[1], row[2]) for row in session.execute(slots)},
    )


def children_of(
    names: Names, added: Sequence[Line], removed: Sequence[Line]
) -> list[dict[str, Any]]:
    """For the templates: each child with what was added and removed for it."""
    order = dict.fromkeys(line.child_id for line in (*added, *removed))
    return [
        {
            "first_name": names.children[child_id],
            "added": _summary(names, [one for one in added if one.child_id == child_id]),
            "removed": _summary(names, [one for one in removed if one.child_id == child_id]),
        }
        for child_id in order
    ]


def _summary(names: Names, lines: Sequence[Line]) -> dict[str, Any] | None:
    """{count, first, last, slots, days: [(day, slots)]}; ``days`` is empty when there are many."""
    if not lines:
        return None
    ordered = sorted(lines, key=lambda line: (line.day, names.slots[line.slot_id]))
    days = [(day, _said(names, own)) for day, own in groupby(ordered, key=lambda line: line.day)]
    return {
        "count": len(ordered),
        "first": ordered[0].day,
        "last": ordered[-1].day,
        "slots": _said(names, ordered),
        "days": days if len(days) <= MOST_DAYS else [],
    }


def _said(names: Names, lines: Iterable[Line]) -> str:
    """« midi, soir 1 »."""
    slots = {names.slots[line.slot_id] for line in lines}
    return ", ".join(short_name for _, short_name in sorted(slots))
