"""The administrator's list of what the next purge would erase."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from app.core import clock, settings
from app.core.db import db
from app.core.views import PageView, agent_page
from app.households.models import Household
from app.retention import households
from app.retention.models import PurgeWarning
from app.retention.policies import POLICIES, count_due


class RetentionDesk(PageView):
    """« /agents/conservation/ »: periods, what is due, households warned. Erases nothing."""

    route_base = "/agents/conservation"

    @agent_page("/")
    def index(self) -> Any:
        """Every kind of data with its period and how much of it is due."""
        session, now = db.session(), clock.now()
        counts = count_due(session, now)
        warned = session.execute(
            sa.select(Household.id, Household.number, Household.name, PurgeWarning.forget_on)
            .join(PurgeWarning, PurgeWarning.household_id == Household.id)
            .order_by(PurgeWarning.forget_on, Household.id)
        ).all()
        return self.page(
            "retention/index.html",
            policies=POLICIES,
            counts=counts,
            months={
                one.name: settings.get(session, one.setting) for one in POLICIES if one.setting
            },
            idle=len(households.idle(session, now)),
            household_months=settings.get(session, settings.KEEP_HOUSEHOLDS_MONTHS),
            warned=warned,
        )
