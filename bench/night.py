"""Charging 100,000 bookings: time, memory, and the same ledger when killed half-way.

``python -m bench.night [--bookings 100000]``
"""

from __future__ import annotations

import argparse
import resource
import sys
import time
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.charging import services
from app.charging.models import Charge
from app.core import clock
from app.core.db import commit, db
from app.wallet.models import LedgerEntry, LedgerTransaction
from bench.base import fresh_app, measured, say
from bench.seed import seed

MOST_SECONDS = 20.0
MOST_MB = 300


class Killed(BaseException):
    """The worker dies between two batches, or inside one."""


def megabytes() -> float:
    """Largest memory of this process so far."""
    size = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return size / (1024 * 1024 if sys.platform == "darwin" else 1024)


def night(session: Session, *, dies_after: int | None = None) -> int:
    """Charge; ``dies_after`` batches the process is as killed: its open batch is lost."""
    batches = 0

    def commit_or_die() -> None:
        nonlocal batches
        if batches == dies_after:
            session.rollback()
            raise Killed
        batches += 1
        commit(session)

    return services.charge_due(session, clock.now(), commit=commit_or_die).charged


def ledger(session: Session) -> tuple[int, int, int]:
    """What must be the same: transactions, sum of wallets, sum of everything."""
    wallets = sa.select(sa.func.sum(LedgerEntry.amount_cents)).where(
        LedgerEntry.wallet_id.is_not(None)
    )
    return (
        session.scalar(sa.select(sa.func.count(LedgerTransaction.id))) or 0,
        session.scalar(wallets) or 0,
        session.scalar(sa.select(sa.func.sum(LedgerEntry.amount_cents))) or 0,
    )


def bare(session: Session) -> float:
    """Seconds to insert rows of the same shapes and number with nothing around, then undo."""
    copies: list[tuple[Any, list[dict[str, Any]]]] = []
    for model in (LedgerTransaction, LedgerEntry, Charge):
        table: Any = model.__table__
        twin = sa.Table(f"bare_{table.name}", sa.MetaData(), *(_bare_column(c) for c in table.c))
        rows = [dict(row._mapping) for row in session.execute(sa.select(table))]
        session.connection().execute(sa.schema.CreateTable(twin))
        copies.append((twin, rows))
    start = time.perf_counter()
    for twin, rows in copies:
        for first in range(0, len(rows), 5_000):
            session.execute(sa.insert(twin), rows[first : first + 5_000])
    seconds = time.perf_counter() - start
    session.rollback()
    return seconds


def _bare_column(column: Any) -> sa.Column[Any]:
    return sa.Column(column.name, column.type, primary_key=column.primary_key)


def run(bookings: int, url: str, *, killed: bool) -> tuple[int, int, int]:
    """One base, charged at once or killed half-way and charged again; its ledger."""
    with fresh_app(url):
        session = db.session()
        seed(session, households=300, bookings=bookings, charged=False, future_days=7)
        session.rollback()
        memory = megabytes()
        if killed:
            try:
                night(session, dies_after=max(1, bookings // services.BATCH // 2))
            except Killed:
                say("killed half-way: charges written", ledger(session)[0] - 300)
            session.rollback()
            night(session)
            return ledger(session)
        with measured(session) as found:
            charged = night(session)
        say("charged", charged)
        say("seconds", f"{found.seconds:.1f}", MOST_SECONDS, found.seconds <= MOST_SECONDS)
        say("  of which processor", f"{found.cpu_seconds:.1f}")
        say("statements", found.statements)
        peak = megabytes()
        say("memory of the process, MB", f"{peak:.0f}", MOST_MB, peak <= MOST_MB)
        say("  of which before the charge (the seed)", f"{memory:.0f}")
        result = ledger(session)
        seconds = bare(session)
        say("bare inserts of the same rows, s", f"{seconds:.1f}")
        say("times bare", f"{found.seconds / seconds:.1f}")
        return result


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--bookings", type=int, default=100_000)
    parser.add_argument("--url", default="", help="PostgreSQL instead of SQLite")
    asked = parser.parse_args()
    whole = run(asked.bookings, asked.url, killed=False)
    say("ledger (transactions, wallets, sum)", str(whole))
    if not asked.url:
        again = run(asked.bookings, "", killed=True)
        say("the same once killed and run again", str(again), ok=again == whole)


if __name__ == "__main__":
    main()
