"""What the tests of bookings share."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.core import clock
from app.core.actor import Actor
from app.reservations import services
from app.reservations.models import Booking, BookingState, ChangeOrigin
from app.reservations.services import GroupRequest, Report, Wish
from tests.factories import Cast


class Desk:
    """Saves as a family does, with few words."""

    def __init__(self, session: Session, cast: Cast) -> None:
        self.session = session
        self.cast = cast

    def day(self, weekday: int, weeks: int = 1) -> date:
        """That weekday (0 is Monday) of the week so many after the present one."""
        today = clock.today()
        return today - timedelta(days=today.weekday()) + timedelta(weeks=weeks, days=weekday)

    def wish(self, child: Any, slot: Any, day: date, wanted: bool = True) -> Wish:
        return Wish(child.id, self.cast.opening(slot, day).id, wanted)

    def month(self, household: Any, *wishes: Wish, token: str | None = None) -> Report:
        account = self.cast.camille if household is self.cast.home else self.cast.yanis
        return services.save(
            self.session,
            Actor(account.id, household.id),
            household.id,
            wishes,
            now=clock.now(),
            form_token=token,
            origin=ChangeOrigin.MONTH,
        )

    def group(self, household: Any, asked: GroupRequest, token: str | None = None) -> Report:
        plan = services.plan_group(self.session, household.id, asked, clock.now())
        return self.group_as_seen(household, asked, plan.fingerprint, token)

    def group_as_seen(
        self, household: Any, asked: GroupRequest, fingerprint: str, token: str | None = None
    ) -> Report:
        return services.save(
            self.session,
            Actor(None, household.id),
            household.id,
            asked,
            now=clock.now(),
            form_token=token,
            origin=ChangeOrigin.GROUPED,
            fingerprint=fingerprint,
        )

    def live(self, **where: Any) -> int:
        """How many live bookings there are."""
        asked = sa.select(sa.func.count()).select_from(Booking)
        return self.session.scalar(
            asked.where(Booking.state == BookingState.LIVE).filter_by(**where)
        )

    def taken(self, slot: Any, day: date) -> int:
        opening = self.cast.opening(slot, day)
        self.session.refresh(opening)
        return opening.taken


@pytest.fixture
def desk(session: Session, cast: Cast) -> Desk:
    return Desk(session, cast)


@pytest.fixture
def statements(session: Session) -> Callable[[], Any]:
    """``with statements() as seen:`` collects the SQL statements sent meanwhile."""

    @contextmanager
    def collecting() -> Iterator[list[str]]:
        seen: list[str] = []

        def note(_c: Any, _cur: Any, statement: str, *_rest: Any) -> None:
            seen.append(statement)

        engine = session.get_bind()
        sa.event.listen(engine, "before_cursor_execute", note)
        try:
            yield seen
        finally:
            sa.event.remove(engine, "before_cursor_execute", note)

    return collecting
