"""What this room refuses."""

from __future__ import annotations

from app.core.errors import Refusal
from app.core.text import N_


class NotWaiting(Refusal):
    """The e-mail is sent, or on its way."""

    text = N_("The e-mail to %(address)s is sent already, or on its way.")


class BadMailServer(Refusal):
    """SMTP_URL cannot be understood."""

    status = 500
    text = N_("SMTP_URL must begin with smtp://, smtps:// or starttls:// and name a server.")
