"""How an account gets its household: a new one, a « code famille », an invitation (§3.8, §3.9)."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Protocol

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.accounts.models import Account
from app.core import audit, clock, hooks, tokens
from app.core.actor import Actor
from app.core.errors import NotFound
from app.households import notices
from app.households.errors import (
    AlreadyInHousehold,
    CodeRefused,
    HouseholdClosed,
    InvitationRefused,
    TooManyInvitations,
)
from app.households.models import Adult, Guardianship, Household, Invitation
from app.households.rules import same_name
from app.households.services.members import adult_of, create_household, open_household

INVITATION_LIFE = timedelta(days=7)
INVITATIONS_PER_DAY = 5
"""Of one household: a form must not write to everybody in its name."""


class Registration(Protocol):
    """What a registration says of its person (``accounts.models.PendingRegistration``)."""

    first_name: str
    last_name: str
    phone: str
    family_code_hash: str | None
    invitation_hash: str | None


def attach_registered(session: Session, account_id: int, registration: Registration) -> None:
    """A new account gets its household (hook ``account_activated``).

    A code or an invitation that no longer works does not stop the activation: the account starts
    an empty household and is told.
    """
    account = session.get_one(Account, account_id)
    try:
        _attach(session, account, registration)
    except (CodeRefused, InvitationRefused, HouseholdClosed):
        _start_household(session, account, registration.phone)
        notices.code_did_not_work(session, account)


def attach_account(
    session: Session,
    account: Account,
    first_name: str,
    last_name: str,
    phone: str,
    family_code: str | None = None,
    invitation: str | None = None,
) -> Household:
    """The same from plain values. CodeRefused, InvitationRefused."""
    account.first_name, account.last_name = first_name, last_name
    if family_code:
        return _join_by_code(session, account, tokens.hashed_code(family_code), phone)
    if invitation:
        return _join_by_invitation(session, account, tokens.hashed(invitation), phone)
    return _start_household(session, account, phone)


def use_family_code(session: Session, account: Account, code: str) -> Household:
    """An account that exists joins the household of the code. CodeRefused, AlreadyInHousehold."""
    return _join_by_code(session, account, tokens.hashed_code(code), "")


def accept_invitation(session: Session, account: Account, token: str) -> Household:
    """An account that exists joins the household that invited. InvitationRefused."""
    return _join_by_invitation(session, account, tokens.hashed(token), "")


def make_family_code(session: Session, actor: Actor, household_id: int) -> str:
    """A new « code famille », shown once; the one before stops working (§3.9)."""
    household = open_household(session, household_id)
    code = tokens.new_code()
    household.family_code_hash = tokens.hashed_code(code)
    household.family_code_used_at = None
    session.flush()
    audit.record(session, actor, "make_family_code", "household", household_id, household_id)
    return code


def send_family_code(
    session: Session, actor: Actor, household_id: int, code: str, adult_id: int
) -> str:
    """E-mail the code to an adult of the household; returns the address. CodeRefused."""
    household = household_with_code(session, household_id, code)
    adult = adult_of(session, household_id, adult_id)
    if not adult.email:
        raise NotFound
    notices.family_code(session, household, adult, code)
    audit.record(session, actor, "send_family_code", "adult", adult_id, household_id)
    return adult.email


def household_with_code(session: Session, household_id: int, code: str) -> Household:
    """The household, if this is its code and it still waits to be used. CodeRefused."""
    household = session.get(Household, household_id)
    if (
        household is None
        or household.family_code_hash != tokens.hashed_code(code)
        or household.family_code_used_at is not None
    ):
        raise CodeRefused
    return household


def invite_adult(
    session: Session, actor: Actor, household_id: int, email: str, *, now: datetime
) -> Invitation:
    """Invite a second adult by e-mail; the link lives seven days (§3.8).

    A newer invitation of the same address ends the older ones. TooManyInvitations.
    """
    if actor.account_id is None:
        raise NotFound
    household = open_household(session, household_id)
    if _invited_since(session, household_id, now - timedelta(days=1)) >= INVITATIONS_PER_DAY:
        raise TooManyInvitations
    address = email.strip().lower()
    session.execute(
        sa.update(Invitation)
        .where(
            Invitation.household_id == household_id,
            Invitation.email == address,
            Invitation.accepted_at.is_(None),
            Invitation.expires_at > now,
        )
        .values(expires_at=now)
    )
    token = tokens.new_token()
    invitation = Invitation(
        household_id=household_id,
        email=address,
        token_hash=tokens.hashed(token),
        invited_by=actor.account_id,
        created_at=now,
        expires_at=now + INVITATION_LIFE,
    )
    session.add(invitation)
    session.flush()
    notices.invited(session, household, invitation, token)
    audit.record(session, actor, "invite_adult", "invitation", invitation.id, household_id)
    return invitation


def _invited_since(session: Session, household_id: int, start: datetime) -> int:
    count = sa.select(sa.func.count()).where(
        Invitation.household_id == household_id, Invitation.created_at > start
    )
    return int(session.scalar(count) or 0)


def cancel_invitation(
    session: Session, actor: Actor, household_id: int, invitation_id: int, *, now: datetime
) -> None:
    """The link stops working. NotFound when it is not of this household."""
    invitation = session.scalar(
        sa.select(Invitation).where(
            Invitation.id == invitation_id, Invitation.household_id == household_id
        )
    )
    if invitation is None:
        raise NotFound
    invitation.expires_at = min(invitation.expires_at, now)
    session.flush()
    audit.record(session, actor, "cancel_invitation", "invitation", invitation_id, household_id)


def open_invitation(session: Session, token: str, *, now: datetime) -> Invitation:
    """The invitation of a link, while it can be accepted. InvitationRefused."""
    invitation = session.scalar(
        sa.select(Invitation).where(
            Invitation.token_hash == tokens.hashed(token),
            Invitation.accepted_at.is_(None),
            Invitation.expires_at > now,
        )
    )
    if invitation is None:
        raise InvitationRefused
    return invitation


def _attach(session: Session, account: Account, registration: Registration) -> Household:
    if registration.invitation_hash:
        return _join_by_invitation(
            session, account, registration.invitation_hash, registration.phone
        )
    if registration.family_code_hash:
        return _join_by_code(session, account, registration.family_code_hash, registration.phone)
    return _start_household(session, account, registration.phone)


def _start_household(session: Session, account: Account, phone: str) -> Household:
    household = create_household(session, _as_actor(account), account.last_name)
    _enter(session, account, household, phone)
    return household


def _join_by_code(session: Session, account: Account, code_hash: str, phone: str) -> Household:
    """Whoever marks the code as used first has it, under any concurrency."""
    household_id = session.scalar(
        sa.update(Household)
        .where(
            Household.family_code_hash == code_hash,
            Household.family_code_used_at.is_(None),
            Household.closed_at.is_(None),
        )
        .values(family_code_used_at=clock.now())
        .returning(Household.id)
    )
    if household_id is None:
        raise CodeRefused
    return _join(session, account, household_id, phone)


def _join_by_invitation(
    session: Session, account: Account, token_hash: str, phone: str
) -> Household:
    """Whoever marks the invitation as accepted first has it, under any concurrency."""
    now = clock.now()
    household_id = session.scalar(
        sa.update(Invitation)
        .where(
            Invitation.token_hash == token_hash,
            Invitation.accepted_at.is_(None),
            Invitation.expires_at > now,
        )
        .values(accepted_at=now)
        .returning(Invitation.household_id)
    )
    if household_id is None:
        raise InvitationRefused
    return _join(session, account, household_id, phone)


def _join(session: Session, account: Account, household_id: int, phone: str) -> Household:
    """Raising here gives the code or the invitation back: the edge rolls the transaction back."""
    if account.household_id is not None:
        _leave(session, account, account.household_id)
    household = open_household(session, household_id)
    notices.adult_joined(session, household, account)
    _enter(session, account, household, phone)
    audit.record(
        session, _as_actor(account), "join_household", "household", household_id, household_id
    )
    return household


def _leave(session: Session, account: Account, household_id: int) -> None:
    """Leave a household that holds nothing, which is then closed. AlreadyInHousehold."""
    household = open_household(session, household_id)
    if _in_use(session, household, account):
        raise AlreadyInHousehold
    session.execute(
        sa.delete(Adult).where(Adult.household_id == household_id, Adult.account_id == account.id)
    )
    household.holder_id, household.closed_at = None, clock.now()
    session.flush()


def _in_use(session: Session, household: Household, account: Account) -> bool:
    child = sa.exists().where(Guardianship.household_id == household.id)
    other = sa.exists().where(Account.household_id == household.id, Account.id != account.id)
    return bool(session.scalar(sa.select(sa.or_(child, other)))) or any(
        handler(session, household.id) for handler in hooks.household_in_use
    )


def _enter(session: Session, account: Account, household: Household, phone: str) -> None:
    """Become a member: the adult that agents knew already, or a new one."""
    account.household_id = household.id
    adult = _known_adult(session, account, household) or Adult(
        household_id=household.id, first_name=account.first_name, last_name=account.last_name
    )
    adult.account_id, adult.email = account.id, account.email
    adult.mobile_phone = phone.strip() or adult.mobile_phone or ""
    session.add(adult)
    household.holder_id = household.holder_id or account.id
    session.flush()


def _known_adult(session: Session, account: Account, household: Household) -> Adult | None:
    """The adult without account with this e-mail, else with this name."""
    waiting = session.scalars(
        sa.select(Adult)
        .where(Adult.household_id == household.id, Adult.account_id.is_(None))
        .order_by(Adult.id)
    ).all()
    names = (account.first_name, account.last_name)
    by_email = (adult for adult in waiting if adult.email.lower() == account.email.lower())
    by_name = (adult for adult in waiting if same_name((adult.first_name, adult.last_name), names))
    return next(by_email, None) or next(by_name, None)


def _as_actor(account: Account) -> Actor:
    return Actor(account_id=account.id)
