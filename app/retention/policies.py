"""What is kept how long: one line per kind of data, each a set that is due and how it is erased.

The same ``due`` serves the administrator's list (nothing erased) and the purge. Accounting rows
(ledger, payments, refunds, charges, bookings) stay; they hold ids, no names (§3.3).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.accounts.models import PendingRegistration
from app.core import clock, settings
from app.core.models import AuditEvent
from app.core.settings import Declared
from app.core.text import N_
from app.documents.models import Document, DocumentReading
from app.documents.purge import erase as erase_documents
from app.documents.purge import refused_before
from app.households.models import HealthReading, SchoolYear, YearFile
from app.notices.models import MailState, Notice, OutboxMessage
from app.portal.models import ContactMessage
from app.requests.models import Request, RequestDocument, RequestMessage, RequestMove, Status
from app.requests.rules import IN_PROGRESS
from app.retention.rules import months_before

Due = sa.Select[Any]
"""A select of the ids of what is due."""

HEALTH_WITHOUT_YEAR = timedelta(days=365)


@dataclass(frozen=True)
class Policy:
    """``due(session, now)`` selects ids of ``model``; ``erase(session, ids)`` erases a set, in few statements.

    ``setting``: the months that the commune may change; without one the period is the law's or
    follows the school year.
    """

    name: str
    label: str
    period: str
    model: Any
    due: Callable[[Session, datetime], Due]
    erase: Callable[[Session, Sequence[int]], None]
    setting: Declared[int] | None = None


def _older(column: Any, setting: Declared[int], *more: Any) -> Callable[[Session, datetime], Due]:
    """Rows whose moment is more than the setting's months ago."""

    def due(session: Session, now: datetime) -> Due:
        limit = months_before(now, settings.get(session, setting))
        return sa.select(column.class_.id).where(column <= limit, *more)

    return due


def _delete(*models: Any) -> Callable[[Session, Sequence[int]], None]:
    """Delete the rows; models before the last hang on it by ``request_id``."""

    def erase(session: Session, ids: Sequence[int]) -> None:
        *hanging, own = models
        for model in hanging:
            session.execute(sa.delete(model).where(model.request_id.in_(ids)))
        session.execute(sa.delete(own).where(own.id.in_(ids)))

    return erase


def _pending(session: Session, now: datetime) -> Due:
    return sa.select(PendingRegistration.id).where(PendingRegistration.expires_at <= now)


def _refused(session: Session, now: datetime) -> Due:
    return refused_before(months_before(now, settings.get(session, settings.KEEP_REFUSED_MONTHS)))


def _ended_years(now: datetime) -> sa.Select[Any]:
    return sa.select(SchoolYear.id).where(SchoolYear.ends_on < clock.paris(now).date())


def _health(session: Session, now: datetime) -> Due:
    """The health part of the files of school years that are over."""
    return sa.select(YearFile.id).where(
        YearFile.health_cipher.is_not(None), YearFile.school_year_id.in_(_ended_years(now))
    )


def _private_answers(session: Session, now: datetime) -> Due:
    """Those of decided requests, at the end of their school year, or a year later without one."""
    over = sa.or_(
        Request.school_year_id.in_(_ended_years(now)),
        sa.and_(Request.school_year_id.is_(None), Request.changed_at <= now - HEALTH_WITHOUT_YEAR),
    )
    return sa.select(Request.id).where(
        Request.private_answers.is_not(None), Request.status.not_in(IN_PROGRESS), over
    )


def _unseal(model: Any, column: str) -> Callable[[Session, Sequence[int]], None]:
    def erase(session: Session, ids: Sequence[int]) -> None:
        session.execute(sa.update(model).where(model.id.in_(ids)).values({column: None}))

    return erase


POLICIES: tuple[Policy, ...] = (
    Policy(
        "registrations",
        N_("Registrations never activated"),
        N_("24 hours"),
        PendingRegistration,
        _pending,
        _delete(PendingRegistration),
    ),
    Policy(
        "drafts",
        N_("Unfinished requests"),
        N_("after the last change"),
        Request,
        _older(Request.changed_at, settings.KEEP_DRAFTS_MONTHS, Request.status == Status.DRAFT),
        _delete(RequestMove, RequestMessage, RequestDocument, Request),
        settings.KEEP_DRAFTS_MONTHS,
    ),
    Policy(
        "visitors",
        N_("Requests made without login"),
        N_("after they were handled"),
        Request,
        _older(
            Request.changed_at,
            settings.KEEP_MESSAGES_MONTHS,
            Request.household_id.is_(None),
            Request.status.not_in(IN_PROGRESS),
        ),
        _delete(RequestMove, RequestMessage, RequestDocument, Request),
        settings.KEEP_MESSAGES_MONTHS,
    ),
    Policy(
        "refused_documents",
        N_("Files of refused documents"),
        N_("after the refusal"),
        Document,
        _refused,
        erase_documents,
        settings.KEEP_REFUSED_MONTHS,
    ),
    Policy(
        "health",
        N_("Health data of yearly files"),
        N_("end of the school year"),
        YearFile,
        _health,
        _unseal(YearFile, "health_cipher"),
    ),
    Policy(
        "private_answers",
        N_("Health data of requests"),
        N_("end of the school year"),
        Request,
        _private_answers,
        _unseal(Request, "private_answers"),
    ),
    Policy(
        "notices",
        N_("Messages of the families"),
        N_("after they were written"),
        Notice,
        _older(Notice.created_at, settings.KEEP_MESSAGES_MONTHS),
        _delete(Notice),
        settings.KEEP_MESSAGES_MONTHS,
    ),
    Policy(
        "mails",
        N_("E-mails sent or given up"),
        N_("after they were written"),
        OutboxMessage,
        _older(
            OutboxMessage.created_at,
            settings.KEEP_MESSAGES_MONTHS,
            OutboxMessage.state.in_([MailState.SENT, MailState.DEAD]),
        ),
        _delete(OutboxMessage),
        settings.KEEP_MESSAGES_MONTHS,
    ),
    Policy(
        "contact",
        N_("Messages received through “Contact us”"),
        N_("after they were handled"),
        ContactMessage,
        _older(ContactMessage.handled_at, settings.KEEP_MESSAGES_MONTHS),
        _delete(ContactMessage),
        settings.KEEP_MESSAGES_MONTHS,
    ),
    Policy(
        "trail",
        N_("Journal of actions"),
        N_("after the action"),
        AuditEvent,
        _older(AuditEvent.at, settings.KEEP_TRAIL_MONTHS),
        _delete(AuditEvent),
        settings.KEEP_TRAIL_MONTHS,
    ),
    Policy(
        "document_readings",
        N_("Readings of documents"),
        N_("after the reading"),
        DocumentReading,
        _older(DocumentReading.at, settings.KEEP_TRAIL_MONTHS),
        _delete(DocumentReading),
        settings.KEEP_TRAIL_MONTHS,
    ),
    Policy(
        "health_readings",
        N_("Readings of health data"),
        N_("after the reading"),
        HealthReading,
        _older(HealthReading.at, settings.KEEP_TRAIL_MONTHS),
        _delete(HealthReading),
        settings.KEEP_TRAIL_MONTHS,
    ),
)


def count_due(session: Session, now: datetime) -> dict[str, int]:
    """How many rows each policy would erase now; one statement."""
    counts = sa.select(
        *(
            sa.select(sa.func.count())
            .select_from(policy.due(session, now).subquery())
            .scalar_subquery()
            .label(policy.name)
            for policy in POLICIES
        )
    )
    return dict(session.execute(counts).one()._mapping)
