"""What this room tells, to whom, by which template."""

from __future__ import annotations

from sqlalchemy.orm import Session

from app.accounts.models import Account
from app.households.models import Adult, Household, Invitation
from app.households.queries import recipients
from app.notices.services import Recipient, tell


def invited(session: Session, household: Household, invitation: Invitation, token: str) -> None:
    """The link to join, to the invited address alone."""
    inviter = session.get_one(Account, invitation.invited_by)
    tell(
        session,
        "adult_invited",
        [Recipient(None, invitation.email, household.id)],
        {
            "inviter": inviter.get_full_name(),
            "household": household.name,
            "expires_at": invitation.expires_at,
        },
        dedupe=f"invitation:{invitation.id}",
        url=f"/invitation/{token}",
        in_space=False,
        confidential=True,
    )


def adult_joined(session: Session, household: Household, account: Account) -> None:
    """Those who are in the household learn who came in."""
    known = recipients(session, [household.id], money=False)[household.id]
    tell(
        session,
        "adult_joined",
        [one for one in known if one.account_id not in {None, account.id}],
        {"adult": account.get_full_name(), "household": household.name},
        dedupe=f"joined:{household.id}:{account.id}",
        url="/profil/",
    )


def code_did_not_work(session: Session, account: Account) -> None:
    """The account starts an empty household instead of joining one."""
    tell(
        session,
        "family_code_refused",
        [Recipient(account.id, account.email, account.household_id, account.locale)],
        {"first_name": account.first_name},
        dedupe=f"code-refused:{account.id}",
        url="/profil/code-famille",
    )


def family_code(session: Session, household: Household, adult: Adult, code: str) -> None:
    """The « code famille », to an address that the agents know."""
    tell(
        session,
        "family_code",
        [Recipient(None, adult.email, household.id)],
        {"adult": str(adult), "household": household.name, "code": code},
        dedupe=f"family-code:{household.family_code_hash}:{adult.id}",
        url="/compte/creer",
        in_space=False,
        confidential=True,
    )
