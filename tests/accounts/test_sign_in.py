"""« Connexion »: who gets in, who is blocked, and what the screen says (A7, A8)."""

from __future__ import annotations

import re
import threading
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient

from app.accounts import limits
from app.accounts.models import Account, TypedName
from app.core import clock
from tests.accounts.conftest import PASSWORD

LOGIN = "/login/"
WRONG = "Faux12345"


def try_in(client: FlaskClient, name: str, word: str = WRONG, **more: Any) -> Any:
    return client.post(LOGIN, data={"username": name, "password": word}, **more)


def text_of(answer: Any, *names: str) -> str:
    """The page without what was typed and without what changes at each request."""
    page = re.sub(r'nonce="[^"]*"|name="csrf_token"[^>]*', "", answer.text)
    for name in names:
        page = page.replace(name, "NAME")
    return page


def kept(make: Any, session: Any, username: str) -> Account:
    """A parent's account, committed, then out of the session."""
    account = make.parent(username, make.household())
    session.commit()
    session.refresh(account)
    session.expunge(account)
    session.rollback()
    found: Account = account
    return found


@pytest.fixture
def camille(make: Any, session: Any) -> Account:
    return kept(make, session, "camille.martin")


@pytest.fixture
def yanis(make: Any, session: Any) -> Account:
    return kept(make, session, "yanis.benali")


@pytest.fixture
def now_of(look: Any) -> Any:
    """``now_of(account)`` → the account as the database has it."""
    return lambda account: look(sa.select(Account).where(Account.id == account.id))[0]


@pytest.fixture
def put(session: Any) -> Any:
    """``put(account, active=False)`` changes the account in the database."""

    def change(account: Account, **values: Any) -> None:
        session.execute(sa.update(Account).where(Account.id == account.id).values(values))
        session.commit()

    return change


@pytest.mark.parametrize(
    "typed",
    [
        "camille.martin",
        "  Camille.MARTIN ",
        "CAMILLE.MARTIN@exemple.FR",
        " camille.martin@exemple.fr\t",
    ],
)
def test_username_or_email_in_any_case_opens(camille: Account, client: Any, typed: str) -> None:
    answer = try_in(client, typed, PASSWORD)
    assert (answer.status_code, answer.location) == (302, "/")
    assert client.get("/profil/options").status_code == 200


def test_wrong_password_keeps_out_and_keeps_the_name(camille: Account, client: Any) -> None:
    answer = try_in(client, "camille.martin")
    assert answer.status_code == 400
    assert 'value="camille.martin"' in answer.text
    assert WRONG not in answer.text
    assert client.get("/profil/options").status_code == 302


def test_the_fifth_wrong_password_blocks_for_15_minutes_and_is_told_once(
    camille: Account, client: Any, mails: Any, frozen_clock: Any
) -> None:
    for _ in range(4):
        assert "bloqué" not in try_in(client, "camille.martin").text
    blocked = try_in(client, "camille.martin")
    assert "/contact" in blocked.text
    assert try_in(client, "camille.martin", PASSWORD).status_code == 400
    assert [mail.template for mail in mails()] == ["account_locked"]
    frozen_clock.shift(timedelta(minutes=15, seconds=-1))
    assert try_in(client, "camille.martin", PASSWORD).status_code == 400
    frozen_clock.shift(timedelta(seconds=1))
    assert try_in(client, "camille.martin", PASSWORD).status_code == 302


def test_a_second_lock_lasts_twice_as_long(
    camille: Account, client: Any, now_of: Any, frozen_clock: Any
) -> None:
    lengths = []
    for _ in range(3):
        for _ in range(5):
            frozen_clock.shift(timedelta(seconds=20))
            try_in(client, "camille.martin")
        left = now_of(camille).locked_until - clock.real_now()
        lengths.append(left.total_seconds() / 60)
        frozen_clock.shift(left)
    assert lengths == [15, 30, 60]


def test_unknown_names_read_exactly_the_same(camille: Account, app: Any) -> None:
    known, unknown = "camille.martin", "personne.ici"
    for attempt in range(7):
        one = try_in(app.test_client(), known)
        other = try_in(app.test_client(), unknown)
        assert one.status_code == other.status_code == 400, attempt
        assert text_of(one, known) == text_of(other, unknown)
        assert {*one.headers.keys()} == {*other.headers.keys()}


def test_two_names_of_one_account_cannot_be_told_from_two_strangers(
    camille: Account, app: Any, now_of: Any
) -> None:
    """Three tries by username and two by e-mail block the account, and no screen says so."""
    for name in ["camille.martin"] * 3 + ["camille.martin@exemple.fr"] * 2:
        answer = try_in(app.test_client(), name)
        assert "jusqu" not in answer.text
    assert now_of(camille).locked_until is not None
    assert try_in(app.test_client(), "camille.martin", PASSWORD).status_code == 400


def test_another_person_behind_the_same_address_still_gets_in(
    camille: Account, yanis: Account, app: Any
) -> None:
    statuses = [try_in(app.test_client(), "camille.martin").status_code for _ in range(50)]
    assert statuses[:10] == [400] * 10
    assert set(statuses[10:]) == {429}
    assert try_in(app.test_client(), "yanis.benali", PASSWORD).status_code == 302


def test_one_password_over_many_names_is_slowed(yanis: Account, app: Any) -> None:
    statuses = [try_in(app.test_client(), f"famille{n}").status_code for n in range(70)]
    assert statuses.count(400) == 60
    assert statuses[-1] == 429


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("2001:db8:1:2::1", "2001:db8:1:2:ffff::9", True),
        ("2001:db8:1:2::1", "2001:db8:1:3::1", False),
        ("192.0.2.7", "::ffff:192.0.2.7", True),
        ("192.0.2.7", "192.0.2.8", False),
    ],
)
def test_a_subscriber_is_one_visitor_whatever_the_address(
    app: Any, one: str, other: str, same: bool
) -> None:
    """An IPv6 subscriber owns 2^64 addresses: a new one each time must not go around the limits."""
    seen = set()
    for address in (one, other):
        with app.test_request_context(environ_base={"REMOTE_ADDR": address}):
            seen.add(limits.visitor())
    assert (len(seen) == 1) is same


def test_success_forgets_failures(camille: Account, client: Any, now_of: Any, look: Any) -> None:
    for _ in range(4):
        try_in(client, "camille.martin")
    assert try_in(client, "camille.martin", PASSWORD).status_code == 302
    found = now_of(camille)
    assert (found.failures_in_a_row, found.locks_in_a_row) == (0, 0)
    assert look(sa.select(TypedName)) == []


def test_an_inactive_account_reads_like_a_wrong_password(
    camille: Account, app: Any, put: Any
) -> None:
    wrong = try_in(app.test_client(), "camille.martin")
    put(camille, active=False)
    assert text_of(try_in(app.test_client(), "camille.martin", PASSWORD)) == text_of(wrong)


def test_an_invited_account_without_password_opens_to_nobody(
    camille: Account, client: Any, put: Any
) -> None:
    put(camille, password=None)
    for word in ("", "nobody's password", "None"):
        assert try_in(client, "camille.martin", word).status_code == 400


def test_no_transaction_is_open_during_the_hash(
    camille: Account, client: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from app.accounts import passwords
    from app.core.db import db

    seen = []
    real = passwords.is_right

    def watched(kept: str | None, typed: str) -> bool:
        seen.append(db.session().in_transaction())
        return real(kept, typed)

    monkeypatch.setattr(passwords, "is_right", watched)
    try_in(client, "camille.martin")
    assert seen == [False]


def test_a_name_that_does_not_exist_costs_a_hash_too(
    client: Any, app: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from app.accounts import passwords

    compared = []
    monkeypatch.setattr(
        passwords, "check_password_hash", lambda kept, typed: compared.append(kept) or False
    )
    try_in(client, "personne.ici")
    assert len(compared) == 1


@pytest.mark.parametrize("word", ["\0", "é" * 999, "\ud83d".encode("utf-8", "surrogatepass")])
def test_strange_passwords_are_wrong_passwords(camille: Account, client: Any, word: Any) -> None:
    assert try_in(client, "camille.martin", word).status_code == 400


@pytest.mark.parametrize("name", ["", "\0camille", "a" * 5000, "' OR 1=1 --", "<script>"])
def test_strange_names_are_refused_quietly(camille: Account, client: Any, name: str) -> None:
    answer = try_in(client, name, PASSWORD)
    assert answer.status_code == 400
    assert "<script>" not in answer.text.split("<main")[1]


@pytest.mark.parametrize(
    ("target", "leads_to"),
    [
        ("/profil/options", "/profil/options"),
        ("http://portail.test/profil/options", "/profil/options"),
        ("/profil/options?a=1", "/profil/options?a=1"),
        ("//evil.example/", "/"),
        ("/\\evil.example", "/"),
        ("https://evil.example/", "/"),
        ("http://portail.test@evil.example/", "/"),
        ("javascript:alert(1)", "/"),
        ("/profil/options\r\nX: 1", "/"),
        ("/logout/", "/"),
        ("/login/", "/"),
        ("/n-existe-pas", "/"),
    ],
)
def test_next_stays_on_this_site(camille: Account, client: Any, target: str, leads_to: str) -> None:
    answer = client.post(
        LOGIN,
        query_string={"next": target},
        data={"username": "camille.martin", "password": PASSWORD},
    )
    assert answer.location == leads_to


def test_a_page_that_needs_login_is_reached_after_it(camille: Account, client: Any) -> None:
    asked = client.get("/profil/options")
    assert asked.status_code == 302
    page = client.get(asked.location)
    assert page.status_code == 200
    answer = client.post(asked.location, data={"username": "camille.martin", "password": PASSWORD})
    assert answer.location == "/profil/options"


def test_signing_in_gives_a_new_session(camille: Account, client: Any) -> None:
    with client.session_transaction() as web:
        web["planted"] = "by somebody else"
    try_in(client, "camille.martin", PASSWORD)
    with client.session_transaction() as web:
        assert "planted" not in web
        assert web["_user_id"] == camille.get_id()


def test_after_logout_a_copied_cookie_opens_nothing(
    camille: Account, client: Any, app: Any
) -> None:
    try_in(client, "camille.martin", PASSWORD)
    copied = client.get_cookie("session", domain="portail.test").value
    assert client.post("/logout/").status_code == 302
    thief = app.test_client()
    thief.set_cookie("session", copied, domain="portail.test")
    assert thief.get("/profil/options").status_code == 302


def test_logout_is_never_a_link(camille: Account, client: Any) -> None:
    try_in(client, "camille.martin", PASSWORD)
    assert client.get("/logout/").status_code == 405
    assert client.get("/profil/options").status_code == 200


def test_a_form_without_its_token_is_refused(
    camille: Account, app: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(app.config, "WTF_CSRF_ENABLED", True)
    client = app.test_client()
    assert try_in(client, "camille.martin", PASSWORD).status_code == 400
    assert client.get("/profil/options").status_code == 302


def test_the_cookie_is_out_of_reach_of_scripts_and_other_sites(
    camille: Account, client: Any
) -> None:
    header = try_in(client, "camille.martin", PASSWORD).headers["Set-Cookie"]
    assert "HttpOnly" in header
    assert "SameSite=Lax" in header
    assert "remember" not in header


def test_five_tries_at_the_same_instant_all_count(camille: Account, app: Any, now_of: Any) -> None:
    threads = [
        threading.Thread(target=try_in, args=(app.test_client(), "camille.martin"))
        for _ in range(5)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert now_of(camille).locked_until is not None


def test_a_page_reads_account_and_rights_in_two_statements(
    camille: Account, sign_in: Any, app: Any
) -> None:
    from app.core.db import db

    client = sign_in(camille)
    seen: list[str] = []
    with app.app_context():
        engine = db.engine
    sa.event.listen(engine, "before_cursor_execute", lambda *a: seen.append(a[2]))
    client.get("/profil/options")
    security = [one for one in seen if "ab_user" in one or "ab_permission" in one]
    assert len(security) <= 2, security
