"""Working out again the deadlines of openings (B13)."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.activities import queries
from app.activities.models import DeadlineRule, Opening, Slot
from app.activities.rules import DAY, MOST_DAYS, RuleFacts, checked_rule, deadline
from app.activities.services.bulk import update_openings
from app.core import audit, clock
from app.core.actor import Actor


def recompute_deadlines(
    session: Session, actor: Actor, activity_ids: Collection[int] | None = None
) -> int:
    """Work out again the deadlines of openings from today on that were not edited by hand (B13).

    To be called when a rule or the calendar changed; ``activity_ids`` None: every activity.
    Returns how many openings moved. Statements do not grow with the openings.
    """
    found = _openings(session, activity_ids)
    if not found:
        return 0
    rules = queries.rules_by_slot(session)
    calendar = queries.calendar(session, found[0].day - DAY * 2 * MOST_DAYS, found[-1].day)
    moved = []
    for row in found:
        one = rules[row.slot_id]
        book = deadline(one.book, row.day, calendar.is_working_day)
        cancel = deadline(one.cancel, row.day, calendar.is_working_day)
        if (book, cancel) != (row.book_until, row.cancel_until):
            moved.append({"id": row.id, "book_until": book, "cancel_until": cancel})
    if moved:
        update_openings(session, moved)
        audit.record(session, actor, "recompute_deadlines", "opening", None, count=len(moved))
    return len(moved)


def _openings(session: Session, activity_ids: Collection[int] | None) -> Sequence[Any]:
    """Openings from today on that follow the rules, by day."""
    asked = (
        sa.select(
            Opening.id, Opening.slot_id, Opening.day, Opening.book_until, Opening.cancel_until
        )
        .where(Opening.day >= clock.today(), Opening.edited_at.is_(None))
        .order_by(Opening.day, Opening.id)
    )
    if activity_ids is not None:
        asked = asked.join(Slot, Slot.id == Opening.slot_id).where(
            Slot.activity_id.in_(activity_ids)
        )
    return session.execute(asked).all()


def save_rule(
    session: Session, actor: Actor, rule: DeadlineRule, name: str, facts: RuleFacts
) -> int:
    """Write a deadline rule, new or known; how many openings moved. Raises BadRule."""
    checked_rule(facts)
    rule.name = name
    rule.kind, rule.at, rule.days, rule.weekday = facts
    session.add(rule)
    session.flush()
    return recompute_deadlines(session, actor)
