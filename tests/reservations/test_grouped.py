"""« Saisie groupée »: the preview is the save, a year is one set of statements (B4, B5)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from app.core import clock
from app.core.errors import NotFound
from app.households.models import Guardianship
from app.notices.models import OutboxMessage
from app.reservations import services
from app.reservations.errors import TooMuchAsked
from app.reservations.services import GroupRequest, NotEnoughMoney, PlanChanged, Refused
from tests.factories import Cast, Factory
from tests.reservations.conftest import Desk


def asked(desk: Desk, cast: Cast, *, create: bool = True, weeks: int = 2) -> GroupRequest:
    """Jules and Rose, midi and soir 1, on the four weekdays of some weeks."""
    days = {desk.day(weekday, week) for weekday in (0, 1, 3, 4) for week in range(1, weeks + 1)}
    return GroupRequest(
        (cast.jules.id, cast.rose.id),
        create,
        frozenset({cast.midi.id, cast.soir1.id}),
        frozenset(days),
    )


def plan(desk: Desk, cast: Cast, group: GroupRequest) -> services.Plan:
    return services.plan_group(desk.session, cast.home.id, group, clock.now())


def test_what_is_previewed_is_saved_and_told_once(desk: Desk, cast: Cast, make: Factory) -> None:
    make.money(cast.home, 20_000)
    group = asked(desk, cast)
    preview = plan(desk, cast, group)
    report = desk.group_as_seen(cast.home, group, preview.fingerprint)
    assert report.added == len(preview.adds) == 2 * 2 * 8
    assert preview.total_cents == 16 * 420 + 16 * 210
    assert desk.taken(cast.midi, desk.day(0)) == 2
    assert desk.session.scalar(sa.select(sa.func.count(OutboxMessage.id))) == 1


def test_removal_takes_away_only_what_is_booked(desk: Desk, cast: Cast) -> None:
    desk.month(cast.home, desk.wish(cast.jules, cast.midi, desk.day(0)))
    group = asked(desk, cast, create=False)
    assert plan(desk, cast, group).left_out == ()
    report = desk.group(cast.home, group)
    assert (report.removed, report.added) == (1, 0)
    assert desk.taken(cast.midi, desk.day(0)) == 0
    assert plan(desk, cast, group).is_empty


def test_each_thing_left_out_says_why(desk: Desk, cast: Cast, make: Factory) -> None:
    monday, tuesday, thursday = desk.day(0), desk.day(1), desk.day(3)
    cast.opening(cast.midi, monday).closed_at = clock.now()
    cast.opening(cast.midi, tuesday).capacity = 1
    desk.month(cast.home, desk.wish(cast.noe, cast.soir1, thursday))
    desk.month(cast.other_home, desk.wish(cast.noe, cast.midi, thursday))
    late, wednesday = clock.today(), desk.day(2)
    make.money(cast.home, 10_000)
    newcomer = make.child("Lou", cast.home)
    group = GroupRequest(
        (cast.jules.id, cast.noe.id, newcomer.id),
        True,
        frozenset({cast.midi.id, cast.soir1.id}),
        frozenset({late, monday, tuesday, wednesday, thursday}),
    )
    found = {
        (one.child_id, one.slot_id, one.day): one.reason for one in plan(desk, cast, group).left_out
    }
    jules, noe, midi, soir1 = cast.jules.id, cast.noe.id, cast.midi.id, cast.soir1.id
    assert found[jules, midi, late] is Refused.TOO_LATE
    assert found[jules, midi, monday] is Refused.CLOSED
    assert found[jules, midi, wednesday] is Refused.CLOSED
    assert found[noe, midi, tuesday] is Refused.FULL
    assert found[noe, midi, thursday] is Refused.OTHER_PARENT
    assert found[noe, soir1, thursday] is Refused.ALREADY_BOOKED
    assert {why for (child, _, _), why in found.items() if child == newcomer.id} == {
        Refused.NOT_ENROLLED
    }


@pytest.mark.parametrize("create", [True, False])
def test_what_the_other_parent_booked_is_not_told_to_who_may_not_see_it(
    desk: Desk, cast: Cast, make: Factory, create: bool
) -> None:
    """A12, as in the agenda: it reads « full », and a removal has nothing to say."""
    thursday = desk.day(3)
    desk.month(cast.other_home, desk.wish(cast.noe, cast.midi, thursday))
    tie = desk.session.scalars(
        sa.select(Guardianship).filter_by(child_id=cast.noe.id, household_id=cast.home.id)
    ).one()
    tie.can_see_other = False
    desk.session.flush()
    asked = GroupRequest((cast.noe.id,), create, frozenset({cast.midi.id}), frozenset({thursday}))
    found = plan(desk, cast, asked)
    assert found.is_empty
    assert [one.reason for one in found.left_out] == ([Refused.FULL] if create else [])


def test_siblings_share_the_places_left(desk: Desk, cast: Cast) -> None:
    cast.opening(cast.midi, desk.day(0)).capacity = 1
    group = GroupRequest(
        (cast.rose.id, cast.jules.id), True, frozenset({cast.midi.id}), frozenset({desk.day(0)})
    )
    found = plan(desk, cast, group)
    assert [line.child_id for line in found.adds] == [cast.rose.id]
    assert [(one.child_id, one.reason) for one in found.left_out] == [(cast.jules.id, Refused.FULL)]


@pytest.mark.parametrize("what", ["closed", "full", "price", "booked"])
def test_a_plan_that_changed_saves_nothing(desk: Desk, cast: Cast, what: str) -> None:
    group = asked(desk, cast, weeks=1)
    preview = plan(desk, cast, group)
    opening = cast.opening(cast.midi, desk.day(0))
    if what == "closed":
        opening.closed_at = clock.now()
    elif what == "full":
        opening.capacity = 1
    elif what == "price":
        desk.session.execute(sa.text("UPDATE price_band SET care_cents = care_cents + 1"))
    else:
        desk.month(cast.home, desk.wish(cast.jules, cast.midi, desk.day(0)))
    desk.session.commit()
    before = desk.live()
    with pytest.raises(PlanChanged) as changed:
        desk.group_as_seen(cast.home, group, preview.fingerprint)
    desk.session.rollback()
    assert desk.live() == before
    again = changed.value.plan
    assert desk.group_as_seen(cast.home, group, again.fingerprint).added == len(again.adds)


def test_without_a_preview_nothing_is_saved(desk: Desk, cast: Cast) -> None:
    with pytest.raises(PlanChanged):
        desk.group_as_seen(cast.home, asked(desk, cast), "")


def test_money_is_counted_once_for_the_whole_plan(desk: Desk, cast: Cast) -> None:
    group = asked(desk, cast, weeks=4)
    preview = plan(desk, cast, group)
    assert preview.missing_cents == preview.total_cents - 10_000 > 0
    with pytest.raises(NotEnoughMoney):
        desk.group_as_seen(cast.home, group, preview.fingerprint)


def test_a_child_of_another_household_does_not_exist(desk: Desk, cast: Cast) -> None:
    group = GroupRequest((cast.ines.id,), True, frozenset({cast.midi.id}), frozenset({desk.day(0)}))
    with pytest.raises(NotFound):
        plan(desk, cast, group)


def test_too_much_is_refused_before_anything_is_read(desk: Desk, cast: Cast) -> None:
    days = frozenset(clock.today() + timedelta(days=n) for n in range(400))
    group = GroupRequest(tuple(range(60)), True, frozenset({1}), days)
    with pytest.raises(TooMuchAsked):
        plan(desk, cast, group)


@pytest.mark.parametrize("create", [True, False])
def test_statements_do_not_grow_with_the_plan(
    desk: Desk, cast: Cast, make: Factory, statements: Callable[[], Any], create: bool
) -> None:
    make.money(cast.home, 50_000)
    counts = []
    for weeks in (1, 5):
        group = asked(desk, cast, create=create, weeks=weeks)
        if not create:
            desk.group(cast.home, asked(desk, cast, weeks=weeks))
        preview = plan(desk, cast, group)
        desk.session.commit()
        with statements() as seen:
            desk.group_as_seen(cast.home, group, preview.fingerprint)
            desk.session.commit()
        counts.append(len(seen))
    assert counts[0] == counts[1] <= 30
