"""The verbs of this room. Each takes (session, actor, …), flushes and never commits."""

from __future__ import annotations

from app.households.services.changes import (
    ask_profile_change,
    cancel_profile_change,
    decide_profile_change,
)
from app.households.services.facts import record_quotient, record_residence
from app.households.services.joining import (
    accept_invitation,
    attach_account,
    attach_registered,
    cancel_invitation,
    household_with_code,
    invite_adult,
    make_family_code,
    open_invitation,
    send_family_code,
    use_family_code,
)
from app.households.services.members import (
    Contacts,
    add_adult,
    adult_of,
    correct_adult,
    correct_household,
    create_household,
    follow_email,
    remove_adult,
    set_contacts,
    set_cover_exemption,
    set_holder,
)
from app.households.services.ties import (
    add_child,
    child_leaves,
    correct_child,
    end_tie,
    lift_restriction,
    restrict,
    set_rights,
    set_schooling,
    tie_child,
)

__all__ = [
    "Contacts",
    "accept_invitation",
    "add_adult",
    "add_child",
    "adult_of",
    "ask_profile_change",
    "attach_account",
    "attach_registered",
    "cancel_invitation",
    "cancel_profile_change",
    "child_leaves",
    "correct_adult",
    "correct_child",
    "correct_household",
    "create_household",
    "decide_profile_change",
    "end_tie",
    "follow_email",
    "household_with_code",
    "invite_adult",
    "lift_restriction",
    "make_family_code",
    "open_invitation",
    "record_quotient",
    "record_residence",
    "remove_adult",
    "restrict",
    "send_family_code",
    "set_contacts",
    "set_cover_exemption",
    "set_holder",
    "set_rights",
    "set_schooling",
    "tie_child",
    "use_family_code",
]
