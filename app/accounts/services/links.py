"""Links sent by e-mail that work once: lost password, invitation, changed address (A9, A11).

Asking says the same whether the address is known or not; only a hash of the token is kept.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.accounts import errors, notices, rules
from app.accounts.models import Account, LinkKind, OneTimeLink
from app.accounts.services.sign_in import clear_failures
from app.core import audit, hooks
from app.core.actor import Actor
from app.core.tokens import hashed, new_token

LINKS_PER_HOUR = 3
"""Of one kind for one account: a form must not fill somebody's mailbox."""

LIVES = {
    LinkKind.RESET_PASSWORD: timedelta(hours=rules.RESET_HOURS),
    LinkKind.CONFIRM_EMAIL: timedelta(hours=rules.ACTIVATION_HOURS),
    LinkKind.INVITATION: timedelta(days=rules.INVITATION_DAYS),
}
PASSWORD_LINKS = (LinkKind.RESET_PASSWORD, LinkKind.INVITATION)


@dataclass(frozen=True)
class Person:
    """Who a link is for: what a new password must not hold."""

    account_id: int
    username: str
    names: tuple[str, ...]


def lost_identifier(session: Session, email: str, now: datetime) -> None:
    """Send the username to the owner of this address, if there is one."""
    account = _owner(session, email)
    if account is not None:
        notices.tell_identifier(session, account, now)


def lost_password(session: Session, email: str, now: datetime) -> None:
    """Send a link that sets a new password to the owner of this address, if there is one."""
    account = _owner(session, email)
    if account is None or _recent(session, account, LinkKind.RESET_PASSWORD, now) >= LINKS_PER_HOUR:
        return
    link, token = new_link(session, account, LinkKind.RESET_PASSWORD, now)
    notices.tell_reset_link(session, account, link, token)


def person_of_link(session: Session, token: str, now: datetime) -> Person:
    """Whose password this link may set. Changes nothing. Raises LinkDead."""
    link = _find(session, token, PASSWORD_LINKS, now)
    account = session.get_one(Account, link.account_id)
    return Person(account.id, account.username, names_of(account))


def reset_password(session: Session, token: str, password_hash: str, now: datetime) -> Account:
    """Set the password behind the link: ends every session, every lock and every other link.

    Raises LinkDead.
    """
    link = _find(session, token, PASSWORD_LINKS, now, lock=True)
    account = session.get_one(Account, link.account_id, with_for_update=True)
    if not account.active:
        raise errors.LinkDead
    account.password = password_hash
    account.session_version += 1
    clear_failures(session, account)
    _use_all(session, account.id, PASSWORD_LINKS, now)
    audit.record(session, Actor(account.id), "reset_password", "account", account.id)
    notices.tell_password_changed(session, account, f"link:{link.id}")
    session.flush()
    return account


def ask_email_change(session: Session, account_id: int, email: str, now: datetime) -> None:
    """Send a confirmation to the new address and tell the old one (A11).

    The address of another account gets a message instead, and the screen says the same (A5).
    """
    account = session.get_one(Account, account_id)
    address = rules.normal(email)
    if address == account.email:
        return
    if _recent(session, account, LinkKind.CONFIRM_EMAIL, now) >= LINKS_PER_HOUR:
        return
    link, token = new_link(session, account, LinkKind.CONFIRM_EMAIL, now, email=address)
    owner = _owner(session, address)
    if owner is not None:
        notices.tell_already_known(session, owner, now)
    else:
        notices.tell_confirm_email(session, account, link, token, address)
    notices.tell_email_change_asked(session, account, link)


def confirm_email_change(session: Session, token: str, now: datetime) -> Account:
    """Make the new address the account's. Raises LinkDead, also when it was taken meanwhile."""
    link = _find(session, token, (LinkKind.CONFIRM_EMAIL,), now, lock=True)
    account = session.get_one(Account, link.account_id, with_for_update=True)
    old, new = account.email, link.payload["email"]
    if not account.active or _owner(session, new) is not None:
        raise errors.LinkDead
    _move(session, account, new)
    _use_all(session, account.id, (LinkKind.CONFIRM_EMAIL,), now)
    for handler in hooks.email_changed:
        handler(session, account.id, new)
    audit.record(session, Actor(account.id), "change_email", "account", account.id)
    notices.tell_email_changed(session, account, old, link)
    session.flush()
    return account


def new_link(
    session: Session, account: Account, kind: LinkKind, now: datetime, **payload: Any
) -> tuple[OneTimeLink, str]:
    """A link of this kind and its token, which is not kept."""
    token = new_token()
    link = OneTimeLink(
        kind=kind,
        token_hash=hashed(token),
        account_id=account.id,
        payload=payload,
        created_at=now,
        expires_at=now + LIVES[kind],
    )
    session.add(link)
    session.flush()
    return link, token


def names_of(account: Account) -> tuple[str, ...]:
    """What this person's password must not hold."""
    return (account.username, account.first_name, account.last_name, account.email)


def _owner(session: Session, email: str) -> Account | None:
    return session.scalars(
        sa.select(Account).where(Account.email == rules.normal(email), Account.active.is_(True))
    ).first()


def _recent(session: Session, account: Account, kind: LinkKind, now: datetime) -> int:
    count = sa.select(sa.func.count()).where(
        OneTimeLink.account_id == account.id,
        OneTimeLink.kind == kind,
        OneTimeLink.created_at > now - timedelta(hours=1),
    )
    return int(session.scalar(count) or 0)


def _find(
    session: Session, token: str, kinds: tuple[LinkKind, ...], now: datetime, *, lock: bool = False
) -> OneTimeLink:
    statement = sa.select(OneTimeLink).where(
        OneTimeLink.token_hash == hashed(token), OneTimeLink.kind.in_(kinds)
    )
    if lock:
        statement = statement.with_for_update().execution_options(populate_existing=True)
    link = session.scalars(statement).first()
    if link is None or link.used_at is not None or link.expires_at <= now:
        raise errors.LinkDead
    return link


def _use_all(session: Session, account_id: int, kinds: tuple[LinkKind, ...], now: datetime) -> None:
    session.execute(
        sa.update(OneTimeLink)
        .where(OneTimeLink.account_id == account_id, OneTimeLink.kind.in_(kinds))
        .where(OneTimeLink.used_at.is_(None))
        .values(used_at=now)
    )


def _move(session: Session, account: Account, email: str) -> None:
    try:
        with session.begin_nested():
            account.email = email
            session.flush()
    except IntegrityError as error:
        raise errors.LinkDead from error
