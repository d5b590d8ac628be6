"""Statements and weight of the agenda's pages: the same whatever the month holds (issue « Speed »)."""

from __future__ import annotations

import gzip
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from typing import Any

import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from app.core.db import db
from app.reservations.models import Booking, BookingChange, ChangeOrigin
from tests.factories import Cast, Factory

SignIn = Callable[[Any], FlaskClient]
MONTH, HTML, COMPRESSED = 9, 50_000, 10_000
SAVE, PREVIEW = 30, 30


@contextmanager
def statements(app: Flask) -> Iterator[list[str]]:
    """What is sent to the database inside, transaction control and savepoints aside."""
    sent: list[str] = []

    def note(_connection: Any, _cursor: Any, text: str, *_rest: Any) -> None:
        if not text.startswith(("BEGIN", "SAVEPOINT", "RELEASE")):
            sent.append(text)

    with app.app_context():
        engine = db.engine
    sa.event.listen(engine, "before_cursor_execute", note)
    try:
        yield sent
    finally:
        sa.event.remove(engine, "before_cursor_execute", note)


def book_everything(make: Factory, cast: Cast) -> None:
    """Every opening of the month booked for Jules, straight in the table."""
    change = make.add(
        BookingChange(
            household_id=cast.home.id, origin=ChangeOrigin.MONTH, created_at=cast.home.created_at
        )
    )
    for opening in cast.openings.values():
        make.add(
            Booking(
                child_id=cast.jules.id,
                opening_id=opening.id,
                household_id=cast.home.id,
                day=opening.day,
                care_cents=100,
                created_at=cast.home.created_at,
                created_in=change.id,
            )
        )


def test_the_month_page_takes_nine_statements_full_or_empty(
    app: Flask, session: Session, make: Factory, cast: Cast, sign_in: SignIn
) -> None:
    session.commit()
    client = sign_in(cast.camille)
    path = f"/agenda/{cast.jules.id}/2027-01"
    client.get(path)  # the rights of the role are read once per process
    with statements(app) as empty:
        client.get(path)
    book_everything(make, cast)
    session.commit()
    with statements(app) as full:
        page = client.get(path)
    assert page.status_code == 200
    assert len(empty) == len(full) <= MONTH, full
    assert len(page.data) <= HTML
    assert len(gzip.compress(page.data)) <= COMPRESSED


def grouped(cast: Cast, children: list[Any], last: date) -> dict[str, Any]:
    return {
        "children": [str(child.id) for child in children],
        "mode": "create",
        "period": "dates",
        "first": "2027-01-14",
        "last": last.isoformat(),
        "slots": [str(cast.midi.id), str(cast.soir1.id)],
        "weekdays": ["0", "1", "3", "4"],
        "rhythm": "1",
    }


def test_a_grouped_save_takes_the_same_statements_for_one_day_or_many(
    app: Flask, session: Session, make: Factory, cast: Cast, sign_in: SignIn
) -> None:
    make.money(cast.home, 100_000)
    session.commit()
    client = sign_in(cast.camille)
    client.get("/agenda/")  # the rights of the role are read once per process
    counts = []
    for children, last in (
        ([cast.rose], date(2027, 1, 14)),
        ([cast.jules, cast.noe], date(2027, 2, 19)),
    ):
        form = grouped(cast, children, last)
        with statements(app) as previewed:
            page = client.post("/agenda/saisie-groupee/apercu", data=form)
        assert page.status_code == 200
        start = page.text.index('name="fingerprint" value="') + 26
        form["fingerprint"] = page.text[start : start + 32]
        form["token"] = f"token-{len(counts)}"
        with statements(app) as saved:
            answer = client.post("/agenda/saisie-groupee/enregistrer", data=form)
        assert answer.status_code == 303, answer.text
        counts.append((len(previewed), len(saved)))
    assert counts[0] == counts[1]
    assert counts[1][0] <= PREVIEW
    assert counts[1][1] <= SAVE
