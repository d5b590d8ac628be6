"""Fifty photos of 8 MB one after another: seconds each, memory of the worker, locks held; then the
reminders and purges of many documents.

``python -m bench.upload [--photos 50] [--documents 100000]``
"""

from __future__ import annotations

import argparse
import http.client
import io
import sqlite3
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import psutil
import sqlalchemy as sa
from flask import Flask
from PIL import Image, ImageChops
from sqlalchemy.orm import Session
from werkzeug.datastructures import FileStorage
from werkzeug.test import encode_multipart

from app.accounts.models import Account
from app.core import clock
from app.core.db import commit, db
from app.documents import files, jobs, purge
from app.documents.models import Document, DocumentType, Owner, Validity
from bench.base import fresh_app, measured, say
from bench.rush import WAIT, Parent, cookie_of, hidden_fields, send, web
from bench.seed import Seeded, seed

PHOTO_BYTES = 8_000_000
MOST_SECONDS, MOST_MB, MOST_LOCKED_MS = 0.6, 300, 50.0
BATCH = 5_000


def photo() -> bytes:
    """A JPEG of 12 million pixels at a telephone's quality, noisy enough to weigh about 8 MB."""
    size = (4000, 3000)
    sky = Image.linear_gradient("L").resize(size)
    for grain in range(40, 0, -2):
        bands = [ImageChops.add(sky, Image.effect_noise(size, grain), 2) for _ in range(3)]
        kept = io.BytesIO()
        Image.merge("RGB", bands).save(kept, "JPEG", quality=94)
        if kept.tell() <= PHOTO_BYTES:
            return kept.getvalue()
    raise RuntimeError("no photo of this size")


def memory_mb(of: psutil.Process) -> float:
    """Resident memory of the largest process of this server."""
    sizes = [one.memory_info().rss for one in of.children(recursive=True)]
    return max(sizes, default=0) / 1e6


@contextmanager
def watched(path: Path, server: psutil.Process) -> Iterator[dict[str, float]]:
    """Largest memory of the worker, and the longest time that nobody else could write."""
    found = {"mb": 0.0, "locked_ms": 0.0}
    stop = threading.Event()

    def watch() -> None:
        probe = sqlite3.connect(path, timeout=0, isolation_level=None)
        free = time.perf_counter()
        while not stop.wait(0.005):
            try:
                probe.execute("BEGIN IMMEDIATE")
                probe.execute("ROLLBACK")
                free = time.perf_counter()
            except sqlite3.OperationalError:  # locked: somebody writes
                held = (time.perf_counter() - free) * 1000
                found["locked_ms"] = max(found["locked_ms"], held)
            found["mb"] = max(found["mb"], memory_mb(server))
        probe.close()

    thread = threading.Thread(target=watch)
    thread.start()
    try:
        yield found
    finally:
        stop.set()
        thread.join()


def upload(port: int, parent: Parent, content: bytes) -> float:
    """Seconds from the send to the answer."""
    _, page = send(port, parent, "GET")
    sent = FileStorage(io.BytesIO(content), filename="photo.jpg", content_type="image/jpeg")
    boundary, body = encode_multipart({**dict(hidden_fields(page)), "files": sent})
    headers = {"Cookie": parent.cookie, "Content-Type": f"multipart/form-data; boundary={boundary}"}
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=WAIT)
    started = time.perf_counter()
    connection.request("POST", parent.path, body, headers)
    answer = connection.getresponse()
    answer.read()
    connection.close()
    if answer.status != 302:
        raise RuntimeError(f"the upload answered {answer.status}")
    return time.perf_counter() - started


def parents(app: Flask, path: str) -> list[Parent]:
    """Every family signed in, about to give this document."""
    accounts = db.session.scalars(sa.select(Account).where(Account.household_id > 0)).all()
    return [Parent(cookie_of(app, one), path, b"") for one in accounts]


def kind(session: Session, code: str) -> int:
    """A document that every household may give; its id."""
    row = DocumentType(code=code, name=code, owner=Owner.HOUSEHOLD, validity=Validity.UNLIMITED)
    session.add(row)
    session.commit()
    return row.id


def uploads(app: Flask, folder: str, type_id: int, content: bytes) -> None:
    """The photos through a real worker."""
    path = Path(folder) / "portail.sqlite"
    asking = parents(app, f"/justificatifs/{type_id}/fournir")
    db.session.rollback()
    bare = time.perf_counter()
    files.check("photo.jpg", content)
    bare = time.perf_counter() - bare
    with web(f"sqlite:///{path}", folder, workers=1) as port:
        server = next(one for one in psutil.Process().children() if "web" in one.cmdline())
        upload(port, asking.pop(), content)  # libraries load with the first
        before = memory_mb(server)
        with watched(path, server) as seen:
            spent = [upload(port, parent, content) for parent in asking]
    say("photos", len(spent))
    say("size of a photo, MB", f"{len(content) / 1e6:.1f}")
    mean = sum(spent) / len(spent)
    say("seconds each (mean)", f"{mean:.3f}", MOST_SECONDS, mean <= MOST_SECONDS)
    say("seconds, the slowest", f"{max(spent):.3f}")
    say("times the bare reduction of the picture", f"{mean / bare:.2f}")
    say("memory of the worker after the first, MB", f"{before:.0f}")
    say("largest memory of the worker, MB", f"{seen['mb']:.0f}", MOST_MB, seen["mb"] <= MOST_MB)
    held = seen["locked_ms"]
    say("longest write lock, ms", f"{held:.0f}", MOST_LOCKED_MS, held <= MOST_LOCKED_MS)


def documents(session: Session, found: Seeded, count: int) -> None:
    """``count`` accepted documents that end soon and as many refused ones, long ago."""
    now, day = clock.now(), clock.today()
    kinds = [kind(session, f"k{number}") for number in range(-(-count // len(found.households)))]
    for accepted in (False, True):
        rows = [
            {
                "household_id": household_id,
                "document_type_id": type_id,
                "given_at": now - timedelta(days=300),
                "reviewed_at": now - timedelta(days=299),
                "is_accepted": accepted,
                "refusal_reason": "" if accepted else "illisible",
                "valid_until": day + timedelta(days=10) if accepted else None,
            }
            for type_id in kinds
            for household_id in found.households
        ][:count]
        for start in range(0, count, BATCH):
            session.execute(sa.insert(Document.__table__), rows[start : start + BATCH])
    session.commit()


def nights(session: Session, count: int) -> None:
    """The job that reminds, and the purge of what was refused."""
    with measured(session) as reminded:
        said = jobs.remind(session, clock.now())
        commit(session)
    say(f"reminders: {said}, s", f"{reminded.seconds:.1f}")
    say("statements", reminded.statements)
    with measured(session) as purged:
        limit = clock.now() - timedelta(days=30)
        gone = session.scalars(purge.refused_before(limit)).all()
        for start in range(0, len(gone), purge.BATCH):
            purge.erase(session, gone[start : start + purge.BATCH])
        commit(session)
    say(f"purge of {len(gone)} refused of {2 * count}, s", f"{purged.seconds:.1f}")
    say("statements", purged.statements)


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--photos", type=int, default=50)
    parser.add_argument("--documents", type=int, default=100_000)
    asked = parser.parse_args()
    content = photo()
    with tempfile.TemporaryDirectory() as folder, fresh_app("", folder) as app:
        session = db.session()
        found = seed(session, households=asked.photos + 1, bookings=1_000)
        type_id = kind(session, "photo")
        uploads(app, folder, type_id, content)
        documents(session, found, asked.documents)
        nights(session, asked.documents)


if __name__ == "__main__":
    main()
