"""Writes of bookings, by sets. Every caller holds the locks (docs/locking.md)."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from app.activities.models import Opening
from app.core.actor import Actor
from app.core.db import table_of
from app.reservations.locking import chunks
from app.reservations.models import Booking, BookingChange, BookingState, ChangeOrigin
from app.reservations.plan import LeftOut, Plan, PlannedLine


def begin_change(
    session: Session,
    actor: Actor,
    household_id: int | None,
    origin: ChangeOrigin,
    now: datetime,
    *,
    form_token: str | None = None,
    reason: str = "",
) -> int | None:
    """The id of a new change; None when this form has made one already.

    The unique index decides between two copies of a form sent at once: the second waits here for
    the first to commit.
    """
    dialect = postgresql if session.get_bind().dialect.name == "postgresql" else sqlite
    statement = (
        dialect.insert(BookingChange)
        .values(
            household_id=household_id,
            account_id=actor.account_id,
            origin=origin,
            form_token=form_token or None,
            reason=reason[:200],
            report={},
            created_at=now,
        )
        .on_conflict_do_nothing(index_elements=["form_token"])
        .returning(BookingChange.id)
    )
    return session.scalar(statement)


def finish_change(
    session: Session,
    change_id: int,
    added: int,
    removed: int,
    left_out: Sequence[LeftOut] = (),
) -> None:
    """Write down what the change did, to be told again when its form comes twice."""
    report = {"left_out": [_packed(one) for one in left_out]}
    session.execute(
        sa.update(BookingChange)
        .where(BookingChange.id == change_id)
        .values(added=added, removed=removed, report=report)
        .execution_options(synchronize_session=False)
    )


def _packed(one: LeftOut) -> list[Any]:
    return [one.child_id, one.opening_id, one.slot_id, one.day.isoformat(), one.reason.value]


def write_plan(
    session: Session, household_id: int, plan: Plan, change_id: int, now: datetime
) -> None:
    """Insert and cancel what the plan says, and move ``taken``: three statements."""
    if plan.adds:
        rows = [_row(line, household_id, change_id, now) for line in plan.adds]
        session.execute(sa.insert(table_of(Booking)), rows)
    cancel(session, [line.booking_id or 0 for line in plan.removes], change_id, now)
    move_taken(session, change_id)


def _row(line: PlannedLine, household_id: int, change_id: int, now: datetime) -> dict[str, Any]:
    return {
        "child_id": line.child_id,
        "opening_id": line.opening_id,
        "household_id": household_id,
        "day": line.day,
        "state": BookingState.LIVE,
        "care_cents": line.care_cents,
        "meal_cents": line.meal_cents,
        "band_id": line.band_id,
        "charged": False,
        "created_at": now,
        "created_in": change_id,
    }


def cancel(session: Session, booking_ids: Collection[int], change_id: int, now: datetime) -> None:
    """Mark bookings cancelled by the change; ``move_taken`` gives their places back."""
    for part in chunks(booking_ids):
        session.execute(
            sa.update(Booking)
            .where(Booking.id.in_(part))
            .values(state=BookingState.CANCELLED, cancelled_at=now, cancelled_in=change_id)
            .execution_options(synchronize_session=False)
        )


def move_taken(session: Session, change_id: int) -> None:
    """Move ``taken`` of every opening by what the change added and cancelled, in one statement."""
    moved = (
        sa.select(
            Booking.opening_id,
            sa.func.sum(
                sa.case((Booking.created_in == change_id, 1), else_=-1),
            ).label("by"),
        )
        .where(sa.or_(Booking.created_in == change_id, Booking.cancelled_in == change_id))
        .group_by(Booking.opening_id)
        .subquery()
    )
    session.execute(
        sa.update(Opening)
        .where(Opening.id == moved.c.opening_id)
        .values(taken=Opening.taken + moved.c.by)
        .execution_options(synchronize_session=False)
    )
