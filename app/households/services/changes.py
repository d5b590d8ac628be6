"""Changes of address and family composition (A11): checked when asked, applied once agreed to."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.core import clock
from app.core.actor import Actor
from app.core.errors import NotFound
from app.households.asked import Asked, NewAdult
from app.households.errors import BornLater
from app.households.models import Adult, Guardianship
from app.households.queries import adults_of, child_for
from app.households.services.members import (
    add_adult,
    adult_of,
    correct_household,
    open_household,
    remove_adult,
)
from app.households.services.ties import end_tie, own_child


def check_changes(session: Session, household_id: int, asked: Asked) -> None:
    """NotFound for a member of another household or one with an account, BornLater."""
    open_household(session, household_id)
    for child_id in asked.leaving_children:
        child_for(session, household_id, child_id)
    for adult_id in asked.leaving_adults:
        if adult_of(session, household_id, adult_id).account_id is not None:
            raise NotFound
    if any(child.born_on > clock.today() for child in asked.children):
        raise BornLater


def apply_changes(session: Session, actor: Actor, household_id: int, asked: Asked) -> None:
    """Everything asked, once however often it is called.

    A child whom the portal knows by this name and day of birth is not made twice.
    ChildKnownElsewhere, TieRestricted, LastAdult: then nothing is applied.
    """
    household = open_household(session, household_id)
    address = asked.address
    if address and address != (household.street, household.postcode, household.city):
        correct_household(session, actor, household_id, name=household.name, **address._asdict())
    for child in asked.children:
        own_child(session, actor, household_id, **child._asdict())
    for adult in asked.adults:
        if adult not in _names(adults_of(session, household_id)):
            add_adult(session, actor, household_id, **adult._asdict())
    for child_id in asked.leaving_children:
        if _still_tied(session, household_id, child_id):
            end_tie(session, actor, child_id, household_id, clock.today(), "")
    there = {one.id for one in adults_of(session, household_id)}
    for adult_id in there.intersection(asked.leaving_adults):
        remove_adult(session, actor, household_id, adult_id)


def _names(adults: Sequence[Adult]) -> set[NewAdult]:
    return {NewAdult(one.first_name, one.last_name) for one in adults}


def _still_tied(session: Session, household_id: int, child_id: int) -> bool:
    """Whether there is a tie left to end: another agent may have ended it meanwhile."""
    return bool(
        session.scalar(
            sa.select(
                sa.exists().where(
                    Guardianship.household_id == household_id,
                    Guardianship.child_id == child_id,
                    sa.or_(Guardianship.ended_on.is_(None), Guardianship.ended_on > clock.today()),
                )
            )
        )
    )
