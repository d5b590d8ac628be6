"""What can be done to an account. Each verb flushes; the edge hashes before and commits after."""

from app.accounts.services.links import (
    ask_email_change,
    confirm_email_change,
    lost_identifier,
    lost_password,
    person_of_link,
    reset_password,
)
from app.accounts.services.options import (
    change_password,
    change_username,
    deactivate,
    pseudonymise,
    reactivate,
    unlock,
)
from app.accounts.services.registration import Activation, Wish, activate, pending_of, register
from app.accounts.services.sign_in import Candidate, find_candidate, sign_in, sign_out
from app.accounts.services.staff import install_administrator, invite_agent, set_roles

__all__ = [
    "Activation",
    "Candidate",
    "Wish",
    "activate",
    "ask_email_change",
    "change_password",
    "change_username",
    "confirm_email_change",
    "deactivate",
    "find_candidate",
    "install_administrator",
    "invite_agent",
    "lost_identifier",
    "lost_password",
    "pending_of",
    "person_of_link",
    "pseudonymise",
    "reactivate",
    "register",
    "reset_password",
    "set_roles",
    "sign_in",
    "sign_out",
    "unlock",
]
