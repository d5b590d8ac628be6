"""The day's lists of a site, in a constant number of statements whatever it holds."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, time

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.accounts.roles import ADMIN, AGENT
from app.activities.models import Opening, Site, SiteStaff, Slot
from app.core.actor import Actor
from app.households.models import (
    Adult,
    Child,
    Guardianship,
    Household,
    Level,
    PickupPerson,
    Schooling,
    SchoolYear,
    YearFile,
)
from app.households.queries import holding
from app.households.services.pickup import collectors
from app.households.sets import among, grouped
from app.reservations.models import Booking, BookingState


@dataclass(frozen=True)
class Stay:
    """One slot of a child on the day."""

    name: str
    ends_at: time


@dataclass(frozen=True)
class Parent:
    """An adult of a household that keeps its rights on the child."""

    name: str
    phones: Sequence[str]


@dataclass(frozen=True)
class Leaving:
    """A child who is there on the day: until when, with whom it leaves, with whom never.

    ``alone``: every household that said so allows it; ``None``: none has said.
    ``never``: « ne pas remettre à … » of restricted households (§3.5).
    """

    child_id: int
    first_name: str
    last_name: str
    level: str
    stays: Sequence[Stay]
    parents: Sequence[Parent]
    collectors: Sequence[PickupPerson]
    alone: bool | None
    never: Sequence[str]

    @property
    def until(self) -> time:
        """The end of its last slot."""
        return max(one.ends_at for one in self.stays)


def sites_for(session: Session, actor: Actor) -> list[Site]:
    """The sites whose lists this account may read: an animator's own, every one for agents (§4)."""
    asked = sa.select(Site).order_by(Site.name)
    if not actor.roles & {AGENT, ADMIN}:
        own = sa.select(SiteStaff.site_id).where(SiteStaff.account_id == actor.account_id)
        asked = asked.where(Site.id.in_(own))
    return list(session.scalars(asked))


def leaving(session: Session, site_id: int, day: date) -> list[Leaving]:
    """The children booked at the site on ``day``, by name. Five statements."""
    children = _booked(session, site_id, day)
    ids = list(children)
    persons = collectors(session, ids, day)
    parents = _parents(session, ids, day)
    never = _never(session, ids)
    alone = _alone(session, ids, day)
    return [
        Leaving(
            child_id,
            one.first_name,
            one.last_name,
            one.level,
            one.stays,
            parents.get(child_id, ()),
            persons.get(child_id, ()),
            alone.get(child_id),
            never.get(child_id, ()),
        )
        for child_id, one in children.items()
    ]


@dataclass
class _Booked:
    first_name: str
    last_name: str
    level: str
    stays: list[Stay]


def _booked(session: Session, site_id: int, day: date) -> dict[int, _Booked]:
    rows = session.execute(
        sa.select(
            Child.id, Child.first_name, Child.last_name, Level.name, Slot.short_name, Slot.ends_at
        )
        .select_from(Opening)
        .join(Booking, Booking.opening_id == Opening.id)
        .join(Child, Child.id == Booking.child_id)
        .join(Slot, Slot.id == Opening.slot_id)
        .outerjoin(
            Schooling,
            sa.and_(
                Schooling.child_id == Child.id,
                Schooling.school_year_id == Opening.school_year_id,
            ),
        )
        .outerjoin(Level, Level.id == Schooling.level_id)
        .where(Opening.site_id == site_id, Opening.day == day, Booking.state == BookingState.LIVE)
        .order_by(Child.last_name, Child.first_name, Child.id, Slot.starts_at)
    )
    found: dict[int, _Booked] = {}
    for child_id, first, last, level, slot, ends_at in rows:
        one = found.setdefault(child_id, _Booked(first, last, level or "", []))
        one.stays.append(Stay(slot, ends_at))
    return found


def _parents(session: Session, ids: Collection[int], day: date) -> dict[int, list[Parent]]:
    """Adults of the households whose tie holds that day."""
    rows = session.execute(
        sa.select(
            Guardianship.child_id,
            Adult.first_name,
            Adult.last_name,
            Adult.mobile_phone,
            Adult.home_phone,
            Adult.work_phone,
        )
        .join(Child, Child.id == Guardianship.child_id)
        .join(Adult, Adult.household_id == Guardianship.household_id)
        .where(among(Guardianship.child_id, ids), holding(day))
        .order_by(Guardianship.id, Adult.id)
    )
    return grouped(
        (child_id, Parent(f"{first} {last}", [one for one in phones if one]))
        for child_id, first, last, *phones in rows
    )


def _never(session: Session, ids: Collection[int]) -> dict[int, list[str]]:
    """What a restriction says, else the names of that household's adults, else its own name."""
    rows = session.execute(
        sa.select(
            Guardianship.child_id,
            Guardianship.id,
            Guardianship.do_not_hand_to,
            Household.name,
            Adult.first_name,
            Adult.last_name,
        )
        .join(Household, Household.id == Guardianship.household_id)
        .outerjoin(Adult, Adult.household_id == Household.id)
        .where(among(Guardianship.child_id, ids), Guardianship.restricted_at.is_not(None))
        .order_by(Guardianship.id, Adult.id)
    )
    said: dict[tuple[int, int], list[str]] = {}
    for child_id, tie_id, written, household, first, last in rows:
        names = said.setdefault((child_id, tie_id), [])
        if written:
            names[:] = [written]
        else:
            names.append(f"{first} {last}" if first else household)
    return grouped((child_id, ", ".join(names)) for (child_id, _), names in said.items())


def _alone(session: Session, ids: Collection[int], day: date) -> dict[int, bool]:
    """Whether the child goes home alone: one household that refuses is enough."""
    rows = session.execute(
        sa.select(YearFile.child_id, YearFile.authorisations)
        .join(YearFile.school_year)
        .join(Child, Child.id == YearFile.child_id)
        .join(
            Guardianship,
            sa.and_(
                Guardianship.child_id == YearFile.child_id,
                Guardianship.household_id == YearFile.household_id,
            ),
        )
        .where(
            among(YearFile.child_id, ids),
            holding(day),
            SchoolYear.starts_on <= day,
            SchoolYear.ends_on >= day,
        )
    )
    answers = grouped((child_id, given.get("leave_alone")) for child_id, given in rows)
    return {
        child_id: all(said)
        for child_id, given in answers.items()
        if (said := [one for one in given if one is not None])
    }
