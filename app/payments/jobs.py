"""What runs outside the requests."""

from __future__ import annotations

from datetime import datetime

from flask import current_app
from sqlalchemy.orm import Session

from app.payments import providers
from app.payments.flow import Desk, Links


def desk(session: Session) -> Desk:
    """The platform of this application, with this session."""
    config = current_app.config
    return Desk(session, providers.current(), Links(config["BASE_URL"], config["SECRET_KEY"]))


def reconcile(session: Session, now: datetime) -> str:
    """Job « payments »: find the payments whose family or whose message never came back."""
    return desk(session).reconcile(now)
