"""Agents' screen of the outbox: what was sent, what waits, what was given up."""

from __future__ import annotations

from collections.abc import Sequence

from flask_appbuilder.models.sqla.interface import SQLAInterface
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext

from app.core import clock
from app.core.admin import AgentView, agent_action
from app.core.text import N_
from app.notices import services
from app.notices.models import MailState, OutboxMessage


class OutboxAdmin(AgentView):
    """E-mails, the newest first; nobody writes or deletes one."""

    route_base = "/agents/courriels"
    datamodel = SQLAInterface(OutboxMessage)
    list_title, show_title = _l("E-mails sent"), _l("E-mail")
    label_columns = {
        "created_at": _l("Written on"),
        "to_address": _l("Recipient"),
        "subject": _l("Subject"),
        "state": _l("State"),
        "attempts": _l("Attempts"),
        "due_at": _l("Next attempt"),
        "sent_at": _l("Sent on"),
        "last_error": _l("What the mail server said"),
        "confidential": _l("Confidential"),
        "shown_text": _l("Text"),
    }
    choice_labels = {
        "state": {
            MailState.WAITING: N_("Waiting to be sent"),
            MailState.SENDING: N_("Being sent"),
            MailState.SENT: N_("Sent"),
            MailState.DEAD: N_("Given up"),
        }
    }
    choice_tags = {
        "state": {
            MailState.WAITING: ("info", "clock"),
            MailState.SENDING: ("info", "send"),
            MailState.SENT: ("ok", "check-lg"),
            MailState.DEAD: ("err", "envelope-x"),
        }
    }
    list_columns = ["created_at", "to_address", "subject", "state", "last_error"]
    show_columns = [
        "created_at",
        "to_address",
        "subject",
        "state",
        "attempts",
        "due_at",
        "sent_at",
        "last_error",
        "confidential",
        "shown_text",
    ]
    search_columns = ["to_address", "subject", "state", "created_at"]

    @agent_action("resend", _l("Send again"), confirm=_l("Try to send these e-mails again?"))
    def resend(self, rows: Sequence[OutboxMessage]) -> str:
        """Put what waits or was given up first in line."""
        for message in rows:
            services.resend(self.session, self.actor, message, clock.now())
        return ngettext(
            "%(num)d e-mail will be sent again.",
            "%(num)d e-mails will be sent again.",
            len(rows),
        )
