"""« Sorties »: at a site on a day, who may collect which child, and who never (§3.5, §3.6, D6)."""

from __future__ import annotations

from datetime import date
from typing import Any

from flask import request

from app.attendance import queries
from app.core import clock
from app.core.admin_fields import row_number
from app.core.dates import day_from
from app.core.db import db
from app.core.errors import NotFound
from app.core.views import PageView, agent_page, current_actor


class LeavingDesk(PageView):
    """« /agents/sorties/ »."""

    route_base = "/agents/sorties"

    @agent_page("/")
    def index(self) -> Any:
        """The list of a day and a site, for a screen, a telephone or paper."""
        session, day = db.session(), _day(request.args.get("jour", ""))
        sites = queries.sites_for(session, current_actor())
        wanted = request.args.get("site", type=row_number)
        site = next((one for one in sites if wanted in (None, one.id)), None)
        if site is None and wanted is not None:
            raise NotFound
        return self.page(
            "attendance/leaving.html",
            sites=sites,
            site=site,
            day=day,
            leaving=queries.leaving(session, site.id, day) if site else [],
        )


def _day(typed: str) -> date:
    """The day asked for; today when it is no day."""
    try:
        return day_from(typed)
    except ValueError:
        return clock.today()
