"""Reads of activities: prices, the calendar, openings and enrolments."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.orm import Session, contains_eager, joinedload

from app.activities.models import (
    Activity,
    CalendarPeriod,
    DeadlineRule,
    Enrolment,
    Opening,
    OpeningPattern,
    PeriodKind,
    PriceBand,
    PriceGrid,
    Site,
    Slot,
)
from app.activities.rules import (
    BandFacts,
    Calendar,
    GridFacts,
    PeriodFacts,
    Price,
    RuleFacts,
    grid_on,
    pick_band,
    summer_end,
)
from app.core.errors import NotFound
from app.households.models import Child, Level, School, Schooling, SchoolYear
from app.households.rules import PriceFacts
from app.households.sets import named

BATCH = 1_000

# ---- Prices --------------------------------------------------------------------------------------


class PriceBook:
    """The prices of some slots over some days, answered without another read."""

    def __init__(self, grids: Mapping[int, Sequence[GridFacts]]) -> None:
        self._grids = grids
        self._in_force: dict[tuple[int, date], GridFacts] = {}
        self._prices: dict[tuple[int, PriceFacts], Price] = {}

    def price(self, slot_id: int, day: date, facts: PriceFacts) -> Price:
        """What ``slot_id`` costs on ``day`` for a family with these facts. Raises NoPrice."""
        grid = self._grid(slot_id, day)
        key = (grid.id, facts)
        if key not in self._prices:
            band = pick_band(grid.bands, facts)
            self._prices[key] = Price(band.care_cents, band.meal_cents, band.id, band.name)
        return self._prices[key]

    def _grid(self, slot_id: int, day: date) -> GridFacts:
        key = (slot_id, day)
        if key not in self._in_force:
            self._in_force[key] = grid_on(self._grids.get(slot_id, ()), day)
        return self._in_force[key]


def price_book(session: Session, slot_ids: Collection[int], first: date, last: date) -> PriceBook:
    """The prices of these slots from ``first`` to ``last``, in one statement.

    A grid without bands is not in force: it is still being written.
    """
    return PriceBook(_grids(session, named(slot_ids), last))


def _grids(session: Session, slot_ids: list[int] | None, last: date) -> dict[int, list[GridFacts]]:
    """Slot id → its grids begun by ``last``, the oldest first; None: of every slot."""
    some = {} if slot_ids is None else {"slots": slot_ids}
    rows = session.execute(_grids_asked(slot_ids is not None), {"last": last, **some})
    bands: dict[tuple[int, int, date], list[BandFacts]] = {}
    for slot_id, grid_id, valid_from, *band in rows:
        bands.setdefault((slot_id, grid_id, valid_from), []).append(BandFacts(*band))
    grids: dict[int, list[GridFacts]] = {}
    for (slot_id, grid_id, valid_from), found in bands.items():
        grids.setdefault(slot_id, []).append(GridFacts(grid_id, valid_from, tuple(found)))
    return grids


@cache
def _grids_asked(some: bool) -> sa.Select[*tuple[Any, ...]]:
    """Of ``some`` slots, the parameter, or of all. Built once: every price asks it."""
    asked = (
        sa.select(PriceGrid.slot_id, PriceGrid.id, PriceGrid.valid_from, *BAND_COLUMNS)
        .join(PriceBand, PriceBand.grid_id == PriceGrid.id)
        .where(PriceGrid.valid_from <= sa.bindparam("last"), used_bands())
        .order_by(PriceGrid.slot_id, PriceGrid.valid_from, PriceBand.id)
    )
    return asked.where(PriceGrid.slot_id.in_(sa.bindparam("slots"))) if some else asked


BAND_COLUMNS = tuple(getattr(PriceBand, name) for name in BandFacts._fields)


def used_bands() -> sa.ColumnElement[bool]:
    """SQL: the band is for somebody (a band taken out of its grid ends where it begins)."""
    return sa.or_(PriceBand.quotient_to.is_(None), PriceBand.quotient_to > PriceBand.quotient_from)


def bands_of(session: Session, grid_id: int) -> list[BandFacts]:
    """The bands of a grid in the order of the screens."""
    rows = session.execute(
        sa.select(*BAND_COLUMNS)
        .where(PriceBand.grid_id == grid_id, used_bands())
        .order_by(
            PriceBand.resident.desc(),
            PriceBand.sibling_rank,
            PriceBand.quotient_from,
            PriceBand.id,
        )
    )
    return [BandFacts(*row) for row in rows]


def latest_grids(session: Session, last: date) -> dict[int, GridFacts]:
    """Slot id → its grid in force on ``last``, for every slot that has one."""
    grids = _grids(session, None, last)
    return {slot_id: grid_on(found, last) for slot_id, found in grids.items()}


# ---- Calendar ------------------------------------------------------------------------------------


def calendar(session: Session, first: date, last: date) -> Calendar:
    """What the calendar says of the days from ``first`` to ``last``. One statement."""
    rows = session.execute(
        sa.select(
            CalendarPeriod.kind,
            CalendarPeriod.name,
            CalendarPeriod.starts_on,
            CalendarPeriod.ends_on,
            CalendarPeriod.site_id,
        )
        .where(CalendarPeriod.starts_on <= last, CalendarPeriod.ends_on >= first)
        .order_by(CalendarPeriod.id)
    )
    return Calendar(PeriodFacts(*row) for row in rows)


def school_year(session: Session, school_year_id: int) -> SchoolYear:
    """The school year. Raises NotFound."""
    found = session.get(SchoolYear, school_year_id)
    if found is None:
        raise NotFound
    return found


def year_of(session: Session, day: date) -> SchoolYear | None:
    """The school year that contains ``day``; a summer belongs to the year before it."""
    year = session.scalars(
        sa.select(SchoolYear)
        .where(SchoolYear.starts_on <= day)
        .order_by(SchoolYear.starts_on.desc())
        .limit(1)
    ).first()
    return year if year is not None and day <= summer_end(year.ends_on) else None


# ---- Rules ---------------------------------------------------------------------------------------


class SlotRules(NamedTuple):
    """How the deadlines of a slot are counted."""

    book: RuleFacts
    cancel: RuleFacts


def rules_by_slot(session: Session) -> dict[int, SlotRules]:
    """Slot id → its rules, for every slot. Two statements."""
    rules = {
        row[0]: RuleFacts(*row[1:])
        for row in session.execute(
            sa.select(
                DeadlineRule.id,
                DeadlineRule.kind,
                DeadlineRule.at,
                DeadlineRule.days,
                DeadlineRule.weekday,
            )
        )
    }
    rows = session.execute(
        sa.select(Slot.id, Activity.book_rule_id, Activity.cancel_rule_id).join(
            Activity, Activity.id == Slot.activity_id
        )
    )
    return {slot_id: SlotRules(rules[book], rules[cancel]) for slot_id, book, cancel in rows}


# ---- Openings ------------------------------------------------------------------------------------


@dataclass(frozen=True)
class OpeningChoice:
    """Openings by what an agent names: days, and sites and slots (none: all of them)."""

    first: date
    last: date
    site_ids: Collection[int] = ()
    slot_ids: Collection[int] = ()

    def where(self) -> sa.ColumnElement[bool]:
        """SQL condition."""
        asked = [Opening.day.between(self.first, self.last)]
        if self.site_ids:
            asked.append(Opening.site_id.in_(self.site_ids))
        if self.slot_ids:
            asked.append(Opening.slot_id.in_(self.slot_ids))
        return sa.and_(*asked)


class Count(NamedTuple):
    """What a bulk change concerns."""

    openings: int
    bookings: int


def opening_ids(session: Session, choice: OpeningChoice, *, closed: bool) -> list[int]:
    """Ids of the openings chosen that are closed, or that are open, in order."""
    is_closed = Opening.closed_at.is_not(None)
    return list(
        session.scalars(
            sa.select(Opening.id)
            .where(choice.where(), is_closed if closed else sa.not_(is_closed))
            .order_by(Opening.id)
        )
    )


def count(session: Session, ids: Collection[int]) -> Count:
    """How many openings these are, and places taken on them."""
    found = Count(0, 0)
    for part in batched(ids):
        row = session.execute(
            sa.select(sa.func.count(), sa.func.coalesce(sa.func.sum(Opening.taken), 0)).where(
                Opening.id.in_(part)
            )
        ).one()
        found = Count(found.openings + row[0], found.bookings + row[1])
    return found


def batched(ids: Collection[int]) -> Iterator[list[int]]:
    """The ids in order, as many at once as a statement may name (SQLite has a limit)."""
    ordered = sorted(set(ids))
    return (ordered[start : start + BATCH] for start in range(0, len(ordered), BATCH))


class YearState(NamedTuple):
    """How far a school year is prepared."""

    year: SchoolYear
    holidays: int
    patterns: int
    openings: int


def year_states(session: Session) -> list[YearState]:
    """Every school year, the newest first, with what is ready. One statement."""
    holidays = (
        sa.select(sa.func.count(CalendarPeriod.id))
        .where(
            CalendarPeriod.starts_on <= SchoolYear.ends_on,
            CalendarPeriod.ends_on >= SchoolYear.starts_on,
            CalendarPeriod.kind.in_((PeriodKind.SCHOOL_HOLIDAY, PeriodKind.PUBLIC_HOLIDAY)),
        )
        .correlate(SchoolYear)
        .scalar_subquery()
    )
    counts = [
        sa.select(sa.func.count(kind.id))
        .where(kind.school_year_id == SchoolYear.id)
        .correlate(SchoolYear)
        .scalar_subquery()
        for kind in (OpeningPattern, Opening)
    ]
    rows = session.execute(
        sa.select(SchoolYear, holidays, *counts).order_by(SchoolYear.starts_on.desc())
    )
    return [YearState(*row) for row in rows]


def slots(session: Session) -> list[Slot]:
    """Every slot with its activity, in the order of the screens."""
    return list(
        session.scalars(
            sa.select(Slot)
            .join(Slot.activity)
            .options(contains_eager(Slot.activity))
            .order_by(Activity.position, Activity.name, Slot.position, Slot.starts_at)
        )
    )


def sites(session: Session) -> list[Site]:
    """Every site by name."""
    return list(session.scalars(sa.select(Site).order_by(Site.name)))


# ---- Enrolments ----------------------------------------------------------------------------------


def class_children(
    session: Session, school_year_id: int, school_id: int, level_ids: Collection[int]
) -> list[int]:
    """Ids of the children of a school that year, of these levels (none: all), who did not leave."""
    asked = (
        sa.select(Schooling.child_id)
        .join(Schooling.child)
        .where(
            Schooling.school_year_id == school_year_id,
            Schooling.school_id == school_id,
            Child.left_on.is_(None),
        )
        .order_by(Schooling.child_id)
    )
    if level_ids:
        asked = asked.where(Schooling.level_id.in_(level_ids))
    return list(session.scalars(asked))


def enrolments(session: Session, ids: Iterable[int]) -> list[Enrolment]:
    """Enrolments by id, all of them. Raises NotFound."""
    asked = set(ids)
    found = list(
        session.scalars(
            sa.select(Enrolment)
            .where(Enrolment.id.in_(asked))
            .options(joinedload(Enrolment.school_year))
            .order_by(Enrolment.id)
        )
    )
    if len(found) != len(asked):
        raise NotFound
    return found


def schools(session: Session) -> list[School]:
    """Every school by name."""
    return list(session.scalars(sa.select(School).order_by(School.name)))


def levels(session: Session) -> list[Level]:
    """Every level by age."""
    return list(session.scalars(sa.select(Level).order_by(Level.position)))


def years(session: Session) -> list[SchoolYear]:
    """Every school year, the newest first."""
    return list(session.scalars(sa.select(SchoolYear).order_by(SchoolYear.starts_on.desc())))


def activities(session: Session) -> list[Activity]:
    """The activities offered, in the order of the screens."""
    return list(
        session.scalars(
            sa.select(Activity).where(Activity.is_active).order_by(Activity.position, Activity.name)
        )
    )
