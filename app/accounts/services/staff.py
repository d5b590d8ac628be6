"""Accounts of the commune's staff: invited by an administrator, never given a password."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

import sqlalchemy as sa
from flask_appbuilder.security.sqla.models import Role
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.accounts import errors, notices, rules
from app.accounts.models import Account, LinkKind
from app.accounts.roles import ADMIN, HEALTH, STAFF
from app.accounts.services.links import new_link
from app.core import audit
from app.core.actor import SYSTEM, Actor


def invite_agent(
    session: Session,
    actor: Actor,
    *,
    username: str,
    email: str,
    first_name: str,
    last_name: str,
    roles: Collection[str],
    now: datetime,
) -> Account:
    """An account without password and the e-mail whose link sets one (7 days).

    Raises BadUsername, AccountExists, or BadRoles.
    """
    account = _create(session, actor, username, email, (first_name, last_name), roles)
    send_invitation(session, account, now)
    return account


def install_administrator(
    session: Session, *, username: str, email: str, first_name: str, last_name: str, now: datetime
) -> str:
    """Give the commune an administrator without anybody signed in; the path that sets the password.

    For the first one, or when nobody can sign in any more: the administrator who has this address
    already gets another link. Raises BadUsername or AccountExists.
    """
    known = session.scalars(sa.select(Account).where(Account.email == rules.normal(email))).first()
    if known is None:
        names = (first_name, last_name)
        known = _create(session, SYSTEM, username, email, names, [ADMIN])
    elif not (known.active and ADMIN in {role.name for role in known.roles}):
        raise errors.AccountExists
    return send_invitation(session, known, now)


def _create(
    session: Session,
    actor: Actor,
    username: str,
    email: str,
    names: tuple[str, str],
    roles: Collection[str],
) -> Account:
    granted = _roles(session, roles)
    first_name, last_name = names
    account = Account(
        username=rules.check_username(username),
        email=rules.normal(email),
        first_name=first_name.strip(),
        last_name=last_name.strip(),
        password=None,
        active=True,
    )
    try:
        with session.begin_nested():
            session.add(account)
            account.roles = granted
            session.flush()
    except IntegrityError as error:
        raise errors.AccountExists from error
    audit.record(session, actor, "invite", "account", account.id, roles=sorted(roles))
    return account


def send_invitation(session: Session, account: Account, now: datetime) -> str:
    """Send the link that sets the first password, again if need be; its path."""
    link, token = new_link(session, account, LinkKind.INVITATION, now)
    notices.tell_invitation(session, account, link, token)
    return f"{notices.NEW_PASSWORD}/{token}"


def set_roles(session: Session, actor: Actor, account: Account, roles: Collection[str]) -> None:
    """Give a staff account other roles. Raises BadRoles, or NotYourself for one's own."""
    before = {role.name for role in account.roles}
    if account.id == actor.account_id and ADMIN in before - set(roles):
        raise errors.NotYourself
    account.roles = _roles(session, roles)
    audit.record(
        session,
        actor,
        "set_roles",
        "account",
        account.id,
        before=sorted(before),
        after=sorted(roles),
    )
    session.flush()


def _roles(session: Session, names: Collection[str]) -> list[Role]:
    """Roles of the staff only; « Santé » is added to another one (product.md §4)."""
    asked = set(names)
    if not asked or not asked <= set(STAFF) or asked == {HEALTH}:
        raise errors.BadRoles
    return list(session.scalars(sa.select(Role).where(Role.name.in_(asked))))
