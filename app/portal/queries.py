"""What the home page, the contact page and the dashboard read: constant statements."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import groupby

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.agenda.month import DayCell, SlotLine, Viewer, state_of
from app.agenda.queries import SlotRow, slot_rows
from app.agenda.reading import viewer
from app.agenda.rules import State, day_state
from app.core.models import Service, ServiceCode
from app.households.queries import ChildCard
from app.portal.models import ContactMessage, News

NEWS_ON_HOME = 3
DAYS_ON_HOME = 5
DAYS_AHEAD = 21
"""How far the home page looks for its days: farther than two weeks of holidays."""


def services_of_commune(session: Session) -> list[Service]:
    """The services that can be written to, in the order of ``ServiceCode``."""
    order = list(ServiceCode)
    return sorted(session.scalars(sa.select(Service)), key=lambda one: order.index(one.code))


def news(session: Session, now: datetime, limit: int | None) -> Sequence[News]:
    """News published until ``now``, the newest first."""
    statement = (
        sa.select(News)
        .where(News.hidden_at.is_(None), News.published_at <= now)
        .order_by(News.published_at.desc(), News.id.desc())
    )
    return session.scalars(statement.limit(limit)).all()


def is_unhandled() -> sa.ColumnElement[bool]:
    """SQL: nobody has dealt with the message."""
    return ContactMessage.handled_at.is_(None)


def contact_messages_waiting() -> sa.Select[int]:
    """How many messages nobody has handled."""
    return sa.select(sa.func.count(ContactMessage.id)).where(is_unhandled())


def figures(session: Session, asked: Mapping[str, sa.Select[int]]) -> dict[str, int]:
    """Every count asked for, in one statement."""
    if not asked:
        return {}
    row = session.execute(sa.select(*(one.scalar_subquery() for one in asked.values()))).one()
    return dict(zip(asked, row, strict=True))


@dataclass(frozen=True)
class ChildDays:
    """The next days of one child."""

    child: ChildCard
    days: Sequence[DayCell]


def next_days(
    session: Session, household_id: int, children: Sequence[ChildCard], today: date
) -> list[ChildDays]:
    """The next days on which one of the children has something open, in one statement.

    The same days for every child, so that they can be compared; a child without an enrolment is
    left out.
    """
    if not children:
        return []
    rows = slot_rows(
        session,
        household_id,
        [child.id for child in children],
        today,
        today + timedelta(days=DAYS_AHEAD),
    )
    days = sorted({row.day for row in rows if row.closed_at is None})[:DAYS_ON_HOME]
    enrolled = {row.child_id for row in rows}
    return [
        ChildDays(
            child,
            _cells(
                [row for row in rows if row.child_id == child.id],
                days,
                viewer(child, household_id),
            ),
        )
        for child in children
        if child.id in enrolled and days
    ]


def _cells(rows: Sequence[SlotRow], days: Sequence[date], who: Viewer) -> list[DayCell]:
    by_day = {day: list(found) for day, found in groupby(rows, key=lambda row: row.day)}
    return [_cell(day, by_day.get(day, []), who) for day in days]


def _cell(day: date, rows: Sequence[SlotRow], who: Viewer) -> DayCell:
    lines = tuple(_line(row, who) for row in rows)
    return DayCell(day, True, day_state([line.state for line in lines]), lines)


def _line(row: SlotRow, who: Viewer) -> SlotLine:
    """A slot as it is saved; the home page shows no price and changes nothing."""
    state = state_of(row, who)
    until = {State.FREE: row.book_until, State.BOOKED: row.cancel_until}.get(state)
    booked = state is State.BOOKED
    return SlotLine(row.opening_id, row.slot, state, booked, None, until, row.closed_reason)
