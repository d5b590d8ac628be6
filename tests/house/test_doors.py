"""Each door of the portal, tried by every role: rights, tokens of forms, pages that only read, caches."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import event
from sqlalchemy.orm import Session

from app.accounts.roles import ADMIN, AGENT, CASHIER, HEALTH, LEADER, PARENT, RIGHTS
from app.core.db import db
from tests.factories import Cast, Factory

ROLES = (PARENT, AGENT, CASHIER, LEADER, HEALTH, ADMIN)
WRITES = ("INSERT", "UPDATE", "DELETE", "REPLACE")
LOGGED = ("document_reading", "health_reading")
"""Who opened what is written down by a GET, in a short session of its own."""


def doors(app: Flask, method: str) -> Iterator[tuple[str, str]]:
    """(view, path) of each route that answers this method, its variables filled with 1.

    Left out: actions of lists, whose right is that of the action named in what is sent.
    """
    adapter = app.url_map.bind("portail.test")
    for rule in app.url_map.iter_rules():
        view = rule.endpoint.partition(".")[0]
        if method not in (rule.methods or set()) or view not in RIGHTS:
            continue
        if rule.endpoint not in {"SignInView.logout", f"{view}.action", f"{view}.action_post"}:
            values = dict.fromkeys(rule.arguments, "1")
            yield view, adapter.build(rule.endpoint, values, method=method)


@pytest.fixture
def unhurried(app: Flask, cast: Cast, session: Session) -> Iterator[None]:
    """Nobody is slowed, and the cast is there."""
    session.commit()
    app.appbuilder.sm.limiter.enabled = False  # type: ignore[attr-defined]
    yield
    app.appbuilder.sm.limiter.enabled = True  # type: ignore[attr-defined]


@pytest.fixture
def people(cast: Cast, make: Factory, unhurried: None, sign_in: Any) -> dict[str, Any]:
    """Role → the client of somebody who has that one alone."""
    alone = {role: make.account(f"seul.{rank}", role=role) for rank, role in enumerate(ROLES[3:5])}
    known = {PARENT: cast.camille, AGENT: cast.agent, CASHIER: cast.regie, ADMIN: cast.admin}
    return {role: sign_in(account) for role, account in (known | alone).items()}


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_role_without_any_right_on_a_view_opens_none_of_its_doors(
    app: Flask, people: dict[str, Any], method: str
) -> None:
    opened = {
        (role, path): answer.status_code
        for view, path in doors(app, method)
        for role, client in people.items()
        if RIGHTS[view] and role not in RIGHTS[view]
        if (answer := client.open(path, method=method)).status_code != 403
    }
    assert opened == {}


@pytest.mark.parametrize("who", [PARENT, ADMIN, None])
def test_no_form_is_taken_without_its_token(
    app: Flask,
    people: dict[str, Any],
    who: str | None,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(app.config, "WTF_CSRF_ENABLED", True)
    monkeypatch.setitem(app.config, "WTF_CSRF_CHECK_DEFAULT", True)
    client = people[who] if who else app.test_client()
    taken = {
        path: answer.status_code
        for _, path in doors(app, "POST")
        if (answer := client.post(path)).status_code != 400
    }
    # The platforms of payment have no session, so no token: they sign.
    assert taken.keys() <= {"/paiements/notification/1"}


@pytest.mark.parametrize("who", [PARENT, ADMIN])
def test_a_page_only_reads_and_its_answer_is_kept_by_nobody(
    app: Flask, people: dict[str, Any], who: str
) -> None:
    client, written = people[who], []

    def note(conn: Any, cursor: Any, statement: str, *rest: Any) -> None:
        if statement.lstrip().upper().startswith(WRITES):
            written.append(statement)

    event.listen(db.engine, "before_cursor_execute", note)
    try:
        for _, path in doors(app, "GET"):
            answer = client.get(path)
            assert answer.headers["Cache-Control"] == "no-store", path
            assert answer.headers["X-Content-Type-Options"] == "nosniff", path
            assert [one for one in written if not any(name in one for name in LOGGED)] == [], path
    finally:
        event.remove(db.engine, "before_cursor_execute", note)
