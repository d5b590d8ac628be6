"""« Mot de passe ou identifiant oublié », and the links sent (A8, A9, A11)."""

from __future__ import annotations

import threading
from datetime import timedelta
from typing import Any

import pytest

from app.accounts import services
from app.accounts.models import Account
from app.core import clock
from tests.accounts.conftest import PASSWORD
from tests.accounts.test_sign_in import camille, now_of, text_of, try_in

__all__ = ["camille", "now_of"]

WORD = "Vélo-bleu7"
RESET = "/compte/oubli/mot-de-passe"


def ask(client: Any, path: str = RESET, email: str = " Camille.MARTIN@exemple.fr ") -> Any:
    return client.post(path, data={"email": email})


def choose(client: Any, link: str, word: str = WORD) -> Any:
    return client.post(link, data={"password": word, "again": word})


@pytest.fixture
def link(camille: Account, client: Any, link_in: Any) -> str:
    """A reset link just asked for."""
    assert ask(client).status_code == 302
    found: str = link_in("reset_password")
    return found


def test_the_labels_are_those_of_the_faq(client: Any) -> None:
    assert "Mot de passe ou identifiant oublié" in client.get("/login/").text
    choices = client.get("/compte/oubli").text
    assert "J’ai perdu mon" in choices
    assert "Envoyer mon identifiant" in client.get("/compte/oubli/identifiant").text
    assert "Envoyer le lien de réinitialisation" in client.get(RESET).text


def test_the_username_is_sent_for_an_email_in_any_case(
    camille: Account,
    client: Any,
    mails: Any,
) -> None:
    ask(client, "/compte/oubli/identifiant")
    (mail,) = mails()
    assert mail.to_address == "camille.martin@exemple.fr"
    assert "camille.martin" in mail.text


@pytest.mark.parametrize("path", [RESET, "/compte/oubli/identifiant"])
def test_an_unknown_email_reads_the_same(
    camille: Account,
    app: Any,
    mails: Any,
    path: str,
) -> None:
    known, unknown = app.test_client(), app.test_client()
    one, other = ask(known, path), ask(unknown, path, "personne@exemple.fr")
    assert (one.status_code, one.location) == (other.status_code, other.location)
    assert text_of(known.get(one.location)) == text_of(unknown.get(other.location))
    assert len(mails()) == 1


def test_the_link_works_once(link: str, client: Any, app: Any) -> None:
    assert client.get(link).status_code == 200
    assert choose(client, link).location == "/login/"
    assert choose(client, link, "Autre-mot7").status_code == 410
    assert try_in(app.test_client(), "camille.martin", PASSWORD).status_code == 400
    assert try_in(app.test_client(), "camille.martin", WORD).status_code == 302


def test_the_link_dies_after_one_hour(link: str, client: Any, frozen_clock: Any) -> None:
    frozen_clock.shift(timedelta(hours=1))
    assert client.get(link).status_code == 410
    assert choose(client, link).status_code == 410


def test_a_newer_link_used_kills_the_older_one(link: str, client: Any, link_in: Any) -> None:
    ask(client)
    newer = link_in("reset_password")
    assert newer != link
    assert choose(client, newer).status_code == 302
    assert client.get(link).status_code == 410


def test_two_uses_at_the_same_instant_set_one_password(link: str, app: Any) -> None:
    answers: list[int] = []
    threads = [
        threading.Thread(target=lambda: answers.append(choose(app.test_client(), link).status_code))
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answers) == [302, 410, 410, 410]


def test_a_reset_unblocks_at_once_and_ends_every_session(
    link: str,
    camille: Account,
    sign_in: Any,
    app: Any,
) -> None:
    inside = sign_in(camille)
    assert inside.get("/profil/options").status_code == 200
    for _ in range(5):
        try_in(app.test_client(), "camille.martin")
    choose(app.test_client(), link)
    assert inside.get("/profil/options").status_code == 302
    assert try_in(app.test_client(), "camille.martin", WORD).status_code == 302


def test_a_weak_password_keeps_the_link_alive(link: str, client: Any) -> None:
    assert choose(client, link, "Camille77").status_code == 400
    assert choose(client, link).status_code == 302


def test_the_link_opens_to_a_page_that_is_sent_nowhere(link: str, client: Any) -> None:
    answer = client.get(link)
    assert answer.headers["Referrer-Policy"] == "same-origin"


def test_a_mailbox_is_not_filled(camille: Account, client: Any, mails: Any) -> None:
    for _ in range(6):
        ask(client)
    assert len(mails()) == 3


def test_a_new_address_is_confirmed_by_its_link_and_the_old_one_is_told(
    camille: Account,
    session: Any,
    client: Any,
    link_in: Any,
    mails: Any,
    now_of: Any,
) -> None:
    services.ask_email_change(session, camille.id, "Nouvelle@Exemple.fr", clock.now())
    session.commit()
    confirm = link_in("confirm_email")
    assert client.get(confirm).status_code == 200
    assert now_of(camille).email == "camille.martin@exemple.fr"
    assert client.post(confirm).status_code == 302
    assert now_of(camille).email == "nouvelle@exemple.fr"
    told = {(mail.template, mail.to_address) for mail in mails()}
    assert told == {
        ("confirm_email", "nouvelle@exemple.fr"),
        ("email_change_asked", "camille.martin@exemple.fr"),
        ("email_changed", "camille.martin@exemple.fr"),
    }
    assert client.post(confirm).status_code == 410


def test_the_address_of_somebody_else_is_never_taken(
    camille: Account,
    make: Any,
    session: Any,
    mails: Any,
) -> None:
    make.parent("yanis.benali", make.household("Benali"))
    session.commit()
    services.ask_email_change(session, camille.id, "yanis.benali@exemple.fr", clock.now())
    session.commit()
    assert {mail.template for mail in mails()} == {"account_known", "email_change_asked"}
