"""Exports of a family's data, and warnings given before something is forgotten."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import Base, UtcDateTime, choice


class ExportState(StrEnum):
    """Life of « Mes données »: asked, being made, ready, failed."""

    ASKED = "asked"
    MAKING = "making"
    READY = "ready"
    FAILED = "failed"


class DataExport(Base):
    """Everything the portal knows of a household, as one ZIP kept a few days.

    Another account of the household does not see who else's export it is: ``account_id`` asked it.
    ``progress``: per cent.
    """

    __tablename__ = "data_export"

    id: Mapped[int] = mapped_column(primary_key=True)
    household_id: Mapped[int] = mapped_column(sa.ForeignKey("household.id"), index=True)
    account_id: Mapped[int] = mapped_column(sa.ForeignKey("ab_user.id"))
    state: Mapped[ExportState] = mapped_column(choice(ExportState), default=ExportState.ASKED)
    progress: Mapped[int] = mapped_column(default=0)
    asked_at: Mapped[datetime] = mapped_column(UtcDateTime)
    ready_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime | None] = mapped_column(UtcDateTime, index=True)
    storage_key: Mapped[str] = mapped_column(sa.String(80), default="")
    size: Mapped[int] = mapped_column(default=0)


class PurgeWarning(Base):
    """This household was told that its file will be forgotten from ``forget_on`` on.

    ``on_request``: it asked for it itself, and an agent agreed.
    """

    __tablename__ = "purge_warning"

    id: Mapped[int] = mapped_column(primary_key=True)
    household_id: Mapped[int] = mapped_column(sa.ForeignKey("household.id"), unique=True)
    warned_at: Mapped[datetime] = mapped_column(UtcDateTime)
    forget_on: Mapped[date]
    on_request: Mapped[bool] = mapped_column(default=False)
