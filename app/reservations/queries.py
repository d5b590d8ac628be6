"""Reads of bookings: cover, cost to come, history. Constant statements."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased, joinedload

from app.activities.models import Activity, Category, Enrolment, Opening, Slot
from app.core import clock, settings
from app.households.models import Guardianship
from app.reservations.models import Booking, BookingChange, BookingState, ChangeOrigin

SOME = 5_000
"""Ids named in one statement; more are read with the whole table."""


def last_covered_day(session: Session, today: date) -> date | None:
    """Last day whose bookings must be covered (B6); None: there is no horizon."""
    days = settings.get(session, settings.COVER_HORIZON_DAYS)
    return None if days is None else today + timedelta(days=days)


def uncharged() -> sa.TextClause:
    """SQL: booked and not charged yet, word for word as the partial indexes say it."""
    return sa.text("booking.state = 'live' AND NOT booking.charged")


def required_cover(
    session: Session, household_ids: Sequence[int], today: date | None = None
) -> dict[int, int]:
    """Required cover in cents of each household (B6): its live, uncharged bookings up to the
    horizon, those of the past not charged yet included. One statement (and the settings).

    Registered in ``hooks.committed_cents``.
    """
    last_day = last_covered_day(session, today or clock.today())
    asked = (
        sa.select(Booking.household_id, sa.func.sum(Booking.care_cents + Booking.meal_cents))
        .where(uncharged())
        .group_by(Booking.household_id)
    )
    if len(household_ids) <= SOME:
        asked = asked.where(Booking.household_id.in_(household_ids))
    if last_day is not None:
        asked = asked.where(Booking.day <= last_day)
    found = {row[0]: int(row[1]) for row in session.execute(asked)}
    return {household_id: found.get(household_id, 0) for household_id in household_ids}


def cover_of(
    household_id: sa.BindParameter[int], last_day: sa.BindParameter[date]
) -> sa.ScalarSelect[int]:
    """Required cover of one household up to ``last_day``, inside another statement."""
    return (
        sa.select(sa.func.coalesce(sa.func.sum(Booking.care_cents + Booking.meal_cents), 0))
        .where(uncharged(), Booking.household_id == household_id, Booking.day <= last_day)
        .scalar_subquery()
    )


def upcoming_cost_by_day(
    session: Session, household_id: int, first: date, last: date
) -> dict[date, int]:
    """Price in cents of the household's live, uncharged bookings of each day that has some."""
    rows = session.execute(
        sa.select(Booking.day, sa.func.sum(Booking.care_cents + Booking.meal_cents))
        .where(uncharged(), Booking.household_id == household_id, Booking.day.between(first, last))
        .group_by(Booking.day)
        .order_by(Booking.day)
    )
    return {day: int(cents) for day, cents in rows}


@dataclass(frozen=True)
class HistoryLine:
    """One booking of a child as one household sees it (B3).

    ``cents`` is None for the other parent's (A12). ``cancelled_by``: what cancelled it, with its
    ``reason`` when it was not the family.
    """

    booking_id: int
    day: date
    slot_name: str
    state: BookingState
    by_us: bool
    cents: int | None
    charged: bool
    created_at: datetime
    cancelled_at: datetime | None
    cancelled_by: ChangeOrigin | None
    reason: str


def history(
    session: Session,
    household_id: int,
    child_id: int,
    *,
    limit: int,
    offset: int = 0,
    until: date | None = None,
    cancelled_until: date | None = None,
) -> list[HistoryLine]:
    """The bookings of the child, the latest day first. One statement.

    ``until``: only days up to that one, and what was cancelled up to ``cancelled_until``: a year
    removed at once would hide all that happened. The other household's live ones are shown when
    the tie lets this household see them (A12).
    """
    last_day = until or date.max
    asked = {
        "household": household_id,
        "child": child_id,
        "until": last_day,
        "cancelled_until": cancelled_until or last_day,
        "limit": limit,
        "offset": offset,
    }
    return [_line(household_id, row) for row in session.execute(_history(), asked)]


@cache
def _history() -> sa.Select[*tuple[Any, ...]]:
    """Built once, like every statement of the month page."""
    cancelled_in = aliased(BookingChange)
    cancelled = sa.and_(
        Booking.state == BookingState.CANCELLED, Booking.day <= sa.bindparam("cancelled_until")
    )
    return (
        sa.select(
            Booking.id,
            Booking.day,
            Slot.name,
            Booking.state,
            Booking.household_id,
            Booking.care_cents + Booking.meal_cents,
            Booking.charged,
            Booking.created_at,
            Booking.cancelled_at,
            cancelled_in.origin,
            cancelled_in.reason,
        )
        .join(Opening, Opening.id == Booking.opening_id)
        .join(Slot, Slot.id == Opening.slot_id)
        .outerjoin(cancelled_in, cancelled_in.id == Booking.cancelled_in)
        .where(_seen(), sa.or_(Booking.day <= sa.bindparam("until"), cancelled))
        .order_by(Booking.day.desc(), Slot.starts_at.desc(), Booking.id.desc())
        .limit(sa.bindparam("limit", type_=sa.Integer))
        .offset(sa.bindparam("offset", type_=sa.Integer))
    )


def _seen() -> sa.ColumnElement[bool]:
    """SQL: a booking of the parameter ``child`` that the parameter ``household`` may see."""
    household_id = sa.bindparam("household", type_=sa.Integer)
    child_id = sa.bindparam("child", type_=sa.Integer)
    shows_other = (
        sa.exists()
        .where(
            Guardianship.child_id == child_id,
            Guardianship.household_id == household_id,
            Guardianship.can_see_other,
            Guardianship.restricted_at.is_(None),
        )
        .correlate(None)
    )
    others = sa.and_(Booking.state.in_([BookingState.LIVE, BookingState.HELD]), shows_other)
    return sa.and_(
        Booking.child_id == child_id, sa.or_(Booking.household_id == household_id, others)
    )


def _line(household_id: int, row: Any) -> HistoryLine:
    booking_id, day, slot, state, booked_by, cents, charged, created, cancelled, by, why = row
    ours = booked_by == household_id
    return HistoryLine(
        booking_id=booking_id,
        day=day,
        slot_name=slot,
        state=state,
        by_us=ours,
        cents=cents if ours else None,
        charged=charged,
        created_at=created,
        cancelled_at=cancelled,
        cancelled_by=by,
        reason=(why or "") if ours else "",
    )


def history_page(
    session: Session, household_id: int, child_id: int, page: int, size: int = 50
) -> tuple[list[HistoryLine], int]:
    """One page of the history (the first is 1) and how many pages there are. Two statements."""
    count = session.scalar(
        sa.select(sa.func.count()).select_from(Booking).where(_seen()),
        {"household": household_id, "child": child_id},
    )
    pages = max(1, -(-(count or 0) // size))
    wanted = min(max(page, 1), pages)
    lines = history(session, household_id, child_id, limit=size, offset=(wanted - 1) * size)
    return lines, pages


def opening_for(session: Session, child_id: int, slot_id: int, day: date) -> int | None:
    """The opening of the slot on the day at the site where the child is enrolled, if there is."""
    return session.scalar(
        sa.select(Opening.id)
        .join(Slot, Slot.id == Opening.slot_id)
        .join(
            Enrolment,
            sa.and_(
                Enrolment.activity_id == Slot.activity_id,
                Enrolment.site_id == Opening.site_id,
                Enrolment.school_year_id == Opening.school_year_id,
            ),
        )
        .where(Enrolment.child_id == child_id, Opening.slot_id == slot_id, Opening.day == day)
    )


def bookable_slots(session: Session) -> list[Slot]:
    """Slots that agents book one by one, with their activity; camps have their own way (B12)."""
    return list(
        session.scalars(
            sa.select(Slot)
            .join(Activity, Activity.id == Slot.activity_id)
            .options(joinedload(Slot.activity))
            .where(Activity.category != Category.CAMP, Activity.is_active)
            .order_by(Activity.position, Slot.position, Slot.id)
        )
    )
