"""Accounts, registrations that wait for their activation, and links that work once."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

import sqlalchemy as sa
from flask_appbuilder.security.sqla.models import User
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import Base, UtcDateTime, choice


class Account(User):  # type: ignore[misc]
    """A person's login: FAB's user plus what the portal needs.

    ``username`` and ``email`` are kept in lower case, so that any case finds them (A7).
    ``session_version`` is part of the session's id: raising it closes every session (A10).
    Lockout (A8): ``failures_in_a_row``, ``locks_in_a_row`` and ``locked_until``, in real time.
    An account without password waits for its invitation to be followed.
    """

    __tablename__ = "ab_user"
    __table_args__ = {"extend_existing": True}

    household_id: Mapped[int | None] = mapped_column(
        sa.ForeignKey("household.id", use_alter=True, name="fk_ab_user_household_id"), index=True
    )
    session_version: Mapped[int] = mapped_column(default=1, server_default="1")
    failures_in_a_row: Mapped[int] = mapped_column(default=0, server_default="0")
    locks_in_a_row: Mapped[int] = mapped_column(default=0, server_default="0")
    locked_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    terms_accepted_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    locale: Mapped[str] = mapped_column(sa.String(5), default="fr", server_default="fr")

    def get_id(self) -> str:
        """What the session keeps: worth nothing once the version has moved on."""
        return f"{self.id}.{self.session_version}"


class TypedName(Base):
    """Wrong passwords for a name that somebody typed, known or not (A8).

    What the sign-in page says depends on these lines alone, so that it reads the same for names
    that do not exist; what opens depends on the account's own lock. Only a hash is kept.
    """

    __tablename__ = "typed_name"

    name_hash: Mapped[str] = mapped_column(sa.String(64), primary_key=True)
    failures_in_a_row: Mapped[int] = mapped_column(default=0)
    locks_in_a_row: Mapped[int] = mapped_column(default=0)
    locked_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    seen_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)


class PendingRegistration(Base):
    """A registration before its activation; reserves nothing and expires after 24 h (A4).

    ``account_id`` once activated: the same link followed again finds it done.
    """

    __tablename__ = "pending_registration"

    id: Mapped[int] = mapped_column(primary_key=True)
    token_hash: Mapped[str] = mapped_column(sa.String(64), unique=True)
    username: Mapped[str] = mapped_column(sa.String(64))
    email: Mapped[str] = mapped_column(sa.String(320), index=True)
    password_hash: Mapped[str] = mapped_column(sa.String(256))
    first_name: Mapped[str] = mapped_column(sa.String(64))
    last_name: Mapped[str] = mapped_column(sa.String(64))
    phone: Mapped[str] = mapped_column(sa.String(30), default="")
    family_code_hash: Mapped[str | None] = mapped_column(sa.String(64))
    invitation_hash: Mapped[str | None] = mapped_column(sa.String(64))
    terms_accepted_at: Mapped[datetime] = mapped_column(UtcDateTime)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
    failures: Mapped[int] = mapped_column(default=0)
    account_id: Mapped[int | None] = mapped_column(sa.ForeignKey("ab_user.id"))


class LinkKind(StrEnum):
    """What a link that works once does."""

    RESET_PASSWORD = "reset_password"
    CONFIRM_EMAIL = "confirm_email"
    INVITATION = "invitation"


class OneTimeLink(Base):
    """A link sent by e-mail; only its hash is kept. ``payload`` holds the new address (A11)."""

    __tablename__ = "one_time_link"

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[LinkKind] = mapped_column(choice(LinkKind))
    token_hash: Mapped[str] = mapped_column(sa.String(64), unique=True)
    account_id: Mapped[int] = mapped_column(sa.ForeignKey("ab_user.id"), index=True)
    payload: Mapped[dict[str, Any]] = mapped_column(sa.JSON, default=dict)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)
    used_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
