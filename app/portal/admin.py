"""Agents' generated screens of this room: messages received, news, services."""

from __future__ import annotations

from collections.abc import Sequence

from flask_appbuilder.models.sqla.interface import SQLAInterface
from flask_babel import gettext, ngettext
from flask_babel import lazy_gettext as _l

from app.core import clock
from app.core.admin import AgentView, agent_action
from app.core.admin_lists import SavedList
from app.core.models import Service
from app.core.text import N_
from app.portal import queries, services
from app.portal.forms import SUBJECTS
from app.portal.models import ContactMessage, News


class ContactMessageAdmin(AgentView):
    """What families wrote through « Nous contacter » (A2)."""

    route_base = services.INBOX
    datamodel = SQLAInterface(ContactMessage)
    list_title, show_title = _l("Messages received"), _l("Message received")
    label_columns = {
        "created_at": _l("Received on"),
        "service": _l("About"),
        "name": _l("Sender"),
        "email": _l("E-mail"),
        "phone": _l("Telephone"),
        "body": _l("Message"),
        "handled_at": _l("Handled on"),
    }
    choice_labels = {"service": SUBJECTS}
    list_columns = ["created_at", "service", "name", "email", "handled_at"]
    show_columns = ["created_at", "service", "name", "email", "phone", "body", "handled_at"]
    search_columns = ["service", "name", "email", "created_at", "handled_at"]
    saved = {"a-traiter": SavedList(N_("To handle"), queries.is_unhandled)}

    @agent_action("handled", _l("Handled"), icon="check-lg")
    def handled(self, rows: Sequence[ContactMessage]) -> str:
        """« Traité »."""
        services.handle_messages(self.session, self.actor, rows, clock.now())
        return ngettext("%(num)d message handled.", "%(num)d messages handled.", len(rows))


class NewsAdmin(AgentView):
    """News of the home page (A1)."""

    route_base = "/agents/actualites"
    datamodel = SQLAInterface(News)
    list_title, add_title = _l("News"), _l("New piece of news")
    edit_title, show_title = _l("Change the news"), _l("Piece of news")
    label_columns = {
        "title": _l("Title"),
        "body": _l("Text"),
        "published_at": _l("Published from"),
        "hidden_at": _l("Hidden since"),
    }
    list_columns = ["published_at", "title", "hidden_at"]
    show_columns = ["title", "body", "published_at", "hidden_at"]
    search_columns = ["title", "published_at"]
    add_columns = edit_columns = ["title", "body", "published_at"]

    @agent_action("hide", _l("Take off the home page"), icon="eye-slash")
    def hide(self, rows: Sequence[News]) -> str:
        services.hide_news(self.session, self.actor, rows, clock.now())
        return gettext("Saved.")

    @agent_action("publish", _l("Put back on the home page"), icon="eye")
    def publish(self, rows: Sequence[News]) -> str:
        services.show_news(self.session, self.actor, rows)
        return gettext("Saved.")


class ServiceAdmin(AgentView):
    """How to reach each service (A2)."""

    route_base = "/agents/services"
    datamodel = SQLAInterface(Service)
    list_title, add_title = _l("Services"), _l("New service")
    edit_title, show_title = _l("How to reach the service"), _l("Service")
    label_columns = {
        "code": _l("About"),
        "name": _l("Name"),
        "phone": _l("Telephone"),
        "email": _l("E-mail"),
        "opening_hours": _l("Opening hours"),
        "address": _l("Address"),
    }
    choice_labels = {"code": SUBJECTS}
    list_columns = ["code", "name", "phone", "email"]
    show_columns = ["code", "name", "phone", "email", "opening_hours", "address"]
    add_columns = ["code", "name", "phone", "email", "opening_hours", "address"]
    edit_columns = ["name", "phone", "email", "opening_hours", "address"]
    base_order = ("id", "asc")
