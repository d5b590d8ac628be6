"""The opening of bookings: 200 parents at once on openings of 50 places, through 4 web workers.

PostgreSQL and gunicorn, real pages: each parent has opened the month page, then all send it at the
same instant. ``python -m bench.rush [--parents 200] [--places 50]``
"""

from __future__ import annotations

import argparse
import http.client
import os
import re
import secrets
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import Session

from app.accounts.models import Account
from app.activities.models import Opening
from app.core import clock
from app.core.db import db
from app.reservations.models import Booking, BookingChange, BookingState, ChangeOrigin
from bench.base import SECRET, fresh_app, say
from bench.seed import Seeded, seed
from tests import postgres

WORKERS = 4
WAIT = 120
ROOT = Path(__file__).resolve().parents[1]


@dataclass(frozen=True)
class Parent:
    """A browser: its cookie, the page it has open and what it will send."""

    cookie: str
    path: str
    form: bytes


@dataclass(frozen=True)
class Answer:
    """How one save ended: status, seconds, and whether the page explains a refusal."""

    status: int
    seconds: float
    explained: bool


@contextmanager
def web(url: str, var: str, workers: int = WORKERS) -> Iterator[int]:
    """The portal's web part with its workers on a free port of this machine."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port = found.getsockname()[1]
    environment = {**os.environ, "DATABASE_URL": url, "PORTAIL_VAR": var, "SECRET_KEY": SECRET}
    environment |= {"PORT": str(port), "BASE_URL": f"http://127.0.0.1:{port}"}
    environment |= {"WEB_WORKERS": str(workers), "WEB_THREADS": "4"}
    command = [sys.executable, str(ROOT / "run.py"), "web"]
    server = subprocess.Popen(command, env=environment)
    try:
        _wait_for(port)
        yield port
    finally:
        server.send_signal(signal.SIGTERM)
        server.wait(20)


def _wait_for(port: int) -> None:
    deadline = time.monotonic() + WAIT
    while time.monotonic() < deadline:
        with socket.socket() as attempt:
            if attempt.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.2)
    raise TimeoutError("the web workers did not start")


def send(port: int, parent: Parent, method: str = "POST") -> tuple[int, str]:
    """One request; status and page."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=WAIT)
    headers = {"Cookie": parent.cookie, "Content-Type": "application/x-www-form-urlencoded"}
    connection.request(method, parent.path, parent.form if method == "POST" else None, headers)
    answer = connection.getresponse()
    page = answer.read().decode()
    connection.close()
    return answer.status, page


def browsers(app: Flask, found: Seeded, day: date, port: int) -> list[Parent]:
    """Every family signed in with its month page open and the four slots of ``day`` ticked."""
    ids = [str(row["id"]) for row in found.openings if row["day"] == day]
    accounts = dict(
        db.session.execute(
            sa.select(Account.household_id, Account).where(Account.household_id > 0)
        ).all()
    )
    opened = []
    for household_id in found.households:
        cookie = cookie_of(app, accounts[household_id])
        path = f"/agenda/{found.children[household_id][0]}/{day:%Y-%m}"
        status, page = send(port, Parent(cookie, path, b""), "GET")
        if status != 200:
            raise RuntimeError(f"the month page answered {status}")
        opened.append(Parent(cookie, path, _form(page, ids)))
    return opened


def cookie_of(app: Flask, account: Account) -> str:
    """The cookie of a signed-in session, without the cost of the login page."""
    client = app.test_client()
    with client.session_transaction() as kept:
        kept["_user_id"] = account.get_id()
        kept["_fresh"] = True
        kept["csrf_token"] = secrets.token_hex(20)
    cookie = client.get_cookie("session") or client.get_cookie("portail_session")
    if cookie is None:
        raise RuntimeError("no session cookie")
    return f"{cookie.key}={cookie.value}"


def _form(page: str, ids: list[str]) -> bytes:
    """The page's own hidden fields, with the boxes ticked."""
    return urlencode(hidden_fields(page) + [("o", one) for one in ids]).encode()


def hidden_fields(page: str) -> list[tuple[str, str]]:
    """Names and values of the hidden fields of a page."""
    hidden = re.findall(r'<input[^>]*type="hidden"[^>]*>', page)
    return [
        (name[1], value[1] if value else "")
        for tag in hidden
        if (name := re.search(r'name="([^"]*)"', tag))
        for value in [re.search(r'value="([^"]*)"', tag)]
    ]


def all_at_once(works: list[Callable[[], Any]]) -> tuple[list[Any], float]:
    """Run every work at the same instant; results and seconds until the last."""
    results: list[Any] = [None] * len(works)
    start = threading.Barrier(len(works) + 1)

    def run(number: int) -> None:
        start.wait(WAIT)
        results[number] = works[number]()

    threads = [threading.Thread(target=run, args=(number,)) for number in range(len(works))]
    for thread in threads:
        thread.start()
    start.wait(WAIT)
    began = time.perf_counter()
    for thread in threads:
        thread.join(WAIT)
    return results, time.perf_counter() - began


def _asking(port: int, parent: Parent) -> Callable[[], Answer]:
    def work() -> Answer:
        began = time.perf_counter()
        status, page = send(port, parent)
        explained = 'role="alert"' in page
        return Answer(status, time.perf_counter() - began, explained)

    return work


def bare_transactions(app: Flask, found: Seeded, day: date, count: int) -> float:
    """Seconds for ``count`` transactions of the same rows, one after the other, nothing decided."""
    session: Session = db.session()
    rows = [row for row in found.openings if row["day"] == day]
    children = [found.children[key][1] for key in found.households]
    began = time.perf_counter()
    for number in range(count):
        change = session.scalar(
            sa.insert(BookingChange)
            .values(origin=ChangeOrigin.MONTH, created_at=clock.now())
            .returning(BookingChange.id)
        )
        session.execute(
            sa.insert(Booking),
            [
                {
                    "child_id": children[number],
                    "opening_id": row["id"],
                    "household_id": found.households[number],
                    "day": day,
                    "care_cents": 1,
                    "meal_cents": 0,
                    "created_at": clock.now(),
                    "created_in": change,
                }
                for row in rows
            ],
        )
        session.execute(
            sa.update(Opening)
            .where(Opening.id.in_([row["id"] for row in rows]))
            .values(taken=Opening.taken + 1)
        )
        session.commit()
    return time.perf_counter() - began


def oversold(session: Session) -> list[int]:
    """Openings with more live bookings than places, or whose count is wrong."""
    live = sa.func.count(Booking.id)
    rows = session.execute(
        sa.select(Opening.id, Opening.capacity, Opening.taken, live)
        .join(Booking, Booking.opening_id == Opening.id)
        .where(Booking.state == BookingState.LIVE)
        .group_by(Opening.id)
    )
    return [one for one, capacity, taken, booked in rows if booked > capacity or taken != booked]


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--parents", type=int, default=200)
    parser.add_argument("--places", type=int, default=50)
    asked = parser.parse_args()
    with postgres.running() as server, tempfile.TemporaryDirectory() as var:
        url = server.create_database("bench_rush")
        with fresh_app(url, var) as app:
            found = seed(
                db.session(),
                households=asked.parents,
                bookings=0,
                capacity=asked.places,
                future_days=40,
            )
            _rush(app, found, asked.places, url, var)


def _rush(app: Flask, found: Seeded, places: int, url: str, var: str) -> None:
    days = sorted({row["day"] for row in found.openings if row["day"] > clock.today()})
    day, other_day = days[8], days[9]
    with web(url, var) as port:
        parents = browsers(app, found, day, port)
        db.session.rollback()
        answers, seconds = all_at_once([_asking(port, parent) for parent in parents])
    _report(answers, seconds, places, oversold(db.session()))
    db.session.rollback()
    bare = bare_transactions(app, found, other_day, min(places, len(parents)))
    say("bare transactions of the same rows, a second", f"{min(places, len(parents)) / bare:.0f}")


def _report(answers: list[Answer], seconds: float, places: int, wrong: list[int]) -> None:
    statuses = Counter(one.status for one in answers)
    slowest = sorted(one.seconds for one in answers)
    refused = [one for one in answers if one.status == 409]
    say("answers", str(dict(statuses)))
    say("saved", statuses[303], places, statuses[303] == min(places, len(answers)))
    say("places sold twice", len(wrong), 0, not wrong)
    errors = sum(count for status, count in statuses.items() if status not in {303, 409})
    say("error pages", errors, 0, errors == 0)
    silent = sum(not one.explained for one in refused)
    say("refusals without a reason", silent, 0, silent == 0)
    say("saves a second", f"{len(answers) / seconds:.0f}")
    say("median and slowest, s", f"{slowest[len(slowest) // 2]:.2f} / {slowest[-1]:.2f}")


if __name__ == "__main__":
    main()
