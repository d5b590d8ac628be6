"""Tables that every room may use: settings, services of the commune, trail, counters, job runs."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import Base, UtcDateTime, choice


class Setting(Base):
    """One setting that the commune changed; defaults live in ``app.core.settings``."""

    __tablename__ = "core_setting"

    key: Mapped[str] = mapped_column(sa.String(60), primary_key=True)
    value: Mapped[Any] = mapped_column(sa.JSON)


class ServiceCode(StrEnum):
    """The three services that a family can write to (A2)."""

    SCHOOL = "school"
    CARE = "care"
    CAMPS = "camps"


class Service(Base):
    """How to reach one service of the commune (A2)."""

    __tablename__ = "core_service"

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[ServiceCode] = mapped_column(choice(ServiceCode), unique=True)
    name: Mapped[str] = mapped_column(sa.String(80))
    phone: Mapped[str] = mapped_column(sa.String(30), default="")
    email: Mapped[str] = mapped_column(sa.String(320), default="")
    opening_hours: Mapped[str] = mapped_column(sa.Text, default="")
    address: Mapped[str] = mapped_column(sa.Text, default="")

    def __repr__(self) -> str:
        return self.name


class AuditEvent(Base):
    """Who did what to which row, and when. Holds ids and values that explain, no health data."""

    __tablename__ = "core_audit_event"

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
    actor_id: Mapped[int | None] = mapped_column(sa.ForeignKey("ab_user.id"), index=True)
    verb: Mapped[str] = mapped_column(sa.String(60))
    subject: Mapped[str] = mapped_column(sa.String(60))
    subject_id: Mapped[int | None]
    household_id: Mapped[int | None] = mapped_column(index=True)
    details: Mapped[dict[str, Any]] = mapped_column(sa.JSON, default=dict)


class Counter(Base):
    """The next number of a gapless series (receipts); locked last in every transaction."""

    __tablename__ = "core_counter"

    name: Mapped[str] = mapped_column(sa.String(60), primary_key=True)
    next_value: Mapped[int] = mapped_column(default=1)


class JobRun(Base):
    """What the schedule remembers of a job, so that a missed night is caught up (§5.6)."""

    __tablename__ = "core_job_run"

    name: Mapped[str] = mapped_column(sa.String(60), primary_key=True)
    last_due_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    last_queued_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    last_started_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    last_finished_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    last_error: Mapped[str] = mapped_column(sa.Text, default="")
