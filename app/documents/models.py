"""Kinds of supporting documents, what is asked of families, and what they gave."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.core.db import Base, UtcDateTime, choice
from app.households.models import Child, Household


class Owner(StrEnum):
    """Whose document it is: asked once for each child, or once for the household."""

    CHILD = "child"
    HOUSEHOLD = "household"


class Validity(StrEnum):
    """Until when an accepted document is good."""

    MONTHS = "months"
    SCHOOL_YEAR = "school_year"
    DATE = "date"  # written on the document, read by the agent
    UNLIMITED = "unlimited"


class AskedOf(StrEnum):
    """Who needs it without being asked one by one. Activities and démarches ask by requirements."""

    NOBODY = "nobody"
    EVERY_HOUSEHOLD = "every_household"
    EVERY_CHILD = "every_child"


class DocumentType(Base):
    """« Pièce »: a kind of supporting document. ``code`` is what definitions of démarches name.

    ``is_health``: its files are sealed and opened by the role Santé only (§3.10).
    """

    __tablename__ = "document_type"

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(sa.String(40), unique=True)
    name: Mapped[str] = mapped_column(sa.String(100), unique=True)
    help: Mapped[str] = mapped_column(sa.Text, default="")
    owner: Mapped[Owner] = mapped_column(choice(Owner))
    validity: Mapped[Validity] = mapped_column(choice(Validity))
    validity_months: Mapped[int | None]
    asked_of: Mapped[AskedOf] = mapped_column(choice(AskedOf), default=AskedOf.NOBODY)
    is_health: Mapped[bool] = mapped_column(default=False)
    is_active: Mapped[bool] = mapped_column(default=True)
    position: Mapped[int] = mapped_column(default=0)

    def __repr__(self) -> str:
        return self.name


class Requirement(Base):
    """« Réclamé »: this document is asked of this household, for this child if it is a child's.

    Written by rooms that need it (an enrolment, a request, an agent); ``source`` names what asks
    (« request:12 », « activity:3 », « agent:8 »), so that asking twice changes nothing. It is met by
    a valid document, whichever; ``lifted_at``: no longer asked.
    """

    __tablename__ = "document_requirement"
    __table_args__ = (
        sa.UniqueConstraint("source", "document_type_id", "household_id", "child_id"),
        sa.Index(
            "uq_document_requirement_household",
            "source",
            "document_type_id",
            "household_id",
            unique=True,
            sqlite_where=sa.text("child_id IS NULL"),
            postgresql_where=sa.text("child_id IS NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    document_type_id: Mapped[int] = mapped_column(sa.ForeignKey("document_type.id"))
    household_id: Mapped[int] = mapped_column(sa.ForeignKey("household.id"), index=True)
    child_id: Mapped[int | None] = mapped_column(sa.ForeignKey("child.id"), index=True)
    source: Mapped[str] = mapped_column(sa.String(40))
    message: Mapped[str] = mapped_column(sa.Text, default="")
    asked_at: Mapped[datetime] = mapped_column(UtcDateTime)
    asked_by: Mapped[int | None] = mapped_column(sa.ForeignKey("ab_user.id"))
    lifted_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    document_type: Mapped[DocumentType] = relationship()


class Document(Base):
    """« Justificatif »: what a household gave once, and its review by an agent.

    Its status is worked out from these facts (``rules.status``), never stored. ``is_accepted`` is
    None until an agent has decided. ``erased_at``: the files are gone, the line stays.
    """

    __tablename__ = "document"
    __table_args__ = (
        sa.Index("ix_document_owner", "household_id", "document_type_id", "child_id"),
        sa.Index("ix_document_waiting", "reviewed_at", "given_at"),
        sa.Index("ix_document_ending", "valid_until"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    document_type_id: Mapped[int] = mapped_column(sa.ForeignKey("document_type.id"))
    household_id: Mapped[int] = mapped_column(sa.ForeignKey("household.id"))
    child_id: Mapped[int | None] = mapped_column(sa.ForeignKey("child.id"), index=True)
    given_at: Mapped[datetime] = mapped_column(UtcDateTime)
    given_by: Mapped[int | None] = mapped_column(sa.ForeignKey("ab_user.id"))
    is_accepted: Mapped[bool | None]
    reviewed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    reviewed_by: Mapped[int | None] = mapped_column(sa.ForeignKey("ab_user.id"))
    refusal_reason: Mapped[str] = mapped_column(sa.Text, default="")
    valid_until: Mapped[date | None]
    reminded_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    erased_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    document_type: Mapped[DocumentType] = relationship()
    household: Mapped[Household] = relationship()
    child: Mapped[Child | None] = relationship()
    pages: Mapped[list[DocumentPage]] = relationship(
        back_populates="document", order_by="DocumentPage.position"
    )


class DocumentPage(Base):
    """One file of a document. ``storage_key`` is made by the server; ``name`` is only shown."""

    __tablename__ = "document_page"
    __table_args__ = (sa.UniqueConstraint("document_id", "position"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    document_id: Mapped[int] = mapped_column(sa.ForeignKey("document.id"))
    position: Mapped[int]
    storage_key: Mapped[str] = mapped_column(sa.String(80), unique=True)
    name: Mapped[str] = mapped_column(sa.String(120))
    content_type: Mapped[str] = mapped_column(sa.String(100))
    size: Mapped[int]
    sha256: Mapped[str] = mapped_column(sa.String(64))
    is_sealed: Mapped[bool] = mapped_column(default=False)

    document: Mapped[Document] = relationship(back_populates="pages")


class DocumentReading(Base):
    """Somebody opened a file (D9)."""

    __tablename__ = "document_reading"

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
    account_id: Mapped[int] = mapped_column(sa.ForeignKey("ab_user.id"))
    document_id: Mapped[int] = mapped_column(sa.ForeignKey("document.id"), index=True)
    household_id: Mapped[int] = mapped_column(sa.ForeignKey("household.id"), index=True)
