"""Every route has a declared right, none vanishes unnoticed, and nobody gets in by the side."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from werkzeug.routing import Rule

from app.accounts.release import declared, grants
from app.accounts.roles import ADMIN, PARENT, RIGHTS, ROLES
from app.core.admin import AgentView

ROUTES = Path(__file__).with_name("routes.txt")
"""Every route, one a line."""

FRAMEWORK = {"static", "appbuilder.static"}
OPEN_METHODS = {
    # endpoint → why it needs neither login nor a right of FAB's
    "accent_static": "a style sheet of one colour",
}
CLOSED = (
    "/api/v1/security/login",
    "/api/v1/security/refresh",
    "/api/v1/_openapi",
    "/api/v1/menu/",
    "/swagger/v1",
    "/register/form",
    "/registeruser/form",
    "/resetmypassword/form",
    "/resetpassword/form",
    "/userinfoeditview/form",
    "/users/list/",
    "/users/userinfo/",
    "/roles/list/",
    "/permissions/list/",
    "/viewmenus/list/",
    "/permissionviews/list/",
    "/userstatschartview/chart/",
    "/groups/list/",
    "/back",
    "/lang/en",
)


def rules(app: Flask) -> list[Rule]:
    return [rule for rule in app.url_map.iter_rules() if rule.endpoint not in FRAMEWORK]


def views(app: Flask) -> dict[str, Any]:
    return {view.endpoint: view for view in app.appbuilder.baseviews}  # type: ignore[attr-defined]


def methods_of(app: Flask) -> Iterator[tuple[str, Any, Any]]:
    """(endpoint, view, its method) of every route of a view."""
    known = views(app)
    for endpoint in sorted({rule.endpoint for rule in rules(app)}):
        blueprint, _, name = endpoint.partition(".")
        if blueprint in known:
            yield endpoint, known[blueprint], getattr(known[blueprint], name)


def test_every_route_belongs_to_a_view_or_says_why_it_is_open(session_app: Flask) -> None:
    of_views = {endpoint for endpoint, _, _ in methods_of(session_app)}
    alone = {rule.endpoint for rule in rules(session_app)} - of_views
    assert alone - OPEN_METHODS.keys() == set()


def test_every_route_of_a_view_is_public_or_asks_a_right(session_app: Flask) -> None:
    acts = {"action", "action_post"}  # each action asks its own right
    unguarded = [
        endpoint
        for endpoint, view, method in methods_of(session_app)
        if not getattr(method, "is_public", False)
        and not hasattr(method, "_permission_name")
        and not (isinstance(view, AgentView) and method.__name__ in acts)
    ]
    assert unguarded == []


def test_every_view_has_its_line_in_the_table_and_every_line_its_view(session_app: Flask) -> None:
    names = {type(view).__name__ for view in session_app.appbuilder.baseviews}  # type: ignore[attr-defined]
    assert names == set(RIGHTS)


def test_the_table_names_roles_and_rights_that_exist(session_app: Flask) -> None:
    known = {type(view).__name__: view for view in session_app.appbuilder.baseviews}  # type: ignore[attr-defined]
    wrong = [
        (name, role, right)
        for name, line in RIGHTS.items()
        for role, rights in line.items()
        for right in rights
        if role not in ROLES or (right != "*" and right not in known[name].base_permissions)
    ]
    assert wrong == []


def test_every_declared_right_is_somebodys(session_app: Flask) -> None:
    """A right that nobody has is a page that nobody can open."""
    granted = set().union(*grants(session_app.appbuilder).values())  # type: ignore[attr-defined]
    assert declared(session_app.appbuilder) - granted == set()  # type: ignore[attr-defined]


def test_a_parent_has_no_right_on_a_generated_screen(session_app: Flask) -> None:
    generated = {type(v).__name__ for v in views(session_app).values() if isinstance(v, AgentView)}
    assert {name for name in generated if PARENT in RIGHTS[name]} == set()
    parents = grants(session_app.appbuilder)[PARENT]  # type: ignore[attr-defined]
    assert {right for right, _ in parents} == {"can_use"}


def test_a_parent_sees_no_entry_of_the_agents_menu(session_app: Flask) -> None:
    found = grants(session_app.appbuilder)  # type: ignore[attr-defined]
    assert not any(right == "menu_access" for right, _ in found[PARENT])
    assert any(right == "menu_access" for right, _ in found[ADMIN])


def test_generated_screens_are_the_safe_base(session_app: Flask) -> None:
    from flask_appbuilder import ModelView

    unsafe = [
        type(view).__name__
        for view in session_app.appbuilder.baseviews  # type: ignore[attr-defined]
        if isinstance(view, ModelView) and not isinstance(view, AgentView)
    ]
    assert unsafe == []


def test_nothing_is_deleted_or_done_by_a_link(session_app: Flask) -> None:
    changing = ("delete", "action", "action_post", "logout")
    by_get = [
        str(rule)
        for rule in rules(session_app)
        if rule.endpoint.partition(".")[2] in changing and "GET" in (rule.methods or ())
    ]
    assert by_get == []


@pytest.mark.parametrize("path", CLOSED)
def test_the_doors_of_the_framework_are_walled_up(client: Any, path: str) -> None:
    assert client.get(path).status_code == 404
    assert client.post(path, json={}).status_code == 404


def test_no_route_vanishes_or_appears_unnoticed(session_app: Flask) -> None:
    """To accept a change: run this test once with PORTAIL_ACCEPT_ROUTES=1, and read the diff."""
    now = sorted(
        f"{rule} {','.join(sorted((rule.methods or set()) - {'HEAD', 'OPTIONS'}))}"
        for rule in rules(session_app)
    )
    if os.environ.get("PORTAIL_ACCEPT_ROUTES"):
        ROUTES.write_text("\n".join(now) + "\n", encoding="utf-8")
    assert now == ROUTES.read_text(encoding="utf-8").splitlines()


def pages(app: Flask) -> list[str]:
    """Every route that a GET opens, its variables filled with 1."""
    found = []
    for rule in rules(app):
        if "GET" in (rule.methods or ()):
            values = dict.fromkeys(rule.arguments, "1")
            adapter = app.url_map.bind("portail.test")
            found.append(adapter.build(rule.endpoint, values, method="GET"))
    return sorted(set(found))


def is_public(app: Flask, path: str) -> bool:
    endpoint, _ = app.url_map.bind("portail.test").match(path, method="GET")
    if endpoint in OPEN_METHODS:
        return True
    blueprint, _, name = endpoint.partition(".")
    return bool(getattr(getattr(views(app)[blueprint], name), "is_public", False))


def test_a_visitor_is_led_to_the_login_page_from_every_page_that_is_not_public(
    app: Flask, client: Any
) -> None:
    inside = [path for path in pages(app) if not is_public(app, path)]
    assert len(inside) > 20
    for path in inside:
        answer = client.get(path)
        assert answer.status_code == 302, path
        assert answer.location.split("?")[0].endswith("/login/"), path


def test_a_parent_is_kept_out_of_every_agents_page(app: Flask, cast: Any, sign_in: Any) -> None:
    client = sign_in(cast.camille)
    cast_session(app).commit()
    staff = {name for name, line in RIGHTS.items() if line and PARENT not in line}
    paths = [path for path in pages(app) if view_of(app, path) in staff]
    assert len(paths) > 30
    for path in paths:
        if not is_public(app, path):
            assert client.get(path).status_code == 403, path


def test_an_agent_has_no_family_page(app: Flask, cast: Any, sign_in: Any) -> None:
    client = sign_in(cast.agent)
    cast_session(app).commit()
    families = {name for name, line in RIGHTS.items() if set(line) == {PARENT}}
    for path in pages(app):
        if view_of(app, path) in families and not is_public(app, path):
            assert client.get(path).status_code == 403, path


def view_of(app: Flask, path: str) -> str:
    endpoint, _ = app.url_map.bind("portail.test").match(path, method="GET")
    return endpoint.partition(".")[0]


def cast_session(app: Flask) -> Any:
    from app.core.db import db

    return db.session()
