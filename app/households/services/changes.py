"""Changes of address and family composition: asked by the family, decided by an agent (A11)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.core import audit, clock
from app.core.actor import Actor
from app.core.errors import NotFound
from app.households import notices
from app.households.asked import Asked
from app.households.errors import AlreadyDecided, BornLater, ReasonMissing
from app.households.models import Guardianship, ProfileChange, ProfileChangeState
from app.households.queries import child_for, waiting_change
from app.households.services.members import (
    add_adult,
    adult_of,
    correct_household,
    open_household,
    remove_adult,
)
from app.households.services.ties import add_child, end_tie, tie_child


def ask_profile_change(
    session: Session, actor: Actor, household_id: int, asked: Asked, *, now: datetime
) -> ProfileChange | None:
    """What the family asks now; it replaces what still waits. Nothing asked cancels it.

    NotFound for a member of another household, BornLater.
    """
    open_household(session, household_id)
    _check(session, household_id, asked)
    waiting = waiting_change(session, household_id)
    if not asked:
        if waiting is not None:
            cancel_profile_change(session, actor, household_id, waiting.id, now=now)
        return None
    if waiting is not None and waiting.asked == asked.as_json():
        return waiting
    change = waiting or ProfileChange(household_id=household_id)
    change.asked_by, change.asked, change.created_at = _account_id(actor), asked.as_json(), now
    session.add(change)
    session.flush()
    audit.record(session, actor, "ask_profile_change", "profile_change", change.id, household_id)
    notices.profile_change_received(session, change)
    return change


def cancel_profile_change(
    session: Session, actor: Actor, household_id: int, change_id: int, *, now: datetime
) -> None:
    """The family takes its request back. NotFound, AlreadyDecided."""
    open_household(session, household_id)
    change = _waiting(session, change_id)
    if change.household_id != household_id:
        raise NotFound
    change.state, change.decided_at = ProfileChangeState.CANCELLED, now
    session.flush()
    audit.record(session, actor, "cancel_profile_change", "profile_change", change_id, household_id)


def decide_profile_change(
    session: Session,
    actor: Actor,
    change_id: int,
    *,
    accept: bool,
    reason: str = "",
    known_children: Mapping[int, int] | None = None,
    now: datetime,
) -> ProfileChange:
    """An agent accepts the whole request, which is then applied, or refuses it with a reason.

    ``known_children``: place of an asked child in the list → id of the child it already is (of
    separated parents, mostly). AlreadyDecided, ReasonMissing.
    """
    household_id = _household_id(session, change_id)
    open_household(session, household_id)
    change = _waiting(session, change_id)
    if not accept and not reason.strip():
        raise ReasonMissing
    change.state = ProfileChangeState.ACCEPTED if accept else ProfileChangeState.REFUSED
    change.reason, change.decided_at, change.decided_by = reason.strip(), now, actor.account_id
    session.flush()
    if accept:
        _apply(session, actor, household_id, Asked.from_json(change.asked), known_children or {})
    verb = "accept_profile_change" if accept else "refuse_profile_change"
    audit.record(session, actor, verb, "profile_change", change_id, household_id)
    notices.profile_change_decided(session, change)
    return change


def _check(session: Session, household_id: int, asked: Asked) -> None:
    for child_id in asked.leaving_children:
        child_for(session, household_id, child_id)
    for adult_id in asked.leaving_adults:
        if adult_of(session, household_id, adult_id).account_id is not None:
            raise NotFound
    if any(child.born_on > clock.today() for child in asked.children):
        raise BornLater


def _apply(
    session: Session, actor: Actor, household_id: int, asked: Asked, known: Mapping[int, int]
) -> None:
    if asked.address is not None:
        name = open_household(session, household_id).name
        correct_household(session, actor, household_id, name=name, **asked.address._asdict())
    for place, child in enumerate(asked.children):
        if place in known:
            tie_child(session, actor, known[place], household_id)
        else:
            add_child(session, actor, household_id, **child._asdict())
    for adult in asked.adults:
        add_adult(session, actor, household_id, **adult._asdict())
    for child_id in asked.leaving_children:
        if _still_tied(session, household_id, child_id):
            end_tie(session, actor, child_id, household_id, clock.today(), "")
    for adult_id in asked.leaving_adults:
        remove_adult(session, actor, household_id, adult_id)


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


def _waiting(session: Session, change_id: int) -> ProfileChange:
    change = session.get(ProfileChange, change_id, with_for_update=True, populate_existing=True)
    if change is None:
        raise NotFound
    if change.state is not ProfileChangeState.WAITING:
        raise AlreadyDecided
    return change


def _household_id(session: Session, change_id: int) -> int:
    found = session.scalar(
        sa.select(ProfileChange.household_id).where(ProfileChange.id == change_id)
    )
    if found is None:
        raise NotFound
    return found


def _account_id(actor: Actor) -> int:
    if actor.account_id is None:
        raise NotFound
    return actor.account_id
