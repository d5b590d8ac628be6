"""What the home page and the contact page show and take in."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import Base, UtcDateTime, choice
from app.core.models import ServiceCode


class News(Base):
    """A piece of news on the home page (A1)."""

    __tablename__ = "news"

    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str] = mapped_column(sa.String(150))
    body: Mapped[str] = mapped_column(sa.Text)
    published_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
    hidden_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    def __repr__(self) -> str:
        return self.title


class ContactMessage(Base):
    """What somebody wrote through « Nous contacter »: the agents' inbox (A2)."""

    __tablename__ = "contact_message"

    id: Mapped[int] = mapped_column(primary_key=True)
    service: Mapped[ServiceCode] = mapped_column(choice(ServiceCode))
    name: Mapped[str] = mapped_column(sa.String(120))
    email: Mapped[str] = mapped_column(sa.String(320))
    phone: Mapped[str] = mapped_column(sa.String(30), default="")
    body: Mapped[str] = mapped_column(sa.Text)
    account_id: Mapped[int | None] = mapped_column(sa.ForeignKey("ab_user.id"))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    handled_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    handled_by: Mapped[int | None] = mapped_column(sa.ForeignKey("ab_user.id"))
