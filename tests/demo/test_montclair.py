"""The demonstration commune tells a story on every screen: loaded once, it takes seconds."""

from __future__ import annotations

import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import Session

from app import demo
from app.accounts.models import Account
from app.activities import health_queries
from app.activities.models import Site, SiteStaff
from app.attendance import queries
from app.core import clock
from app.core.db import db
from app.demo import asked
from app.documents import queries as documents
from app.documents.rules import Status as DocumentStatus
from app.households.models import Guardianship, Household, PickupRight, SchoolYear, YearFile
from app.notices.models import MailState, OutboxMessage
from app.requests.models import Procedure, ProcedureState, Request, Status
from app.requests.services.moving import TECHNICAL


def test_montclair_has_something_on_every_screen(app: Flask) -> None:
    assert demo.load(app)
    with app.app_context():
        session = db.session()
        session.execute(sa.text("ANALYZE"))  # as the database does by itself a little later
        check_requests_and_documents(session)
        check_yearly_files_and_persons(session)


def check_requests_and_documents(session: Session) -> None:
    """In every status, numbered in order."""
    found = session.scalars(
        sa.select(Request).where(Request.number.is_not(None)).order_by(Request.number)
    ).all()
    statuses = set(session.scalars(sa.select(Request.status)))
    assert statuses == set(Status)
    assert TECHNICAL in {one.reason for one in found}
    moments = [one.submitted_at for one in found]
    assert moments == sorted(moments)
    assert any(one.due_on and one.due_on < clock.today() for one in found)
    states = {
        state.status
        for household_id in session.scalars(sa.select(Household.id))
        for state in documents.states_of_household(session, household_id, clock.today())
    }
    assert states == set(DocumentStatus)
    made_here = session.scalars(
        sa.select(Procedure.code).where(
            Procedure.is_builtin.is_(False), Procedure.state == ProcedureState.PUBLISHED
        )
    )
    assert set(made_here) == {asked.DEROGATION, asked.COUNCIL}
    waiting = session.scalar(
        sa.select(sa.func.count())
        .select_from(OutboxMessage)
        .where(
            OutboxMessage.template.startswith("request"),
            OutboxMessage.state == MailState.WAITING,
        )
    )
    assert waiting == 0


def check_yearly_files_and_persons(session: Session) -> None:
    """Health marks, persons who collect, a restriction and an animator's site."""
    year = session.scalars(
        sa.select(SchoolYear).order_by(SchoolYear.starts_on.desc()).limit(1)
    ).one()
    pupils = health_queries.pupils(session, year.id)
    assert any(one.has_pai for one in pupils)
    assert any(one.has_allergies for one in pupils)
    assert any(not one.has_file for one in pupils)
    assert sum(one.has_file for one in pupils) > 0.7 * len(pupils)
    erased = session.scalars(
        sa.select(YearFile.health_cipher).where(YearFile.school_year_id != year.id)
    ).all()
    assert erased
    assert not any(erased), "last year's health data is gone"
    assert session.scalar(sa.select(sa.func.count()).select_from(PickupRight))
    assert session.scalar(
        sa.select(sa.func.count())
        .select_from(Guardianship)
        .where(Guardianship.restricted_at.is_not(None))
    )
    leader = session.scalars(sa.select(Account).where(Account.username == "animateur")).one()
    site = session.scalars(sa.select(SiteStaff.site_id)).one()
    assert session.get_one(Site, site)
    assert leader.roles[0].name == "Animateur"
    assert isinstance(queries.leaving(session, site, clock.today()), list)
