"""Agents' screens of accounts: families' (unblock, close) and the staff's (invite, roles)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from flask_appbuilder.models.filters import BaseFilter
from flask_appbuilder.models.sqla.interface import SQLAInterface
from flask_appbuilder.security.sqla.models import Role
from flask_babel import gettext
from flask_babel import lazy_gettext as _l

from app.accounts import forms, services
from app.accounts.models import Account
from app.accounts.roles import PARENT, STAFF
from app.accounts.services.staff import send_invitation
from app.core import clock
from app.core.admin import AgentView, agent_action
from app.core.admin_lists import SavedList
from app.core.text import N_

LABELS = {
    "username": _l("Username"),
    "email": _l("E-mail"),
    "first_name": _l("First name"),
    "last_name": _l("Last name"),
    "active": _l("Active"),
    "roles": _l("Roles"),
    "last_login": _l("Last login"),
    "locked_until": _l("Blocked until"),
    "terms_accepted_at": _l("Terms accepted on"),
    "created_on": _l("Created on"),
}


class OfFamilies(BaseFilter):  # type: ignore[misc]
    """Accounts whose only role is « Parent » (true), or all others (false)."""

    name = "families"

    def apply(self, query: Any, value: bool) -> Any:
        staff = Account.roles.any(Role.name != PARENT)
        return query.filter(~staff if value else staff)


def is_blocked() -> sa.ColumnElement[bool]:
    """SQL: blocked now by wrong passwords (A8), on the real clock."""
    return Account.locked_until > clock.real_now()


def blocked_figure() -> sa.Select[int]:
    """How many families' accounts are, as a part of another statement."""
    of_families = Account.household_id.is_not(None)
    return sa.select(sa.func.count(Account.id)).where(is_blocked(), of_families)


class AccountActions:
    """What an agent may do to an account: buttons of both screens."""

    session: Any
    actor: Any

    @agent_action("unlock", N_("Unblock"), confirm=N_("Unblock these accounts?"))
    def unlock(self, rows: Sequence[Account]) -> str:
        services.unlock(self.session, self.actor, rows)
        return gettext("The account can be used again.")

    @agent_action("deactivate", N_("Deactivate"), confirm=N_("Deactivate these accounts?"))
    def deactivate(self, rows: Sequence[Account]) -> str:
        services.deactivate(self.session, self.actor, rows, clock.now())
        return gettext("The account is deactivated: nobody can log in with it any more.")

    @agent_action("reactivate", N_("Reactivate"))
    def reactivate(self, rows: Sequence[Account]) -> str:
        services.reactivate(self.session, self.actor, rows)
        return gettext("The account can be used again.")

    @agent_action(
        "pseudonymise",
        N_("Pseudonymise"),
        confirm=N_("Forget the person behind these accounts? This cannot be undone."),
    )
    def pseudonymise(self, rows: Sequence[Account]) -> str:
        services.pseudonymise(self.session, self.actor, rows)
        return gettext("The person is forgotten.")


class FamilyAccountAdmin(AccountActions, AgentView):
    """Accounts of parents."""

    datamodel = SQLAInterface(Account)
    route_base = "/agents/comptes"
    base_filters = [["id", OfFamilies, True]]
    base_order = ("last_name", "asc")
    list_title = _l("Families' accounts")
    show_title = _l("Account")
    label_columns = LABELS
    list_columns = ["last_name", "first_name", "username", "email", "active", "locked_until"]
    show_columns = [
        *list_columns,
        "last_login",
        "terms_accepted_at",
        "created_on",
    ]
    search_columns = ["last_name", "first_name", "username", "email", "active"]
    saved = {"bloques": SavedList(N_("Blocked accounts"), is_blocked)}
    audit_subject = "account"


class StaffAccountAdmin(AccountActions, AgentView):
    """Accounts of the staff: no password is ever shown or typed here, a link is sent."""

    datamodel = SQLAInterface(Account)
    route_base = "/agents/utilisateurs"
    base_filters = [["id", OfFamilies, False]]
    base_order = ("last_name", "asc")
    list_title = _l("Staff accounts")
    show_title = _l("Account")
    add_title = _l("Invite a member of the staff")
    edit_title = _l("Roles")
    label_columns = LABELS
    list_columns = ["last_name", "first_name", "username", "email", "roles", "active"]
    show_columns = [*list_columns, "locked_until", "last_login", "created_on"]
    search_columns = ["last_name", "first_name", "username", "email", "active"]
    add_columns = ["first_name", "last_name", "email", "username", "roles"]
    edit_columns = ["roles"]
    choice_filters = {"roles": lambda statement: statement.where(Role.name.in_(STAFF))}
    form_fields = {
        "email": forms.email_field(LABELS["email"]),
        "username": forms.text_field(LABELS["username"], 64, forms.Username()),
    }
    audit_subject = "account"
    add_row_message = _l("The invitation is sent.")

    def create(self, form: Any) -> Account:
        return services.invite_agent(
            self.session,
            self.actor,
            username=form.username.data,
            email=form.email.data,
            first_name=form.first_name.data,
            last_name=form.last_name.data,
            roles=[role.name for role in form.roles.data],
            now=clock.now(),
        )

    def update(self, row: Account, form: Any) -> None:
        services.set_roles(self.session, self.actor, row, [role.name for role in form.roles.data])

    @agent_action("invite_again", N_("Send the invitation again"))
    def invite_again(self, rows: Sequence[Account]) -> str:
        for account in rows:
            send_invitation(self.session, account, clock.now())
        return gettext("The invitation is sent.")
