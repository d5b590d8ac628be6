"""Agents' hand-made pages of this room: their dashboard, the settings; what the shell shows."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, request, url_for
from flask_babel import gettext

from app.core import accent, clock, settings
from app.core.accent import AccentRefused
from app.core.db import commit, db
from app.core.errors import Refusal
from app.core.pages import attach
from app.core.views import PageView, agent_page, current_actor
from app.portal import morning, services, tiles
from app.portal.forms import SettingsForm, values_of


def shell_facts() -> dict[str, Any]:
    """Name and accent of the commune; for agents, the figures of their menu."""
    session = db.session()
    return {
        "commune": settings.get(session, settings.COMMUNE_NAME),
        "accent_url": accent.url(settings.get(session, settings.PORTAL_ACCENT)),
        "counts": tiles.of_menu(session),
    }


class DashboardView(PageView):
    """« /agents/ »: what waits for an agent this morning."""

    route_base = "/agents"

    @agent_page("/")
    def index(self) -> Any:
        """The figures of this account's work, each leading to its list, and today's places."""
        session, today = db.session(), clock.today()
        sees_places = tiles.may("OpeningAdmin")
        return self.page(
            "portal/dashboard.html",
            groups=tiles.of_morning(session),
            places=morning.places(session, today) if sees_places else None,
            nearly_full=morning.nearly_full(session, today) if sees_places else [],
            today_url=url_for("OpeningAdmin.list", _flt_0_day=today.isoformat()),
        )


class SettingsView(PageView):
    """« /agents/reglages »: every setting of the commune, for the Administrateur alone."""

    route_base = "/agents/reglages"

    @agent_page("/", methods=("GET", "POST"))
    def index(self) -> Any:
        """Typed and checked; all are saved or none."""
        session = db.session()
        form = SettingsForm(data={one.key: settings.get(session, one) for one in settings.ALL})
        if form.validate_on_submit() and self._saved(form):
            return redirect(url_for("SettingsView.index"))
        status = 400 if request.method == "POST" else 200
        return self.page("portal/settings.html", status, form=form, declared=settings.ALL)

    def _saved(self, form: Any) -> bool:
        session = db.session()
        try:
            changed = services.save_settings(
                session, current_actor(), values_of(form), clock.today()
            )
        except Refusal as error:
            session.rollback()
            attach(form, _field_of(error), error)
            return False
        commit(session)
        flash(gettext("Saved.") if changed else gettext("Nothing changed."), "success")
        return True


def _field_of(error: Refusal) -> str:
    """The setting at fault."""
    if isinstance(error, AccentRefused):
        return settings.PORTAL_ACCENT.key
    if isinstance(error, services.TopUpLimitsCross):
        return settings.TOP_UP_MIN_CENTS.key
    return settings.COVER_HORIZON_DAYS.key
