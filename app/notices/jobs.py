"""What runs outside the requests."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from flask import current_app
from sqlalchemy.orm import Session

from app.notices.mailer import carrier_for
from app.notices.sender import Sender


def send(session: Session, now: datetime, commit: Callable[[], None]) -> str:
    """Job « send »: send every e-mail that is due. Any number of these may run at once."""
    config = current_app.config
    carrier = carrier_for(config["SMTP_URL"], config["PORTAIL_VAR"])
    return str(Sender(session, carrier, now, commit, config["MAIL_FROM"]).run())
