"""What the families did: a year and some months of bookings, top-ups, charges, and today's state.

Rows of the past are written in sets; what was consumed is charged by the portal's own nightly job,
so that the ledger tells the truth. The last saves go through the services, with their messages.
"""

from __future__ import annotations

import random
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import groupby

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.activities import queries as activity_queries
from app.activities.models import Enrolment, Opening, Slot
from app.charging import services as charging
from app.core import clock
from app.core.actor import Actor
from app.core.models import Counter
from app.demo.families import SEED, Family, People
from app.demo.town import Places
from app.households import queries as households
from app.payments.models import Method, Payment, PaymentState, Purpose
from app.payments.rules import receipt_number
from app.reservations import services as reservations
from app.reservations.models import Booking, BookingChange, BookingState, ChangeOrigin
from app.wallet.models import LedgerAccount, LedgerKind, Wallet
from app.wallet.rules import Line
from app.wallet.services import NewTransaction, post_many

WEEKS_OF_LAST_YEAR = 14
"""How far back the history goes in the school year before; a longer one only costs time."""
WEEKS_AHEAD = 5


@dataclass(frozen=True)
class Habit:
    """Slots that a child takes, as (short name, weekday)."""

    taken: frozenset[tuple[str, int]]


def tell(session: Session, places: Places, people: People) -> None:
    """Write the history, charge it, leave each known family in its state."""
    chance = random.Random(SEED)  # noqa: S311  (the same story each time, no secret)
    _book(session, places, people, chance)
    paid = deque(_credit(session, people, chance))
    for night in _nights(session):
        while paid and paid[0].at < night:
            post_many(session, paid[0].rows, paid[0].at)
            paid.popleft()
        charging.charge_due(session, night, commit=session.flush)
    _last_save(session, people.known["camille.martin"])


def _nights(session: Session) -> Iterator[datetime]:
    """One night a week of the past, then each of the last ten: when the charges were written."""
    first = session.scalar(sa.select(sa.func.min(Booking.day)))
    now = clock.now()
    night = datetime.combine(first or clock.today(), time(2), tzinfo=UTC)
    while night < now:
        yield night
        night += timedelta(days=7 if now - night > timedelta(days=17) else 1)
    yield now


def _habit(family: Family, child_index: int, chance: random.Random) -> Habit:
    days = (0, 1, 3, 4)
    if family.pace == "little":
        days = tuple(chance.sample(days, 2))
    taken = {("midi", day) for day in days}
    if chance.random() < 0.6:
        taken |= {("soir 1", day) for day in days if chance.random() < 0.7}
    if chance.random() < 0.3:
        taken |= {("soir 2", day) for day in days if ("soir 1", day) in taken}
    if chance.random() < 0.35:
        taken |= {("matin", day) for day in days}
    if chance.random() < 0.3:
        taken.add(("mercredi", 2))
    return Habit(frozenset(taken))


def _book(session: Session, places: Places, people: People, chance: random.Random) -> None:
    """Bookings of every child by its habit, from the history's first week to some weeks ahead."""
    today = clock.today()
    first = max(
        places.years[0].starts_on,
        places.years[0].ends_on - timedelta(weeks=WEEKS_OF_LAST_YEAR),
    )
    last = today + timedelta(weeks=WEEKS_AHEAD)
    openings = _openings(session, first, last)
    habits = {
        (family.household.id, child.id): _habit(family, number, chance)
        for family in people.all
        for number, child in enumerate(family.children)
    }
    habits |= _known_habits(people)
    enrolled = _sites(session)
    pairs = list(habits)
    facts = households.pricing_facts(session, pairs)
    book = activity_queries.price_book(
        session, {slot.id for slot in places.slots.values()}, first, last
    )
    changes = _Changes(session)
    rows: list[dict[str, object]] = []
    taken: dict[int, int] = {}
    for household_id, child_id in pairs:
        habit = habits[household_id, child_id]
        for opening, short in openings:
            if (short, opening.day.weekday()) not in habit.taken:
                continue
            if enrolled.get((child_id, opening.school_year_id, short)) != opening.site_id:
                continue
            if taken.get(opening.id, 0) >= opening.capacity or chance.random() < 0.06:
                continue
            taken[opening.id] = taken.get(opening.id, 0) + 1
            price = book.price(
                opening.slot_id, opening.day, facts.on(household_id, child_id, opening.day)
            )
            change_id, saved_at = changes.of(household_id, opening.day)
            rows.append(
                {
                    "child_id": child_id,
                    "opening_id": opening.id,
                    "household_id": household_id,
                    "day": opening.day,
                    "state": BookingState.LIVE,
                    "care_cents": price.care_cents,
                    "meal_cents": price.meal_cents,
                    "band_id": price.band_id,
                    "charged": False,
                    "created_at": saved_at,
                    "created_in": change_id,
                }
            )
    changes.count(rows)
    session.execute(sa.insert(Booking), rows)
    session.execute(
        sa.update(Opening),
        [{"id": opening_id, "taken": count} for opening_id, count in taken.items()],
    )
    session.flush()


def _known_habits(people: People) -> dict[tuple[int, int], Habit]:
    """Camille has Noé on Monday and Tuesday, Yanis on Thursday and Friday; Rose stays late."""
    camille, yanis = people.known["camille.martin"], people.known["yanis.benali"]
    jules, rose, noe = camille.children
    home, other = camille.household.id, yanis.household.id
    days = (0, 1, 3, 4)
    return {
        (home, jules.id): Habit(
            frozenset(
                {("midi", day) for day in days} | {("soir 1", 0), ("soir 1", 1), ("matin", 3)}
            )
        ),
        (home, rose.id): Habit(
            frozenset(
                {("midi", day) for day in days}
                | {("soir 1", day) for day in days}
                | {("mercredi", 2)}
            )
        ),
        (home, noe.id): Habit(frozenset({("midi", 0), ("midi", 1), ("soir 1", 1)})),
        (other, noe.id): Habit(frozenset({("midi", 3), ("midi", 4), ("soir 1", 4)})),
    }


def _last_save(session: Session, family: Family) -> None:
    """Camille has just booked two mornings for Rose: a message and an e-mail say so."""
    rose = family.children[1]
    mornings = session.scalars(
        sa.select(Opening.id)
        .join(Slot, Slot.id == Opening.slot_id)
        .join(
            Enrolment,
            (Enrolment.activity_id == Slot.activity_id)
            & (Enrolment.school_year_id == Opening.school_year_id)
            & (Enrolment.site_id == Opening.site_id),
        )
        .where(
            Enrolment.child_id == rose.id,
            Slot.short_name == "matin",
            Opening.day > clock.today() + timedelta(days=7),
            Opening.closed_at.is_(None),
            Opening.taken < Opening.capacity,
        )
        .order_by(Opening.day)
        .limit(2)
    ).all()
    if not mornings or family.account is None:
        return
    reservations.save(
        session,
        Actor(family.account.id, family.household.id),
        family.household.id,
        [reservations.Wish(rose.id, opening_id, True) for opening_id in mornings],
        now=clock.now(),
        form_token="montclair",  # noqa: S106  (tells a form sent twice, no secret)
        origin=ChangeOrigin.MONTH,
    )


def _openings(session: Session, first: date, last: date) -> list[tuple[Opening, str]]:
    found = session.execute(
        sa.select(Opening, Slot.short_name)
        .join(Slot, Slot.id == Opening.slot_id)
        .where(Opening.day.between(first, last), Opening.closed_at.is_(None))
        .order_by(Opening.day, Opening.id)
    )
    return [(opening, short) for opening, short in found]


def _sites(session: Session) -> dict[tuple[int, int, str], int]:
    """(child id, school year id, slot's short name) → site of the enrolment."""
    found = session.execute(
        sa.select(
            Enrolment.child_id, Enrolment.school_year_id, Slot.short_name, Enrolment.site_id
        ).join(Slot, Slot.activity_id == Enrolment.activity_id)
    )
    return {(child, year, short): site for child, year, short, site in found}


class _Changes:
    """One save per household and month, made at the end of the month before."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self.made: dict[tuple[int, date], BookingChange] = {}

    def of(self, household_id: int, day: date) -> tuple[int, datetime]:
        month = day.replace(day=1)
        change = self.made.get((household_id, month))
        if change is None:
            saved = min(datetime.combine(month, time(18, 40), tzinfo=UTC), clock.now())
            change = BookingChange(
                household_id=household_id,
                origin=ChangeOrigin.GROUPED,
                created_at=saved - timedelta(days=5, minutes=household_id % 50),
            )
            self.session.add(change)
            self.session.flush()
            self.made[household_id, month] = change
        return change.id, change.created_at

    def count(self, rows: Iterable[dict[str, object]]) -> None:
        by_id = {change.id: change for change in self.made.values()}
        for row in rows:
            by_id[row["created_in"]].added += 1  # type: ignore[index]


@dataclass(frozen=True)
class PaidDay:
    """The top-ups of one day, to write into the ledger at that moment."""

    at: datetime
    rows: list[NewTransaction]


def _credit(session: Session, people: People, chance: random.Random) -> list[PaidDay]:
    """Top-ups: each month paid before it begins, and what is booked ahead covered; Léa's are short.

    They enter the ledger between the nights, so that each line's balance is the one of its day.
    """
    cost = _cost_by_day(session)
    wallets = {one.household_id: one.id for one in session.scalars(sa.select(Wallet))}
    payments: list[dict[str, object]] = []
    for family in people.all:
        late = family is people.known["lea.durand"]
        days = cost.get(family.household.id, {})
        spent = _by_month({day: cents for day, cents in days.items() if day < clock.today()})
        for month, cents in spent.items():
            if late and month == _this_month():
                continue
            half = late and (_this_month() - month).days < 40
            tens = -(-cents // (2000 if half else 1000)) * 1000
            payments.append(_payment(family, month, max(1000, tens), chance, len(payments)))
        if not late:
            ahead = sum(cents for day, cents in days.items() if day >= clock.today())
            more = ahead + chance.choice((1500, 2000, 3500, 5000))
            payments.append(_payment(family, clock.today(), more, chance, len(payments)))
    payments.sort(key=lambda row: row["paid_at"])  # type: ignore[arg-type, return-value]
    series: dict[int, int] = {}
    for row in payments:
        year = clock.paris(row["paid_at"]).year  # type: ignore[arg-type]
        series[year] = series.get(year, 0) + 1
        row["receipt_number"] = receipt_number(year, series[year])
    session.execute(sa.insert(Payment), payments)
    session.add_all(
        Counter(name=f"receipt:{year}", next_value=last + 1) for year, last in series.items()
    )
    made = session.scalars(sa.select(Payment).order_by(Payment.paid_at, Payment.id)).all()
    by_day = groupby(made, key=lambda payment: clock.paris(_paid(payment)).date())
    return [_paid_day(list(payments_of_day), wallets) for _, payments_of_day in by_day]


def _paid_day(of_day: Sequence[Payment], wallets: dict[int, int]) -> PaidDay:
    rows = [_transaction(payment, wallets) for payment in of_day]
    return PaidDay(_paid(of_day[-1]), rows)


def _paid(payment: Payment) -> datetime:
    return payment.paid_at or payment.created_at


def _this_month() -> date:
    return clock.today().replace(day=1)


def _cost_by_day(session: Session) -> dict[int, dict[date, int]]:
    """Household id → day → cents booked, up to the horizon of the cover."""
    found = session.execute(
        sa.select(
            Booking.household_id,
            Booking.day,
            sa.func.sum(Booking.care_cents + Booking.meal_cents),
        )
        .where(Booking.day <= clock.today() + timedelta(days=30))
        .group_by(Booking.household_id, Booking.day)
        .order_by(Booking.day)
    )
    cost: dict[int, dict[date, int]] = {}
    for household_id, day, cents in found:
        cost.setdefault(household_id, {})[day] = int(cents)
    return cost


def _by_month(days: dict[date, int]) -> dict[date, int]:
    months: dict[date, int] = {}
    for day, cents in days.items():
        first = day.replace(day=1)
        months[first] = months.get(first, 0) + cents
    return months


def _payment(
    family: Family, day: date, cents: int, chance: random.Random, number: int
) -> dict[str, object]:
    paid = datetime.combine(day, time(7, 52), tzinfo=UTC) - timedelta(
        days=chance.randint(1, 4), minutes=chance.randint(0, 59)
    )
    at_counter = family.account is None and chance.random() < 0.3
    method = chance.choice((Method.CASH, Method.CHEQUE)) if at_counter else Method.CARD
    return {
        "household_id": family.household.id,
        "account_id": family.account.id if family.account else None,
        "purpose": Purpose.TOP_UP,
        "method": method,
        "amount_cents": cents,
        "provider": "counter" if at_counter else "demo",
        "provider_ref": f"montclair-{number}",
        "state": PaymentState.PAID,
        "created_at": paid - timedelta(minutes=2),
        "paid_at": paid,
        "details": {},
    }


def _transaction(payment: Payment, wallets: dict[int, int]) -> NewTransaction:
    into = {
        Method.CARD: LedgerAccount.CARD,
        Method.CASH: LedgerAccount.CASH,
        Method.CHEQUE: LedgerAccount.CHEQUE,
    }[payment.method]
    paid = clock.paris(_paid(payment))
    return NewTransaction(
        kind=LedgerKind.TOP_UP,
        ref=f"payment:{payment.id}",
        value_date=paid.date(),
        lines=[
            Line(LedgerAccount.WALLET, payment.amount_cents, wallets[payment.household_id]),
            Line(into, -payment.amount_cents),
        ],
    )
