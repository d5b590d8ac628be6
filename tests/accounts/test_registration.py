"""« Mon compte »: from the form to the first page behind the activation link (A3–A6)."""

from __future__ import annotations

import threading
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import joinedload

from app.accounts.models import Account, PendingRegistration
from app.accounts.purge import purge_accounts
from app.core import clock
from tests.accounts.test_sign_in import text_of

WORD = "Vélo-bleu7"
FORM = {
    "username": "zoe.perrin",
    "password": WORD,
    "again": WORD,
    "first_name": "Zoé",
    "last_name": "Perrin",
    "email": "Zoe.Perrin@Exemple.fr",
    "phone": "06 12 34 56 78",
    "family_code": "",
    "terms": "y",
}


def send(client: Any, **changes: Any) -> Any:
    return client.post("/compte/creer", data=FORM | changes)


def activate(client: Any, link: str, username: str = "zoe.perrin", word: str = WORD) -> Any:
    return client.post(link, data={"username": username, "password": word})


def accounts(look: Any) -> list[str]:
    return sorted(look(sa.select(Account.username)))


@pytest.fixture
def link(client: Any, link_in: Any) -> str:
    """The activation link of a registration just sent."""
    assert send(client).status_code == 302
    found: str = link_in("account_activation")
    return found


def test_the_form_carries_stars_and_says_valider(client: Any) -> None:
    page = client.get("/compte/creer").text
    assert ">Valider<" in page
    assert page.count('class="star"') == 8  # seven fields and the terms, the family code is free


def test_opening_the_link_changes_nothing(client: Any, link: str, look: Any) -> None:
    assert client.get(link).status_code == 200
    assert accounts(look) == []


def test_username_and_password_again_activate_and_log_in(client: Any, link: str, look: Any) -> None:
    assert activate(client, link, " Zoe.Perrin ").location == "/"
    assert client.get("/profil/options").status_code == 200
    (account,) = look(sa.select(Account).options(joinedload(Account.roles)))
    assert (account.username, account.email) == ("zoe.perrin", "zoe.perrin@exemple.fr")
    assert [role.name for role in account.roles] == ["Parent"]
    assert account.household_id is not None


def test_a_wrong_password_does_not_activate(client: Any, link: str, look: Any) -> None:
    assert activate(client, link, word="Vélo-bleu8").status_code == 400
    assert activate(client, link, username="autre.nom").status_code == 400
    assert accounts(look) == []


def test_ten_wrong_passwords_kill_the_link(client: Any, link: str, look: Any) -> None:
    for _ in range(10):
        activate(client, link, word="Vélo-bleu8")
    assert activate(client, link).status_code == 410
    assert accounts(look) == []


def test_after_24_hours_the_link_says_so_and_nothing_is_left(
    client: Any, link: str, session: Any, look: Any, frozen_clock: Any
) -> None:
    frozen_clock.shift(timedelta(hours=24))
    for answer in (client.get(link), activate(client, link)):
        assert answer.status_code == 410
        assert "24 heures" in answer.text
    purge_accounts(session, clock.now())
    session.commit()
    assert look(sa.select(PendingRegistration)) == []
    assert client.get(link).status_code == 410


def test_a_link_just_under_24_hours_still_works(client: Any, link: str, frozen_clock: Any) -> None:
    frozen_clock.shift(timedelta(hours=24, seconds=-1))
    assert activate(client, link).status_code == 302


def test_the_same_link_again_makes_no_second_account(
    client: Any, app: Any, link: str, look: Any
) -> None:
    activate(client, link)
    again = activate(app.test_client(), link)
    assert (again.status_code, again.location) == (302, "/login/")
    assert accounts(look) == ["zoe.perrin"]


def test_two_activations_at_the_same_instant_make_one_account(
    app: Any, link: str, look: Any
) -> None:
    answers: list[int] = []

    def run() -> None:
        answers.append(activate(app.test_client(), link).status_code)

    threads = [threading.Thread(target=run) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == [302] * 4
    assert accounts(look) == ["zoe.perrin"]


def test_a_registration_reserves_neither_username_nor_email(
    client: Any, app: Any, link: str, link_in: Any, look: Any
) -> None:
    """Two people want the same name: the first to activate has it, the other is asked again."""
    send(client, email="autre@exemple.fr", last_name="Autre")
    second = link_in("account_activation")
    assert activate(app.test_client(), link).status_code == 302
    page = client.get(second)
    assert "zoe.perrin" in page.text
    assert (
        activate(client, second).status_code == 409 or activate(client, second).status_code == 400
    )
    assert activate(client, second, "zoe.autre").status_code == 302
    assert accounts(look) == ["zoe.autre", "zoe.perrin"]


def test_two_registrations_of_one_email_make_one_account(
    client: Any, app: Any, link: str, link_in: Any, look: Any
) -> None:
    send(client, username="zoe.bis")
    second = link_in("account_activation")
    assert activate(app.test_client(), link).status_code == 302
    assert activate(app.test_client(), second, "zoe.bis").status_code == 410
    assert accounts(look) == ["zoe.perrin"]


def test_a_known_email_gets_the_same_answer_and_its_owner_a_message(
    make: Any, session: Any, look: Any, client: Any, app: Any, mails: Any
) -> None:
    make.account("zoe.ancienne", make.household(), email="zoe.perrin@exemple.fr")
    session.commit()
    known, free = send(client), send(app.test_client(), email="libre@exemple.fr")
    assert (known.status_code, known.location) == (free.status_code, free.location)
    assert {*known.headers.keys()} == {*free.headers.keys()}
    assert sorted(mail.template for mail in mails()) == ["account_activation", "account_known"]
    assert accounts(look) == ["zoe.ancienne"]


def test_a_taken_username_is_not_told_by_the_form(
    make: Any, session: Any, client: Any, app: Any
) -> None:
    make.account("zoe.perrin", make.household(), email="une.autre@exemple.fr")
    session.commit()
    taken, free = send(client), send(app.test_client(), username="libre", email="b@exemple.fr")
    assert (taken.status_code, taken.location) == (free.status_code, free.location)


def test_a_mailbox_is_not_filled(client: Any, mails: Any) -> None:
    for _ in range(6):
        send(client)
    assert len(mails()) == 3


@pytest.mark.parametrize("token", ["x", "..", "a" * 500, "%00", "'"])
def test_a_forged_token_reads_like_an_expired_one(client: Any, link: str, token: str) -> None:
    answer = client.get(f"/compte/activation/{token}")
    assert answer.status_code in {404, 410}


def test_the_link_never_follows_the_host_header(client: Any, link_in: Any, mails: Any) -> None:
    client.post(
        "/compte/creer",
        data=FORM,
        headers={"X-Forwarded-Host": "evil.example", "X-Forwarded-Proto": "https"},
    )
    assert "evil.example" not in mails()[0].text + mails()[0].html


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"password": "Court1", "again": "Court1"}, "8 caractères"),
        ({"password": "minuscule7", "again": "minuscule7"}, "majuscule"),
        ({"password": "Azerty123", "again": "Azerty123"}, "plus utilisés"),
        ({"password": "XxPerrin77", "again": "XxPerrin77"}, "ni votre nom"),
        ({"again": "Autre-mot7"}, "pas identiques"),
        ({"username": "zoé perrin"}, "sans accent"),
        ({"username": "zoe@exemple.fr"}, "sans accent"),
        ({"email": "pas-une-adresse"}, "adresse"),
        ({"phone": "abc"}, "téléphone"),
        ({"terms": ""}, "conditions générales"),
        ({"first_name": "  "}, "obligatoire"),
        ({"last_name": "a" * 65}, "64"),
        ({"last_name": "a\0b"}, "caractères"),
    ],
)
def test_what_is_not_right_is_said_next_to_its_field(
    client: Any, mails: Any, changes: dict[str, str], said: str
) -> None:
    answer = send(client, **changes)
    assert answer.status_code == 400
    assert "field-error" in answer.text
    assert said in answer.text
    assert WORD not in answer.text
    assert mails() == []


def test_the_minimum_length_is_a_setting(client: Any, session: Any) -> None:
    from app.core import settings

    settings.put(session, settings.PASSWORD_MIN_LENGTH, 12)
    session.commit()
    answer = send(client)
    assert answer.status_code == 400
    assert "12 caractères" in answer.text


def test_pages_read_the_same_for_two_unknown_tokens(
    client: Any, link: str, frozen_clock: Any
) -> None:
    frozen_clock.shift(timedelta(days=2))
    unknown = client.get("/compte/activation/inconnu")
    assert text_of(client.get(link)) == text_of(unknown)
