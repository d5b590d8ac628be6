"""Reads of messages and of the outbox."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.core.errors import NotFound
from app.notices.models import MailState, Notice, OutboxMessage

PAGE_SIZE = 20


@dataclass(frozen=True)
class Page:
    """Some of an account's messages, the newest first; ``number`` from 1 to ``pages``."""

    notices: Sequence[Notice]
    number: int
    pages: int


def page(session: Session, account_id: int, number: int) -> Page:
    """One page of the account's messages; a number out of range gives the nearest page."""
    mine = Notice.account_id == account_id
    total = session.scalar(sa.select(sa.func.count()).select_from(Notice).where(mine)) or 0
    pages = max(1, -(-total // PAGE_SIZE))
    number = min(max(number, 1), pages)
    found = session.scalars(
        sa.select(Notice)
        .where(mine)
        .order_by(Notice.created_at.desc(), Notice.id.desc())
        .limit(PAGE_SIZE)
        .offset((number - 1) * PAGE_SIZE)
    )
    return Page(found.all(), number, pages)


def notice_for(session: Session, account_id: int, notice_id: int) -> Notice:
    """The account's own message; NotFound for any other."""
    found = session.scalar(
        sa.select(Notice).where(Notice.id == notice_id, Notice.account_id == account_id)
    )
    if found is None:
        raise NotFound
    return found


def unread(session: Session, account_id: int) -> int:
    """How many messages the account has not opened."""
    return session.scalar(sa.select(unread_of(account_id))) or 0


def unread_of(account_id: Any) -> sa.ScalarSelect[int]:
    """The same, inside another statement; ``account_id`` may be a column of it."""
    return (
        sa.select(sa.func.count(Notice.id))
        .where(Notice.account_id == account_id, Notice.read_at.is_(None))
        .scalar_subquery()
    )


def dead_mails() -> sa.Select[int]:
    """How many e-mails were given up."""
    return sa.select(sa.func.count(OutboxMessage.id)).where(OutboxMessage.state == MailState.DEAD)
