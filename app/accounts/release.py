"""Rights written by the release step after the migrations: what the views declare, what
``roles.RIGHTS`` grants. Set-based, and safe to run again: what is no longer declared goes.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Any

import sqlalchemy as sa
from flask import Flask
from flask_appbuilder.security.sqla.models import (
    Permission,
    PermissionView,
    Role,
    ViewMenu,
    assoc_permissionview_role,
)
from sqlalchemy.orm import Session

from app.accounts.roles import RIGHTS, ROLES
from app.accounts.security import forget_rights
from app.core.db import db

Right = tuple[str, str]
MENU = "menu_access"


def write_permissions(app: Flask) -> None:
    """Bring roles, permissions and grants to what this version of the code says. Flushes only."""
    session: Session = db.session()
    granted = grants(app.appbuilder)  # type: ignore[attr-defined]
    every = set().union(*granted.values()) | declared(app.appbuilder)  # type: ignore[attr-defined]
    roles = _names(session, Role, ROLES)
    rights = _rights(session, every)
    _forget(session, set(rights.values()))
    wanted = {(rights[right], roles[role]) for role, some in granted.items() for right in some}
    _grant(session, wanted)
    forget_rights(app)


def declared(appbuilder: Any) -> set[Right]:
    """Every right that a view declares."""
    return {
        (right, view.class_permission_name)
        for view in appbuilder.baseviews
        for right in view.base_permissions
    }


def grants(appbuilder: Any) -> dict[str, set[Right]]:
    """Role → its rights: those of the table that views declare, and the menu that follows."""
    found: dict[str, set[Right]] = {role: set() for role in ROLES}
    for view in appbuilder.baseviews:
        for role, rights in RIGHTS.get(type(view).__name__, {}).items():
            asked = set(view.base_permissions) if "*" in rights else rights
            found[role] |= {
                (right, view.class_permission_name) for right in asked & set(view.base_permissions)
            }
    for own in found.values():
        own |= {(MENU, name) for name in _menu(appbuilder.menu.get_list(), own)}
    return found


def _menu(items: list[Any], rights: Collection[Right]) -> Iterator[str]:
    """Entries whose view these rights open, and the categories that hold one."""
    for item in items:
        inner = list(_menu(item.childs, rights))
        if inner or _opens(item, rights):
            yield item.name
        yield from inner


def _opens(item: Any, rights: Collection[Right]) -> bool:
    view = item.baseview
    if view is None:
        return False
    method = getattr(view, view.default_view, None)
    right = "can_" + getattr(method, "_permission_name", view.default_view)
    return (right, view.class_permission_name) in rights


def _names(session: Session, model: Any, names: Collection[str]) -> dict[str, int]:
    """name → id, the missing rows made."""
    known = {name for (name,) in session.execute(sa.select(model.name))}
    missing = [{"name": name} for name in sorted(set(names) - known)]
    if missing:
        session.execute(sa.insert(model), missing)
    return {row.name: row.id for row in session.execute(sa.select(model.name, model.id))}


def _rights(session: Session, rights: Collection[Right]) -> dict[Right, int]:
    permissions = _names(session, Permission, {right for right, _ in rights})
    views = _names(session, ViewMenu, {view for _, view in rights})
    known = _known(session)
    missing = [
        {"permission_id": permissions[right], "view_menu_id": views[view]}
        for right, view in sorted(set(rights) - set(known))
    ]
    if missing:
        session.execute(sa.insert(PermissionView), missing)
        known = _known(session)
    return {right: known[right] for right in rights}


def _known(session: Session) -> dict[Right, int]:
    statement = (
        sa.select(Permission.name, ViewMenu.name, PermissionView.id)
        .join(Permission, PermissionView.permission_id == Permission.id)
        .join(ViewMenu, PermissionView.view_menu_id == ViewMenu.id)
    )
    return {(right, view): pk for right, view, pk in session.execute(statement)}


def _forget(session: Session, kept: set[int]) -> None:
    """Rights of views that are gone, and the grants of them."""
    granted = assoc_permissionview_role.c.permission_view_id
    session.execute(sa.delete(assoc_permissionview_role).where(granted.not_in(kept)))
    session.execute(sa.delete(PermissionView).where(PermissionView.id.not_in(kept)))


def _grant(session: Session, wanted: set[tuple[int, int]]) -> None:
    table = assoc_permissionview_role
    rows = session.execute(sa.select(table.c.permission_view_id, table.c.role_id))
    there = {(right, role) for right, role in rows}
    for right, role in there - wanted:
        session.execute(
            sa.delete(table).where(table.c.permission_view_id == right, table.c.role_id == role)
        )
    new = [{"permission_view_id": right, "role_id": role} for right, role in sorted(wanted - there)]
    if new:
        session.execute(sa.insert(table), new)
