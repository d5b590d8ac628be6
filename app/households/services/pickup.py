"""Persons allowed to collect a child (D6): each household allows its own, at once.

A household whose tie is restricted or ended allows nobody; the site's list is the union of the others.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session, contains_eager

from app.core import audit, clock
from app.core.actor import Actor
from app.core.errors import NotFound
from app.households.errors import AlreadyAllowed
from app.households.models import Child, Guardianship, PickupPerson, PickupRight
from app.households.queries import child_for, holding
from app.households.rules import same_name
from app.households.services.members import open_household
from app.households.sets import among, grouped


@dataclass(frozen=True)
class NewPerson:
    """What a parent says of a person."""

    first_name: str
    last_name: str
    phone: str
    relation: str = ""


def add_person(
    session: Session,
    actor: Actor,
    household_id: int,
    child_id: int,
    person: NewPerson,
    *,
    now: datetime,
) -> PickupRight:
    """« Nouvelle »: a person that the household did not know yet, allowed at once. NotFound."""
    open_household(session, household_id)
    child = child_for(session, household_id, child_id, clock.paris(now).date())
    row = PickupPerson(
        household_id=household_id,
        first_name=person.first_name.strip(),
        last_name=person.last_name.strip(),
        phone=person.phone.strip(),
        relation=person.relation.strip(),
        created_at=now,
    )
    session.add(row)
    session.flush()
    return _allow(session, actor, child, row, now)


def allow_person(
    session: Session,
    actor: Actor,
    household_id: int,
    child_id: int,
    person_id: int,
    *,
    now: datetime,
) -> PickupRight:
    """« Existante dans le compte ». NotFound, AlreadyAllowed."""
    open_household(session, household_id)
    child = child_for(session, household_id, child_id, clock.paris(now).date())
    person = session.get(PickupPerson, person_id)
    if person is None or person.household_id != household_id:
        raise NotFound
    if _live_right(session, child_id, person_id):
        raise AlreadyAllowed(person=str(person), child=child.first_name)
    return _allow(session, actor, child, person, now)


def remove_right(
    session: Session,
    actor: Actor,
    household_id: int,
    child_id: int,
    right_id: int,
    *,
    now: datetime,
) -> PickupRight:
    """The red cross: from now on this person may not collect the child. NotFound.

    Removed already (a click sent twice): nothing more happens.
    """
    open_household(session, household_id)
    right = right_for(session, household_id, child_id, right_id, clock.paris(now).date())
    if right.ended_at is None:
        right.ended_at = now
        session.flush()
        audit.record(
            session, actor, "remove_pickup", "child", child_id, household_id, right=right.id
        )
    return right


def right_for(
    session: Session, household_id: int, child_id: int, right_id: int, day: date
) -> PickupRight:
    """A right that this household gave for a child tied to it, living or ended. NotFound."""
    child_for(session, household_id, child_id, day)
    right = session.scalar(
        sa.select(PickupRight)
        .join(PickupRight.person)
        .where(
            PickupRight.id == right_id,
            PickupRight.child_id == child_id,
            PickupPerson.household_id == household_id,
        )
        .execution_options(populate_existing=True)
    )
    if right is None:
        raise NotFound
    return right


def rights_of(session: Session, household_id: int, child_id: int) -> Sequence[PickupRight]:
    """Whom this household allows for the child, by name, in one statement (``person`` with it).

    Ask ``child_for`` first: it refuses the household whose tie is restricted or ended.
    """
    return session.scalars(
        sa.select(PickupRight)
        .join(PickupRight.person)
        .options(contains_eager(PickupRight.person))
        .where(
            PickupRight.child_id == child_id,
            PickupRight.ended_at.is_(None),
            PickupPerson.household_id == household_id,
        )
        .order_by(PickupPerson.last_name, PickupPerson.first_name, PickupRight.id)
    ).all()


def matching_person(session: Session, household_id: int, person: NewPerson) -> PickupPerson | None:
    """The person that the household knows by this name and this number, however they are typed."""
    found = session.scalars(
        sa.select(PickupPerson)
        .where(PickupPerson.household_id == household_id)
        .order_by(PickupPerson.id)
    )
    return next((one for one in found if _is_same(one, person)), None)


def matching_rights(
    session: Session, household_id: int, child_id: int, person: NewPerson
) -> list[PickupRight]:
    """The living rights of this person for the child, given by this household."""
    found = rights_of(session, household_id, child_id)
    return [one for one in found if _is_same(one.person, person)]


def _is_same(known: PickupPerson, typed: NewPerson) -> bool:
    names = (known.first_name, known.last_name), (typed.first_name, typed.last_name)
    return same_name(*names) and _digits(known.phone) == _digits(typed.phone)


def _digits(phone: str) -> str:
    return re.sub(r"[^0-9+]", "", phone)


def others_known(session: Session, household_id: int, child_id: int) -> Sequence[PickupPerson]:
    """The persons of the household that are not allowed for this child, by name."""
    allowed = sa.select(PickupRight.person_id).where(
        PickupRight.child_id == child_id, PickupRight.ended_at.is_(None)
    )
    return session.scalars(
        sa.select(PickupPerson)
        .where(PickupPerson.household_id == household_id, PickupPerson.id.not_in(allowed))
        .order_by(PickupPerson.last_name, PickupPerson.first_name, PickupPerson.id)
    ).all()


def collectors(
    session: Session, child_ids: Collection[int], day: date
) -> dict[int, list[PickupPerson]]:
    """Child → whom its households allow on ``day``, all of them together; in one statement."""
    rows = session.execute(
        sa.select(PickupRight.child_id, PickupPerson)
        .join(PickupRight.person)
        .join(
            Guardianship,
            sa.and_(
                Guardianship.child_id == PickupRight.child_id,
                Guardianship.household_id == PickupPerson.household_id,
            ),
        )
        .join(Child, Child.id == PickupRight.child_id)
        .where(
            among(PickupRight.child_id, child_ids),
            PickupRight.ended_at.is_(None),
            holding(day),
        )
        .order_by(PickupPerson.last_name, PickupPerson.first_name, PickupPerson.id)
    )
    return grouped((child_id, person) for child_id, person in rows)


def _live_right(session: Session, child_id: int, person_id: int) -> int | None:
    return session.scalar(
        sa.select(PickupRight.id).where(
            PickupRight.child_id == child_id,
            PickupRight.person_id == person_id,
            PickupRight.ended_at.is_(None),
        )
    )


def _allow(
    session: Session, actor: Actor, child: Child, person: PickupPerson, now: datetime
) -> PickupRight:
    right = PickupRight(person=person, child=child, started_at=now)
    session.add(right)
    session.flush()
    audit.record(
        session, actor, "allow_pickup", "child", child.id, person.household_id, right=right.id
    )
    return right
