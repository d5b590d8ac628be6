"""History, cover and prices that change (B3, B6, §3.1)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.core import clock, hooks, settings
from app.core.actor import SYSTEM, Actor
from app.households.models import Guardianship
from app.notices.models import OutboxMessage
from app.reservations import queries, repricing
from app.reservations.models import Booking, BookingState, ChangeOrigin
from tests.factories import Cast, Factory
from tests.reservations.conftest import Desk


def test_the_history_shows_the_other_parent_without_a_price(desk: Desk, cast: Cast) -> None:
    desk.month(cast.other_home, desk.wish(cast.noe, cast.midi, desk.day(3)))
    desk.month(cast.home, desk.wish(cast.noe, cast.soir1, desk.day(3)))
    lines = queries.history(desk.session, cast.home.id, cast.noe.id, limit=10)
    assert {(one.slot_name, one.by_us, one.cents) for one in lines} == {
        ("Restaurant scolaire", False, None),
        ("Accueil du soir 1", True, 210),
    }


def test_the_history_hides_the_other_parent_when_the_tie_says_so(desk: Desk, cast: Cast) -> None:
    desk.month(cast.other_home, desk.wish(cast.noe, cast.midi, desk.day(3)))
    tie = desk.session.scalars(
        sa.select(Guardianship).filter_by(child_id=cast.noe.id, household_id=cast.home.id)
    ).one()
    tie.can_see_other = False
    desk.session.flush()
    assert queries.history(desk.session, cast.home.id, cast.noe.id, limit=10) == []


def test_the_history_says_what_was_cancelled_and_why(desk: Desk, cast: Cast) -> None:
    desk.month(cast.home, desk.wish(cast.jules, cast.midi, desk.day(3)))
    opening = cast.opening(cast.midi, desk.day(3))
    hooks.openings_closed[0](desk.session, SYSTEM, [opening.id], "Grève")
    [line] = queries.history(desk.session, cast.home.id, cast.jules.id, limit=10)
    assert line.state is BookingState.CANCELLED
    assert (line.cancelled_by, line.reason) == (ChangeOrigin.CLOSURE, "Grève")


def test_what_is_cancelled_far_ahead_does_not_hide_what_happened(desk: Desk, cast: Cast) -> None:
    near, far = desk.day(3), desk.day(3, 2)
    desk.month(cast.home, *(desk.wish(cast.jules, cast.midi, day) for day in (near, far)))
    closed = [cast.opening(cast.midi, day).id for day in (near, far)]
    hooks.openings_closed[0](desk.session, SYSTEM, closed, "Grève")

    def shown(cancelled_until: date) -> list[date]:
        lines = queries.history(
            desk.session,
            cast.home.id,
            cast.jules.id,
            limit=10,
            until=clock.today(),
            cancelled_until=cancelled_until,
        )
        return [line.day for line in lines]

    assert shown(far) == [far, near]
    assert shown(far - timedelta(days=1)) == [near]


def test_the_history_comes_by_pages(desk: Desk, cast: Cast) -> None:
    days = [desk.day(weekday, week) for weekday in (0, 1, 3) for week in (1, 2)]
    desk.month(cast.home, *(desk.wish(cast.jules, cast.midi, day) for day in days))
    first, pages = queries.history_page(desk.session, cast.home.id, cast.jules.id, 1, size=4)
    last, _ = queries.history_page(desk.session, cast.home.id, cast.jules.id, 9, size=4)
    assert (len(first), len(last), pages) == (4, 2, 2)
    assert [one.day for one in (*first, *last)] == sorted(days, reverse=True)


def test_the_cover_counts_live_uncharged_bookings_up_to_the_horizon(
    desk: Desk, cast: Cast, session: Session
) -> None:
    near, far = desk.day(3), desk.day(3, weeks=3)
    desk.month(cast.home, desk.wish(cast.jules, cast.midi, near))
    desk.month(cast.home, desk.wish(cast.jules, cast.midi, far))
    desk.month(cast.home, desk.wish(cast.rose, cast.midi, near))
    desk.month(cast.home, desk.wish(cast.rose, cast.midi, near, wanted=False))
    both = [cast.home.id, cast.stranger_home.id]
    assert queries.required_cover(session, both) == {both[0]: 840, both[1]: 0}
    settings.put(session, settings.COVER_HORIZON_DAYS, (far - clock.today()).days)
    assert queries.required_cover(session, both)[both[0]] == 840
    settings.put(session, settings.COVER_HORIZON_DAYS, (far - clock.today()).days - 1)
    assert queries.required_cover(session, both)[both[0]] == 420
    session.execute(sa.update(Booking).values(charged=True))
    assert queries.required_cover(session, both)[both[0]] == 0


def test_the_cost_to_come_by_day(desk: Desk, cast: Cast) -> None:
    thursday, friday = desk.day(3), desk.day(4)
    desk.month(cast.home, desk.wish(cast.jules, cast.midi, thursday))
    desk.month(cast.home, desk.wish(cast.rose, cast.soir1, thursday))
    desk.month(cast.home, desk.wish(cast.rose, cast.soir1, friday))
    costs = queries.upcoming_cost_by_day(desk.session, cast.home.id, thursday, thursday)
    assert costs == {thursday: 630}


def test_the_cover_is_read_in_its_index(desk: Desk, cast: Cast, session: Session) -> None:
    if session.get_bind().dialect.name != "sqlite":
        pytest.skip("the plan of PostgreSQL depends on the size of the tables")
    seen: list[tuple[str, Any]] = []

    def note(_c: Any, _cur: Any, statement: str, parameters: Any, *_rest: Any) -> None:
        seen.append((statement, parameters))

    engine = session.get_bind()
    sa.event.listen(engine, "before_cursor_execute", note)
    queries.required_cover(session, [cast.home.id])
    sa.event.remove(engine, "before_cursor_execute", note)
    statement, parameters = next(one for one in seen if "sum(" in one[0])
    plan = session.connection().exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)
    assert "ix_booking_cover" in str(plan.all())


def test_a_new_quotient_reprices_what_is_not_charged_and_tells(
    desk: Desk, cast: Cast, make: Factory
) -> None:
    before, after = desk.day(0), desk.day(3)
    for day in (before, after):
        desk.month(cast.home, desk.wish(cast.jules, cast.midi, day))
    make.quotient(cast.home, 300, valid_from=after)
    [changed] = hooks.prices_changed
    assert changed(desk.session, Actor(cast.agent.id), [cast.home.id], before) == 1
    prices = dict(
        desk.session.execute(sa.select(Booking.day, Booking.care_cents + Booking.meal_cents)).all()
    )
    assert prices == {before: 420, after: 210}
    assert changed(desk.session, Actor(cast.agent.id), [cast.home.id], before) == 0
    [mail] = desk.session.scalars(sa.select(OutboxMessage).filter_by(template="prices_changed"))
    assert "2,10" in mail.text


def test_repricing_everybody_takes_a_statement_per_price(
    desk: Desk, cast: Cast, session: Session, statements: Callable[[], Any]
) -> None:
    counts = []
    for weeks in (1, 4):
        for week in range(1, weeks + 1):
            desk.month(
                cast.home,
                *(desk.wish(cast.jules, cast.midi, desk.day(day, week)) for day in (0, 1, 3)),
            )
        session.execute(sa.text("UPDATE price_band SET care_cents = care_cents + 10"))
        session.commit()
        with statements() as seen:
            assert repricing.prices_changed(session, SYSTEM, None, clock.today())
        counts.append(len(seen))
        session.commit()
    assert counts[0] == counts[1]


def test_a_booking_whose_price_is_gone_keeps_its_estimate(
    desk: Desk, cast: Cast, session: Session
) -> None:
    desk.month(cast.home, desk.wish(cast.jules, cast.midi, desk.day(3)))
    gone = clock.today() + timedelta(days=300)
    session.execute(sa.text("UPDATE price_grid SET valid_from = :day"), {"day": gone.isoformat()})
    assert repricing.prices_changed(session, SYSTEM, None, clock.today()) == 0
    assert session.scalar(sa.select(Booking.meal_cents)) == 320
