"""Saving a month's ticks: whole or not at all, on the server's own terms (B2, B6, B8, §5.1)."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
import time_machine
from sqlalchemy.orm import Session

from app.core import clock
from app.core.errors import NotFound
from app.households.models import Guardianship
from app.notices.models import Notice, OutboxMessage
from app.reservations import services
from app.reservations.models import Booking, BookingChange, BookingState
from app.reservations.services import (
    CannotSave,
    NegativeBalance,
    NotEnoughMoney,
    Refused,
    Wish,
)
from tests.factories import Cast, Factory
from tests.reservations.conftest import Desk


def test_a_save_adds_and_removes_in_one_go(desk: Desk, cast: Cast) -> None:
    thursday, friday = desk.day(3), desk.day(4)
    desk.month(cast.home, desk.wish(cast.jules, cast.midi, thursday))
    report = desk.month(
        cast.home,
        desk.wish(cast.jules, cast.midi, thursday, wanted=False),
        desk.wish(cast.jules, cast.midi, friday),
        desk.wish(cast.jules, cast.soir1, friday),
    )
    assert (report.added, report.removed) == (2, 1)
    assert desk.taken(cast.midi, thursday) == 0
    assert desk.taken(cast.midi, friday) == desk.taken(cast.soir1, friday) == 1
    assert desk.live() == 2


def test_the_price_is_that_of_the_household_quotient(desk: Desk, cast: Cast) -> None:
    for home in (cast.home, cast.other_home):
        day = desk.day(3) if home is cast.home else desk.day(4)
        desk.month(home, desk.wish(cast.noe, cast.midi, day))
    prices = desk.session.execute(
        sa.select(Booking.household_id, Booking.care_cents, Booking.meal_cents)
    ).all()
    assert sorted(prices) == sorted([(cast.home.id, 100, 320), (cast.other_home.id, 50, 160)])


def test_the_other_parent_booked_it(desk: Desk, cast: Cast) -> None:
    day = desk.day(3)
    desk.month(cast.other_home, desk.wish(cast.noe, cast.midi, day))
    with pytest.raises(CannotSave) as refused:
        desk.month(cast.home, desk.wish(cast.noe, cast.midi, day))
    assert [one.reason for one in refused.value.plan.left_out] == [Refused.OTHER_PARENT]


def test_only_the_booker_removes(desk: Desk, cast: Cast) -> None:
    day = desk.day(3)
    desk.month(cast.other_home, desk.wish(cast.noe, cast.midi, day))
    with pytest.raises(CannotSave):
        desk.month(cast.home, desk.wish(cast.noe, cast.midi, day, wanted=False))


@pytest.mark.parametrize("wanted", [True, False])
def test_at_the_deadline_it_is_too_late(desk: Desk, cast: Cast, wanted: bool) -> None:
    day = desk.day(3)
    opening = cast.opening(cast.midi, day)
    wish = Wish(cast.jules.id, opening.id, wanted)
    if not wanted:
        desk.month(cast.home, desk.wish(cast.jules, cast.midi, day))
    desk.session.commit()
    just_before = opening.book_until - timedelta(seconds=1)
    with time_machine.travel(opening.book_until, tick=False), pytest.raises(CannotSave) as refused:
        desk.month(cast.home, wish)
    assert refused.value.plan.left_out[0].reason is Refused.TOO_LATE
    desk.session.rollback()
    with time_machine.travel(just_before, tick=False):
        desk.month(cast.home, wish)
    assert desk.live() == int(wanted)


def test_one_bad_tick_and_nothing_is_saved(desk: Desk, cast: Cast) -> None:
    day = desk.day(3)
    cast.opening(cast.soir1, day).closed_at = clock.now()
    desk.session.commit()
    with pytest.raises(CannotSave) as refused:
        desk.month(
            cast.home,
            desk.wish(cast.jules, cast.midi, day),
            desk.wish(cast.jules, cast.soir1, day),
        )
    desk.session.rollback()
    assert [one.reason for one in refused.value.plan.left_out] == [Refused.CLOSED]
    assert desk.live() == 0
    assert desk.taken(cast.midi, day) == 0


def test_no_place_left(desk: Desk, cast: Cast) -> None:
    day = desk.day(3)
    cast.opening(cast.midi, day).capacity = 1
    desk.month(cast.home, desk.wish(cast.jules, cast.midi, day))
    with pytest.raises(CannotSave) as refused:
        desk.month(cast.home, desk.wish(cast.rose, cast.midi, day))
    assert refused.value.plan.left_out[0].reason is Refused.FULL


def test_a_place_given_up_in_the_same_save_can_be_taken(desk: Desk, cast: Cast) -> None:
    day = desk.day(3)
    cast.opening(cast.midi, day).capacity = 1
    desk.month(cast.home, desk.wish(cast.jules, cast.midi, day))
    desk.month(
        cast.home,
        desk.wish(cast.rose, cast.midi, day),
        desk.wish(cast.jules, cast.midi, day, wanted=False),
    )
    assert desk.taken(cast.midi, day) == 1
    assert desk.live(child_id=cast.rose.id) == 1


def test_capacity_lowered_under_what_is_booked_takes_no_place_away(desk: Desk, cast: Cast) -> None:
    day = desk.day(3)
    desk.month(cast.home, desk.wish(cast.jules, cast.midi, day))
    cast.opening(cast.midi, day).capacity = 0
    with pytest.raises(CannotSave) as refused:
        desk.month(cast.home, desk.wish(cast.rose, cast.midi, day))
    assert refused.value.plan.left_out[0].reason is Refused.FULL


@pytest.mark.parametrize("forged", ["child", "opening"])
def test_what_is_not_ours_does_not_exist(desk: Desk, cast: Cast, forged: str) -> None:
    opening_id = cast.opening(cast.midi, desk.day(3)).id
    wish = {
        "child": Wish(cast.ines.id, opening_id, True),
        "opening": Wish(cast.jules.id, 999_999, True),
    }[forged]
    with pytest.raises(NotFound):
        desk.month(cast.home, wish)


def test_a_restricted_household_sees_nothing(desk: Desk, cast: Cast) -> None:
    desk.month(cast.other_home, desk.wish(cast.noe, cast.midi, desk.day(3)))
    tie(desk.session, cast.noe, cast.other_home).restricted_at = clock.now()
    desk.session.flush()
    with pytest.raises(NotFound):
        desk.month(cast.other_home, desk.wish(cast.noe, cast.midi, desk.day(3), wanted=False))


@pytest.mark.parametrize("right", ["can_book", "can_pay"])
def test_a_tie_without_the_right_cannot_book(desk: Desk, cast: Cast, right: str) -> None:
    setattr(tie(desk.session, cast.noe, cast.other_home), right, False)
    with pytest.raises(CannotSave) as refused:
        desk.month(cast.other_home, desk.wish(cast.noe, cast.midi, desk.day(3)))
    assert refused.value.plan.left_out[0].reason is Refused.NO_RIGHT


def tie(session: Session, child: Any, household: Any) -> Guardianship:
    return session.scalars(
        sa.select(Guardianship).filter_by(child_id=child.id, household_id=household.id)
    ).one()


def test_a_tie_that_ends_soon_books_until_its_last_day(desk: Desk, cast: Cast) -> None:
    tie(desk.session, cast.noe, cast.other_home).ended_on = desk.day(4)
    desk.month(cast.other_home, desk.wish(cast.noe, cast.midi, desk.day(3)))
    with pytest.raises(CannotSave) as refused:
        desk.month(cast.other_home, desk.wish(cast.noe, cast.midi, desk.day(4)))
    assert refused.value.plan.left_out[0].reason is Refused.NO_RIGHT


def test_not_enrolled_at_that_site(desk: Desk, cast: Cast, make: Factory) -> None:
    elsewhere = make.opening(cast.midi, desk.day(3), make.site("École des Saules"))
    with pytest.raises(CannotSave) as refused:
        desk.month(cast.home, Wish(cast.jules.id, elsewhere.id, True))
    assert refused.value.plan.left_out[0].reason is Refused.NOT_ENROLLED


def test_a_slot_without_a_price_is_never_free_by_accident(
    desk: Desk, cast: Cast, session: Session
) -> None:
    session.execute(sa.text("UPDATE price_grid SET valid_from = '2027-06-01'"))
    with pytest.raises(CannotSave) as refused:
        desk.month(cast.home, desk.wish(cast.jules, cast.midi, desk.day(3)))
    assert refused.value.plan.left_out[0].reason is Refused.NO_PRICE


# ---- Twice ----------------------------------------------------------------------------------------


def test_the_same_form_twice_changes_nothing_the_second_time(desk: Desk, cast: Cast) -> None:
    wish = desk.wish(cast.jules, cast.midi, desk.day(3))
    first = desk.month(cast.home, wish, token="form")
    desk.session.commit()
    second = desk.month(cast.home, wish, token="form")
    desk.session.commit()
    assert (second.change_id, second.added, second.repeated) == (first.change_id, 1, True)
    assert desk.live() == desk.taken(cast.midi, desk.day(3)) == 1
    assert desk.session.scalar(sa.select(sa.func.count(BookingChange.id))) == 1


def test_another_household_cannot_read_a_report_by_its_token(desk: Desk, cast: Cast) -> None:
    desk.month(cast.home, desk.wish(cast.jules, cast.midi, desk.day(3)), token="form")
    with pytest.raises(NotFound):
        desk.month(cast.other_home, desk.wish(cast.noe, cast.midi, desk.day(3)), token="form")


def test_two_tabs_ticking_the_same_slot_both_succeed(desk: Desk, cast: Cast) -> None:
    wish = desk.wish(cast.jules, cast.midi, desk.day(3))
    desk.month(cast.home, wish, token="one")
    assert desk.month(cast.home, wish, token="two").added == 0
    gone = desk.wish(cast.jules, cast.midi, desk.day(3), wanted=False)
    assert desk.month(cast.home, gone, token="three").removed == 1
    assert desk.month(cast.home, gone, token="four").removed == 0


def test_a_refused_form_can_be_sent_again(desk: Desk, cast: Cast) -> None:
    day = desk.day(3)
    cast.opening(cast.midi, day).capacity = 0
    desk.session.commit()
    with pytest.raises(CannotSave):
        desk.month(cast.home, desk.wish(cast.jules, cast.midi, day), token="form")
    desk.session.rollback()
    cast.opening(cast.midi, day).capacity = 1
    assert desk.month(cast.home, desk.wish(cast.jules, cast.midi, day), token="form").added == 1


# ---- Money ----------------------------------------------------------------------------------------


def test_a_save_that_the_account_does_not_cover_is_refused_whole(
    desk: Desk, cast: Cast, make: Factory
) -> None:
    make.money(cast.home, -10_000 + 700)  # 7.00 left; a lunch is 4.20
    desk.month(cast.home, desk.wish(cast.jules, cast.midi, desk.day(3)))
    desk.session.commit()
    with pytest.raises(NotEnoughMoney) as refused:
        desk.month(
            cast.home,
            desk.wish(cast.jules, cast.midi, desk.day(4)),
            desk.wish(cast.jules, cast.soir1, desk.day(4)),
        )
    assert refused.value.facts == {"missing_cents": 420 + 420 + 210 - 700}
    assert refused.value.plan.available_cents == 280
    desk.session.rollback()
    assert desk.live() == 1


def test_the_last_cent_can_be_used(desk: Desk, cast: Cast, make: Factory) -> None:
    make.money(cast.home, -10_000 + 420)
    assert desk.month(cast.home, desk.wish(cast.jules, cast.midi, desk.day(3))).added == 1


def test_a_negative_balance_blocks_new_bookings_and_no_removal(
    desk: Desk, cast: Cast, make: Factory
) -> None:
    desk.month(cast.home, desk.wish(cast.jules, cast.midi, desk.day(3)))
    make.money(cast.home, -10_001)
    desk.session.commit()
    with pytest.raises(NegativeBalance) as refused:
        desk.month(cast.home, desk.wish(cast.jules, cast.soir1, desk.day(3)))
    assert refused.value.facts["balance_cents"] == -1
    desk.session.rollback()
    gone = desk.wish(cast.jules, cast.midi, desk.day(3), wanted=False)
    assert desk.month(cast.home, gone).removed == 1


def test_an_exempt_household_books_whatever_its_balance(
    desk: Desk, cast: Cast, make: Factory
) -> None:
    make.money(cast.home, -12_000)
    cast.home.exempt_from_cover = True
    assert desk.month(cast.home, desk.wish(cast.jules, cast.midi, desk.day(3))).added == 1


def test_beyond_the_horizon_nothing_must_be_covered(
    desk: Desk, cast: Cast, make: Factory, session: Session
) -> None:
    from app.core import settings

    settings.put(session, settings.COVER_HORIZON_DAYS, 14)
    make.money(cast.home, -10_000)
    far, near = desk.day(4, weeks=3), desk.day(3)
    assert desk.month(cast.home, desk.wish(cast.jules, cast.midi, far)).added == 1
    with pytest.raises(NotEnoughMoney):
        desk.month(cast.home, desk.wish(cast.jules, cast.midi, near))


# ---- Said -----------------------------------------------------------------------------------------


def test_one_message_and_one_mail_per_save(desk: Desk, cast: Cast) -> None:
    desk.month(
        cast.home,
        desk.wish(cast.jules, cast.midi, desk.day(3)),
        desk.wish(cast.rose, cast.soir1, desk.day(4)),
    )
    notices = desk.session.scalars(sa.select(Notice)).all()
    mails = desk.session.scalars(sa.select(OutboxMessage)).all()
    assert [one.account_id for one in notices] == [cast.camille.id]
    assert [one.to_address for one in mails] == [cast.camille.email]
    assert "Jules" in mails[0].text
    assert "Rose" in mails[0].html


def test_nothing_saved_nothing_said(desk: Desk, cast: Cast) -> None:
    desk.month(cast.home, desk.wish(cast.jules, cast.midi, desk.day(3), wanted=False))
    assert desk.session.scalar(sa.select(sa.func.count(OutboxMessage.id))) == 0


def test_a_preview_writes_nothing(desk: Desk, cast: Cast) -> None:
    wish = desk.wish(cast.jules, cast.midi, desk.day(3))
    plan = services.plan_wishes(desk.session, cast.home.id, [wish], clock.now())
    assert (len(plan.adds), plan.total_cents, plan.required_after_cents) == (1, 420, 420)
    assert plan.available_after_cents == 9_580
    assert desk.live() == 0


def test_across_the_change_of_hour_the_deadline_is_an_instant(
    desk: Desk, cast: Cast, make: Factory
) -> None:
    """28 March 2027 the clocks skip 02:00–03:00; Monday's deadline is Friday 10:00 in winter time."""
    day = datetime(2027, 3, 29, tzinfo=clock.PARIS).date()
    opening = make.opening(cast.midi, day)
    desk.session.commit()
    wish = Wish(cast.jules.id, opening.id, True)
    at = datetime(2027, 3, 26, 10, 0, tzinfo=clock.PARIS)
    with time_machine.travel(at, tick=False), pytest.raises(CannotSave):
        desk.month(cast.home, wish)
    desk.session.rollback()
    with time_machine.travel(at - timedelta(seconds=1), tick=False):
        assert desk.month(cast.home, wish).added == 1


def test_a_held_place_is_not_ours_to_book_again(desk: Desk, cast: Cast) -> None:
    day = desk.day(3)
    desk.month(cast.home, desk.wish(cast.jules, cast.midi, day))
    booking = desk.session.scalars(sa.select(Booking)).one()
    booking.state = BookingState.HELD
    desk.session.flush()
    assert desk.month(cast.home, desk.wish(cast.jules, cast.midi, day)).added == 0
