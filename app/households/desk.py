"""What the agents' pages of a household and of a child show: nothing here is scoped to a family."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, TypeVar

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload, selectinload

from app.accounts.models import Account
from app.core import clock
from app.core.errors import NotFound
from app.core.models import AuditEvent
from app.core.text import N_
from app.households.models import (
    Adult,
    Child,
    Guardianship,
    Household,
    Invitation,
    QuotientRecord,
    ResidenceRecord,
    Schooling,
)
from app.households.queries import adults_of, open_invitations
from app.households.rules import TieFact, plain_name, tie_holds

Record = TypeVar("Record", QuotientRecord, ResidenceRecord)

JOURNAL = {
    "add_adult": N_("Adult added"),
    "add_child": N_("Child added"),
    "allow_pickup": N_("Person allowed to collect a child"),
    "ask_export": N_("Copy of its data asked by the family"),
    "cancel_invitation": N_("Invitation cancelled"),
    "change": N_("File changed"),
    "change_email": N_("E-mail changed"),
    "child_leaves": N_("Child left the commune’s schools"),
    "close": N_("Request closed"),
    "close_year_file": N_("Yearly file recorded"),
    "correct_adult": N_("Adult corrected"),
    "correct_child": N_("Child corrected"),
    "correct_household": N_("Name or address corrected"),
    "counter_payment": N_("Payment at the counter"),
    "create": N_("File created"),
    "create_household": N_("Household created"),
    "end_tie": N_("Tie ended"),
    "enrol": N_("Child enrolled"),
    "erase_health": N_("Health data of a yearly file erased"),
    "give": N_("Supporting document given"),
    "invite_adult": N_("Adult invited"),
    "join_household": N_("Account joined the household"),
    "keep_household": N_("Erasure cancelled"),
    "lift_restriction": N_("Restriction lifted"),
    "make_family_code": N_("Family code made"),
    "record_quotient": N_("Quotient recorded"),
    "record_residence": N_("Residence recorded"),
    "refund": N_("Refund recorded"),
    "refuse": N_("Request refused"),
    "remove_adult": N_("Adult removed"),
    "remove_pickup": N_("Person no longer allowed to collect a child"),
    "require": N_("Supporting document asked for"),
    "resend": N_("E-mail sent again"),
    "restrict": N_("Restriction recorded"),
    "send_family_code": N_("Family code sent"),
    "set_contacts": N_("Contact details changed"),
    "set_cover_exemption": N_("Cover of bookings changed"),
    "set_holder": N_("Account holder changed"),
    "set_rights": N_("Rights changed"),
    "set_schooling": N_("School or level changed"),
    "take": N_("Request taken in charge"),
    "tie_child": N_("Child tied"),
}
"""Verb of the trail → what the journal of a household calls it; any other is « other »."""
OF_DOCUMENTS = {
    "accept": N_("Supporting document accepted"),
    "refuse": N_("Supporting document refused"),
}
"""The same, where a verb is said of a document too."""

JOURNAL_LINES = 30
FOUND_AT_MOST = 30


@dataclass(frozen=True)
class HouseholdFile:
    """The agents' page of a household."""

    household: Household
    adults: Sequence[Adult]
    accounts: Sequence[Account]
    ties: Sequence[Guardianship]
    quotients: Sequence[QuotientRecord]
    residences: Sequence[ResidenceRecord]
    invitations: Sequence[Invitation]
    journal: Sequence[tuple[AuditEvent, str]]


def household_file(session: Session, household_id: int, now: datetime) -> HouseholdFile:
    """Everything of one household, in a constant number of statements. NotFound."""
    household = session.get(Household, household_id)
    if household is None:
        raise NotFound
    return HouseholdFile(
        household=household,
        adults=adults_of(session, household_id),
        accounts=_accounts(session, household_id),
        ties=_ties(session, household_id),
        quotients=_dated(session, QuotientRecord, household_id),
        residences=_dated(session, ResidenceRecord, household_id),
        invitations=open_invitations(session, household_id, now),
        journal=_journal(session, household_id),
    )


def child_file(session: Session, household_id: int, child_id: int) -> Guardianship:
    """The tie of the child to this household, with the child, its schoolings and its other ties."""
    tie = session.scalar(
        sa.select(Guardianship)
        .where(Guardianship.household_id == household_id, Guardianship.child_id == child_id)
        .options(
            joinedload(Guardianship.household),
            joinedload(Guardianship.child)
            .selectinload(Child.guardianships)
            .joinedload(Guardianship.household),
            joinedload(Guardianship.child).selectinload(Child.schoolings).options(*_of_schooling()),
        )
    )
    if tie is None:
        raise NotFound
    return tie


def find_children(session: Session, words: str) -> list[Child]:
    """Children whose name holds every word, however it is written; none for no word."""
    wanted = plain_name(words).split()
    if not wanted:
        return []
    rows = session.execute(sa.select(Child.id, Child.first_name, Child.last_name))
    ids = [row.id for row in rows if _all_in(wanted, f"{row.first_name} {row.last_name}")]
    return list(
        session.scalars(
            sa.select(Child)
            .where(Child.id.in_(ids[:FOUND_AT_MOST]))
            .options(selectinload(Child.guardianships).joinedload(Guardianship.household))
            .order_by(Child.last_name, Child.first_name, Child.id)
        )
    )


def journal_word(event: AuditEvent) -> str:
    """What the journal calls this line: a text to translate."""
    words = {**JOURNAL, **OF_DOCUMENTS} if event.subject == "document" else JOURNAL
    return words.get(event.verb, N_("Other operation"))


def tie_state(tie: Guardianship, day: date) -> str:
    """« restricted », « ended », « coming » or « active »; ``tie.child`` is loaded."""
    if tie.restricted_at is not None:
        return "restricted"
    fact = TieFact(
        child_id=tie.child_id,
        born_on=tie.child.born_on,
        started_on=tie.started_on,
        ended_on=tie.ended_on,
        left_on=tie.child.left_on,
    )
    if tie_holds(fact, day):
        return "active"
    return "coming" if tie.started_on > day else "ended"


def schooling_now(child: Child) -> Schooling | None:
    """The schooling of the latest school year that has begun; ``schoolings`` are loaded."""
    begun = [one for one in child.schoolings if one.school_year.starts_on <= clock.today()]
    return max(begun, key=lambda one: one.school_year.starts_on, default=None)


def _accounts(session: Session, household_id: int) -> Sequence[Account]:
    return session.scalars(
        sa.select(Account).where(Account.household_id == household_id).order_by(Account.id)
    ).all()


def _ties(session: Session, household_id: int) -> Sequence[Guardianship]:
    return session.scalars(
        sa.select(Guardianship)
        .join(Child, Guardianship.child_id == Child.id)
        .where(Guardianship.household_id == household_id)
        .options(
            joinedload(Guardianship.child)
            .selectinload(Child.guardianships)
            .joinedload(Guardianship.household),
            joinedload(Guardianship.child).selectinload(Child.schoolings).options(*_of_schooling()),
        )
        .order_by(Child.born_on, Child.id)
    ).all()


def _of_schooling() -> list[Any]:
    return [
        joinedload(Schooling.school_year),
        joinedload(Schooling.school),
        joinedload(Schooling.level),
    ]


def _dated(session: Session, kind: type[Record], household_id: int) -> Sequence[Record]:
    return session.scalars(
        sa.select(kind).where(kind.household_id == household_id).order_by(kind.valid_from.desc())
    ).all()


def _journal(session: Session, household_id: int) -> list[tuple[AuditEvent, str]]:
    """The last lines of the trail, each with its author's name (empty: the portal itself)."""
    rows = session.execute(
        sa.select(AuditEvent, Account.first_name, Account.last_name)
        .outerjoin(Account, AuditEvent.actor_id == Account.id)
        .where(AuditEvent.household_id == household_id)
        .order_by(AuditEvent.id.desc())
        .limit(JOURNAL_LINES)
    )
    return [(event, f"{first or ''} {last or ''}".strip()) for event, first, last in rows]


def _all_in(wanted: list[str], name: str) -> bool:
    known = plain_name(name).split()
    return all(any(part.startswith(word) for part in known) for word in wanted)
