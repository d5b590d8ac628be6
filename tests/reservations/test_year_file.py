"""Where the commune wants the yearly child file, no booking without it (setting, B5)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from sqlalchemy.orm import Session

from app.core import clock, settings
from app.core.actor import Actor
from app.households.models import SchoolYear
from app.reservations import services
from app.reservations.errors import CannotSave
from app.reservations.rules import Refused
from app.reservations.services import GroupRequest
from tests.factories import Cast, Factory
from tests.reservations.conftest import Desk


@pytest.fixture
def required(session: Session, cast: Cast) -> None:
    """The commune wants it."""
    settings.put(session, settings.YEAR_FILE_REQUIRED, True)


def test_off_by_default(desk: Desk, cast: Cast) -> None:
    assert desk.month(cast.home, desk.wish(cast.jules, cast.midi, desk.day(0))).added == 1


@pytest.mark.usefixtures("required")
def test_nothing_is_booked_without_it_and_everything_with_it(
    desk: Desk, cast: Cast, make: Factory
) -> None:
    wish = desk.wish(cast.noe, cast.midi, desk.day(0))
    make.year_file(cast.noe, cast.other_home)  # the other parent's own
    make.year_file(cast.jules, cast.home)  # another child's
    with pytest.raises(CannotSave) as refused:
        desk.month(cast.home, wish)
    assert [one.reason for one in refused.value.plan.left_out] == [Refused.NO_FILE]
    make.year_file(cast.noe, cast.home)
    assert desk.month(cast.home, wish, token="again").added == 1


@pytest.mark.usefixtures("required")
def test_last_years_file_is_not_enough(desk: Desk, cast: Cast, make: Factory) -> None:
    last = make.add(
        SchoolYear(
            label="2025-2026", starts_on=date(2025, 9, 1), ends_on=date(2026, 7, 3), zone="A"
        )
    )
    make.year_file(cast.jules, cast.home, school_year_id=last.id)
    with pytest.raises(CannotSave):
        desk.month(cast.home, desk.wish(cast.jules, cast.midi, desk.day(0)))


def test_what_is_booked_stays_and_can_be_removed(session: Session, desk: Desk, cast: Cast) -> None:
    wish = desk.wish(cast.jules, cast.midi, desk.day(0))
    desk.month(cast.home, wish)
    settings.put(session, settings.YEAR_FILE_REQUIRED, True)
    assert desk.live(child_id=cast.jules.id) == 1
    unwanted = desk.wish(cast.jules, cast.midi, desk.day(0), wanted=False)
    assert desk.month(cast.home, unwanted).removed == 1


@pytest.mark.usefixtures("required")
def test_the_grouped_plan_names_the_reason_and_keeps_the_rest(
    desk: Desk, cast: Cast, make: Factory
) -> None:
    make.year_file(cast.jules, cast.home)
    group = GroupRequest(
        (cast.jules.id, cast.rose.id), True, frozenset({cast.midi.id}), frozenset({desk.day(0)})
    )
    plan = services.plan_group(desk.session, cast.home.id, group, clock.now())
    assert [line.child_id for line in plan.adds] == [cast.jules.id]
    assert [(one.child_id, one.reason) for one in plan.left_out] == [
        (cast.rose.id, Refused.NO_FILE)
    ]
    assert desk.group(cast.home, group).added == 1


@pytest.mark.usefixtures("required")
def test_an_agent_books_for_a_family_without_it(desk: Desk, cast: Cast) -> None:
    report = services.agent_book(
        desk.session,
        Actor(cast.agent.id, roles=frozenset({"Agent"})),
        cast.home.id,
        [desk.wish(cast.jules, cast.midi, desk.day(0))],
        reason="Urgence",
        now=clock.now(),
    )
    assert report.added == 1


def test_it_costs_one_statement_whatever_the_size(
    session: Session, desk: Desk, cast: Cast, make: Factory, statements: Callable[[], Any]
) -> None:
    def asked(days: int) -> int:
        group = GroupRequest(
            (cast.jules.id, cast.rose.id, cast.noe.id),
            True,
            frozenset({cast.midi.id, cast.soir1.id}),
            frozenset(desk.day(day) for day in range(days)),
        )
        with statements() as seen:
            services.plan_group(session, cast.home.id, group, clock.now())
        return len(seen)

    asked(1)
    without = asked(1)
    settings.put(session, settings.YEAR_FILE_REQUIRED, True)
    settings.get(session, settings.YEAR_FILE_REQUIRED)
    make.year_file(cast.jules, cast.home)
    assert (asked(1), asked(5)) == (without + 1, without + 1)
