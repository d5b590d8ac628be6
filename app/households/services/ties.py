"""Children and their ties to households: who may see, book and pay (A12, §3.5)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.core import audit, clock, hooks
from app.core.actor import Actor
from app.core.errors import NotFound
from app.households.errors import (
    AlreadyRestricted,
    AlreadyTied,
    BadDates,
    BornLater,
    ChildKnownElsewhere,
    NotRestricted,
    SeveralChildren,
    TieRestricted,
)
from app.households.models import Child, Guardianship, Schooling
from app.households.queries import same_children
from app.households.services.members import open_household


def add_child(
    session: Session,
    actor: Actor,
    household_id: int,
    *,
    first_name: str,
    last_name: str,
    born_on: date,
    starts_on: date | None = None,
) -> Child:
    """A new child, tied to the household from ``starts_on`` (today). BornLater."""
    open_household(session, household_id)
    if born_on > clock.today():
        raise BornLater
    child = Child(first_name=first_name.strip(), last_name=last_name.strip(), born_on=born_on)
    session.add(child)
    session.flush()
    audit.record(session, actor, "add_child", "child", child.id, household_id)
    tie_child(session, actor, child.id, household_id, starts_on=starts_on)
    return child


def correct_child(
    session: Session,
    actor: Actor,
    child_id: int,
    *,
    first_name: str,
    last_name: str,
    born_on: date,
) -> Child:
    """Correct a name or a date of birth; the rank among siblings may change prices. BornLater."""
    child = _child(session, child_id)
    if born_on > clock.today():
        raise BornLater
    was_born_on, child.born_on = child.born_on, born_on
    child.first_name, child.last_name = first_name.strip(), last_name.strip()
    session.flush()
    audit.record(session, actor, "correct_child", "child", child_id)
    if was_born_on != born_on:
        households = session.scalars(
            sa.select(Guardianship.household_id).where(Guardianship.child_id == child_id)
        ).all()
        reprice(session, actor, list(households), clock.today())
    return child


def tie_child(
    session: Session,
    actor: Actor,
    child_id: int,
    household_id: int,
    *,
    can_book: bool = True,
    can_pay: bool = True,
    can_see_other: bool = True,
    starts_on: date | None = None,
) -> Guardianship:
    """Tie a child to one more household, or again to a former one. AlreadyTied if it still is."""
    open_household(session, household_id)
    child = _child(session, child_id)
    first_day = starts_on or clock.today()
    tie = _tie_row(session, child_id, household_id)
    if tie is None:
        tie = Guardianship(child_id=child_id, household_id=household_id)
        session.add(tie)
    elif tie.ended_on is None or tie.ended_on > first_day:
        raise AlreadyTied(child=child.first_name)
    tie.started_on, tie.ended_on = first_day, None
    if child.left_on is not None and child.left_on <= first_day:
        child.left_on = None
    tie.can_book, tie.can_pay, tie.can_see_other = can_book, can_pay, can_see_other
    session.flush()
    audit.record(session, actor, "tie_child", "child", child_id, household_id)
    reprice(session, actor, [household_id], first_day)
    return tie


def own_child(
    session: Session,
    actor: Actor,
    household_id: int,
    *,
    first_name: str,
    last_name: str,
    born_on: date,
) -> Child:
    """The child of this name and day of birth in the household: found, tied again, or made.

    ChildKnownElsewhere, TieRestricted, BornLater. The household is locked: two at once make one.
    """
    open_household(session, household_id)
    same = {one.id: one for one in same_children(session, first_name, last_name, born_on)}
    if not same:
        return add_child(
            session,
            actor,
            household_id,
            first_name=first_name,
            last_name=last_name,
            born_on=born_on,
        )
    tie = _first_tie(session, household_id, list(same))
    if tie is None:
        raise ChildKnownElsewhere(child=f"{first_name} {last_name}")
    if tie.restricted_at is not None:
        raise TieRestricted(child=first_name)
    if tie.ended_on is not None and tie.ended_on <= clock.today():
        tie_child(session, actor, tie.child_id, household_id)
    return same[tie.child_id]


def tie_known(
    session: Session,
    actor: Actor,
    household_id: int,
    *,
    first_name: str,
    last_name: str,
    born_on: date,
) -> bool:
    """Tie the one child of this name and day of birth; False when there is none.

    Tied already: nothing more. SeveralChildren, TieRestricted.
    """
    found = same_children(session, first_name, last_name, born_on)
    ties = {one.id: _tie_row(session, one.id, household_id) for one in found}
    if any(tie and tie.restricted_at for tie in ties.values()):
        raise TieRestricted(child=first_name)
    if any(tie and (tie.ended_on is None or tie.ended_on > clock.today()) for tie in ties.values()):
        return True
    if len(found) > 1:
        raise SeveralChildren(child=f"{first_name} {last_name}")
    for child in found:
        tie_child(session, actor, child.id, household_id)
    return bool(found)


def set_rights(
    session: Session,
    actor: Actor,
    child_id: int,
    household_id: int,
    *,
    can_book: bool,
    can_pay: bool,
    can_see_other: bool,
) -> None:
    """What this household may do for the child; its bookings stay as they are."""
    tie, _ = _known_tie(session, child_id, household_id)
    tie.can_book, tie.can_pay, tie.can_see_other = can_book, can_pay, can_see_other
    session.flush()
    rights = {"can_book": can_book, "can_pay": can_pay, "can_see_other": can_see_other}
    audit.record(session, actor, "set_rights", "child", child_id, household_id, **rights)


def end_tie(
    session: Session,
    actor: Actor,
    child_id: int,
    household_id: int,
    ended_on: date,
    reason: str,
) -> int:
    """The tie no longer holds from ``ended_on`` on; its later bookings are cancelled and told.

    Returns how many bookings were cancelled (§3.5). BadDates if it starts later.
    """
    tie, _ = _known_tie(session, child_id, household_id)
    if ended_on < tie.started_on:
        raise BadDates
    tie.ended_on = ended_on
    session.flush()
    audit.record(
        session, actor, "end_tie", "child", child_id, household_id, ended_on=ended_on.isoformat()
    )
    cancelled = _cancel_bookings(session, actor, child_id, household_id, ended_on, reason)
    reprice(session, actor, [household_id], ended_on)
    return cancelled


def child_leaves(session: Session, actor: Actor, child_id: int, left_on: date, reason: str) -> int:
    """The child leaves the commune's schools: its ties end, later bookings are cancelled (§3.5)."""
    ties = _ties_locked(session, child_id)
    child = _child(session, child_id)
    child.left_on = left_on
    for tie in ties:
        tie.ended_on = min(tie.ended_on or left_on, left_on)
    session.flush()
    audit.record(session, actor, "child_leaves", "child", child_id, left_on=left_on.isoformat())
    cancelled = _cancel_bookings(session, actor, child_id, None, left_on, reason)
    reprice(session, actor, [tie.household_id for tie in ties], left_on)
    return cancelled


def restrict(
    session: Session,
    actor: Actor,
    child_id: int,
    household_id: int,
    *,
    keep_bookings: bool,
    reason: str,
    note: str = "",
    do_not_hand_to: str = "",
    now: datetime,
) -> int:
    """A court restriction: from this instant the household sees nothing of the child (§3.5).

    ``note`` is for agents alone; ``reason`` goes with the cancelled bookings; ``do_not_hand_to``
    goes on the site's list. Returns how many bookings were cancelled. AlreadyRestricted.
    """
    tie, child = _known_tie(session, child_id, household_id)
    if tie.restricted_at is not None:
        raise AlreadyRestricted(child=child.first_name)
    tie.restricted_at, tie.restriction_note = now, note.strip()
    tie.do_not_hand_to = do_not_hand_to.strip()
    session.flush()
    audit.record(
        session, actor, "restrict", "child", child_id, household_id, keep_bookings=keep_bookings
    )
    today = clock.paris(now).date()
    cancelled = 0
    if not keep_bookings:
        cancelled = _cancel_bookings(session, actor, child_id, household_id, today, reason)
    reprice(session, actor, [household_id], today)
    return cancelled


def lift_restriction(session: Session, actor: Actor, child_id: int, household_id: int) -> None:
    """The household sees the child again; cancelled bookings do not come back. NotRestricted."""
    tie, child = _known_tie(session, child_id, household_id)
    if tie.restricted_at is None:
        raise NotRestricted(child=child.first_name)
    tie.restricted_at, tie.restriction_note, tie.do_not_hand_to = None, "", ""
    session.flush()
    audit.record(session, actor, "lift_restriction", "child", child_id, household_id)
    reprice(session, actor, [household_id], clock.today())


def set_schooling(
    session: Session,
    actor: Actor,
    child_id: int,
    school_year_id: int,
    school_id: int,
    level_id: int,
) -> Schooling:
    """Where the child goes to school that year, said for the first time or corrected."""
    lock_child(session, child_id)
    row = session.scalar(
        sa.select(Schooling).where(
            Schooling.child_id == child_id, Schooling.school_year_id == school_year_id
        )
    )
    if row is None:
        row = Schooling(child_id=child_id, school_year_id=school_year_id)
        session.add(row)
    row.school_id, row.level_id = school_id, level_id
    session.flush()
    audit.record(session, actor, "set_schooling", "child", child_id)
    return row


def reprice(session: Session, actor: Actor, household_ids: list[int], day: date) -> int:
    """Tell who prices bookings that these households' facts changed from ``day`` on."""
    return sum(handler(session, actor, household_ids, day) for handler in hooks.prices_changed)


def _cancel_bookings(
    session: Session,
    actor: Actor,
    child_id: int,
    household_id: int | None,
    day: date,
    reason: str,
) -> int:
    return sum(
        handler(session, actor, child_id, household_id, day, reason) for handler in hooks.tie_ended
    )


def lock_child(session: Session, child_id: int) -> Child:
    """The child, locked weakly (« no key »): two closings of its requests come one after the other."""
    child = session.get(Child, child_id, with_for_update={"key_share": True})
    if child is None:
        raise NotFound
    return child


def _child(session: Session, child_id: int) -> Child:
    child = session.get(Child, child_id)
    if child is None:
        raise NotFound
    return child


def _tie_row(session: Session, child_id: int, household_id: int) -> Guardianship | None:
    """The tie, locked: a save that books for this child waits, then sees what became of it."""
    return session.scalar(
        sa.select(Guardianship)
        .where(Guardianship.child_id == child_id, Guardianship.household_id == household_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )


def _first_tie(
    session: Session, household_id: int, child_ids: Sequence[int]
) -> Guardianship | None:
    return session.scalar(
        sa.select(Guardianship)
        .where(Guardianship.household_id == household_id, Guardianship.child_id.in_(child_ids))
        .order_by(Guardianship.id)
        .limit(1)
    )


def _known_tie(session: Session, child_id: int, household_id: int) -> tuple[Guardianship, Child]:
    tie = _tie_row(session, child_id, household_id)
    if tie is None:
        raise NotFound
    return tie, _child(session, child_id)


def _ties_locked(session: Session, child_id: int) -> Sequence[Guardianship]:
    return session.scalars(
        sa.select(Guardianship)
        .where(Guardianship.child_id == child_id)
        .order_by(Guardianship.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).all()
