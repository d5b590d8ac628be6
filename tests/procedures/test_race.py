"""Two agents close at the same instant: one child, one school, one enrolment, no broken request."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import Session

from app.activities.models import Enrolment, OpeningPattern
from app.core import clock
from app.core.actor import Actor
from app.core.db import db, write_intent
from app.documents.models import Document, DocumentType
from app.households.models import Child, Schooling, YearFile
from app.requests import services
from app.requests.models import Request, Status
from tests.factories import Cast, Factory
from tests.procedures import test_care_registration as care
from tests.procedures import test_school_registration as school
from tests.procedures import test_year_file as year
from tests.procedures.conftest import Fill


def close_at_once(app: Flask, agent: Actor, ids: list[int]) -> None:
    """Each request in its own thread and transaction."""
    barrier = Barrier(len(ids))

    def one(request_id: int) -> None:
        with app.app_context(), write_intent():
            barrier.wait(10)
            services.close(db.session(), agent, request_id, now=clock.now())
            db.session.commit()
            db.session.remove()

    with ThreadPoolExecutor(len(ids)) as pool:
        list(pool.map(one, ids))


def taken(session: Session, agent: Actor, *requests: Request) -> list[int]:
    for request in requests:
        services.take(session, agent, request.id, now=clock.now())
    ids = [request.id for request in requests]
    session.commit()
    session.close()
    return ids


def statuses(session: Session, ids: list[int]) -> set[Status]:
    return set(session.scalars(sa.select(Request.status).where(Request.id.in_(ids))))


def count(session: Session, *where: Any) -> int:
    return session.scalar(sa.select(sa.func.count()).where(*where)) or 0


@pytest.mark.postgresql
def test_a_child_registered_twice_is_made_once(
    app: Flask, session: Session, cast: Cast, fill: Fill, camille: Actor, agent: Actor
) -> None:
    for code in school.ALLOWED_BY_LAW:
        kind = session.scalars(sa.select(DocumentType).where(DocumentType.code == code)).one()
        session.add(
            Document(document_type_id=kind.id, household_id=cast.home.id, given_at=clock.now())
        )
    session.flush()
    requests = [fill(school.CODE, camille, school.answers(cast)) for _ in range(2)]
    ids = taken(session, agent, *requests)
    close_at_once(app, agent, ids)
    assert statuses(session, ids) == {Status.CLOSED}
    assert count(session, Child.first_name == "Zoé") == 1


@pytest.mark.postgresql
def test_both_parents_files_of_a_child_without_a_school_yet(
    app: Flask,
    session: Session,
    cast: Cast,
    fill: Fill,
    camille: Actor,
    yanis: Actor,
    agent: Actor,
) -> None:
    asked = year.answers(cast)
    session.execute(sa.delete(Schooling).where(Schooling.child_id == cast.noe.id))
    noe = cast.noe.id
    ids = taken(session, agent, *[fill(year.CODE, actor, asked) for actor in (camille, yanis)])
    close_at_once(app, agent, ids)
    assert statuses(session, ids) == {Status.CLOSED}
    assert count(session, Schooling.child_id == noe) == 1
    assert count(session, YearFile.child_id == noe) == 2


@pytest.mark.postgresql
def test_both_parents_enrol_a_child_once(
    app: Flask,
    session: Session,
    cast: Cast,
    make: Factory,
    fill: Fill,
    camille: Actor,
    yanis: Actor,
    agent: Actor,
) -> None:
    make.add(
        OpeningPattern(
            slot_id=cast.midi.id,
            site_id=cast.site.id,
            school_year_id=cast.year.id,
            weekdays="0134",
            capacity=50,
        )
    )
    session.execute(sa.delete(Enrolment).where(Enrolment.child_id == cast.noe.id))
    noe, asked = cast.noe.id, care.answers(cast, cast.canteen, child=cast.noe.id)
    ids = taken(session, agent, *[fill(care.CODE, actor, asked) for actor in (camille, yanis)])
    close_at_once(app, agent, ids)
    assert statuses(session, ids) == {Status.CLOSED}
    assert count(session, Enrolment.child_id == noe) == 1
