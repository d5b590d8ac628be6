"""What the family reads in its space (Notice) and what is sent by e-mail (OutboxMessage)."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import Base, UtcDateTime, choice


class Notice(Base):
    """A message in an account's space. ``dedupe_key`` makes the same fact told once."""

    __tablename__ = "notice"
    __table_args__ = (sa.Index("ix_notice_unread", "account_id", "read_at"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    dedupe_key: Mapped[str] = mapped_column(sa.String(150), unique=True)
    account_id: Mapped[int] = mapped_column(sa.ForeignKey("ab_user.id"))
    household_id: Mapped[int | None] = mapped_column(sa.ForeignKey("household.id"), index=True)
    template: Mapped[str] = mapped_column(sa.String(60))
    subject: Mapped[str] = mapped_column(sa.String(200))
    body: Mapped[str] = mapped_column(sa.Text)
    url: Mapped[str] = mapped_column(sa.String(300), default="")
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    read_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class MailState(StrEnum):
    """Life of an e-mail: waiting, being sent, sent, or dead after too many failures."""

    WAITING = "waiting"
    SENDING = "sending"
    SENT = "sent"
    DEAD = "dead"


class OutboxMessage(Base):
    """An e-mail written in the transaction of what it tells, sent afterwards (§5.5).

    ``dedupe_key`` makes the same fact told once; ``lease_*`` keep two senders apart, in real time;
    ``attempts`` counts the times that a mail server answered, or that a sender died;
    a ``confidential`` text holds a link that opens something: never shown, wiped once sent.
    """

    __tablename__ = "outbox_message"
    __table_args__ = (sa.Index("ix_outbox_due", "state", "due_at"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    dedupe_key: Mapped[str] = mapped_column(sa.String(150), unique=True)
    to_address: Mapped[str] = mapped_column(sa.String(320))
    reply_to: Mapped[str] = mapped_column(sa.String(320), default="")
    account_id: Mapped[int | None] = mapped_column(sa.ForeignKey("ab_user.id"), index=True)
    household_id: Mapped[int | None] = mapped_column(sa.ForeignKey("household.id"), index=True)
    template: Mapped[str] = mapped_column(sa.String(60))
    subject: Mapped[str] = mapped_column(sa.String(200))
    text: Mapped[str] = mapped_column(sa.Text)
    html: Mapped[str] = mapped_column(sa.Text, default="")
    confidential: Mapped[bool] = mapped_column(default=False)
    message_id: Mapped[str] = mapped_column(sa.String(200), unique=True)
    state: Mapped[MailState] = mapped_column(choice(MailState), default=MailState.WAITING)
    attempts: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    due_at: Mapped[datetime] = mapped_column(UtcDateTime)
    lease_token: Mapped[str | None] = mapped_column(sa.String(40))
    lease_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    sent_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    last_error: Mapped[str] = mapped_column(sa.Text, default="")

    @property
    def shown_text(self) -> str:
        """What an agent may read of it: nothing of a confidential one."""
        return "" if self.confidential else self.text

    def __repr__(self) -> str:
        return self.subject
