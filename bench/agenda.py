"""The month page of one child: statements, weight, requests a second, and the same on a larger town.

16 connections on one gunicorn worker and SQLite. ``python -m bench.agenda [--bookings 127000]``
The bare limit is the same worker answering the public contact page: what the stack costs without
the agenda.
"""

from __future__ import annotations

import argparse
import gzip
import http.client
import tempfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import sqlalchemy as sa
from flask import Flask

from app.accounts.models import Account
from app.core import clock
from app.core.db import db
from bench.base import fresh_app, measured, say
from bench.rush import cookie_of, web
from bench.seed import seed

CONNECTIONS = 16
SECONDS = 8
STATEMENTS, HTML, COMPRESSED, RATE, GROWTH = 9, 50_000, 10_000, 70, 1.3


@dataclass(frozen=True)
class Figures:
    """What one town gave: statements, bytes, processor ms of one request, requests a second."""

    statements: int
    html: int
    compressed: int
    ms: float
    rate: float
    bare_rate: float


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--households", type=int, default=300)
    parser.add_argument("--bookings", type=int, default=127_000)
    parser.add_argument("--larger", type=int, default=10, help="times the bookings, 0: skip")
    asked = parser.parse_args()
    small = measure(asked.households, asked.bookings)
    say(
        "statements of the month page", small.statements, STATEMENTS, small.statements <= STATEMENTS
    )
    say("bytes of HTML", small.html, HTML, small.html <= HTML)
    say("bytes compressed", small.compressed, COMPRESSED, small.compressed <= COMPRESSED)
    say("requests a second", f"{small.rate:.1f}", RATE, small.rate >= RATE)
    say("of the contact page (bare)", f"{small.bare_rate:.1f}")
    say("ratio to the bare page", f"{small.bare_rate / small.rate:.2f}")
    if asked.larger:
        large = measure(asked.households * asked.larger, asked.bookings * asked.larger)
        say("the same on a larger town: statements", large.statements, small.statements)
        growth = large.ms / small.ms
        say("processor ms of one page, then", f"{small.ms:.1f}, {large.ms:.1f}")
        say("times slower", f"{growth:.2f}", GROWTH, growth <= GROWTH)


def measure(households: int, bookings: int) -> Figures:
    """Seed a town, read one page alone, then serve it to all connections."""
    with tempfile.TemporaryDirectory() as folder, fresh_app(folder=folder) as app:
        found = seed(db.session(), households=households, bookings=bookings)
        household_id = found.households[len(found.households) // 2]
        account = db.session.scalar(sa.select(Account).where(Account.household_id == household_id))
        cookie = cookie_of(app, account)
        path = f"/agenda/{found.children[household_id][0]}/{clock.today():%Y-%m}"
        statements, page, ms = alone(app, path, cookie)
        with web(f"sqlite:///{Path(folder) / 'portail.sqlite'}", folder, workers=1) as port:
            get(port, path, cookie)  # the worker loads the application at its first request
            rate = load(port, path, cookie)
            bare = load(port, "/contact", cookie)
    return Figures(statements, len(page), len(gzip.compress(page)), ms, rate, bare)


def alone(app: Flask, path: str, cookie: str) -> tuple[int, bytes, float]:
    """Statements (transaction control aside), page, and the median processor time of 30 requests, ms.

    In a thread: the bench's own context would lend its session, and what it has read, to them.
    """
    with ThreadPoolExecutor(1) as alone_there:
        return alone_there.submit(_alone, app, path, cookie, db.engine).result()


def _alone(app: Flask, path: str, cookie: str, engine: sa.Engine) -> tuple[int, bytes, float]:
    client = app.test_client(use_cookies=False)
    headers = {"Cookie": cookie}
    client.get(path, headers=headers)
    with measured(engine) as seen:
        page = client.get(path, headers=headers)
    if page.status_code != 200:
        raise RuntimeError(f"{path} answered {page.status_code}")
    times = []
    for _ in range(30):
        with measured(engine) as one:
            client.get(path, headers=headers)
        times.append(one.cpu_seconds)
    sent = [text for text in seen.texts if not text.startswith("BEGIN")]
    return len(sent), page.data, sorted(times)[15] * 1000


def get(port: int, path: str, cookie: str) -> None:
    """One request on a connection of its own."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    connection.request("GET", path, headers={"Cookie": cookie})
    connection.getresponse().read()
    connection.close()


def load(port: int, path: str, cookie: str) -> float:
    """Requests a second of all connections together, each sending its next when answered."""
    done = [0] * CONNECTIONS
    until = time.perf_counter() + SECONDS

    def ask(number: int) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        while time.perf_counter() < until:
            connection.request("GET", path, headers={"Cookie": cookie})
            answer = connection.getresponse()
            answer.read()
            if answer.status != 200:
                raise RuntimeError(f"{path} answered {answer.status}")
            done[number] += 1
        connection.close()

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(CONNECTIONS)]
    began = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sum(done) / (time.perf_counter() - began)


if __name__ == "__main__":
    main()
