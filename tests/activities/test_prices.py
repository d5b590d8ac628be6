"""Grids, bands and the price book (§3.1, §3.11); a year copied from another."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.activities import queries, services
from app.activities.errors import BandsOverlap, NoBand, NoPrice, NothingToCopy
from app.activities.models import OpeningPattern, PriceBand, PriceGrid
from app.activities.rules import BandFacts
from app.core import hooks
from app.core.actor import SYSTEM, Actor
from app.core.errors import NotFound
from app.households.models import SchoolYear
from app.households.rules import PriceFacts
from tests.activities.conftest import Town, count_statements
from tests.factories import Factory

DAY = date(2027, 1, 19)
RICH, POOR = PriceFacts(845, True, 1), PriceFacts(200, True, 1)


@pytest.fixture(autouse=True)
def repriced(app: object) -> Iterator[list[date]]:
    """Days from which the rooms above were asked to reprice, instead of them."""
    seen: list[date] = []

    def note(session: Session, actor: Actor, homes: Sequence[int] | None, day: date) -> int:
        assert homes is None
        seen.append(day)
        return 5

    before = list(hooks.prices_changed)
    hooks.prices_changed[:] = [note]
    yield seen
    hooks.prices_changed[:] = before


def price(session: Session, town: Town, facts: PriceFacts, day: date = DAY) -> int:
    return (
        queries.price_book(session, {town.midi.id}, day, day).price(town.midi.id, day, facts).total
    )


def grid(session: Session) -> PriceGrid:
    return session.scalars(sa.select(PriceGrid).order_by(PriceGrid.valid_from.desc())).first()


def test_price_of_a_day(session: Session, town: Town) -> None:
    assert price(session, town, POOR) == 210
    assert price(session, town, RICH) == 420
    assert price(session, town, PriceFacts(None, True, 1)) == 420


def test_no_price_before_the_first_grid_nor_for_another_slot(session: Session, town: Town) -> None:
    with pytest.raises(NoPrice):
        price(session, town, RICH, date(2026, 8, 31))
    book = queries.price_book(session, {town.midi.id}, DAY, DAY)
    with pytest.raises(NoPrice):
        book.price(town.midi.id + 1, DAY, RICH)


def test_a_grid_without_bands_is_not_in_force(session: Session, town: Town, make: Factory) -> None:
    make.add(PriceGrid(slot_id=town.midi.id, valid_from=date(2027, 1, 1)))
    assert price(session, town, RICH) == 420


def test_a_book_is_one_statement_whatever_is_asked(
    session: Session, town: Town, make: Factory
) -> None:
    with count_statements(session) as seen:
        book = queries.price_book(session, {town.midi.id}, date(2026, 9, 1), date(2027, 7, 1))
        for quotient in range(0, 2000, 10):
            book.price(town.midi.id, DAY, PriceFacts(quotient, True, 1))
    assert len(seen) == 1


def test_saving_a_grid_reprices_once(session: Session, town: Town, repriced: list[date]) -> None:
    later = PriceGrid(slot_id=town.midi.id, valid_from=date(2027, 1, 15))
    session.add(later)
    session.flush()
    bands = [
        BandFacts(services.NEW, "T1", 100, 100, 0, 500),
        BandFacts(services.NEW, "T2", 200, 300, 500, None),
    ]
    saved = services.save_bands(session, SYSTEM, later.id, bands, cost_cents=450)
    assert repriced == [date(2027, 1, 15)]
    assert saved.repriced == 5
    assert [band.name for band in saved.above_cost] == ["T2"]
    assert saved.unpriced == []
    assert price(session, town, RICH) == 500
    assert price(session, town, RICH, date(2027, 1, 14)) == 420
    assert later.cost_cents == 450


def test_a_band_taken_out_is_for_nobody_but_stays(session: Session, town: Town) -> None:
    one = grid(session)
    first, second = queries.bands_of(session, one.id)
    services.save_bands(session, SYSTEM, one.id, [second._replace(quotient_from=0, care_cents=7)])
    assert price(session, town, POOR) == 7 + second.meal_cents
    assert session.get(PriceBand, first.id) is not None
    assert [band.id for band in queries.bands_of(session, one.id)] == [second.id]


def test_bad_grids_are_refused(session: Session, town: Town, repriced: list[date]) -> None:
    one = grid(session)
    with pytest.raises(NoBand):
        services.save_bands(session, SYSTEM, one.id, [])
    bands = [BandFacts(0, "A", 1), BandFacts(0, "B", 2)]
    with pytest.raises(BandsOverlap):
        services.save_bands(session, SYSTEM, one.id, bands)
    with pytest.raises(NotFound):
        services.save_bands(session, SYSTEM, 0, [BandFacts(0, "A", 1)])
    assert repriced == []


def test_a_band_of_another_grid_is_not_found(session: Session, town: Town, make: Factory) -> None:
    stolen = queries.bands_of(session, grid(session).id)
    other = make.add(PriceGrid(slot_id=town.midi.id, valid_from=date(2027, 2, 1)))
    with pytest.raises(NotFound):
        services.save_bands(session, SYSTEM, other.id, stolen[:1])


def test_a_year_copied(session: Session, town: Town, make: Factory) -> None:
    later = make.add(
        SchoolYear(
            label="2027-2028", starts_on=date(2027, 9, 1), ends_on=date(2028, 7, 4), zone="A"
        )
    )
    done = services.copy_year(session, SYSTEM, town.year.id, later.id, with_prices=True)
    assert done == services.Copied(patterns=1, grids=1)
    copied = session.scalars(
        sa.select(OpeningPattern).where(OpeningPattern.school_year_id == later.id)
    ).one()
    assert (copied.slot_id, copied.weekdays, copied.capacity) == (town.midi.id, "0134", 90)
    assert price(session, town, RICH, date(2027, 9, 6)) == 420
    assert grid(session).valid_from == date(2027, 9, 1)
    again = services.copy_year(session, SYSTEM, town.year.id, later.id, with_prices=True)
    assert again == services.Copied(patterns=0, grids=0)


def test_nothing_to_copy(session: Session, town: Town, make: Factory) -> None:
    empty = make.add(
        SchoolYear(
            label="2027-2028", starts_on=date(2027, 9, 1), ends_on=date(2028, 7, 4), zone="A"
        )
    )
    with pytest.raises(NothingToCopy):
        services.copy_year(session, SYSTEM, empty.id, town.year.id)
    with pytest.raises(NotFound):
        services.copy_year(session, SYSTEM, town.year.id, 0)
