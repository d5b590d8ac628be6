"""A commune of any size, written by bulk inserts.

``python -m bench.seed --var DIR --households 300 --bookings 127000`` fills ``DIR/portail.sqlite``.
"""

from __future__ import annotations

import argparse
import random
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from datetime import time as clock_time
from itertools import islice
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session
from werkzeug.security import generate_password_hash

from app.accounts.models import Account
from app.activities.models import (
    Activity,
    Category,
    DeadlineKind,
    DeadlineRule,
    Enrolment,
    Opening,
    PriceBand,
    PriceGrid,
    Site,
    Slot,
)
from app.core import clock
from app.core.db import db
from app.households.models import (
    Adult,
    Child,
    Guardianship,
    Household,
    Level,
    QuotientRecord,
    ResidenceRecord,
    School,
    Schooling,
    SchoolYear,
)
from app.reservations.models import Booking, BookingChange, ChangeOrigin
from app.wallet.models import LedgerAccount, LedgerEntry, LedgerKind, LedgerTransaction, Wallet
from bench.base import fresh_app, say

PASSWORD = "Montclair2026"  # noqa: S105  (people who do not exist)
MONEY_CENTS = 1_000_000
SLOTS = (
    ("Accueil du matin", Category.CARE, "Matin", "matin", (7, 30), (8, 30), (150, 0)),
    ("Restaurant scolaire", Category.MEAL, "Midi", "midi", (11, 30), (13, 30), (100, 320)),
    ("Accueil du soir", Category.CARE, "Soir 1", "soir 1", (16, 30), (17, 30), (210, 0)),
    ("Accueil du soir", Category.CARE, "Soir 2", "soir 2", (17, 30), (18, 30), (190, 0)),
)
QUOTIENTS = ((0, 500), (500, 900), (900, 1300), (1300, None))
DAYS_AHEAD = 196
"""Twenty-eight weeks of four days to come: about a school year of 140 days with the longest past."""


@dataclass
class Seeded:
    """Ids of what was written."""

    households: list[int]
    children: dict[int, list[int]]
    """Household id → its children."""
    slots: list[int]
    openings: list[dict[str, Any]] = field(default_factory=list)
    bookings: int = 0


def seed(
    session: Session,
    *,
    households: int,
    bookings: int,
    children_each: int = 2,
    past_days: int = 0,
    future_days: int = DAYS_AHEAD,
    charged: bool = True,
    capacity: int = 100_000,
    chance: int = 1,
) -> Seeded:
    """Families, a year of openings around today, and ``bookings`` of them in the past.

    ``past_days`` 0: as many as the bookings need. ``charged``: whether the past is charged already.
    Commits.
    """
    random.seed(chance)
    place = _place(session)
    found = _families(session, households, children_each, place)
    per_day = max(1, households * children_each * len(found.slots))
    first_day = clock.today() - timedelta(days=past_days or 2 * (bookings // per_day + 8))
    last_day = clock.today() + timedelta(days=future_days)
    found.openings = _openings(session, place, found.slots, first_day, last_day, capacity)
    found.bookings = _bookings(session, found, bookings, charged)
    session.commit()
    return found


@dataclass
class _Place:
    site: int
    year: int
    school: int
    level: int
    activities: list[int]
    slots: list[int]
    bands: dict[int, tuple[int, int, int]]
    """Slot id → (band id, care, meal) of the third band, which everybody pays here."""


def _add(session: Session, row: Any) -> Any:
    session.add(row)
    session.flush()
    return row


def _place(session: Session) -> _Place:
    """One site, one school year, four slots with their grids."""
    today = clock.today()
    start = today - timedelta(days=1500)
    school = _add(session, School(name="École des Tilleuls"))
    site = _add(session, Site(name="École des Tilleuls", school_id=school.id))
    year = _add(
        session,
        SchoolYear(label="Bench", starts_on=start, ends_on=today + timedelta(days=800), zone="A"),
    )
    level = _add(session, Level(name="CE1", position=5))
    rule = _add(
        session,
        DeadlineRule(
            name="La veille ouvrée à 10 h",
            kind=DeadlineKind.WORKING_DAYS_BEFORE,
            days=1,
            at=clock_time(10),
        ),
    )
    place = _Place(site.id, year.id, school.id, level.id, [], [], {})
    activities: dict[str, Activity] = {}
    for position, (name, category, slot_name, short, begin, end, cents) in enumerate(SLOTS):
        if name not in activities:
            activities[name] = _add(
                session,
                Activity(
                    name=name,
                    category=category,
                    position=position,
                    book_rule_id=rule.id,
                    cancel_rule_id=rule.id,
                ),
            )
            place.activities.append(activities[name].id)
        slot = _add(
            session,
            Slot(
                activity_id=activities[name].id,
                name=slot_name,
                short_name=short,
                starts_at=clock_time(*begin),
                ends_at=clock_time(*end),
                position=position,
            ),
        )
        place.slots.append(slot.id)
        place.bands[slot.id] = _grid(session, slot.id, start, cents)
    return place


def _grid(
    session: Session, slot_id: int, start: date, cents: tuple[int, int]
) -> tuple[int, int, int]:
    grid = _add(session, PriceGrid(slot_id=slot_id, valid_from=start))
    bands = [
        _add(
            session,
            PriceBand(
                grid_id=grid.id,
                name=f"Tranche {rank}",
                quotient_from=low,
                quotient_to=high,
                care_cents=cents[0] * (rank + 1) // 4,
                meal_cents=cents[1] * (rank + 1) // 4,
            ),
        )
        for rank, (low, high) in enumerate(QUOTIENTS, 1)
    ]
    return bands[2].id, bands[2].care_cents, bands[2].meal_cents


def _insert(session: Session, model: type[Any], rows: Sequence[dict[str, Any]]) -> None:
    if rows:
        session.execute(sa.insert(model), rows, execution_options={"render_nulls": True})


def _families(session: Session, count: int, children_each: int, place: _Place) -> Seeded:
    """Households with their holder, children, money, quotient and enrolments; ids are ours."""
    now, start = clock.now(), clock.today() - timedelta(days=1500)
    base = (session.scalar(sa.select(sa.func.max(Household.id))) or 0) + 1
    ids = list(range(base, base + count))
    hashed = generate_password_hash(PASSWORD, method="pbkdf2:sha256:1000")
    _insert(
        session,
        Household,
        [
            {"id": key, "number": f"B-{key:06d}", "name": f"Famille {key}", "created_at": now}
            for key in ids
        ],
    )
    role = session.execute(sa.text("SELECT id FROM ab_role WHERE name = 'Parent'")).scalar_one()
    top = session.scalar(sa.select(sa.func.max(Account.id))) or 0
    accounts = {key: top + rank for rank, key in enumerate(ids, 1)}
    _insert(
        session,
        Account,
        [
            {
                "id": accounts[key],
                "username": f"parent{key}",
                "email": f"parent{key}@exemple.fr",
                "first_name": "Parent",
                "last_name": f"Numéro {key}",
                "password": hashed,
                "active": True,
                "household_id": key,
            }
            for key in ids
        ],
    )
    session.execute(
        sa.text("INSERT INTO ab_user_role (id, user_id, role_id) VALUES (:id, :user, :role)"),
        [{"id": one, "user": one, "role": role} for one in accounts.values()],
    )
    session.execute(
        sa.update(Household),
        [{"id": key, "holder_id": accounts[key]} for key in ids],
    )
    _insert(
        session,
        Adult,
        [
            {
                "household_id": key,
                "account_id": accounts[key],
                "first_name": "Parent",
                "last_name": f"Numéro {key}",
                "email": f"parent{key}@exemple.fr",
            }
            for key in ids
        ],
    )
    _insert(session, Wallet, [{"id": key, "household_id": key} for key in ids])
    _money(session, ids)
    _insert(
        session,
        QuotientRecord,
        [
            {"household_id": key, "quotient": 1000, "valid_from": start, "recorded_at": now}
            for key in ids
        ],
    )
    _insert(
        session,
        ResidenceRecord,
        [
            {"household_id": key, "is_resident": True, "valid_from": start, "recorded_at": now}
            for key in ids
        ],
    )
    children = _children(session, ids, children_each, place, start)
    return Seeded(ids, children, place.slots)


def _money(session: Session, ids: Sequence[int]) -> None:
    now = clock.now()
    top = session.scalar(sa.select(sa.func.max(LedgerTransaction.id))) or 0
    rows = [
        {
            "id": top + rank,
            "kind": LedgerKind.TOP_UP,
            "ref": f"bench:{key}",
            "accounted_at": now,
            "value_date": clock.today(),
        }
        for rank, key in enumerate(ids, 1)
    ]
    _insert(session, LedgerTransaction, rows)
    entries: list[dict[str, Any]] = []
    for row, key in zip(rows, ids, strict=True):
        for account, wallet, sign in (
            (LedgerAccount.WALLET, key, 1),
            (LedgerAccount.CASH, None, -1),
        ):
            entries.append(
                {
                    "transaction_id": row["id"],
                    "account": account,
                    "wallet_id": wallet,
                    "amount_cents": sign * MONEY_CENTS,
                }
            )
    _insert(session, LedgerEntry, entries)


def _children(
    session: Session, ids: Sequence[int], each: int, place: _Place, start: date
) -> dict[int, list[int]]:
    top = session.scalar(sa.select(sa.func.max(Child.id))) or 0
    numbers = iter(range(top + 1, top + 1 + len(ids) * each))
    children = {key: list(islice(numbers, each)) for key in ids}
    pairs = [(key, child) for key, own in children.items() for child in own]
    _insert(
        session,
        Child,
        [
            {
                "id": child,
                "first_name": f"Enfant {child}",
                "last_name": f"Famille {key}",
                "born_on": date(2016, 1, 1) + timedelta(days=child % 2000),
            }
            for key, child in pairs
        ],
    )
    _insert(
        session,
        Guardianship,
        [{"child_id": child, "household_id": key, "started_on": start} for key, child in pairs],
    )
    _insert(
        session,
        Schooling,
        [
            {
                "child_id": child,
                "school_year_id": place.year,
                "school_id": place.school,
                "level_id": place.level,
            }
            for _, child in pairs
        ],
    )
    _insert(
        session,
        Enrolment,
        [
            {
                "child_id": child,
                "activity_id": activity,
                "site_id": place.site,
                "school_year_id": place.year,
                "starts_on": start,
                "ends_on": clock.today() + timedelta(days=800),
            }
            for _, child in pairs
            for activity in place.activities
        ],
    )
    return children


def _openings(
    session: Session, place: _Place, slots: Sequence[int], first: date, last: date, capacity: int
) -> list[dict[str, Any]]:
    """Mondays, Tuesdays, Thursdays and Fridays; the deadline is the working day before, 10:00."""
    top = session.scalar(sa.select(sa.func.max(Opening.id))) or 0
    rows = []
    for day in _days(first, last):
        before = day - timedelta(days=3 if day.weekday() == 0 else 1)
        deadline = datetime.combine(before, clock_time(10), tzinfo=clock.PARIS).astimezone(UTC)
        for slot in slots:
            rows.append(
                {
                    "id": top + len(rows) + 1,
                    "slot_id": slot,
                    "site_id": place.site,
                    "school_year_id": place.year,
                    "day": day,
                    "capacity": capacity,
                    "book_until": deadline,
                    "cancel_until": deadline,
                    "band": place.bands[slot],
                }
            )
    _insert(session, Opening, [{k: v for k, v in row.items() if k != "band"} for row in rows])
    return rows


def _days(first: date, last: date) -> Iterator[date]:
    for number in range((last - first).days + 1):
        day = first + timedelta(days=number)
        if day.weekday() in {0, 1, 3, 4}:
            yield day


def _bookings(session: Session, found: Seeded, count: int, charged: bool) -> int:
    """The latest ``count`` bookings of the past: every child on every slot, day after day back."""
    change = _add(session, BookingChange(origin=ChangeOrigin.GROUPED, created_at=clock.now()))
    past = [row for row in found.openings if row["day"] < clock.today()]
    pairs = [(key, child) for key, own in found.children.items() for child in own]
    wanted = (
        {
            "child_id": child,
            "opening_id": row["id"],
            "household_id": key,
            "day": row["day"],
            "care_cents": row["band"][1],
            "meal_cents": row["band"][2],
            "band_id": row["band"][0],
            "charged": charged,
            "created_at": clock.now(),
            "created_in": change.id,
        }
        for row in reversed(past)
        for key, child in pairs
    )
    written = 0
    chosen = islice(wanted, count)
    while part := list(islice(chosen, 20_000)):
        _insert(session, Booking, part)
        written += len(part)
    session.execute(
        sa.text(
            "UPDATE opening SET taken = (SELECT count(*) FROM booking"
            " WHERE booking.opening_id = opening.id AND booking.state <> 'cancelled')"
        )
    )
    return written


def main() -> None:
    """Write a base to be used by other programs."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--var", required=True, help="folder of the base")
    parser.add_argument("--url", default="", help="PostgreSQL instead")
    parser.add_argument("--households", type=int, default=300)
    parser.add_argument("--bookings", type=int, default=127_000)
    asked = parser.parse_args()
    with fresh_app(asked.url, asked.var):
        start = time.perf_counter()
        found = seed(db.session(), households=asked.households, bookings=asked.bookings)
        say("households", len(found.households))
        say("children", sum(map(len, found.children.values())))
        say("openings", len(found.openings))
        say("bookings", found.bookings)
        say("seconds", f"{time.perf_counter() - start:.1f}")


if __name__ == "__main__":
    main()
