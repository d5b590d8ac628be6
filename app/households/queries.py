"""Reads of households, each scoped to the household that looks, in a constant number of statements."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.accounts.models import Account
from app.core import clock
from app.core.errors import NotFound
from app.households.models import (
    Adult,
    Child,
    Guardianship,
    Household,
    Invitation,
    Level,
    School,
    Schooling,
    SchoolYear,
)
from app.households.pricing import PricingFacts as PricingFacts
from app.households.pricing import pricing_facts as pricing_facts
from app.households.rules import same_name
from app.households.sets import among, grouped
from app.notices.services import Recipient


@dataclass(frozen=True)
class ChildCard:
    """A child as one household sees it on one day; ``until``: first day without the tie."""

    id: int
    first_name: str
    last_name: str
    born_on: date
    school: str | None
    level: str | None
    can_book: bool
    can_pay: bool
    can_see_other: bool
    until: date | None = None

    def may_book(self, day: date) -> bool:
        """Whether this household books and pays a place of the child on ``day``."""
        return self.can_book and self.can_pay and (self.until is None or day < self.until)


def holding(day: date | sa.BindParameter[date]) -> sa.ColumnElement[bool]:
    """SQL: the guardianship (joined with its child) gives its rights on ``day``."""
    return sa.and_(
        Guardianship.restricted_at.is_(None),
        Guardianship.started_on <= day,
        sa.or_(Guardianship.ended_on.is_(None), Guardianship.ended_on > day),
        sa.or_(Child.left_on.is_(None), Child.left_on > day),
    )


def child_for(session: Session, household_id: int, child_id: int, day: date | None = None) -> Child:
    """The child, seen from this household. NotFound if not tied, tied no more, or restricted."""
    child = session.scalar(
        sa.select(Child)
        .join(Guardianship)
        .where(
            Child.id == child_id,
            Guardianship.household_id == household_id,
            holding(day or clock.today()),
        )
    )
    if child is None:
        raise NotFound
    return child


def children_of(
    session: Session, household_id: int, day: date, *, lock: bool = False
) -> list[ChildCard]:
    """The children of the household on ``day``, the eldest first, in one statement.

    ``lock`` shares a lock on the ties until the transaction ends, so that none can be ended or
    restricted meanwhile: take it before the openings' locks.
    """
    found = session.execute(_children_of(lock), {"household": household_id, "day": day})
    return [_card(row) for row in found]


@cache
def _children_of(lock: bool) -> sa.Select[*tuple[Any, ...]]:
    """Built once: every family page asks it."""
    day = sa.bindparam("day", type_=sa.Date)
    asked = (
        sa.select(
            Child.id,
            Child.first_name,
            Child.last_name,
            Child.born_on,
            School.name,
            Level.name,
            Guardianship.can_book,
            Guardianship.can_pay,
            Guardianship.can_see_other,
            Guardianship.ended_on,
            Child.left_on,
        )
        .join_from(Guardianship, Child, Guardianship.child_id == Child.id)
        .outerjoin(Schooling, _schooling_on(day))
        .outerjoin(School, Schooling.school_id == School.id)
        .outerjoin(Level, Schooling.level_id == Level.id)
        .where(Guardianship.household_id == sa.bindparam("household"), holding(day))
        .order_by(Child.born_on, Child.id)
    )
    return asked.with_for_update(read=True, of=Guardianship) if lock else asked


def _schooling_on(day: sa.BindParameter[date]) -> sa.ColumnElement[bool]:
    """The schooling of the school year in course, or of the last one in summer."""
    year = (
        sa.select(SchoolYear.id)
        .where(SchoolYear.starts_on <= day)
        .order_by(SchoolYear.starts_on.desc())
        .limit(1)
        .scalar_subquery()
    )
    return sa.and_(Schooling.child_id == Child.id, Schooling.school_year_id == year)


def _card(row: Sequence[Any]) -> ChildCard:
    """``row``: the card's own columns in their order, then the two days that end the tie."""
    *seen, ended_on, left_on = row
    until = min((day for day in (ended_on, left_on) if day), default=None)
    return ChildCard(*[*seen, until])


def households_of(
    session: Session, child_ids: Collection[int], day: date
) -> dict[int, frozenset[int]]:
    """The households that each child belongs to on ``day``, restricted ones left out."""
    rows = session.execute(
        sa.select(Guardianship.child_id, Guardianship.household_id)
        .join(Child, Guardianship.child_id == Child.id)
        .where(among(Guardianship.child_id, child_ids), holding(day))
    )
    found = grouped(rows)
    return {child_id: frozenset(found.get(child_id, ())) for child_id in child_ids}


def recipients_about(session: Session, household_id: int, child_id: int | None) -> list[Recipient]:
    """Every account of the household; nobody when it may no longer see this child (§3.5)."""
    if child_id is not None:
        tied = households_of(session, [child_id], clock.today())[child_id]
        if household_id not in tied:
            return []
    return recipients(session, [household_id], money=False)[household_id]


def recipients(
    session: Session, household_ids: Collection[int], *, money: bool
) -> dict[int, list[Recipient]]:
    """Who is told about each household: the holder for money, else every account (§3.8).

    Without an active holder every account is told; without any account, the adults' e-mails.
    """
    accounts = _account_recipients(session, household_ids)
    silent = [one for one in household_ids if one not in accounts]
    letters = _adult_recipients(session, silent) if silent else {}
    told: dict[int, list[Recipient]] = {}
    for household_id in household_ids:
        known = accounts.get(household_id, [])
        holder = [recipient for is_holder, recipient in known if is_holder]
        everyone = [recipient for _, recipient in known] or letters.get(household_id, [])
        told[household_id] = holder if money and holder else everyone
    return told


def _account_recipients(
    session: Session, household_ids: Collection[int]
) -> dict[int, list[tuple[bool, Recipient]]]:
    rows = session.execute(
        sa.select(
            Household.id,
            sa.func.coalesce(Household.holder_id == Account.id, sa.false()),
            Account.id,
            Account.email,
            Account.locale,
        )
        .join(Account, Account.household_id == Household.id)
        .where(among(Household.id, household_ids), Account.active.is_(True))
        .order_by(Account.id)
    )
    return grouped(
        (household_id, (bool(is_holder), Recipient(account_id, email, household_id, locale)))
        for household_id, is_holder, account_id, email, locale in rows
    )


def _adult_recipients(
    session: Session, household_ids: Collection[int]
) -> dict[int, list[Recipient]]:
    rows = session.execute(
        sa.select(Adult.household_id, Adult.email)
        .where(
            among(Adult.household_id, household_ids), Adult.account_id.is_(None), Adult.email != ""
        )
        .order_by(Adult.id)
    )
    return grouped(
        (household_id, Recipient(None, email, household_id)) for household_id, email in rows
    )


def household(session: Session, household_id: int) -> Household:
    """The household. NotFound."""
    found = session.get(Household, household_id)
    if found is None:
        raise NotFound
    return found


def schools_and_years(
    session: Session,
) -> tuple[Sequence[SchoolYear], Sequence[School], Sequence[Level]]:
    """What a schooling can be made of: the years, the latest first; schools; levels by age."""
    return (
        session.scalars(sa.select(SchoolYear).order_by(SchoolYear.starts_on.desc())).all(),
        session.scalars(sa.select(School).order_by(School.name)).all(),
        session.scalars(sa.select(Level).order_by(Level.position)).all(),
    )


@dataclass(frozen=True)
class Profile:
    """What « Mon profil » shows of a household."""

    household: Household
    adults: Sequence[Adult]
    children: Sequence[ChildCard]
    invitations: Sequence[Invitation]

    def adult_with(self, account_id: int | None) -> Adult | None:
        """The adult who signs in with this account."""
        return next((one for one in self.adults if one.account_id == account_id), None)


def profile(session: Session, household_id: int, now: datetime) -> Profile:
    """The household, its members and its invitations, in four statements. NotFound."""
    return Profile(
        household=household(session, household_id),
        adults=adults_of(session, household_id),
        children=children_of(session, household_id, clock.paris(now).date()),
        invitations=open_invitations(session, household_id, now),
    )


def adults_of(session: Session, household_id: int) -> Sequence[Adult]:
    """The adults of the household, in the order they came."""
    return session.scalars(
        sa.select(Adult).where(Adult.household_id == household_id).order_by(Adult.id)
    ).all()


def open_invitations(session: Session, household_id: int, now: datetime) -> Sequence[Invitation]:
    """Invitations that can still be accepted."""
    return session.scalars(
        sa.select(Invitation)
        .where(
            Invitation.household_id == household_id,
            Invitation.accepted_at.is_(None),
            Invitation.expires_at > now,
        )
        .order_by(Invitation.id)
    ).all()


def schooling_of(session: Session, child_id: int, school_year_id: int) -> dict[str, int] | None:
    """Where the child goes to school that year, as a request answers it; None when unknown."""
    row = session.execute(
        sa.select(Schooling.school_id, Schooling.level_id).where(
            Schooling.child_id == child_id, Schooling.school_year_id == school_year_id
        )
    ).one_or_none()
    return None if row is None else {"school_id": row.school_id, "level_id": row.level_id}


def same_children(session: Session, first_name: str, last_name: str, born_on: date) -> list[Child]:
    """Children already known with this date of birth and this name, however it is written."""
    born_that_day = session.scalars(
        sa.select(Child).where(Child.born_on == born_on).order_by(Child.id)
    )
    asked = (first_name, last_name)
    return [one for one in born_that_day if same_name((one.first_name, one.last_name), asked)]
