"""Agents' hand-made pages of this room: their dashboard, the settings; what the shell shows."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import sqlalchemy as sa
from flask import flash, redirect, request, url_for
from flask_babel import gettext

from app.accounts.security import rights_of_request
from app.core import accent, clock, settings
from app.core.accent import AccentRefused
from app.core.db import commit, db
from app.core.errors import Refusal
from app.core.pages import attach
from app.core.views import PageView, agent_page, current_actor
from app.documents import queries as documents
from app.documents.services import HEALTH
from app.notices import queries as notices
from app.portal import queries, services
from app.portal.forms import SettingsForm, values_of
from app.requests import queue
from app.requests.queue import Tab


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


def _tiles() -> list[Tile]:
    """What this account may deal with, in one statement; none for families and visitors."""
    if not current_actor().is_agent:
        return []
    waiting = [one for one in _waiting() if _may(one.view)]
    counted = queries.figures(db.session(), {one.menu: one.asked for one in waiting})
    return [
        Tile(one.menu, one.icon, one.title, counted[one.menu], one.url(), one.action)
        for one in waiting
    ]


class Waiting(NamedTuple):
    """A figure of the menu: who may see it, how it is counted, where it leads."""

    menu: str
    view: str
    icon: str
    title: str
    asked: sa.Select[int]
    url: Callable[[], str]
    action: str


def _waiting() -> Iterator[Waiting]:
    actor, today = current_actor(), clock.today()
    yield Waiting(
        "Requests",
        "RequestDeskView",
        "card-checklist",
        gettext("Requests to take"),
        queue.figure(Tab.TO_TAKE, actor.account_id or 0, today),
        lambda: url_for("RequestDeskView.index"),
        gettext("Process the requests"),
    )
    yield Waiting(
        "Documents",
        "DocumentDesk",
        "file-earmark-check",
        gettext("Documents to look at"),
        documents.waiting_figure(with_health=HEALTH in actor.roles),
        lambda: url_for("DocumentDesk.index"),
        gettext("Look at the documents"),
    )
    yield Waiting(
        "Messages received",
        "ContactMessageAdmin",
        "envelope",
        gettext("Messages to handle"),
        queries.contact_messages_waiting(),
        lambda: url_for("ContactMessageAdmin.list"),
        gettext("Read the messages"),
    )
    yield Waiting(
        "E-mails",
        "OutboxAdmin",
        "envelope-x",
        gettext("E-mails that could not be sent"),
        notices.dead_mails(),
        lambda: url_for("OutboxAdmin.list", _flt_0_state="dead"),
        gettext("See the e-mails"),
    )


def _may(view: str) -> bool:
    """Whether the account opens this view, generated or hand-made."""
    return bool({("can_list", view), ("can_use", view)} & rights_of_request())


class DashboardView(PageView):
    """« /agents/ »: what waits for an agent."""

    route_base = "/agents"

    @agent_page("/")
    def index(self) -> Any:
        """The figures of this account's work."""
        return self.page("portal/dashboard.html", tiles=_tiles())


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
