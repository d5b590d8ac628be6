"""Creating an account: a registration that waits, then its activation (A3, A4, A5)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from flask_appbuilder.security.sqla.models import Role
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.accounts import errors, notices, rules
from app.accounts.models import Account, PendingRegistration
from app.accounts.roles import PARENT
from app.core import audit, hooks
from app.core.actor import Actor
from app.core.tokens import hashed, hashed_code, new_token

PENDING_PER_EMAIL = 3
"""Registrations of one address waiting at once: a form must not fill somebody's mailbox."""
TRIES_PER_LINK = 10


@dataclass(frozen=True)
class Wish:
    """A valid registration form; ``password_hash`` was made outside any transaction."""

    username: str
    email: str
    password_hash: str
    first_name: str
    last_name: str
    phone: str = ""
    family_code: str = ""
    invitation: str = ""


@dataclass(frozen=True)
class Activation:
    """A registration waiting behind a link; ``taken``: its username went to somebody else."""

    pending_id: int
    username: str
    kept: str
    taken: bool
    names: tuple[str, ...]


def register(session: Session, wish: Wish, now: datetime) -> None:
    """Keep the registration and send the link; a known e-mail gets a message instead (A5).

    Says nothing of which it was, nor whether the username is free.
    """
    email = rules.normal(wish.email)
    known = session.scalars(sa.select(Account).where(Account.email == email)).first()
    if known is not None:
        notices.tell_already_known(session, known, now)
    elif _waiting(session, email, now) < PENDING_PER_EMAIL:
        token = new_token()
        pending = _pending(wish, email, token, now)
        session.add(pending)
        session.flush()
        notices.tell_activation(session, pending, token)


def _waiting(session: Session, email: str, now: datetime) -> int:
    count = sa.select(sa.func.count()).where(
        PendingRegistration.email == email, PendingRegistration.expires_at > now
    )
    return int(session.scalar(count) or 0)


def _pending(wish: Wish, email: str, token: str, now: datetime) -> PendingRegistration:
    return PendingRegistration(
        token_hash=hashed(token),
        username=rules.check_username(wish.username),
        email=email,
        password_hash=wish.password_hash,
        first_name=wish.first_name.strip(),
        last_name=wish.last_name.strip(),
        phone=wish.phone.strip(),
        family_code_hash=hashed_code(wish.family_code) if wish.family_code.strip() else None,
        invitation_hash=hashed(wish.invitation) if wish.invitation else None,
        terms_accepted_at=now,
        created_at=now,
        expires_at=now + timedelta(hours=rules.ACTIVATION_HOURS),
        failures=0,
    )


def pending_of(session: Session, token: str, now: datetime) -> Activation:
    """What waits behind the link. Changes nothing.

    Raises AlreadyActive when it was activated before, LinkDead when it is expired or unknown.
    """
    pending = _find(session, token, now)
    return Activation(
        pending.id,
        pending.username,
        pending.password_hash,
        _is_taken(session, pending.username),
        (pending.first_name, pending.last_name, pending.email),
    )


def activate(session: Session, token: str, username: str, is_right: bool, now: datetime) -> Account:
    """Make the account and let high rooms give it a household (``hooks.account_activated``).

    ``username`` is the one registered, or another one when that one was taken meanwhile (A4).
    Raises LinkDead, AlreadyActive, BadUsername, UsernameTaken, or BadCredentials after counting a
    failure: the edge commits then too.
    """
    pending = _find(session, token, now, lock=True)
    name = rules.check_username(username)
    taken = _is_taken(session, pending.username)
    if not is_right or (name != pending.username and not taken):
        pending.failures += 1
        session.flush()
        raise errors.BadCredentials
    if _is_taken(session, name):
        raise errors.UsernameTaken
    account = _account(session, pending, name)
    pending.account_id, pending.password_hash = account.id, ""
    for handler in hooks.account_activated:
        handler(session, account.id, pending)
    audit.record(session, Actor(account.id), "activate", "account", account.id)
    session.flush()
    return account


def _find(
    session: Session, token: str, now: datetime, *, lock: bool = False
) -> PendingRegistration:
    statement = sa.select(PendingRegistration).where(
        PendingRegistration.token_hash == hashed(token)
    )
    if lock:
        statement = statement.with_for_update().execution_options(populate_existing=True)
    pending = session.scalars(statement).first()
    if pending is not None and pending.account_id is not None:
        raise errors.AlreadyActive
    if pending is None or pending.expires_at <= now or pending.failures >= TRIES_PER_LINK:
        raise errors.LinkDead
    return pending


def _is_taken(session: Session, username: str) -> bool:
    return session.scalar(sa.select(Account.id).where(Account.username == username)) is not None


def _account(session: Session, pending: PendingRegistration, username: str) -> Account:
    """The new row; the unique keys decide between two activations at the same instant."""
    role = session.scalars(sa.select(Role).where(Role.name == PARENT)).one()
    account = Account(
        username=username,
        email=pending.email,
        first_name=pending.first_name,
        last_name=pending.last_name,
        password=pending.password_hash,
        active=True,
        terms_accepted_at=pending.terms_accepted_at,
    )
    try:
        with session.begin_nested():
            session.add(account)
            account.roles = [role]
            session.flush()
    except IntegrityError as error:
        # Another registration of the same address was activated first, or took the name.
        if _is_taken(session, username):
            raise errors.UsernameTaken from error
        raise errors.LinkDead from error
    return account
