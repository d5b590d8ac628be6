"""What changes on the public pages: messages to the services, news, settings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.charging import coverage
from app.core import accent, settings
from app.core.actor import Actor
from app.core.audit import record
from app.core.models import Service, ServiceCode
from app.notices.services import Recipient, tell
from app.portal.errors import AlreadyHandled, TopUpLimitsCross
from app.portal.models import ContactMessage, News

SAME_MESSAGE = timedelta(minutes=30)
"""The same words from the same address within this time are one message sent twice (§5.4)."""
INBOX = "/agents/messages-recus"


@dataclass(frozen=True)
class Written:
    """What somebody wrote through « Nous contacter »."""

    service: ServiceCode
    name: str
    email: str
    phone: str
    body: str


def receive_message(
    session: Session, actor: Actor, written: Written, now: datetime
) -> ContactMessage:
    """Put the message in the agents' inbox and send it to the service (A2)."""
    known = _same(session, written, now)
    if known is not None:
        return known
    message = ContactMessage(
        service=written.service,
        name=written.name,
        email=written.email,
        phone=written.phone,
        body=written.body,
        account_id=actor.account_id,
        created_at=now,
    )
    session.add(message)
    session.flush()
    _tell_service(session, message)
    return message


def _same(session: Session, written: Written, now: datetime) -> ContactMessage | None:
    return session.scalars(
        sa.select(ContactMessage).where(
            ContactMessage.service == written.service,
            ContactMessage.email == written.email,
            ContactMessage.body == written.body,
            ContactMessage.created_at > now - SAME_MESSAGE,
        )
    ).first()


def _tell_service(session: Session, message: ContactMessage) -> None:
    """A service without an address reads its inbox."""
    service = session.scalar(sa.select(Service).where(Service.code == message.service))
    if service is None or not service.email:
        return
    tell(
        session,
        "contact_message",
        [Recipient(None, service.email)],
        {
            "service_name": service.name,
            "name": message.name,
            "email": message.email,
            "phone": message.phone,
            "body": message.body,
        },
        dedupe=f"contact:{message.id}",
        url=f"{INBOX}/show/{message.id}",
        in_space=False,
        reply_to=message.email,
    )


def handle_messages(
    session: Session, actor: Actor, messages: Sequence[ContactMessage], now: datetime
) -> None:
    """« Traité ». Raises AlreadyHandled."""
    for message in messages:
        if message.handled_at is not None:
            raise AlreadyHandled
        message.handled_at, message.handled_by = now, actor.account_id
        record(session, actor, "handle", "contact_message", message.id)
    session.flush()


def hide_news(session: Session, actor: Actor, news: Sequence[News], now: datetime) -> None:
    """Take news off the home page; it can come back."""
    for one in news:
        one.hidden_at = one.hidden_at or now
        record(session, actor, "hide", "news", one.id)
    session.flush()


def show_news(session: Session, actor: Actor, news: Sequence[News]) -> None:
    """Put news back on the home page."""
    for one in news:
        one.hidden_at = None
        record(session, actor, "show", "news", one.id)
    session.flush()


def save_settings(
    session: Session, actor: Actor, values: Mapping[str, Any], today: date
) -> list[str]:
    """Keep what changed among all settings; give the keys that changed.

    Raises AccentRefused, HorizonTooShort (with the grace period asked for) and TopUpLimitsCross.
    """
    if values[settings.TOP_UP_MIN_CENTS.key] > values[settings.TOP_UP_MAX_CENTS.key]:
        raise TopUpLimitsCross
    colour = values[settings.PORTAL_ACCENT.key]
    checked = {**values, settings.PORTAL_ACCENT.key: accent.check(colour) if colour else ""}
    changed = [one for one in settings.ALL if settings.get(session, one) != checked[one.key]]
    for one in changed:
        settings.put(session, one, checked[one.key])
    coverage.check_horizon(session, checked[settings.COVER_HORIZON_DAYS.key], today)
    keys = [one.key for one in changed]
    if keys:
        record(session, actor, "change", "settings", None, keys=keys)
    return keys
