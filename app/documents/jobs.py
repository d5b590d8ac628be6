"""What runs at night: one reminder before a document expires (D7)."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased

from app.core import clock
from app.documents import notices, rules
from app.documents.models import Document, DocumentType
from app.households.models import Child, Guardianship
from app.households.queries import holding


def remind(session: Session, now: datetime) -> str:
    """Job « documents »: tell once of each document that ends soon and was not renewed.

    A constant number of statements, and of inserts per 500 families.
    """
    day = clock.paris(now).date()
    newer = aliased(Document)
    renewed = sa.exists().where(
        newer.household_id == Document.household_id,
        newer.document_type_id == Document.document_type_id,
        newer.child_id.is_not_distinct_from(Document.child_id),
        newer.id > Document.id,
        sa.or_(newer.is_accepted.is_(None), newer.is_accepted.is_(True)),
    )
    ending = [
        Document.is_accepted.is_(True),
        Document.erased_at.is_(None),
        Document.reminded_at.is_(None),
        Document.valid_until.between(day, day + timedelta(rules.REMINDER_DAYS)),
        ~renewed,
        sa.or_(Document.child_id.is_(None), _still_seen(day)),
    ]
    lines = [
        notices.Ending(*row)
        for row in session.execute(
            sa.select(
                Document.id,
                Document.household_id,
                DocumentType.name,
                Child.first_name,
                Document.valid_until,
            )
            .join(Document.document_type)
            .outerjoin(Document.child)
            .where(DocumentType.is_active, *ending)
            .order_by(Document.id)
        )
    ]
    notices.ending(session, lines)
    for start in range(0, len(lines), 500):
        ids = [line.document_id for line in lines[start : start + 500]]
        session.execute(sa.update(Document).where(Document.id.in_(ids)).values(reminded_at=now))
    return f"{len(lines)} reminded"


def _still_seen(day: date) -> sa.ColumnElement[bool]:
    """The tie still holds: a restricted parent is not told of the child (§3.5)."""
    return sa.exists(
        sa.select(Guardianship.id)
        .join(Child, Guardianship.child_id == Child.id)
        .where(
            Guardianship.household_id == Document.household_id,
            Guardianship.child_id == Document.child_id,
            holding(day),
        )
        .correlate(Document)
    )
