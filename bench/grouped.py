"""« Toute l'année » for 3 children × 4 slots: preview, save and removal beside a bare bulk insert.

``python -m bench.grouped [--bookings 127000]``
"""

from __future__ import annotations

import argparse
import re
import tempfile
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import Session

from app.accounts.models import Account
from app.core import clock
from app.core.actor import Actor
from app.core.db import commit, db
from app.reservations import services
from app.reservations.models import Booking, BookingChange, ChangeOrigin
from app.reservations.services import GroupRequest
from bench.base import Measure, fresh_app, measured, say
from bench.rush import Parent, cookie_of, hidden_fields, send, web
from bench.seed import Seeded, seed

GROUPED = "/agenda/saisie-groupee/"
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


def over_http(app: Flask, found: Seeded, household_id: int, port: int, mode: str) -> Measure:
    """What the browser waits for: the page's form asks the preview, then sends the plan back."""
    account = db.session.scalar(sa.select(Account).where(Account.household_id == household_id))
    cookie = cookie_of(app, account)
    db.session.rollback()  # or this process would keep the write lock
    first = clock.today() + timedelta(days=7)
    choices = [("mode", mode), ("period", "dates"), ("first", f"{first}")]
    choices += [("last", f"{max(row['day'] for row in found.openings)}"), ("rhythm", "1")]
    choices += [("children", str(one)) for one in found.children[household_id]]
    choices += [("slots", str(one)) for one in found.slots]
    choices += [("weekdays", str(one)) for one in (0, 1, 3, 4)]

    def post(page: str, what: str) -> tuple[int, str]:
        days = [("day", day) for day in re.findall(r'name="day" value="([0-9-]*)" checked', page)]
        form = urlencode(hidden_fields(page) + choices + days).encode()
        return send(port, Parent(cookie, f"{GROUPED}{what}", form))

    _, page = send(port, Parent(cookie, GROUPED, b""), "GET")
    with measured(db.engine) as waited:
        status, preview = post(page, "apercu")
        saved, _ = post(preview, "enregistrer")
    if (status, saved) != (200, 303):
        raise RuntimeError(f"the preview answered {status}, the save {saved}")
    return waited


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--bookings", type=int, default=127_000)
    parser.add_argument("--url", default="", help="PostgreSQL instead of SQLite")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, fresh_app(asked.url, folder) as app:
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
        session.rollback()
        url = asked.url or f"sqlite:///{Path(folder) / 'portail.sqlite'}"
        with web(url, folder, workers=1) as port:
            for household_id in found.households[ROUNDS : 2 * ROUNDS]:
                for name, mode in (("http save", "create"), ("http removal", "delete")):
                    waited = over_http(app, found, household_id, port, mode)
                    best[name] = min(best.get(name, 1e9), waited.seconds)
                    booked = len(rows_of(session, household_id))
                    session.rollback()
                    counts[f"rows after {name}"] = booked
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
    for name in ("rows", "rows after http save", "rows after http removal"):
        say(name, counts[name])
    say("bare bulk insert, ms", f"{bare * 1000:.1f}")
    for name in ("save", "removal"):
        ratio, statements = best[name] / bare, counts[name]
        say(f"{name}, ms", f"{best[name] * 1000:.1f}")
        say(f"{name}, times bare", f"{ratio:.1f}", MOST_TIMES_BARE, ratio <= MOST_TIMES_BARE)
        say(f"{name}, statements", statements, MOST_STATEMENTS, statements <= MOST_STATEMENTS)
    for name, preview in (("preview + save", "preview"), ("preview + removal", "removal preview")):
        both = (best[preview] + best[name.split(" + ")[1]]) * 1000
        say(f"{name} (services), ms", f"{both:.1f}", MOST_MS, both <= MOST_MS)
        ms = best[f"http {name.split(' + ')[1]}"] * 1000
        say(f"{name} (HTTP), ms", f"{ms:.1f}", MOST_MS, ms <= MOST_MS)


if __name__ == "__main__":
    main()
