"""The month's cells: what a cell shows, what its form carries."""

from __future__ import annotations

from datetime import UTC, date, datetime, time

from app.activities.models import PeriodKind
from app.agenda.month import Month, Viewer, build
from app.agenda.queries import Closure, SlotInfo, SlotRow
from app.agenda.rules import State

NOW = datetime(2027, 1, 12, 8, 0, tzinfo=UTC)
MIDI = SlotInfo(1, "Restaurant scolaire", "midi", time(11, 30), time(13, 30))
SOIR = SlotInfo(2, "Accueil du soir 1", "soir 1", time(16, 30), time(17, 30))
US, THEM = 10, 20


def row(day: int, slot: SlotInfo = MIDI, **changes: object) -> SlotRow:
    values: dict[str, object] = {
        "child_id": 1,
        "opening_id": day * 100 + slot.id,
        "slot": slot,
        "day": date(2027, 1, day),
        "capacity": 10,
        "taken": 0,
        "book_until": datetime(2027, 1, day - 1, 9, tzinfo=UTC),
        "cancel_until": datetime(2027, 1, day - 1, 9, tzinfo=UTC),
        "closed_at": None,
        "closed_reason": "",
        "offered": True,
        "booked_by": None,
        "booked_cents": None,
        "charged": None,
        "is_hold": False,
    }
    return SlotRow(**(values | changes))  # type: ignore[arg-type]


def month(
    *rows: SlotRow,
    ticked: set[int] | None = None,
    closures: tuple[Closure, ...] = (),
    may_see_other: bool = True,
) -> Month:
    viewer = Viewer(US, may_book=lambda day: True, may_see_other=may_see_other, now=NOW)
    return build(date(2027, 1, 1), rows, closures, viewer, lambda row: 420, ticked)


def cell(of: Month, day: int) -> object:
    return next(found for found in of.days if found.day.day == day)


def test_a_booked_day_names_its_slots_and_can_take_more() -> None:
    found = month(row(18, booked_by=US, booked_cents=420), row(18, SOIR))
    day = cell(found, 18)
    assert day.state is State.BOOKED
    assert day.more
    assert [line.slot.short_name for line in day.named] == ["midi"]
    assert found.shown_booked == [1801]


def test_what_was_ticked_shows_as_changed_and_keeps_what_was_saved() -> None:
    found = month(row(18, booked_by=US, booked_cents=420), row(18, SOIR), ticked={1802})
    day = cell(found, 18)
    assert day.state is State.DIRTY
    assert [line.changed for line in day.lines] == [True, True]
    assert found.shown_booked == [1801]
    assert day.total_cents == 420


def test_a_late_booking_is_neither_changeable_nor_carried_by_the_form() -> None:
    found = month(row(12, booked_by=US, booked_cents=420), ticked=set())
    day = cell(found, 12)
    assert day.state is State.BOOKED_LATE
    assert found.shown_booked == []
    assert day.total_cents == 420


def test_the_price_of_the_other_parent_is_not_shown() -> None:
    day = cell(month(row(18, booked_by=THEM, booked_cents=420)), 18)
    assert day.state is State.OTHER
    assert [line.cents for line in day.lines] == [None]


def test_a_hidden_other_parent_reads_full() -> None:
    found = month(row(18, booked_by=THEM, booked_cents=420), may_see_other=False)
    assert cell(found, 18).state is State.FULL


def test_closed_days_say_why() -> None:
    holidays = Closure(PeriodKind.SCHOOL_HOLIDAY, "Noël", date(2026, 12, 20), date(2027, 1, 3))
    new_year = Closure(
        PeriodKind.PUBLIC_HOLIDAY, "Jour de l’an", date(2027, 1, 1), date(2027, 1, 1)
    )
    strike = row(14, closed_at=NOW, closed_reason="Grève")
    found = month(strike, closures=(holidays, new_year))
    assert cell(found, 1).closed_as is PeriodKind.PUBLIC_HOLIDAY
    assert cell(found, 2).closed_as is PeriodKind.SCHOOL_HOLIDAY
    assert cell(found, 14).closed_why == "Grève"
    assert not cell(found, 14).has_panel


def test_days_of_other_months_are_empty() -> None:
    found = month(row(18))
    outside = [day for week in found.weeks for day in week if not day.in_month]
    assert outside
    assert all(not day.lines for day in outside)
