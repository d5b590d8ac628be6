"""Makes a plan from what was asked: reads in a constant number of statements, then decides.

The same code serves the preview (nothing locked) and the save (everything locked first): under
the locks the plan is made again from nothing (§5.1).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.activities import queries as activities
from app.activities.errors import NoPrice
from app.core import clock, settings
from app.core.errors import NotFound
from app.households import queries as households
from app.households.models import Household
from app.households.queries import ChildCard
from app.households.rules import PriceFacts
from app.reservations import locking, queries
from app.reservations.errors import TooMuchAsked
from app.reservations.locking import EnrolmentRow, OpeningRow
from app.reservations.models import Booking, BookingState
from app.reservations.plan import GroupRequest, LeftOut, Plan, PlannedLine, Wish
from app.reservations.rules import (
    AskFacts,
    BookingFacts,
    Money,
    Refused,
    missing_cents,
    why_not_add,
    why_not_remove,
)
from app.wallet import queries as wallets

Asked = Sequence[Wish] | GroupRequest

LARGEST_ASK = 20_000
"""Ten children of one family, six slots, every day of a year: nobody means more."""


class Ask(NamedTuple):
    """One thing asked for. ``opening_id`` None: that slot is not open to the child that day."""

    child_id: int
    slot_id: int
    day: date
    opening_id: int | None
    wanted: bool


@dataclass(frozen=True)
class Asking:
    """What was asked for, one by one; ``activities``: of the slots of a grouped entry."""

    asks: Sequence[Ask]
    activities: Mapping[int, int] = field(default_factory=dict)

    @property
    def opening_ids(self) -> set[int]:
        return {ask.opening_id for ask in self.asks if ask.opening_id is not None}


class BookingRow(NamedTuple):
    """An active booking, with what removing it gives back."""

    id: int
    child_id: int
    opening_id: int
    household_id: int
    state: BookingState
    charged: bool
    care_cents: int
    meal_cents: int
    band_id: int | None


@dataclass(frozen=True)
class Terms:
    """How a plan is made. ``silent``: what is already as asked is no reason to say anything."""

    household_id: int
    now: datetime
    ignore_deadline: bool = False
    silent: bool = True


def make_plan(session: Session, asked: Asked, terms: Terms, *, lock: bool = False) -> Plan:
    """The plan of ``asked``. ``lock``: take every lock first, in the order of docs/locking.md.

    Raises NotFound for a child or an opening that this household cannot name, TooMuchAsked.
    """
    _check_size(asked)
    today = clock.paris(terms.now).date()
    cards = _cards(session, terms.household_id, asked, today, lock)
    enrolments = locking.enrolments(session, list(cards), lock=lock)
    asking = _asks(session, asked, enrolments)
    openings = locking.openings_by_id(session, asking.opening_ids, lock=lock)
    if lock:
        locking.lock_wallet(session, terms.household_id)
    bookings = _bookings(session, asking.asks)
    deciding = Deciding(terms, cards, openings, enrolments, bookings, asking.activities)
    if settings.get(session, settings.YEAR_FILE_REQUIRED):
        deciding.files = locking.closed_year_files(session, terms.household_id, list(cards))
    chosen, left_out = deciding.sort_out(asking.asks)
    adds, unpriced = _price(session, terms.household_id, [ask for ask in chosen if ask.wanted])
    removes = [_removal(ask, deciding.booking_of(ask)) for ask in chosen if not ask.wanted]
    return _with_money(session, terms, today, adds, removes, [*left_out, *unpriced])


def _check_size(asked: Asked) -> None:
    if isinstance(asked, GroupRequest):
        size = len(asked.child_ids) * len(asked.slot_ids) * len(asked.days)
    else:
        size = len(asked)
    if size > LARGEST_ASK:
        raise TooMuchAsked


def _cards(
    session: Session, household_id: int, asked: Asked, today: date, lock: bool
) -> dict[int, ChildCard]:
    """The children asked for, in the order of the household; NotFound for another's (§5.8)."""
    if isinstance(asked, GroupRequest):
        wanted = set(asked.child_ids)
    else:
        wanted = {wish.child_id for wish in asked}
    known = households.children_of(session, household_id, today, lock=lock)
    cards = {card.id: card for card in known if card.id in wanted}
    if wanted - cards.keys():
        raise NotFound
    return cards


def _asks(session: Session, asked: Asked, known: Sequence[EnrolmentRow]) -> Asking:
    """What was asked, one by one, with the openings it names; nothing is locked yet."""
    if not isinstance(asked, GroupRequest):
        return _wish_asks(session, asked)
    return _group_adds(session, asked, known) if asked.create else _group_removes(session, asked)


def _wish_asks(session: Session, wishes: Sequence[Wish]) -> Asking:
    """Ticks of the month page: what is removed first, so that its place can be taken."""
    openings = locking.openings_by_id(session, {wish.opening_id for wish in wishes})
    if any(wish.opening_id not in openings for wish in wishes):
        raise NotFound
    asks = [
        Ask(wish.child_id, opening.slot_id, opening.day, opening.id, wish.wanted)
        for wish in {(wish.child_id, wish.opening_id): wish for wish in wishes}.values()
        for opening in [openings[wish.opening_id]]
    ]
    return Asking(sorted(asks, key=lambda ask: (ask.wanted, ask.day, ask.slot_id, ask.child_id)))


def _group_adds(session: Session, group: GroupRequest, known: Sequence[EnrolmentRow]) -> Asking:
    """Every child × slot × day, day by day, at the site of the child's enrolment."""
    sites = {(row.child_id, row.activity_id, row.school_year_id): row.site_id for row in known}
    found: dict[tuple[int, int, date], int] = {}
    for row in locking.openings_of_group(session, group, known):
        for child_id in group.child_ids:
            if sites.get((child_id, row.activity_id, row.school_year_id)) == row.site_id:
                found[child_id, row.slot_id, row.day] = row.id
    asks = [
        Ask(child_id, slot_id, day, found.get((child_id, slot_id, day)), True)
        for day in sorted(group.days)
        for slot_id in sorted(group.slot_ids)
        for child_id in dict.fromkeys(group.child_ids)
    ]
    return Asking(asks, locking.activities_of(session, group.slot_ids))


def _group_removes(session: Session, group: GroupRequest) -> Asking:
    """What is booked for these children, wherever: nothing else can be removed."""
    return Asking([Ask(*row, False) for row in locking.booked_of_group(session, group)])


def _bookings(session: Session, asks: Sequence[Ask]) -> list[BookingRow]:
    """Active bookings of the children on the days asked for, whoever made them. One statement."""
    if not asks:
        return []
    days = [ask.day for ask in asks]
    rows = session.execute(
        sa.select(
            Booking.id,
            Booking.child_id,
            Booking.opening_id,
            Booking.household_id,
            Booking.state,
            Booking.charged,
            Booking.care_cents,
            Booking.meal_cents,
            Booking.band_id,
        ).where(
            Booking.child_id.in_({ask.child_id for ask in asks}),
            Booking.day.between(min(days), max(days)),
            Booking.state.in_([BookingState.HELD, BookingState.LIVE]),
        )
    )
    return [BookingRow(*row) for row in rows]


class Deciding:
    """Decides one ask after the other, counting the places that the plan itself takes."""

    def __init__(
        self,
        terms: Terms,
        cards: Mapping[int, ChildCard],
        openings: Mapping[int, OpeningRow],
        enrolments: Iterable[EnrolmentRow],
        bookings: Iterable[BookingRow],
        activities_of: Mapping[int, int],
    ) -> None:
        self.terms = terms
        self.cards = cards
        self.openings = openings
        self.activities_of = activities_of
        self.enrolments: dict[tuple[int, int], list[EnrolmentRow]] = {}
        for row in enrolments:
            self.enrolments.setdefault((row.child_id, row.activity_id), []).append(row)
        self.bookings = {(row.child_id, row.opening_id): row for row in bookings}
        self.moved: Counter[int] = Counter()
        self.files: Collection[tuple[int, int]] | None = None
        """(child, school year) of the files closed; None where the commune needs none."""

    def sort_out(self, asks: Iterable[Ask]) -> tuple[list[Ask], list[LeftOut]]:
        """What can be done, and the rest with its reasons."""
        chosen: list[Ask] = []
        left_out: list[LeftOut] = []
        for ask in asks:
            reason = self._why_not(ask)
            if reason is None:
                chosen.append(ask)
                self.moved[ask.opening_id or 0] += 1 if ask.wanted else -1
            elif not self._is_nothing(ask, reason):
                left_out.append(_left_out(ask, reason))
        return chosen, left_out

    def booking_of(self, ask: Ask) -> BookingRow:
        return self.bookings[ask.child_id, ask.opening_id or 0]

    def _is_nothing(self, ask: Ask, reason: Refused) -> bool:
        """It is already as asked: nothing to do, nothing to say (a removal never says so)."""
        if ask.wanted:
            return reason is Refused.ALREADY_BOOKED and self.terms.silent
        return reason is Refused.NOT_BOOKED

    def _why_not(self, ask: Ask) -> Refused | None:
        opening = self.openings.get(ask.opening_id or 0)
        if opening is None:
            return self._no_opening(ask)
        facts = self._facts(ask, opening)
        reason = (why_not_add if ask.wanted else why_not_remove)(facts, self.terms.now)
        if reason is Refused.OTHER_PARENT and not self.cards[ask.child_id].can_see_other:
            return Refused.FULL if ask.wanted else Refused.NOT_BOOKED  # as the agenda shows it
        return reason

    def _no_opening(self, ask: Ask) -> Refused:
        activity_id = self.activities_of.get(ask.slot_id, 0)
        enrolments = self.enrolments.get((ask.child_id, activity_id), ())
        enrolled = any(row.starts_on <= ask.day <= row.ends_on for row in enrolments)
        return Refused.CLOSED if enrolled else Refused.NOT_ENROLLED

    def _facts(self, ask: Ask, opening: OpeningRow) -> AskFacts:
        card = self.cards[ask.child_id]
        booking = self.bookings.get((ask.child_id, opening.id))
        return AskFacts(
            may_book=card.may_book(ask.day),
            enrolled=self._enrolled(ask, opening),
            is_open=opening.closed_at is None and opening.offered,
            places_left=opening.capacity - opening.taken - self.moved[opening.id],
            book_until=opening.book_until,
            cancel_until=opening.cancel_until,
            booking=booking and self._booking_facts(booking),
            ignore_deadline=self.terms.ignore_deadline,
            file_missing=self.files is not None
            and (ask.child_id, opening.school_year_id) not in self.files,
        )

    def _booking_facts(self, row: BookingRow) -> BookingFacts:
        return BookingFacts(
            by_us=row.household_id == self.terms.household_id,
            charged=row.charged,
            is_hold=row.state is BookingState.HELD,
        )

    def _enrolled(self, ask: Ask, opening: OpeningRow) -> bool:
        place = (opening.site_id, opening.school_year_id)
        return any(
            (row.site_id, row.school_year_id) == place and row.starts_on <= ask.day <= row.ends_on
            for row in self.enrolments.get((ask.child_id, opening.activity_id), ())
        )


def _left_out(ask: Ask, reason: Refused) -> LeftOut:
    return LeftOut(ask.child_id, ask.opening_id, ask.slot_id, ask.day, reason)


def _price(
    session: Session, household_id: int, asks: Sequence[Ask]
) -> tuple[list[PlannedLine], list[LeftOut]]:
    """The lines to add, priced by the facts in force on each day (§3.1)."""
    if not asks:
        return [], []
    days = [ask.day for ask in asks]
    book = activities.price_book(session, {ask.slot_id for ask in asks}, min(days), max(days))
    pairs = {(household_id, ask.child_id) for ask in asks}
    facts = households.pricing_facts(session, pairs)
    known: dict[tuple[int, date], PriceFacts] = {}
    lines: list[PlannedLine] = []
    unpriced: list[LeftOut] = []
    for ask in asks:
        key = (ask.child_id, ask.day)
        if key not in known:
            known[key] = facts.on(household_id, *key)
        try:
            price = book.price(ask.slot_id, ask.day, known[key])
        except NoPrice:
            unpriced.append(_left_out(ask, Refused.NO_PRICE))
            continue
        lines.append(
            PlannedLine(
                child_id=ask.child_id,
                opening_id=ask.opening_id or 0,
                slot_id=ask.slot_id,
                day=ask.day,
                care_cents=price.care_cents,
                meal_cents=price.meal_cents,
                band_id=price.band_id,
            )
        )
    return lines, unpriced


def _removal(ask: Ask, booking: BookingRow) -> PlannedLine:
    return PlannedLine(
        child_id=ask.child_id,
        opening_id=booking.opening_id,
        slot_id=ask.slot_id,
        day=ask.day,
        care_cents=booking.care_cents,
        meal_cents=booking.meal_cents,
        band_id=booking.band_id,
        booking_id=booking.id,
    )


def _with_money(
    session: Session,
    terms: Terms,
    today: date,
    adds: Sequence[PlannedLine],
    removes: Sequence[PlannedLine],
    left_out: Sequence[LeftOut],
) -> Plan:
    """The plan with where it leaves the household's money (B6)."""
    money = money_of(session, terms.household_id, today)
    last_day = queries.last_covered_day(session, today)
    moved = _inside(adds, last_day) - _inside(removes, last_day)
    return Plan(
        adds=tuple(adds),
        removes=tuple(removes),
        left_out=tuple(left_out),
        balance_cents=money.balance_cents,
        available_cents=money.available_cents,
        required_after_cents=money.required_cents + moved,
        missing_cents=missing_cents(money, bool(adds), moved),
        negative=bool(adds) and money.balance_cents < 0 and not money.exempt,
    )


def _inside(lines: Iterable[PlannedLine], last_day: date | None) -> int:
    return sum(line.total_cents for line in lines if last_day is None or line.day <= last_day)


def money_of(session: Session, household_id: int, today: date) -> Money:
    """Where the household stands. Three statements."""
    exempt = session.scalar(
        sa.select(Household.exempt_from_cover).where(Household.id == household_id)
    )
    return Money(
        balance_cents=wallets.balance(session, household_id),
        required_cents=queries.required_cover(session, [household_id], today)[household_id],
        exempt=bool(exempt),
    )
