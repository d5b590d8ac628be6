"""Who may enter and what each role may do: the portal's face to FAB's security.

Only our own sign-in page is mounted: no JSON login, no registration, no password, user, role or
permission screen of FAB's (facts.md, « Security to add »).
"""

from __future__ import annotations

from functools import cache
from typing import Any

import sqlalchemy as sa
from flask import Flask, current_app, g
from flask_appbuilder.security.sqla.manager import SecurityManager as FabSecurityManager
from flask_appbuilder.security.sqla.models import (
    Permission,
    PermissionView,
    ViewMenu,
    assoc_permissionview_role,
)
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address
from flask_login import LoginManager, current_user
from sqlalchemy.orm import joinedload

from app.accounts.models import Account
from app.core.db import db
from app.notices import queries as notices

Right = tuple[str, str]
RIGHTS_READ = "portal.rights"
"""(permission, view): ("can_list", "SchoolAdmin")."""


class SecurityManager(FabSecurityManager):  # type: ignore[misc]
    """FAB's manager over ``Account``: two statements per request, whatever the page asks."""

    user_model = Account

    def register_views(self) -> None:
        """The sign-in page alone; the registry adds the other pages of the room."""
        from app.accounts.views import SignInView  # views need the manager's own package first

        self.auth_view = SignInView()
        self.appbuilder.add_view_no_menu(self.auth_view)

    def create_login_manager(self, app: Flask) -> LoginManager:
        manager = super().create_login_manager(app)
        manager.session_protection = None  # the address of a telephone changes on the way
        return manager

    def create_limiter(self, app: Flask) -> Limiter:
        """Counts in Redis, in this process while Redis is dead: pages live on (facts.md)."""
        app.config["RATELIMIT_ENABLED"] = True
        app.config.setdefault("RATELIMIT_STORAGE_URI", limiter_storage(app.config["REDIS_URL"]))
        app.config.setdefault("RATELIMIT_IN_MEMORY_FALLBACK_ENABLED", True)
        app.config.setdefault("RATELIMIT_SWALLOW_ERRORS", True)
        app.config.setdefault("RATELIMIT_STORAGE_OPTIONS", {})
        app.config.setdefault("RATELIMIT_STRATEGY", "moving-window")
        app.config.setdefault("RATELIMIT_KEY_PREFIX", "portail:limit")
        limiter = Limiter(key_func=get_remote_address)
        limiter.init_app(app)
        return limiter

    def load_user(self, pk: str) -> Account | None:
        """The account of a session id « id.version »; None once the version has moved on."""
        number, _, version = str(pk).partition(".")
        if not (number.isdigit() and version.isdigit()):
            return None
        asked = db.session.execute(_account_asked(), {"account": int(number)})
        found = asked.unique().one_or_none()
        if found is None or not found[0].active or found[0].session_version != int(version):
            return None
        # Every page says how many messages wait: read here, it costs no statement of its own.
        g.unread = found[1]
        account: Account = found[0]
        return account

    def has_access(self, permission_name: str, view_name: str) -> bool:
        """Whether the account signed in has this right; a visitor has none."""
        return (permission_name, view_name) in rights_of_request()

    def get_user_menu_access(self, menu_names: list[str] | None = None) -> set[str]:
        """The entries of the menu that this account sees."""
        return {view for right, view in rights_of_request() if right == "menu_access"}

    def is_item_public(self, permission_name: str, view_name: str) -> bool:
        """Nothing generated is public."""
        return False


@cache
def _account_asked() -> sa.Select[Account, int]:
    """Built once: every request of somebody signed in asks it."""
    return (
        sa.select(Account, notices.unread_of(Account.id))
        .where(Account.id == sa.bindparam("account"))
        .options(joinedload(Account.roles))
    )


def rights_of_request() -> frozenset[Right]:
    """The rights of the account signed in, read once per request."""
    if not current_user.is_authenticated:
        return frozenset()
    if "rights" not in g:
        g.rights = _rights_of(frozenset(role.id for role in current_user.roles))
    rights: frozenset[Right] = g.rights
    return rights


def _rights_of(role_ids: frozenset[int]) -> frozenset[Right]:
    """The rights of these roles. Only a release changes them, so a process reads them once."""
    known: dict[frozenset[int], frozenset[Right]] = current_app.extensions.setdefault(
        RIGHTS_READ, {}
    )
    if role_ids not in known:
        known[role_ids] = _read_rights(role_ids)
    return known[role_ids]


def forget_rights(app: Flask) -> None:
    """The release step wrote them anew."""
    app.extensions.pop(RIGHTS_READ, None)


def _read_rights(role_ids: frozenset[int]) -> frozenset[Right]:
    granted = assoc_permissionview_role.c
    statement = (
        sa.select(Permission.name, ViewMenu.name)
        .join(PermissionView, PermissionView.permission_id == Permission.id)
        .join(ViewMenu, PermissionView.view_menu_id == ViewMenu.id)
        .join(assoc_permissionview_role, granted.permission_view_id == PermissionView.id)
        .where(granted.role_id.in_(role_ids))
    )
    return frozenset((right, view) for right, view in db.session.execute(statement))


def limiter_storage(redis_url: str) -> str:
    """Where the limiter counts: Redis by its address, a Unix socket included, else this process."""
    if redis_url.startswith("unix://"):
        return "redis+unix://" + redis_url.removeprefix("unix://")
    return redis_url or "memory://"


def limiter() -> Any:
    """The application's limiter."""
    return current_app.appbuilder.sm.limiter  # type: ignore[attr-defined]
