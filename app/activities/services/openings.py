"""Openings: generated from patterns, closed, reopened, resized, their deadlines worked out.

A year of openings is a handful of statements; nothing edited by hand is touched again.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload

from app.activities import queries
from app.activities.models import Activity, DeadlineRule, Opening, OpeningPattern, Slot
from app.activities.rules import Calendar, RuleFacts, deadline
from app.core import audit, clock, hooks
from app.core.actor import Actor
from app.core.errors import NotFound
from app.households.models import SchoolYear

CHUNK = 500
"""Ids named in one statement."""


@dataclass(frozen=True)
class Generated:
    """What generating did: openings added, and closed because the calendar closes their day."""

    added: int
    closed: int


def generate_openings(session: Session, actor: Actor, school_year_id: int) -> Generated:
    """Add the openings that the patterns and the calendar ask for and that do not exist yet.

    Future openings on a day that the calendar closes by now are closed (bookings cancelled and
    told, §3.7), unless edited by hand. Run again, it does nothing.
    """
    year = session.get(SchoolYear, school_year_id)
    if year is None:
        raise NotFound
    patterns = _patterns(session, year.id)
    last = date(year.ends_on.year, 8, 31)
    calendar = queries.calendar(session, year.starts_on, last)
    existing = _existing(session, year.id)
    rows = [
        row
        for pattern in patterns
        for row in _rows(pattern, year, calendar)
        if (row["slot_id"], row["site_id"], row["day"]) not in existing
    ]
    if rows:
        session.execute(sa.insert(Opening), rows)
    closed = _close_by_calendar(session, actor, year, calendar, patterns)
    audit.record(
        session, actor, "generate_openings", "school_year", year.id, added=len(rows), closed=closed
    )
    return Generated(len(rows), closed)


def _patterns(session: Session, school_year_id: int) -> Sequence[OpeningPattern]:
    rule = joinedload(OpeningPattern.slot).joinedload(Slot.activity)
    return session.scalars(
        sa.select(OpeningPattern)
        .where(OpeningPattern.school_year_id == school_year_id)
        .options(rule.joinedload(Activity.book_rule), rule.joinedload(Activity.cancel_rule))
        .order_by(OpeningPattern.id)
    ).all()


def _existing(session: Session, school_year_id: int) -> set[tuple[int, int, date]]:
    found = session.execute(
        sa.select(Opening.slot_id, Opening.site_id, Opening.day).where(
            Opening.school_year_id == school_year_id
        )
    )
    return {(slot, site, day) for slot, site, day in found}


def _rows(
    pattern: OpeningPattern, year: SchoolYear, calendar: Calendar
) -> Iterator[dict[str, Any]]:
    """Insertable openings of one pattern."""
    activity = pattern.slot.activity
    book, cancel = _facts(activity.book_rule), _facts(activity.cancel_rule)
    last = date(year.ends_on.year, 8, 31) if pattern.in_holidays else year.ends_on
    day = year.starts_on
    while day <= last:
        on_weekday = str(day.weekday()) in pattern.weekdays
        if on_weekday and not calendar.why_closed(
            day, pattern.site_id, in_holidays=pattern.in_holidays
        ):
            yield {
                "slot_id": pattern.slot_id,
                "site_id": pattern.site_id,
                "school_year_id": year.id,
                "day": day,
                "capacity": pattern.capacity,
                "book_until": deadline(book, day, calendar.is_working_day),
                "cancel_until": deadline(cancel, day, calendar.is_working_day),
            }
        day += timedelta(days=1)


def _facts(rule: DeadlineRule) -> RuleFacts:
    return RuleFacts(rule.kind, rule.days, rule.weekday, rule.at)


def _close_by_calendar(
    session: Session,
    actor: Actor,
    year: SchoolYear,
    calendar: Calendar,
    patterns: Sequence[OpeningPattern],
) -> int:
    """Close future openings that no pattern would open by the calendar as it is now."""
    in_holidays = {
        (pattern.slot_id, pattern.site_id) for pattern in patterns if pattern.in_holidays
    }
    found = session.execute(
        sa.select(Opening.id, Opening.slot_id, Opening.site_id, Opening.day).where(
            Opening.school_year_id == year.id,
            Opening.day > clock.today(),
            Opening.closed_at.is_(None),
            Opening.edited_at.is_(None),
        )
    ).all()
    by_reason: dict[str, list[int]] = {}
    for opening_id, slot_id, site_id, day in found:
        holiday = calendar.is_holiday(day) and (slot_id, site_id) in in_holidays
        why = calendar.why_closed(day, site_id, in_holidays=holiday)
        if why is not None:
            by_reason.setdefault(why, []).append(opening_id)
    for why, opening_ids in by_reason.items():
        close_openings(session, actor, opening_ids, why)
    return sum(map(len, by_reason.values()))


def close_openings(
    session: Session, actor: Actor, opening_ids: Collection[int], reason: str
) -> int:
    """Close these openings: bookings cancelled, money freed, families told (§3.7).

    Returns how many bookings were cancelled. Openings closed already keep their reason.
    """
    now = clock.now()
    closed: list[int] = []
    for part in _chunks(opening_ids):
        statement = (
            sa.update(Opening)
            .where(Opening.id.in_(_locked(session, part)), Opening.closed_at.is_(None))
            .values(closed_at=now, closed_reason=reason, edited_at=now)
            .returning(Opening.id)
        )
        closed += session.scalars(statement).all()
    audit.record(
        session, actor, "close", "opening", None, ids=closed[:50], count=len(closed), reason=reason
    )
    if not closed:
        return 0
    return sum(handler(session, actor, closed, reason) for handler in hooks.openings_closed)


def reopen_openings(session: Session, actor: Actor, opening_ids: Collection[int]) -> int:
    """Open them again; no booking comes back (§3.7). How many were closed."""
    return _set(session, actor, "reopen", opening_ids, closed_at=None, closed_reason="")


def set_capacity(
    session: Session, actor: Actor, opening_ids: Collection[int], capacity: int
) -> int:
    """Change the number of places. Below what is booked, it shows full, nobody loses one (§3.4)."""
    return _set(session, actor, "set_capacity", opening_ids, capacity=capacity)


def _set(
    session: Session, actor: Actor, verb: str, opening_ids: Collection[int], **values: Any
) -> int:
    changed = 0
    for part in _chunks(opening_ids):
        ids = _locked(session, part)
        session.execute(
            sa.update(Opening).where(Opening.id.in_(ids)).values(edited_at=clock.now(), **values)
        )
        changed += len(ids)
    details = {name: value for name, value in values.items() if isinstance(value, int | str)}
    audit.record(session, actor, verb, "opening", None, ids=list(opening_ids)[:50], **details)
    return changed


def _locked(session: Session, opening_ids: Collection[int]) -> list[int]:
    """The openings that exist among these, locked in the order of their ids."""
    return list(
        session.scalars(
            sa.select(Opening.id)
            .where(Opening.id.in_(opening_ids))
            .order_by(Opening.id)
            .with_for_update()
        )
    )


def _chunks(opening_ids: Collection[int]) -> Iterator[list[int]]:
    ordered = sorted(set(opening_ids))
    for start in range(0, len(ordered), CHUNK):
        yield ordered[start : start + CHUNK]


def recompute_deadlines(
    session: Session, actor: Actor, activity_ids: Collection[int] | None = None
) -> int:
    """Work out again the deadlines of future openings not edited by hand (B13).

    After a rule or the calendar changed; None: every activity. How many moved.
    """
    statement = (
        sa.select(Opening.id, Opening.day, Activity.id, Opening.book_until, Opening.cancel_until)
        .join(Slot, Slot.id == Opening.slot_id)
        .join(Activity, Activity.id == Slot.activity_id)
        .where(Opening.day > clock.today(), Opening.edited_at.is_(None))
        .order_by(Opening.id)
        .with_for_update(of=Opening)
    )
    if activity_ids is not None:
        statement = statement.where(Activity.id.in_(activity_ids))
    rows = session.execute(statement).all()
    if not rows:
        return 0
    rules = {
        activity.id: (_facts(activity.book_rule), _facts(activity.cancel_rule))
        for activity in session.scalars(
            sa.select(Activity).options(
                joinedload(Activity.book_rule), joinedload(Activity.cancel_rule)
            )
        )
    }
    days = [row.day for row in rows]
    working = queries.calendar(session, min(days), max(days)).is_working_day
    moved = []
    for opening_id, day, activity_id, book_until, cancel_until in rows:
        book, cancel = rules[activity_id]
        new = deadline(book, day, working), deadline(cancel, day, working)
        if new != (book_until, cancel_until):
            moved.append({"id": opening_id, "book_until": new[0], "cancel_until": new[1]})
    if moved:
        session.execute(sa.update(Opening), moved)
    audit.record(session, actor, "recompute_deadlines", "opening", None, count=len(moved))
    return len(moved)
