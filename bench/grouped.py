"""« Toute l'année » for 3 children × 4 slots: preview, save and removal beside a bare bulk insert.

``python -m bench.grouped [--bookings 127000]``
"""

from __future__ import annotations

import argparse
from datetime import timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.core import clock
from app.core.actor import Actor
from app.core.db import commit, db
from app.reservations import services
from app.reservations.models import Booking, BookingChange, ChangeOrigin
from app.reservations.services import GroupRequest
from bench.base import Measure, fresh_app, measured, say
from bench.seed import Seeded, seed

MOST_STATEMENTS = 30
MOST_TIMES_BARE = 8.0
MOST_MS = 300.0
ROUNDS = 3


def whole_year(found: Seeded, household_id: int, create: bool) -> GroupRequest:
    """Every child and slot of the household on every day to come, from the next week on."""
    first = clock.today() + timedelta(days=7)
    days = frozenset(row["day"] for row in found.openings if row["day"] >= first)
    children = tuple(found.children[household_id])
    return GroupRequest(children, create, frozenset(found.slots), days)


def save(session: Session, household_id: int, asked: GroupRequest) -> tuple[Measure, Measure]:
    """Preview then save, each measured with its commit."""
    session.rollback()
    with measured(session) as preview:
        plan = services.plan_group(session, household_id, asked, clock.now())
    session.rollback()
    with measured(session) as saved:
        services.save(
            session,
            Actor(None, household_id),
            household_id,
            asked,
            now=clock.now(),
            form_token=None,
            origin=ChangeOrigin.GROUPED,
            fingerprint=plan.fingerprint,
        )
        commit(session)
    return preview, saved


def bare_insert(session: Session, rows: list[dict[str, Any]]) -> float:
    """Seconds to insert the same rows with nothing around."""
    session.rollback()
    with measured(session) as found:
        session.execute(sa.insert(Booking.__table__), rows)
        session.commit()
    return found.seconds


def rows_of(session: Session, household_id: int) -> list[dict[str, Any]]:
    table = Booking.__table__
    kept = [column for column in table.c if column.name != "id"]
    future = sa.and_(table.c.household_id == household_id, table.c.day >= clock.today())
    rows = session.execute(sa.select(*kept).where(future, table.c.state == "live"))
    return [dict(row._mapping) for row in rows]


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--bookings", type=int, default=127_000)
    parser.add_argument("--url", default="", help="PostgreSQL instead of SQLite")
    asked = parser.parse_args()
    with fresh_app(asked.url):
        session = db.session()
        found = seed(
            session,
            households=300,
            bookings=asked.bookings,
            children_each=3,
            future_days=250,
        )
        print(f"base: {found.bookings} bookings")
        best: dict[str, float] = {}
        counts: dict[str, int] = {}
        for household_id in found.households[:ROUNDS]:
            _round(session, found, household_id, best, counts)
        _report(best, counts)


def _round(
    session: Session,
    found: Seeded,
    household_id: int,
    best: dict[str, float],
    counts: dict[str, int],
) -> None:
    def keep(name: str, seconds: float) -> None:
        best[name] = min(best.get(name, 1e9), seconds)

    preview, saved = save(session, household_id, whole_year(found, household_id, True))
    rows = rows_of(session, household_id)
    counts |= {"rows": len(rows), "preview": preview.statements, "save": saved.statements}
    keep("preview", preview.seconds)
    keep("save", saved.seconds)
    preview, removed = save(session, household_id, whole_year(found, household_id, False))
    counts |= {"removal": removed.statements}
    keep("removal preview", preview.seconds)
    keep("removal", removed.seconds)
    change = session.scalar(sa.select(sa.func.max(BookingChange.id)))
    keep("bare", bare_insert(session, [row | {"created_in": change} for row in rows]))
    session.execute(
        sa.delete(Booking)
        .where(Booking.household_id == household_id, Booking.state == "live")
        .where(Booking.day >= clock.today())
    )
    session.commit()


def _report(best: dict[str, float], counts: dict[str, int]) -> None:
    bare = best["bare"]
    say("rows", counts["rows"])
    say("bare bulk insert, ms", f"{bare * 1000:.1f}")
    for name in ("save", "removal"):
        ratio, statements = best[name] / bare, counts[name]
        say(f"{name}, ms", f"{best[name] * 1000:.1f}")
        say(f"{name}, times bare", f"{ratio:.1f}", MOST_TIMES_BARE, ratio <= MOST_TIMES_BARE)
        say(f"{name}, statements", statements, MOST_STATEMENTS, statements <= MOST_STATEMENTS)
    for name, preview in (("preview + save", "preview"), ("preview + removal", "removal preview")):
        both = (best[preview] + best[name.split(" + ")[1]]) * 1000
        say(f"{name} (services), ms", f"{both:.1f}", MOST_MS, both <= MOST_MS)


if __name__ == "__main__":
    main()
