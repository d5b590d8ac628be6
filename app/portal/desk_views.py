"""Agents' hand-made pages of this room: their dashboard, the settings; what the shell shows."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from flask import flash, redirect, request, url_for
from flask_babel import gettext

from app.accounts.security import rights_of_request
from app.core import accent, clock, settings
from app.core.accent import AccentRefused
from app.core.db import commit, db
from app.core.errors import Refusal
from app.core.pages import attach
from app.core.views import PageView, agent_page, current_actor
from app.notices import queries as notices
from app.portal import queries, services
from app.portal.forms import SettingsForm, values_of


def shell_facts() -> dict[str, Any]:
    """Name and accent of the commune; for agents, the figures of their menu."""
    session = db.session()
    return {
        "commune": settings.get(session, settings.COMMUNE_NAME),
        "accent_url": accent.url(settings.get(session, settings.PORTAL_ACCENT)),
        "counts": {tile.menu: tile.count for tile in _tiles() if tile.count},
    }


class Tile(NamedTuple):
    """Something that waits for the agents; ``menu``: its entry in the menu."""

    menu: str
    icon: str
    title: str
    count: int
    url: str
    action: str


def _tiles() -> Iterator[Tile]:
    """What this account may deal with; one statement each, none for families and visitors."""
    if not current_actor().is_agent:
        return
    session = db.session()
    if _may_list("ContactMessageAdmin"):
        yield Tile(
            "Messages received",
            "envelope",
            gettext("Messages to handle"),
            queries.contact_messages_waiting(session),
            url_for("ContactMessageAdmin.list"),
            gettext("Read the messages"),
        )
    if _may_list("ProfileChangeAdmin"):
        yield Tile(
            "Changes asked",
            "inbox",
            gettext("Changes asked by families"),
            queries.profile_changes_waiting(session),
            url_for("ProfileChangeAdmin.list"),
            gettext("See the changes"),
        )
    if _may_list("OutboxAdmin"):
        yield Tile(
            "E-mails",
            "envelope-x",
            gettext("E-mails that could not be sent"),
            notices.dead_mails(session),
            url_for("OutboxAdmin.list", _flt_0_state="dead"),
            gettext("See the e-mails"),
        )


def _may_list(view: str) -> bool:
    return ("can_list", view) in rights_of_request()


class DashboardView(PageView):
    """« /agents/ »: what waits for an agent."""

    route_base = "/agents"

    @agent_page("/")
    def index(self) -> Any:
        """The figures of this account's work."""
        return self.page("portal/dashboard.html", tiles=list(_tiles()))


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
