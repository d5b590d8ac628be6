"""What this room tells, to whom, by which template. Links are never shown in the account's space."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from app.accounts.models import Account, OneTimeLink, PendingRegistration
from app.core import clock
from app.notices.services import Recipient, tell

ACTIVATION = "/compte/activation"
NEW_PASSWORD = "/compte/nouveau-mot-de-passe"
NEW_EMAIL = "/compte/courriel"
LOST = "/compte/oubli"
LOGIN = "/login/"


def tell_activation(session: Session, pending: PendingRegistration, token: str) -> None:
    """The link to follow within 24 hours (A4)."""
    tell(
        session,
        "account_activation",
        [Recipient(None, pending.email)],
        {"first_name": pending.first_name, "expires_at": pending.expires_at},
        dedupe=f"activation:{pending.id}",
        url=f"{ACTIVATION}/{token}",
        in_space=False,
        confidential=True,
    )


def tell_already_known(session: Session, account: Account, now: datetime) -> None:
    """Somebody tried to use this address, which has its account; once a day at most (A5)."""
    dedupe = f"known:{account.id}:{clock.paris(now).date()}"
    _mail(session, account, "account_known", {}, dedupe, LOST)


def tell_identifier(session: Session, account: Account, now: datetime) -> None:
    """The username, to who lost it (A9); once in ten minutes at most."""
    dedupe = f"identifier:{account.id}:{now:%Y%m%dT%H%M}"[:-1]
    _mail(session, account, "lost_identifier", {"username": account.username}, dedupe, LOGIN)


def tell_reset_link(session: Session, account: Account, link: OneTimeLink, token: str) -> None:
    """The link that sets a new password, for one hour (A9)."""
    _link(session, account, "reset_password", link, f"{NEW_PASSWORD}/{token}")


def tell_invitation(session: Session, account: Account, link: OneTimeLink, token: str) -> None:
    """The link that sets the first password of a member of the staff."""
    _link(session, account, "staff_invited", link, f"{NEW_PASSWORD}/{token}")


def tell_confirm_email(
    session: Session, account: Account, link: OneTimeLink, token: str, address: str
) -> None:
    """The link that makes the new address the account's, to the new address (A11)."""
    _link(session, account, "confirm_email", link, f"{NEW_EMAIL}/{token}", to=address)


def tell_email_change_asked(session: Session, account: Account, link: OneTimeLink) -> None:
    """The old address learns that a change was asked (A11)."""
    _mail(session, account, "email_change_asked", {}, f"email-asked:{link.id}", LOST)


def tell_email_changed(session: Session, account: Account, old: str, link: OneTimeLink) -> None:
    """The old address learns that it is no longer the account's (A11)."""
    _mail(session, account, "email_changed", {}, f"email-changed:{link.id}", to=old)


def tell_password_changed(session: Session, account: Account, why: str) -> None:
    """The person learns of a new password; ``why`` makes this change told once."""
    _mail(session, account, "password_changed", {}, f"password:{account.id}:{why}", LOST)


def tell_username_changed(session: Session, account: Account, now: datetime) -> None:
    """The person learns of a new username."""
    dedupe = f"username:{account.id}:{now:%Y%m%dT%H%M%S}"
    _mail(session, account, "username_changed", {"username": account.username}, dedupe)


def tell_locked(session: Session, account: Account, until: datetime) -> None:
    """The account is blocked after wrong passwords (A8)."""
    dedupe = f"locked:{account.id}:{until:%Y%m%dT%H%M%S}"
    _mail(session, account, "account_locked", {"until": until}, dedupe, LOST)


def _link(
    session: Session, account: Account, template: str, link: OneTimeLink, url: str, to: str = ""
) -> None:
    tell(
        session,
        template,
        [_recipient(account, to)],
        _facts(account, {"username": account.username, "expires_at": link.expires_at}),
        dedupe=f"{template}:{link.id}",
        url=url,
        in_space=False,
        confidential=True,
    )


def _mail(
    session: Session,
    account: Account,
    template: str,
    facts: Mapping[str, Any],
    dedupe: str,
    url: str = "",
    to: str = "",
) -> None:
    tell(
        session,
        template,
        [_recipient(account, to)],
        _facts(account, facts),
        dedupe=dedupe,
        url=url,
        in_space=False,
    )


def _recipient(account: Account, to: str) -> Recipient:
    return Recipient(account.id, to or account.email, account.household_id, account.locale or "fr")


def _facts(account: Account, facts: Mapping[str, Any]) -> dict[str, Any]:
    return {"first_name": account.first_name, **facts}
