"""« Mes demandes », one request, a step of the wizard and the agents' queue over many requests.

``python -m bench.requests [--requests 50000] [--larger 10]``: statements and the median processor
time of a page, then the same in a commune ten times larger.
The bare limit is the public contact page: what the stack costs without any request. How much slower
a page becomes is counted against it, so that a busy machine blurs less.
"""

from __future__ import annotations

import argparse
import random
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from flask import Flask
from flask_appbuilder.security.sqla.models import Role
from sqlalchemy.orm import Session

from app.accounts.models import Account
from app.core import clock
from app.core.db import db
from app.households.models import Household, SchoolYear
from app.procedures import builtin, year_file
from app.requests.models import Procedure, ProcedureVersion, Request, RequestMove, Status
from app.requests.queue import WAITING
from bench.agenda import alone
from bench.base import fresh_app, say
from bench.rush import cookie_of
from bench.seed import Seeded, seed

EACH, BATCH = 50, 20_000
"""Requests of one family, many; how many rows are written at once."""
STATEMENTS, MS, GROWTH = 10, 20, 1.3
UNBOUND = {"the contact page (bare)", "one request", "receipt", "one request at work"}
"""Pages without a limit of their own: they are here for their ratio and their growth."""
SHARES = {
    Status.CLOSED: 70,
    Status.REFUSED: 8,
    Status.CANCELLED: 4,
    Status.PENDING: 9,
    Status.PROCESSING: 7,
    Status.DRAFT: 2,
}
"""Of a hundred requests, how many stand where: much waits, so that the queue is long."""
CONTACT = "the contact page (bare)"

Figures = Mapping[str, tuple[int, float]]
"""Page → (statements, processor ms)."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--requests", type=int, default=50_000)
    parser.add_argument("--larger", type=int, default=10, help="times the requests, 0: skip")
    parser.add_argument("--url", default="", help="a base to fill, SQLite in a folder without it")
    asked = parser.parse_args()
    small = measure(asked.requests, asked.url)
    for name, (statements, ms) in small.items():
        bound = name not in UNBOUND
        limits = (STATEMENTS, MS) if bound else ("", "")
        say(
            f"statements: {name}",
            statements,
            limits[0],
            statements <= STATEMENTS if bound else None,
        )
        say(f"processor ms: {name}", f"{ms:.1f}", limits[1], ms <= MS if bound else None)
        say(f"ratio to the bare page: {name}", f"{ms / small[CONTACT][1]:.2f}")
    if asked.larger:
        large = measure(asked.requests * asked.larger, asked.url)
        for name, (statements, ms) in large.items():
            same = small[name]
            say(f"{asked.larger} times more, statements: {name}", statements, same[0])
            growth = (ms / large[CONTACT][1]) / (same[1] / small[CONTACT][1])
            say(f"times slower: {name}", f"{growth:.2f} ({ms:.1f} ms)", GROWTH, growth <= GROWTH)


def measure(requests: int, url: str = "") -> Figures:
    """Seed families and their requests, read each page alone."""
    with fresh_app(url) as app:
        session = db.session()
        builtin.install(session, now=clock.now())
        town = seed(session, households=max(100, requests // EACH), bookings=0, future_days=30)
        fill(session, town, requests)
        return {name: _figures(app, path, cookie) for name, path, cookie in pages(app, session)}


def _figures(app: Flask, path: str, cookie: str) -> tuple[int, float]:
    statements, _page, ms = alone(app, path, cookie)
    return statements, ms


def pages(app: Flask, session: Session) -> Iterator[tuple[str, str, str]]:
    """(name, path, cookie) of what is measured; a page that is not routed is left out."""
    household_id = _household(session)
    account = session.scalars(sa.select(Account).where(Account.household_id == household_id)).one()
    own = cookie_of(app, account)
    staff = cookie_of(app, _agent(session))

    def one(status: Status) -> int:
        found = session.scalars(
            sa.select(Request.id)
            .where(Request.household_id == household_id, Request.status == status)
            .limit(1)
        )
        return found.one()

    yield CONTACT, "/contact", own
    yield "« Mes demandes »", "/demandes/", own
    yield "« Mes demandes », third page", "/demandes/?page=3", own
    yield "one request", f"/demandes/demarche/{one(Status.CLOSED)}", own
    yield "receipt", f"/demandes/demarche/{one(Status.PENDING)}/recepisse", own
    step = f"/demarches/demande/{one(Status.DRAFT)}/school"
    if app.url_map.bind("").test(step):
        yield "a step of the wizard", step, own
    for name, tab in (("to take", "a-prendre"), ("late", "en-retard"), ("all", "toutes")):
        yield f"agents' queue, {name}", f"/agents/demandes/?onglet={tab}", staff
    yield "one request at work", f"/agents/demandes/{one(Status.PENDING)}", staff


def _household(session: Session) -> int:
    """One that has a draft, a request that waits and one that is closed."""
    wanted = (Status.DRAFT, Status.PENDING, Status.CLOSED)
    having = [
        sa.exists().where(Request.household_id == Household.id, Request.status == status)
        for status in wanted
    ]
    return session.scalars(sa.select(Household.id).where(*having).limit(1)).one()


def _agent(session: Session) -> Account:
    role = session.scalars(sa.select(Role).where(Role.name == "Agent")).one()
    account = Account(
        username="agent",
        email="agent@exemple.fr",
        first_name="Agent",
        last_name="Unique",
        password="-",  # noqa: S106  (nobody logs in with it)
        active=True,
        roles=[role],
    )
    session.add(account)
    session.commit()
    return account


# ---- Filling -------------------------------------------------------------------------------------


def fill(session: Session, town: Seeded, count: int) -> None:
    """``count`` requests, the same share for each household, the newest last. Commits."""
    version = session.scalars(
        sa.select(ProcedureVersion).join(Procedure).where(Procedure.code == year_file.CODE)
    ).one()
    year_id = session.scalars(sa.select(SchoolYear.id)).one()
    chance = random.Random(1)
    statuses = [status for status, share in SHARES.items() for _ in range(share)]
    chance.shuffle(statuses)
    rows, moves = [], []
    for number in range(1, count + 1):
        round_, place = divmod(number, len(town.households))
        status = statuses[(round_ + place) % len(statuses)]
        rows.append(_row(town, version, number, count, status, year_id, chance))
        moves.append(_move(rows[-1]))
        if len(rows) == BATCH or number == count:
            session.execute(sa.insert(Request), rows, execution_options={"render_nulls": True})
            session.execute(sa.insert(RequestMove), [one for one in moves if one])
            session.commit()
            rows, moves = [], []
    if db.engine.dialect.name == "postgresql":
        session.execute(sa.text("ANALYZE"))
        session.commit()


def _row(
    town: Seeded,
    version: ProcedureVersion,
    number: int,
    count: int,
    status: Status,
    year_id: int,
    chance: random.Random,
) -> dict[str, Any]:
    household_id = town.households[number % len(town.households)]
    begun = clock.now() - timedelta(minutes=(count - number) * 260_000 // count)
    sent = None if status is Status.DRAFT else begun + timedelta(minutes=9)
    child_id = chance.choice(town.children[household_id])
    return {
        "id": number,
        "number": f"D-2026-{number:06d}" if sent else None,
        "procedure_id": version.procedure_id,
        "version_id": version.id,
        "household_id": household_id,
        "email": "",
        "child_id": child_id,
        "status": status,
        "step": "school",
        "school_year_id": year_id,
        "answers": {"child": child_id, "school_year": year_id, "insurer": "Assurance " * 4},
        "edition": 2,
        "created_at": begun,
        "changed_at": begun,
        "submitted_at": sent,
        "due_on": (sent + timedelta(days=30)).date() if sent and status in WAITING else None,
        "taken_at": _later(sent, status is not Status.PENDING),
        "decided_at": _later(sent, status in {Status.CLOSED, Status.REFUSED}),
        "reason": "",
    }


def _later(sent: datetime | None, happened: bool) -> datetime | None:
    return sent + timedelta(days=2) if sent and happened else None


def _move(row: Mapping[str, Any]) -> dict[str, Any] | None:
    if row["submitted_at"] is None:
        return None
    return {
        "request_id": row["id"],
        "at": row["submitted_at"],
        "from_status": Status.DRAFT,
        "to_status": Status.PENDING,
    }


if __name__ == "__main__":
    main()
