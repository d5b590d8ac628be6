"""The safe base of the generated screens: each hole of the framework's own, closed (facts.md)."""

from __future__ import annotations

import threading
from datetime import UTC, date, datetime
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy import event
from sqlalchemy.orm import Session
from werkzeug.datastructures import MultiDict

from app.core import admin_lists
from app.core.admin import AgentView
from app.core.admin_fields import MoneyField, whole_number
from app.core.db import db
from app.core.models import AuditEvent
from app.households.models import Level, School
from tests.factories import Cast

SCHOOLS = "/agents/ecoles"


def screens(app: Flask) -> list[AgentView]:
    return [v for v in app.appbuilder.baseviews if isinstance(v, AgentView)]  # type: ignore[attr-defined]


def view_named(app: Flask, name: str) -> Any:
    return next(view for view in screens(app) if type(view).__name__ == name)


@pytest.fixture
def admin(app: Flask, make: Any, session: Session, sign_in: Any) -> Any:
    """An administrator's client; nothing is left open."""
    account = make.account("admin", role="Administrateur")
    session.commit()
    client = sign_in(account)
    session.rollback()
    return client


@pytest.fixture
def look(app: Flask) -> Any:
    def read(statement: Any) -> Any:
        with app.app_context(), Session(db.engine) as own:
            return own.scalars(statement).all()

    return read


@pytest.fixture
def three(make: Any, session: Session, admin: Any) -> list[int]:
    """Three schools, committed."""
    ids = [make.school(name).id for name in ("Tilleuls", "Bouleaux", "Saules")]
    session.commit()
    return ids


# ---- Every screen --------------------------------------------------------------------------------

HOSTILE = [
    "page_{v}=abc",
    "page_{v}=-1",
    "page_{v}=99999999999999999999",
    "psize_{v}=100000",
    "psize_{v}=0",
    "psize_{v}=x",
    "_oc_{v}=password&_od_{v}=asc",
    "_oc_{v}=id;drop table&_od_{v}=asc",
    "_oc_{v}={c}&_od_{v}=sideways",
    "_oc_Nothing=id&_od_Nothing=asc",
    "_flt_0_password=a",
    "_flt_99_{c}=a",
    "_flt_x_{c}=a",
    "_flt_0_{c}=%00",
    "_flt_0_{c}=99999999999999999999999",
    "_flt_0_{c}=' OR 1=1 --",
    "_flt_1_{c}=abc",
    "_flt_2_{c}=2027-99-99",
    "_flt_0_=x",
    "_flt_=x",
    "_flt_0_{c}=" + "a" * 3000,
]


def test_no_address_breaks_a_list(app: Flask, admin: Any) -> None:
    assert len(screens(app)) > 10
    for view in screens(app):
        column = (view.search_columns or view.list_columns)[0]
        for query in HOSTILE:
            asked = query.format(v=type(view).__name__, c=column)
            path = f"{view.route_base}/list/?{asked}"
            answer = admin.get(path)  # the answer to a bad address is the way to a good one
            assert answer.status_code in {200, 302}, path
        together = "&".join(HOSTILE).format(v=type(view).__name__, c=column)
        answer = admin.get(f"{view.route_base}/list/?{together}", follow_redirects=True)
        assert answer.status_code == 200, view


FITTING = ("1", "y", "2027-01-12", "2027-01-12T10:00")


def test_every_filter_offered_answers(app: Flask, admin: Any) -> None:
    """Each operator of each column, with a value that fits its kind."""
    for view in screens(app):
        for column, offered in view.filters_offered().items():
            typed = [v for v in FITTING if admin_lists.typed_value(view.datamodel, column, v)]
            for index in range(len(offered)) if typed else ():
                path = f"{view.route_base}/list/?_flt_{index}_{column}={typed[-1]}"
                assert admin.get(path).status_code == 200, path


def test_every_order_offered_answers(app: Flask, admin: Any) -> None:
    for view in screens(app):
        name = type(view).__name__
        for column in view.order_columns:
            for way in ("asc", "desc"):
                path = f"{view.route_base}/list/?_oc_{name}={column}&_od_{name}={way}"
                assert admin.get(path).status_code == 200, path


@pytest.mark.parametrize("key", ["0", "-1", "abc", "1e3", "99999999999999999999", "%00", "1;2"])
def test_a_key_that_is_not_there_is_404(app: Flask, admin: Any, key: str) -> None:
    for view in screens(app):
        assert admin.get(f"{view.route_base}/show/{key}").status_code == 404
        if "edit" in view.include_route_methods:
            assert admin.get(f"{view.route_base}/edit/{key}").status_code == 404
        if view.actions:
            for name in view.actions:
                path = f"{view.route_base}/action/{name}/{key}"
                assert admin.post(path).status_code == 404, path


def test_every_form_opens_and_refuses_nothing_at_all(app: Flask, admin: Any) -> None:
    for view in screens(app):
        if "add" in view.include_route_methods:
            assert admin.get(f"{view.route_base}/add").status_code == 200, view
            assert admin.post(f"{view.route_base}/add", data={}).status_code == 400, view


def test_no_form_offers_what_is_not_declared(app: Flask) -> None:
    from flask_appbuilder.forms import DynamicForm

    with app.test_request_context():
        for view in screens(app):
            for form, columns in (
                (view.add_form, view.add_columns),
                (view.edit_form, view.edit_columns),
            ):
                if issubclass(form, DynamicForm) and form.__name__ == "GeneratedForm":
                    names = {field.name for field in form()} - {"csrf_token"}
                    assert names == set(columns), view


def test_no_screen_shows_a_secret(app: Flask) -> None:
    secret = ("password", "token", "hash")
    for view in screens(app):
        shown = {*view.list_columns, *view.show_columns, *view.search_columns, *view.order_columns}
        assert not [name for name in shown if any(word in name for word in secret)], view


# ---- One screen ----------------------------------------------------------------------------------


def test_only_declared_columns_sort(three: list[int], admin: Any) -> None:
    answer = admin.get(f"{SCHOOLS}/list/?_oc_SchoolAdmin=id&_od_SchoolAdmin=asc")
    assert answer.status_code == 302
    assert "_oc_" not in answer.location


def test_a_page_holds_a_hundred_rows_at_most(make: Any, session: Session, admin: Any) -> None:
    session.execute(sa.insert(Level), [{"name": f"N{n}", "position": n} for n in range(150)])
    session.commit()
    page = admin.get("/agents/niveaux/list/?psize_LevelAdmin=1000", follow_redirects=True).text
    assert page.count('name="rowid"') <= 100
    assert page.count("/agents/niveaux/show/") + page.count("/agents/niveaux/edit/") <= 3 * 100


def test_filters_belong_to_one_request(app: Flask, three: list[int], admin: Any) -> None:
    """Four threads ask for different names at once: the framework's own mixed them."""
    wrong: list[str] = []
    account = admin.get_cookie("session", domain="portail.test").value

    def ask(mine: str, others: list[str]) -> None:
        client = app.test_client()
        client.set_cookie("session", account, domain="portail.test")
        for _ in range(10):
            page = client.get(f"{SCHOOLS}/list/?_flt_2_name={mine}").text.split("<tbody")[-1]
            if mine not in page or any(other in page for other in others):
                wrong.append(mine)

    names = ["Tilleuls", "Bouleaux", "Saules"]
    threads = [threading.Thread(target=ask, args=(n, [o for o in names if o != n])) for n in names]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


def test_a_new_row_is_saved_and_noted(admin: Any, look: Any) -> None:
    answer = admin.post(f"{SCHOOLS}/add", data={"name": "Chênes", "address": ""})
    assert answer.status_code == 302
    assert look(sa.select(School.name)) == ["Chênes"]
    assert "create" in look(sa.select(AuditEvent.verb).where(AuditEvent.subject == "school"))


def test_a_value_that_exists_is_said_in_french_and_keeps_what_was_typed(
    three: list[int], admin: Any, look: Any
) -> None:
    for answer in (
        admin.post(f"{SCHOOLS}/add", data={"name": "Saules", "address": "12 rue gardée"}),
        admin.post(
            f"{SCHOOLS}/edit/{three[0]}", data={"name": "Saules", "address": "12 rue gardée"}
        ),
    ):
        assert answer.status_code == 400
        assert "existe déjà" in answer.text
        assert "12 rue gardée" in answer.text
        assert "UNIQUE" not in answer.text
        assert "INSERT" not in answer.text
    assert sorted(look(sa.select(School.name))) == ["Bouleaux", "Saules", "Tilleuls"]


def test_a_refused_edit_is_not_saved_by_the_next_commit(
    app: Flask, three: list[int], admin: Any, look: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from app.core.errors import Refusal

    def refuse(row: Any) -> None:
        raise Refusal

    monkeypatch.setattr(view_named(app, "SchoolAdmin"), "pre_update", refuse)
    answer = admin.post(f"{SCHOOLS}/edit/{three[0]}", data={"name": "Autre", "address": ""})
    assert answer.status_code == 400
    admin.post(f"{SCHOOLS}/add", data={"name": "Chênes", "address": ""})
    assert "Autre" not in look(sa.select(School.name))


def test_a_post_cannot_write_what_the_form_does_not_hold(
    three: list[int], admin: Any, look: Any
) -> None:
    admin.post(f"{SCHOOLS}/edit/{three[0]}", data={"name": "Ormes", "address": "", "id": "999"})
    assert sorted(look(sa.select(School.id))) == sorted(three)


def test_an_action_stays_within_the_base_filters(
    app: Flask, make: Any, session: Any, admin: Any
) -> None:
    """« /action/<name>/<key> » of the framework takes any row."""
    parent = make.parent("camille.martin", make.household())
    session.commit()
    number = parent.id
    session.rollback()
    assert admin.post(f"/agents/utilisateurs/action/unlock/{number}").status_code == 404
    both = {"action": "unlock", "rowid": [str(number)]}
    assert admin.post("/agents/utilisateurs/action_post", data=both).status_code == 404
    assert admin.post(f"/agents/utilisateurs/action/nothing/{number}").status_code == 404
    assert admin.get(f"/agents/comptes/action/unlock/{number}").status_code == 405


def test_a_list_costs_the_same_statements_for_one_row_and_for_many(
    app: Flask, make: Any, session: Any, admin: Any
) -> None:
    def count(path: str) -> int:
        seen: list[str] = []

        def note(*args: Any) -> None:
            seen.append(args[2])

        with app.app_context():
            engine = db.engine
        event.listen(engine, "before_cursor_execute", note)
        assert admin.get(path).status_code == 200
        event.remove(engine, "before_cursor_execute", note)
        return len(seen)

    for name in ("un", "deux"):
        make.account(f"agent.{name}", role="Agent")
    session.commit()
    few = count("/agents/utilisateurs/list/")
    for number in range(15):
        make.account(f"autre.{number}", role="Régisseur")
    session.commit()
    assert count("/agents/utilisateurs/list/") == few


# ---- Values --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("typed", "number"),
    [
        ("12", 12), ("-3", -3), ("0", 0), ("2147483647", 2147483647), ("2147483648", None),
        ("1_000", None), ("1.0", None), ("", None), ("-", None), ("²", None), (" 1", None),
    ],
)  # fmt: skip
def test_whole_numbers(typed: str, number: int | None) -> None:
    assert whole_number(typed) == number


@pytest.mark.parametrize(
    ("typed", "cents"),
    [
        ("12,5", 1250),
        ("12.50", 1250),
        ("1 234,00", 123400),
        ("", None),
        ("1e3", None),
        ("-1", None),
    ],
)
def test_money_is_typed_the_french_way(app: Flask, typed: str, cents: int | None) -> None:
    from wtforms import Form

    class Sum(Form):  # type: ignore[misc]
        amount = MoneyField()

    with app.test_request_context():
        form = Sum(MultiDict({"amount": typed}))
        assert form.amount.data == cents
        assert bool(form.amount.process_errors) == (cents is None and typed != "")


def test_a_day_and_an_hour_without_zone_are_the_communes(app: Flask) -> None:
    view = view_named(app, "FamilyAccountAdmin")
    read = admin_lists.typed_value(view.datamodel, "locked_until", "2027-01-12T10:00")
    assert read.astimezone(UTC) == datetime(2027, 1, 12, 9, tzinfo=UTC)
    years = view_named(app, "SchoolYearAdmin")
    assert admin_lists.typed_value(years.datamodel, "starts_on", "2026-09-01") == date(2026, 9, 1)


# ---- Finding a row by the name of what it belongs to ---------------------------------------------

OF_A_CHILD = ("/agents/rattachements", "/agents/scolarites", "/agents/inscriptions/liste")
OF_A_HOUSEHOLD = ("/agents/rattachements", "/agents/quotients", "/agents/comptes-d-avance")


@pytest.mark.parametrize("path", OF_A_CHILD)
@pytest.mark.parametrize(("typed", "shown"), [("jules mart", True), ("jules durand", False)])
def test_a_list_is_searched_by_child(
    cast: Cast, session: Session, sign_in: Any, path: str, typed: str, shown: bool
) -> None:
    session.commit()
    page = sign_in(cast.admin).get(f"{path}/list/?_flt_0_child={typed}").text
    assert ("Jules Martin" in page) is shown
    assert "Rose Martin" not in page


@pytest.mark.parametrize("path", OF_A_HOUSEHOLD)
def test_a_list_is_searched_by_household(
    cast: Cast, session: Session, sign_in: Any, path: str
) -> None:
    number = cast.home.number
    session.commit()
    agent = sign_in(cast.admin)
    for typed in ("marti", number):
        page = agent.get(f"{path}/list/?_flt_0_household={typed}").text
        assert f"Martin ({number})" in page
        assert "Benali (" not in page
    assert "Benali (" in agent.get(f"{path}/list/").text


def test_a_key_still_leads_from_one_screen_to_another(
    cast: Cast, session: Session, sign_in: Any
) -> None:
    path = f"/agents/rattachements/list/?_flt_0_household={cast.home.id}"
    session.commit()
    page = sign_in(cast.admin).get(path).text
    assert "Martin (" in page
    assert "Benali (" not in page
