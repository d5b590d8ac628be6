"""The household itself and its adults."""

from __future__ import annotations

import secrets
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.accounts.models import Account
from app.core import audit, clock, hooks
from app.core.actor import Actor
from app.core.errors import NotFound
from app.households.errors import HouseholdClosed, LastAdult, NotAMember
from app.households.models import Adult, Household


@dataclass(frozen=True)
class Contacts:
    """How to reach an adult. Empty: unknown."""

    mobile_phone: str = ""
    home_phone: str = ""
    work_phone: str = ""
    email: str = ""


def create_household(
    session: Session,
    actor: Actor,
    name: str,
    *,
    street: str = "",
    postcode: str = "",
    city: str = "",
) -> Household:
    """An empty household with its number, and what other rooms give it (its wallet)."""
    household = Household(
        # The number follows the id, which the database gives.
        number=f"~{secrets.token_hex(8)}",
        name=name.strip(),
        street=street.strip(),
        postcode=postcode.strip(),
        city=city.strip(),
        created_at=clock.now(),
    )
    session.add(household)
    session.flush()
    household.number = f"F-{household.id:04d}"
    session.flush()
    audit.record(session, actor, "create_household", "household", household.id, household.id)
    for handler in hooks.household_created:
        handler(session, household.id)
    return household


def open_household(session: Session, household_id: int) -> Household:
    """The household, locked for a change. NotFound, HouseholdClosed.

    Locked weakly (« no key »): rows that name the household can be written meanwhile, so a save
    of bookings never waits for it.
    """
    household = session.get(Household, household_id, with_for_update={"key_share": True})
    if household is None:
        raise NotFound
    if household.closed_at is not None:
        raise HouseholdClosed
    return household


def correct_household(
    session: Session,
    actor: Actor,
    household_id: int,
    *,
    name: str,
    street: str,
    postcode: str,
    city: str,
) -> Household:
    """An agent corrects the name or the address for letters."""
    household = open_household(session, household_id)
    household.name, household.street = name.strip(), street.strip()
    household.postcode, household.city = postcode.strip(), city.strip()
    session.flush()
    audit.record(session, actor, "correct_household", "household", household_id, household_id)
    return household


def set_cover_exemption(session: Session, actor: Actor, household_id: int, exempt: bool) -> None:
    """Free the household of B6, B8 and B9, or submit it again."""
    open_household(session, household_id).exempt_from_cover = exempt
    session.flush()
    audit.record(
        session,
        actor,
        "set_cover_exemption",
        "household",
        household_id,
        household_id,
        exempt=exempt,
    )


def set_holder(session: Session, actor: Actor, household_id: int, account_id: int) -> None:
    """Choose the account that is told about money (§3.8). NotAMember."""
    household = open_household(session, household_id)
    account = session.get(Account, account_id)
    if account is None or account.household_id != household_id or not account.active:
        raise NotAMember
    household.holder_id = account_id
    session.flush()
    audit.record(
        session, actor, "set_holder", "household", household_id, household_id, holder_id=account_id
    )


def add_adult(
    session: Session,
    actor: Actor,
    household_id: int,
    *,
    first_name: str,
    last_name: str,
    contacts: Contacts | None = None,
) -> Adult:
    """An adult member without account (an invitation gives one)."""
    open_household(session, household_id)
    contacts = contacts or Contacts()
    adult = Adult(
        household_id=household_id, first_name=first_name.strip(), last_name=last_name.strip()
    )
    session.add(adult)
    _write(adult, contacts)
    session.flush()
    audit.record(session, actor, "add_adult", "adult", adult.id, household_id)
    return adult


def correct_adult(
    session: Session,
    actor: Actor,
    household_id: int,
    adult_id: int,
    *,
    first_name: str,
    last_name: str,
    contacts: Contacts,
) -> Adult:
    """An agent corrects an adult; the e-mail of an account is left alone."""
    adult = adult_of(session, household_id, adult_id)
    adult.first_name, adult.last_name = first_name.strip(), last_name.strip()
    _write(adult, contacts)
    session.flush()
    audit.record(session, actor, "correct_adult", "adult", adult_id, household_id)
    return adult


def remove_adult(session: Session, actor: Actor, household_id: int, adult_id: int) -> None:
    """An adult is no member any more. One with an account cannot be removed here. LastAdult."""
    open_household(session, household_id)
    adult = adult_of(session, household_id, adult_id)
    if adult.account_id is not None:
        raise NotAMember
    others = session.scalar(
        sa.select(sa.func.count())
        .select_from(Adult)
        .where(Adult.household_id == household_id, Adult.id != adult_id)
    )
    if not others:
        raise LastAdult
    session.delete(adult)
    session.flush()
    audit.record(session, actor, "remove_adult", "adult", adult_id, household_id)


def set_contacts(
    session: Session, actor: Actor, household_id: int, adult_id: int, contacts: Contacts
) -> Adult:
    """How to reach an adult, at once (A11).

    The e-mail of an account is left alone: it changes by a link sent to the new address.
    NotFound when the adult is of another household.
    """
    adult = adult_of(session, household_id, adult_id)
    _write(adult, contacts)
    session.flush()
    audit.record(session, actor, "set_contacts", "adult", adult_id, household_id)
    return adult


def follow_email(session: Session, account_id: int, email: str) -> None:
    """The account's e-mail has changed (hook ``email_changed``): its adult has it too."""
    session.execute(sa.update(Adult).where(Adult.account_id == account_id).values(email=email))


def adult_of(session: Session, household_id: int, adult_id: int) -> Adult:
    """The adult, seen from its household. NotFound."""
    adult = session.scalar(
        sa.select(Adult).where(Adult.id == adult_id, Adult.household_id == household_id)
    )
    if adult is None:
        raise NotFound
    return adult


def _write(adult: Adult, contacts: Contacts) -> None:
    adult.mobile_phone = contacts.mobile_phone.strip()
    adult.home_phone = contacts.home_phone.strip()
    adult.work_phone = contacts.work_phone.strip()
    if adult.account_id is None:
        adult.email = contacts.email.strip().lower()
