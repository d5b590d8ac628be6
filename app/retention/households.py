"""Households without a child for years: warned, then erased. What accounting needs stays."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from flask_appbuilder.security.sqla.models import assoc_user_role
from sqlalchemy.orm import Session

from app.accounts.models import Account, OneTimeLink
from app.core import audit, clock, settings
from app.core.actor import SYSTEM
from app.documents import purge as documents
from app.households.models import (
    Adult,
    Child,
    Guardianship,
    HealthReading,
    Household,
    Invitation,
    PickupPerson,
    PickupRight,
    QuotientRecord,
    ResidenceRecord,
    YearFile,
)
from app.households.queries import recipients
from app.notices.models import Notice, OutboxMessage
from app.notices.services import tell_many
from app.requests.models import (
    Request,
    RequestDocument,
    RequestMessage,
    RequestMove,
    Status,
)
from app.requests.rules import IN_PROGRESS
from app.requests.services.moving import refuse_unanswered
from app.retention import erasures, exports
from app.retention.models import PurgeWarning
from app.retention.rules import forget_on, months_before
from app.wallet.queries import balances

OF_THE_HOUSEHOLD: tuple[Any, ...] = (
    Notice,
    OutboxMessage,
    Invitation,
    QuotientRecord,
    ResidenceRecord,
    HealthReading,
    YearFile,
    PurgeWarning,
)
"""Tables whose rows go with the household."""


def idle(session: Session, now: datetime) -> list[int]:
    """Open households whose last child left long ago, or that never had one and are as old.

    Those with money on their account are kept: it has to be given back first.
    """
    limit = months_before(now, settings.get(session, settings.KEEP_HOUSEHOLDS_MONTHS))
    day = clock.paris(limit).date()
    left = sa.func.coalesce(Guardianship.ended_on, Child.left_on)
    still = (
        sa.select(Guardianship.id)
        .join(Child, Guardianship.child_id == Child.id)
        .where(
            Guardianship.household_id == Household.id,
            sa.or_(left.is_(None), Guardianship.ended_on > day, Child.left_on > day),
        )
        .exists()
    )
    found = session.scalars(
        sa.select(Household.id)
        .where(Household.closed_at.is_(None), Household.created_at <= limit, ~still)
        .order_by(Household.id)
    ).all()
    return [one for one, cents in balances(session, found).items() if not cents]


def warn(session: Session, now: datetime) -> int:
    """Tell the households that became idle; a household with a child again is warned no more."""
    due = idle(session, now)
    known = {
        one.household_id: one.on_request
        for one in session.execute(sa.select(PurgeWarning.household_id, PurgeWarning.on_request))
    }
    over = {one for one, on_request in known.items() if not on_request} - set(due)
    if over:
        session.execute(sa.delete(PurgeWarning).where(PurgeWarning.household_id.in_(over)))
    new = [one for one in due if one not in known]
    day = forget_on(clock.paris(now).date())
    for household_id in new:
        session.add(PurgeWarning(household_id=household_id, warned_at=now, forget_on=day))
    session.flush()
    told = recipients(session, new, money=False)
    rows = [
        (one, {"day": day}, f"forget:{household_id}:{day.isoformat()}")
        for household_id in new
        for one in told[household_id]
    ]
    tell_many(session, "household_forgotten_soon", rows, url="/profil/")
    return len(new)


def due_households(session: Session, now: datetime) -> list[int]:
    """Warned long enough ago, and still idle; or as they asked, once nothing is in the way."""
    today = clock.paris(now).date()
    warned = session.execute(
        sa.select(PurgeWarning.household_id, PurgeWarning.on_request).where(
            PurgeWarning.forget_on <= today
        )
    ).all()
    asked = [one.household_id for one in warned if one.on_request]
    others = {one.household_id for one in warned} - set(asked)
    return sorted(erasures.ready(session, asked, today) | others & set(idle(session, now)))


def erase(session: Session, household_ids: Sequence[int], now: datetime) -> int:
    """Erase these households: rows that name people go, accounts and children lose their names."""
    if not household_ids:
        return 0
    _erase_requests(session, household_ids, now)
    documents.erase_of_households(session, household_ids)
    exports.forget_of_households(session, household_ids)
    persons = sa.select(PickupPerson.id).where(PickupPerson.household_id.in_(household_ids))
    session.execute(sa.delete(PickupRight).where(PickupRight.person_id.in_(persons)))
    session.execute(sa.delete(PickupPerson).where(PickupPerson.household_id.in_(household_ids)))
    for model in OF_THE_HOUSEHOLD:
        session.execute(sa.delete(model).where(model.household_id.in_(household_ids)))
    _forget_accounts(session, household_ids)
    _forget_children(session, household_ids, now)
    session.execute(
        sa.update(Household)
        .where(Household.id.in_(household_ids))
        .values(
            name="–",
            street="",
            postcode="",
            city="",
            holder_id=None,
            closed_at=now,
            family_code_hash=None,
        )
    )
    for household_id in household_ids:
        audit.record(session, SYSTEM, "erase_household", "household", household_id, household_id)
    session.flush()
    return len(household_ids)


def _erase_requests(session: Session, household_ids: Sequence[int], now: datetime) -> None:
    """What was asked and said goes; number, démarche, dates and statuses stay for the figures.

    Nobody is left to answer: what no agent has decided is refused, drafts are deleted.
    """
    own = sa.select(Request.id).where(Request.household_id.in_(household_ids))
    drafts = session.scalars(own.where(Request.status == Status.DRAFT)).all()
    if drafts:
        for hanging in (RequestMove, RequestMessage, RequestDocument):
            session.execute(sa.delete(hanging).where(hanging.request_id.in_(drafts)))
        session.execute(sa.delete(Request).where(Request.id.in_(drafts)))
    for request_id in session.scalars(own.where(Request.status.in_(IN_PROGRESS))).all():
        refuse_unanswered(session, request_id, now=now)
    session.execute(sa.delete(RequestMessage).where(RequestMessage.request_id.in_(own)))
    session.execute(
        sa.update(Request)
        .where(Request.household_id.in_(household_ids))
        .values(answers={}, private_answers=None, email="", reason="", once_key=None)
    )


def _forget_accounts(session: Session, household_ids: Sequence[int]) -> None:
    """Accounts are deactivated and lose every name (§3.10), never deleted."""
    session.execute(sa.delete(Adult).where(Adult.household_id.in_(household_ids)))
    accounts = session.scalars(
        sa.select(Account).where(Account.household_id.in_(household_ids))
    ).all()
    ids = [one.id for one in accounts]
    session.execute(sa.delete(OneTimeLink).where(OneTimeLink.account_id.in_(ids)))
    session.execute(sa.delete(assoc_user_role).where(assoc_user_role.c.user_id.in_(ids)))
    for one in accounts:
        one.active, one.password = False, ""
        one.username, one.email = f"efface-{one.id}", f"efface-{one.id}@invalid"
        one.first_name, one.last_name = "–", secrets.token_hex(4)
        one.session_version += 1


def _forget_children(session: Session, household_ids: Sequence[int], now: datetime) -> None:
    """Children of no other household lose their name and the day of their birth."""
    elsewhere = (
        sa.select(Guardianship.child_id)
        .join(Household, Guardianship.household_id == Household.id)
        .where(Guardianship.household_id.not_in(household_ids), Household.closed_at.is_(None))
    )
    own = sa.select(Guardianship.child_id).where(Guardianship.household_id.in_(household_ids))
    children = session.scalars(
        sa.select(Child).where(Child.id.in_(own), Child.id.not_in(elsewhere))
    )
    today = clock.paris(now).date()
    for child in children:
        child.first_name, child.last_name = "–", "–"
        child.born_on = child.born_on.replace(month=1, day=1)
        child.left_on = child.left_on or today
    session.execute(
        sa.update(Guardianship)
        .where(Guardianship.household_id.in_(household_ids))
        .values(restriction_note="", do_not_hand_to="")
    )
