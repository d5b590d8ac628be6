"""The demonstration commune shows requests and documents in every status."""

from __future__ import annotations

import sqlalchemy as sa
from flask import Flask

from app import demo
from app.core import clock
from app.core.db import db
from app.demo import asked
from app.documents import queries as documents
from app.documents.rules import Status as DocumentStatus
from app.households.models import Household
from app.notices.models import MailState, OutboxMessage
from app.requests.models import Procedure, ProcedureState, Request, Status
from app.requests.services.moving import TECHNICAL


def test_montclair_has_requests_and_documents_in_every_status(app: Flask) -> None:
    assert demo.load(app)
    with app.app_context():
        session = db.session()
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
