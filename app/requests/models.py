"""Procedures (démarches) and their versions, requests (demandes) and what happened to them."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.core.db import Base, UtcDateTime, choice
from app.households.models import Child, Household


class ProcedureState(StrEnum):
    """A démarche is prepared, then open to families, then closed (and may be opened again)."""

    DRAFT = "draft"
    PUBLISHED = "published"
    CLOSED = "closed"


class Procedure(Base):
    """« Démarche ». ``draft`` is the definition being edited (``app.requests.definition``).

    Families see ``published_version``, of number ``published_number``. ``is_builtin``: written in ``app.procedures``, its texts and
    fields may be changed, its code and effect stay.
    """

    __tablename__ = "procedure"

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(sa.String(40), unique=True)
    title: Mapped[str] = mapped_column(sa.String(120))
    theme: Mapped[str] = mapped_column(sa.String(20))
    position: Mapped[int] = mapped_column(default=0)
    state: Mapped[ProcedureState] = mapped_column(
        choice(ProcedureState), default=ProcedureState.DRAFT, index=True
    )
    is_builtin: Mapped[bool] = mapped_column(default=False)
    draft: Mapped[dict[str, Any]] = mapped_column(sa.JSON)
    draft_edition: Mapped[int] = mapped_column(default=1)
    published_number: Mapped[int | None]
    changed_at: Mapped[datetime] = mapped_column(UtcDateTime)

    published_version: Mapped[ProcedureVersion | None] = relationship(
        primaryjoin="and_(ProcedureVersion.procedure_id == Procedure.id,"
        " ProcedureVersion.number == Procedure.published_number)",
        viewonly=True,
    )

    def __repr__(self) -> str:
        return self.title


class ProcedureVersion(Base):
    """A definition as it was published: never changed, so that requests begun keep theirs."""

    __tablename__ = "procedure_version"
    __table_args__ = (sa.UniqueConstraint("procedure_id", "number"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    procedure_id: Mapped[int] = mapped_column(sa.ForeignKey("procedure.id"))
    number: Mapped[int]
    definition: Mapped[dict[str, Any]] = mapped_column(sa.JSON)
    published_at: Mapped[datetime] = mapped_column(UtcDateTime)
    published_by: Mapped[int | None] = mapped_column(sa.ForeignKey("ab_user.id"))

    procedure: Mapped[Procedure] = relationship()


class Status(StrEnum):
    """Where a request stands (D2); ``rules.MOVES`` says how it goes from one to the next."""

    DRAFT = "draft"
    PENDING = "pending"
    PROCESSING = "processing"
    CLOSED = "closed"
    REFUSED = "refused"
    CANCELLED = "cancelled"


class Request(Base):
    """« Demande »: one family's asking, or a visitor's (no household) where the démarche allows it.

    ``answers``: field → value; those of private fields are sealed in ``private_answers``.
    ``once_key`` holds « once per child and year » by a unique index; None once refused or cancelled,
    and once closed unless it counts for the whole year.
    ``edition`` goes up at each save: a page that shows an older one is refused.
    ``due_on``: the last day to answer, None once it is; ``submit_token`` makes a submission sent twice one.
    """

    __tablename__ = "request"
    __table_args__ = (
        sa.Index("ix_request_queue", "status", "submitted_at"),
        sa.Index("ix_request_household", "household_id", "status"),
        sa.Index("ix_request_late", "due_on"),
        sa.Index("ix_request_taken", "taken_by", "status", "submitted_at"),
        sa.Index("ix_request_submitted", "submitted_at"),
        sa.Index(
            "ix_request_visitor",
            "email",
            sqlite_where=sa.text("household_id IS NULL"),
            postgresql_where=sa.text("household_id IS NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[str | None] = mapped_column(sa.String(20), unique=True)
    procedure_id: Mapped[int] = mapped_column(sa.ForeignKey("procedure.id"), index=True)
    version_id: Mapped[int] = mapped_column(sa.ForeignKey("procedure_version.id"))
    household_id: Mapped[int | None] = mapped_column(sa.ForeignKey("household.id"))
    account_id: Mapped[int | None] = mapped_column(sa.ForeignKey("ab_user.id"))
    email: Mapped[str] = mapped_column(sa.String(320), default="")
    child_id: Mapped[int | None] = mapped_column(sa.ForeignKey("child.id"), index=True)
    school_year_id: Mapped[int | None] = mapped_column(sa.ForeignKey("school_year.id"))
    status: Mapped[Status] = mapped_column(choice(Status), default=Status.DRAFT)
    step: Mapped[str] = mapped_column(sa.String(40), default="")
    answers: Mapped[dict[str, Any]] = mapped_column(sa.JSON, default=dict)
    private_answers: Mapped[bytes | None] = mapped_column(sa.LargeBinary)
    edition: Mapped[int] = mapped_column(default=1)
    once_key: Mapped[str | None] = mapped_column(sa.String(100), unique=True)
    submit_token: Mapped[str | None] = mapped_column(sa.String(64), unique=True)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    changed_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
    submitted_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    due_on: Mapped[date | None]
    taken_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    taken_by: Mapped[int | None] = mapped_column(sa.ForeignKey("ab_user.id"))
    decided_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    decided_by: Mapped[int | None] = mapped_column(sa.ForeignKey("ab_user.id"))
    reason: Mapped[str] = mapped_column(sa.Text, default="")

    procedure: Mapped[Procedure] = relationship()
    version: Mapped[ProcedureVersion] = relationship()
    household: Mapped[Household | None] = relationship()
    child: Mapped[Child | None] = relationship()


class RequestMove(Base):
    """One move of a request from a status to another, with its author (None: the portal)."""

    __tablename__ = "request_move"

    id: Mapped[int] = mapped_column(primary_key=True)
    request_id: Mapped[int] = mapped_column(sa.ForeignKey("request.id"), index=True)
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    actor_id: Mapped[int | None] = mapped_column(sa.ForeignKey("ab_user.id"))
    from_status: Mapped[Status | None] = mapped_column(choice(Status, "from_status"))
    to_status: Mapped[Status] = mapped_column(choice(Status))


class RequestMessage(Base):
    """A line of the thread between the family and the service on one request."""

    __tablename__ = "request_message"

    id: Mapped[int] = mapped_column(primary_key=True)
    request_id: Mapped[int] = mapped_column(sa.ForeignKey("request.id"), index=True)
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    author_id: Mapped[int | None] = mapped_column(sa.ForeignKey("ab_user.id"))
    from_agent: Mapped[bool]
    text: Mapped[str] = mapped_column(sa.Text)
    read_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class RequestDocument(Base):
    """A document given with a request, in the field ``field`` (empty: among those required)."""

    __tablename__ = "request_document"
    __table_args__ = (sa.UniqueConstraint("request_id", "document_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    request_id: Mapped[int] = mapped_column(sa.ForeignKey("request.id"), index=True)
    document_id: Mapped[int] = mapped_column(sa.ForeignKey("document.id"), index=True)
    field: Mapped[str] = mapped_column(sa.String(40), default="")
