"""What agents change on openings by hand: closing, reopening, places, one more day."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime

import pytest
from sqlalchemy.orm import Session

from app.activities import queries, services
from app.activities.errors import (
    BadCapacity,
    NoSchoolYear,
    NothingChosen,
    OpeningExists,
    ReasonMissing,
)
from app.activities.models import Opening
from app.activities.queries import OpeningChoice
from app.core import clock, hooks
from app.core.actor import SYSTEM, Actor
from app.core.errors import NotFound
from tests.activities.conftest import Town, count_statements
from tests.factories import Cast, Factory

THURSDAY = date(2027, 1, 14)


@pytest.fixture
def told(app: object) -> Iterator[list[tuple[list[int], str]]]:
    """What the rooms above were asked to cancel, instead of them: (opening ids, reason)."""
    seen: list[tuple[list[int], str]] = []

    def note(session: Session, actor: Actor, ids: Sequence[int], reason: str) -> int:
        seen.append((list(ids), reason))
        return 7

    before = list(hooks.openings_closed)
    hooks.openings_closed[:] = [note]
    yield seen
    hooks.openings_closed[:] = before


def test_a_strike_closes_a_day_at_a_site(
    session: Session, cast: Cast, told: list[tuple[list[int], str]]
) -> None:
    choice = OpeningChoice(THURSDAY, THURSDAY, site_ids=[cast.site.id])
    ids = queries.opening_ids(session, choice, closed=False)
    done = services.close_openings(session, SYSTEM, ids, " Grève ")
    assert done == services.Closed(openings=3, bookings=7)
    assert told == [(sorted(ids), "Grève")]
    closed = cast.opening(cast.midi, THURSDAY)
    session.refresh(closed)
    assert closed.closed_at == clock.now()
    assert closed.closed_reason == "Grève"
    assert closed.edited_at == clock.now()
    assert queries.opening_ids(session, choice, closed=False) == []


def test_only_the_slots_named_close(
    session: Session, cast: Cast, told: list[tuple[list[int], str]]
) -> None:
    choice = OpeningChoice(THURSDAY, THURSDAY, slot_ids=[cast.soir1.id, cast.soir2.id])
    assert len(queries.opening_ids(session, choice, closed=False)) == 2
    month = OpeningChoice(date(2027, 1, 1), date(2027, 1, 31), slot_ids=[cast.midi.id])
    assert len(queries.opening_ids(session, month, closed=False)) == 12


def test_what_is_closed_keeps_its_reason(
    session: Session, cast: Cast, told: list[tuple[list[int], str]]
) -> None:
    one, two = cast.opening(cast.midi, THURSDAY), cast.opening(cast.soir1, THURSDAY)
    services.close_openings(session, SYSTEM, [one.id], "Travaux")
    assert services.close_openings(session, SYSTEM, [one.id, two.id], "Grève").openings == 1
    session.refresh(one)
    assert one.closed_reason == "Travaux"
    with pytest.raises(NothingChosen):
        services.close_openings(session, SYSTEM, [one.id, two.id], "Encore")


def test_closing_needs_a_reason(session: Session, cast: Cast) -> None:
    with pytest.raises(ReasonMissing):
        services.close_openings(session, SYSTEM, [cast.opening(cast.midi, THURSDAY).id], "  ")


def test_opening_again(session: Session, cast: Cast, told: list[tuple[list[int], str]]) -> None:
    one = cast.opening(cast.midi, THURSDAY)
    services.close_openings(session, SYSTEM, [one.id], "Grève")
    assert services.reopen_openings(session, SYSTEM, [one.id]) == 1
    session.refresh(one)
    assert (one.closed_at, one.closed_reason) == (None, "")
    with pytest.raises(NothingChosen):
        services.reopen_openings(session, SYSTEM, [one.id])


def test_places_below_what_is_booked(session: Session, cast: Cast) -> None:
    """Nobody loses a place: it shows full (§3.4)."""
    one = cast.opening(cast.midi, THURSDAY)
    one.taken = 40
    assert services.set_capacity(session, SYSTEM, [one.id], 30) == 1
    session.refresh(one)
    assert (one.capacity, one.taken) == (30, 40)


@pytest.mark.parametrize("capacity", [-1, 10_001])
def test_places_that_are_no_number_of_places(session: Session, cast: Cast, capacity: int) -> None:
    with pytest.raises(BadCapacity):
        services.set_capacity(session, SYSTEM, [cast.opening(cast.midi, THURSDAY).id], capacity)


def test_one_more_day(session: Session, town: Town) -> None:
    """A Wednesday, with the deadlines of the rule; generating does not close it."""
    day = date(2027, 1, 20)
    opening = services.add_opening(session, SYSTEM, town.midi.id, town.site.id, day, 20)
    assert opening.book_until == datetime(2027, 1, 19, 9, tzinfo=UTC)
    assert opening.school_year_id == town.year.id
    assert services.generate_openings(session, SYSTEM, town.year.id).closed == 0
    with pytest.raises(OpeningExists):
        services.add_opening(session, SYSTEM, town.midi.id, town.site.id, day, 20)


@pytest.mark.parametrize("day", [date(2026, 8, 31), date(2027, 9, 1)])
def test_a_day_of_no_school_year(session: Session, town: Town, day: date) -> None:
    with pytest.raises(NoSchoolYear):
        services.add_opening(session, SYSTEM, town.midi.id, town.site.id, day, 20)


def test_a_summer_day_belongs_to_the_year_before(session: Session, town: Town) -> None:
    opening = services.add_opening(
        session, SYSTEM, town.midi.id, town.site.id, date(2027, 8, 2), 20
    )
    assert opening.school_year_id == town.year.id


def test_unknown_things(session: Session, town: Town) -> None:
    with pytest.raises(NotFound):
        services.add_opening(session, SYSTEM, 0, town.site.id, THURSDAY, 20)
    now = clock.now()
    with pytest.raises(NotFound):
        services.edit_opening(session, SYSTEM, 0, capacity=1, book_until=now, cancel_until=now)
    with pytest.raises(NothingChosen):
        services.reopen_openings(session, SYSTEM, [])


def test_thousands_close_in_few_statements(
    session: Session, town: Town, make: Factory, told: list[tuple[list[int], str]]
) -> None:
    services.generate_openings(session, SYSTEM, town.year.id)
    year = OpeningChoice(town.year.starts_on, town.year.ends_on)
    ids = queries.opening_ids(session, year, closed=False)
    with count_statements(session) as seen:
        services.close_openings(session, SYSTEM, ids, "Fermeture")
    assert len(ids) > 130
    assert len(seen) <= 4
    assert queries.count(session, ids) == queries.Count(len(ids), 0)


def test_bookings_of_a_closed_day_are_cancelled_for_real(session: Session, cast: Cast) -> None:
    """Through the real hook: the place is free, the booking cancelled (§3.7)."""
    from app.reservations import services as reservations
    from app.reservations.models import ChangeOrigin
    from app.reservations.plan import Wish

    one = cast.opening(cast.midi, date(2027, 1, 19))
    reservations.save(
        session,
        Actor(cast.camille.id, cast.home.id),
        cast.home.id,
        [Wish(cast.jules.id, one.id, wanted=True)],
        now=clock.now(),
        form_token="t" * 32,
        origin=ChangeOrigin.MONTH,
    )
    done = services.close_openings(session, SYSTEM, [one.id], "Grève")
    assert done.bookings == 1
    found = session.get_one(Opening, one.id, populate_existing=True)
    assert found.taken == 0
