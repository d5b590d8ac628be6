"""Saying something to a family: a message in its space and an e-mail, in the same transaction.

What is said stands in ``app/templates/emails/<template>/{subject.txt,body.txt,body.html}``; each
room writes those of what it says. ``body.txt`` is also the message in the space. The templates
receive the facts, and ``url`` (whole address), ``commune``, ``service`` (who to call),
``recipient``.
"""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from app.core import clock, queue
from app.core.actor import Actor
from app.core.audit import record
from app.core.db import after_commit
from app.notices import queries, rules
from app.notices.errors import NotWaiting
from app.notices.models import MailState, Notice, OutboxMessage
from app.notices.rendering import Rendered, Renderer

KEY_LENGTH = 150
BATCH = 500


@dataclass(frozen=True)
class Recipient:
    """One person to tell: an account, or only an address. ``locale``: the language to use."""

    account_id: int | None
    email: str
    household_id: int | None = None
    locale: str = "fr"


Row = tuple[Recipient, Mapping[str, Any], str]
"""(recipient, facts, dedupe key of the fact)."""


@dataclass(frozen=True)
class _How:
    """How a message goes out, the same for all its recipients."""

    template: str
    url: str
    in_space: bool
    by_mail: bool
    confidential: bool
    reply_to: str
    now: datetime


def tell(
    session: Session,
    template: str,
    recipients: Sequence[Recipient],
    facts: Mapping[str, Any],
    *,
    dedupe: str,
    url: str = "",
    in_space: bool = True,
    by_mail: bool = True,
    confidential: bool = False,
    reply_to: str = "",
) -> None:
    """Tell ``recipients`` the same facts. The same ``dedupe`` is told once to each of them, ever.

    ``url`` is a path of the portal (« /paiements/ »). A ``confidential`` message holds a link that
    opens something: it goes by e-mail only, no agent reads it, its text is wiped once sent.
    """
    rows = [(recipient, facts, dedupe) for recipient in recipients]
    tell_many(
        session,
        template,
        rows,
        url=url,
        in_space=in_space,
        by_mail=by_mail,
        confidential=confidential,
        reply_to=reply_to,
    )


def tell_many(
    session: Session,
    template: str,
    rows: Sequence[Row],
    *,
    url: str = "",
    in_space: bool = True,
    by_mail: bool = True,
    confidential: bool = False,
    reply_to: str = "",
) -> None:
    """Tell each recipient its own facts; a constant number of statements per 500 rows.

    A fact named ``url`` (a path) says where that one row leads.
    """
    if not rows:
        return
    how = _How(
        template, url, in_space and not confidential, by_mail, confidential, reply_to, clock.now()
    )
    renderer = Renderer(session)
    for start in range(0, len(rows), BATCH):
        _write(session, how, renderer, rows[start : start + BATCH])
    if by_mail:
        _kick_after_commit(session)


def _write(session: Session, how: _How, renderer: Renderer, rows: Sequence[Row]) -> None:
    notices, mails = [], []
    for recipient, facts, dedupe in rows:
        url = str(facts.get("url", how.url))
        said = renderer.render(how.template, facts, url, recipient)
        key = _key(dedupe, recipient)
        if how.in_space and recipient.account_id is not None:
            notices.append(_notice(how, recipient, said, key, url))
        if how.by_mail and recipient.email:
            mails.append(_mail(how, recipient, said, key, renderer.host))
    _insert_new(session, Notice, notices)
    _insert_new(session, OutboxMessage, mails)


def _notice(how: _How, recipient: Recipient, said: Rendered, key: str, url: str) -> dict[str, Any]:
    return {
        "dedupe_key": key,
        "account_id": recipient.account_id,
        "household_id": recipient.household_id,
        "template": how.template,
        "subject": said.subject,
        "body": said.in_space,
        "url": url,
        "created_at": how.now,
    }


def _mail(how: _How, recipient: Recipient, said: Rendered, key: str, host: str) -> dict[str, Any]:
    return {
        "dedupe_key": key,
        "to_address": recipient.email,
        "reply_to": how.reply_to,
        "account_id": recipient.account_id,
        "household_id": recipient.household_id,
        "template": how.template,
        "subject": said.subject,
        "text": said.text,
        "html": said.html,
        "confidential": how.confidential,
        "message_id": f"<{uuid.uuid4().hex}@{host}>",
        "state": MailState.WAITING,
        "attempts": 0,
        "created_at": how.now,
        "due_at": how.now,
        "last_error": "",
    }


def _key(dedupe: str, recipient: Recipient) -> str:
    """One fact, one person: an account, else an address."""
    who = recipient.account_id if recipient.account_id is not None else recipient.email.lower()
    key = f"{dedupe}:{who}"
    if len(key) <= KEY_LENGTH:
        return key
    return f"{dedupe[:80]}:{hashlib.sha256(key.encode()).hexdigest()}"


def _insert_new(session: Session, model: type[Any], rows: list[dict[str, Any]]) -> None:
    """Insert those whose key is new."""
    if rows:
        dialect = postgresql if session.get_bind().dialect.name == "postgresql" else sqlite
        session.execute(dialect.insert(model).on_conflict_do_nothing(), rows)


def _kick_after_commit(session: Session) -> None:
    """Send as soon as this is committed, one kick however much is said."""
    if _kick not in session.info.get("after_commit", []):
        after_commit(session, _kick)


def _kick() -> None:
    queue.kick("send")


# ---- In the space ------------------------------------------------------------------------------


def mark_read(session: Session, account_id: int, notice_id: int, now: datetime) -> None:
    """The account has opened this message. Raises NotFound for another account's."""
    notice = queries.notice_for(session, account_id, notice_id)
    notice.read_at = notice.read_at or now
    session.flush()


def mark_all_read(session: Session, account_id: int, now: datetime) -> None:
    """« Tout marquer comme lu »."""
    session.execute(
        sa.update(Notice)
        .where(Notice.account_id == account_id, Notice.read_at.is_(None))
        .values(read_at=now)
    )


# ---- By the agents -----------------------------------------------------------------------------


def resend(session: Session, actor: Actor, message: OutboxMessage, now: datetime) -> None:
    """Try again at once what waits or was given up. Raises NotWaiting for what was sent."""
    if not rules.can_resend(message.state):
        raise NotWaiting(address=message.to_address)
    message.state, message.attempts, message.due_at = MailState.WAITING, 0, now
    record(session, actor, "resend", "outbox_message", message.id, message.household_id)
    session.flush()
    _kick_after_commit(session)
