"""The administrator's list of what the next purge would erase; « Mes données » of a family."""

from __future__ import annotations

import io
from typing import Any

import sqlalchemy as sa
from flask import flash, redirect, send_file, url_for
from flask_babel import gettext

from app.core import clock, settings
from app.core.db import commit, db
from app.core.views import PageView, agent_page, current_actor, family_page
from app.households.models import Household
from app.retention import erasures, exports, households
from app.retention.models import ExportState, PurgeWarning
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
            sa.select(
                Household.id,
                Household.number,
                Household.name,
                PurgeWarning.forget_on,
                PurgeWarning.on_request,
            )
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

    @agent_page("/<int:household_id>/conserver", methods=["POST"])
    def keep(self, household_id: int) -> Any:
        """The family changed its mind before the day came."""
        erasures.take_back(db.session(), current_actor(), household_id)
        commit(db.session())
        flash(gettext("The file of this household is kept."), "success")
        return redirect(url_for("RetentionDesk.index"))


class MyDataView(PageView):
    """« Mes données »: everything the portal knows of the household, as a file."""

    route_base = "/profil/donnees"

    @family_page("/")
    def index(self) -> Any:
        """What can be asked, and how far it is."""
        export = exports.latest(db.session(), current_actor())
        return self.page("retention/my_data.html", export=export, states=ExportState)

    @family_page("/demander", methods=["POST"])
    def ask(self) -> Any:
        """Begin; asked twice, it is made once."""
        exports.ask(db.session(), current_actor(), clock.now())
        commit(db.session())
        flash(
            gettext("Your data are being put together. An e-mail tells you when they are ready."),
            "success",
        )
        return redirect(url_for("MyDataView.index"))

    @family_page("/<int:export_id>/telecharger")
    def download(self, export_id: int) -> Any:
        """The file, for the account that asked it alone."""
        export = exports.ready(db.session(), current_actor(), export_id, clock.now())
        return send_file(
            io.BytesIO(exports.content_of(export)),
            mimetype="application/zip",
            as_attachment=True,
            download_name=f"mes-donnees-{export.asked_at:%Y-%m-%d}.zip",
        )
