"""Changing an account once signed in, and what agents may do to it (A8, A10, §3.10)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.accounts import errors, notices, rules
from app.accounts.models import Account, OneTimeLink
from app.accounts.services.sign_in import clear_failures
from app.core import audit
from app.core.actor import Actor


def change_password(
    session: Session, account_id: int, kept: str | None, password_hash: str, now: datetime
) -> Account:
    """Set a new password and end every session (the edge signs this one in again).

    ``kept`` is the hash that the current password was compared with, outside the transaction.
    Raises WrongPassword when it changed meanwhile.
    """
    account = session.get_one(Account, account_id, with_for_update=True, populate_existing=True)
    if account.password != kept:
        raise errors.WrongPassword
    account.password = password_hash
    account.session_version += 1
    audit.record(session, Actor(account.id), "change_password", "account", account.id)
    notices.tell_password_changed(session, account, f"version:{account.session_version}")
    session.flush()
    return account


def change_username(session: Session, account_id: int, username: str, now: datetime) -> Account:
    """Take another username. Raises BadUsername or UsernameTaken (which this page may say, A5)."""
    name = rules.check_username(username)
    account = session.get_one(Account, account_id, with_for_update=True)
    if name == account.username:
        return account
    try:
        with session.begin_nested():
            account.username = name
            session.flush()
    except IntegrityError as error:
        raise errors.UsernameTaken from error
    audit.record(session, Actor(account.id), "change_username", "account", account.id)
    notices.tell_username_changed(session, account, now)
    return account


def unlock(session: Session, actor: Actor, accounts: Sequence[Account]) -> int:
    """Unblock at once, whatever was counted; how many were blocked or about to be."""
    touched = [one for one in accounts if one.locked_until or one.failures_in_a_row]
    for account in accounts:
        clear_failures(session, account)
        _note(session, actor, "unlock", account)
    session.flush()
    return len(touched)


def deactivate(session: Session, actor: Actor, accounts: Sequence[Account], now: datetime) -> None:
    """Shut accounts: no more sign-in, sessions and links end at once. Raises NotYourself."""
    if actor.account_id in {account.id for account in accounts}:
        raise errors.NotYourself
    for account in accounts:
        account.active = False
        account.session_version += 1
        _note(session, actor, "deactivate", account)
    ids = [account.id for account in accounts]
    session.execute(
        sa.update(OneTimeLink)
        .where(OneTimeLink.account_id.in_(ids), OneTimeLink.used_at.is_(None))
        .values(used_at=now)
    )
    session.flush()


def reactivate(session: Session, actor: Actor, accounts: Sequence[Account]) -> None:
    """Open accounts again. Raises Pseudonymised for those whose person is forgotten."""
    for account in accounts:
        if account.email.endswith(FORGOTTEN):
            raise errors.Pseudonymised
        account.active = True
        clear_failures(session, account)
        _note(session, actor, "reactivate", account)
    session.flush()


FORGOTTEN = "@ancien-compte.invalid"
"""Addresses under « .invalid » reach nobody (RFC 2606)."""


def pseudonymise(session: Session, actor: Actor, accounts: Sequence[Account]) -> None:
    """Forget the person of deactivated accounts; the row stays for what it signed (§3.10).

    Raises StillActive.
    """
    for account in accounts:
        if account.active:
            raise errors.StillActive
        account.username = f"ancien-{account.id}"
        account.email = f"{account.id}{FORGOTTEN}"
        account.first_name, account.last_name = "Ancien", "compte"
        account.password = None
        _note(session, actor, "pseudonymise", account)
    session.flush()


def _note(session: Session, actor: Actor, verb: str, account: Account) -> None:
    audit.record(session, actor, verb, "account", account.id, account.household_id)
