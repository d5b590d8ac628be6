"""Dated facts that prices depend on; only agents set them (A11)."""

from __future__ import annotations

from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.core import audit
from app.core.actor import Actor
from app.households.errors import BadDates, BadQuotient
from app.households.models import QuotientRecord, ResidenceRecord
from app.households.services.members import open_household
from app.households.services.ties import reprice

MAX_QUOTIENT = 99_999


def record_quotient(
    session: Session,
    actor: Actor,
    household_id: int,
    quotient: int,
    valid_from: date,
    valid_until: date | None = None,
    *,
    now: datetime,
) -> QuotientRecord:
    """The household's quotient, in euros, from a day on; uncharged bookings are repriced (§3.1).

    ``valid_until``: last day, None until the next record. A record of the same first day is
    corrected. BadQuotient, BadDates.
    """
    if not 0 <= quotient <= MAX_QUOTIENT:
        raise BadQuotient(most=MAX_QUOTIENT)
    if valid_until is not None and valid_until < valid_from:
        raise BadDates
    open_household(session, household_id)
    row = session.scalar(
        sa.select(QuotientRecord).where(
            QuotientRecord.household_id == household_id, QuotientRecord.valid_from == valid_from
        )
    ) or QuotientRecord(household_id=household_id, valid_from=valid_from)
    row.quotient, row.valid_until = quotient, valid_until
    row.recorded_by, row.recorded_at = actor.account_id, now
    session.add(row)
    session.flush()
    audit.record(session, actor, "record_quotient", "quotient", row.id, household_id)
    reprice(session, actor, [household_id], valid_from)
    return row


def record_residence(
    session: Session,
    actor: Actor,
    household_id: int,
    is_resident: bool,
    valid_from: date,
    *,
    now: datetime,
) -> ResidenceRecord:
    """Whether the household pays as a resident from a day on; uncharged bookings are repriced."""
    open_household(session, household_id)
    row = session.scalar(
        sa.select(ResidenceRecord).where(
            ResidenceRecord.household_id == household_id, ResidenceRecord.valid_from == valid_from
        )
    ) or ResidenceRecord(household_id=household_id, valid_from=valid_from)
    row.is_resident = is_resident
    row.recorded_by, row.recorded_at = actor.account_id, now
    session.add(row)
    session.flush()
    audit.record(session, actor, "record_residence", "residence", row.id, household_id)
    reprice(session, actor, [household_id], valid_from)
    return row
