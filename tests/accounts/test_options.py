"""« Mon profil » → « Options » (A10), and what agents do to accounts."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa

from app.accounts import errors, services
from app.accounts.models import Account
from app.core import clock
from app.core.actor import Actor
from app.core.models import AuditEvent
from tests.accounts.conftest import PASSWORD
from tests.accounts.test_sign_in import now_of, try_in

__all__ = ["now_of"]

WORD = "Vélo-bleu7"


def change(client: Any, current: str = PASSWORD, word: str = WORD) -> Any:
    data = {"current": current, "password": word, "again": word}
    return client.post("/profil/options/mot-de-passe", data=data)


def rename(client: Any, username: str) -> Any:
    return client.post("/profil/options/identifiant", data={"username": username})


@pytest.fixture
def people(make: Any, session: Any) -> dict[str, Account]:
    home = make.household()
    found = {
        "camille": make.parent("camille.martin", home),
        "yanis": make.parent("yanis.benali", make.household("Benali")),
        "agent": make.account("agent", role="Agent"),
        "admin": make.account("admin", role="Administrateur"),
    }
    session.commit()
    for account in found.values():
        session.refresh(account)
        session.expunge(account)
    session.rollback()
    return found


def test_a_new_password_keeps_this_session_and_closes_the_others(
    people: Any, sign_in: Any, client: Any
) -> None:
    here, elsewhere = sign_in(people["camille"]), sign_in(people["camille"])
    assert change(here).status_code == 302
    assert here.get("/profil/options").status_code == 200
    assert elsewhere.get("/profil/options").status_code == 302
    assert try_in(client, "camille.martin", WORD).status_code == 302


def test_the_current_password_is_asked(people: Any, sign_in: Any, client: Any) -> None:
    here = sign_in(people["camille"])
    answer = change(here, current="Faux12345")
    assert answer.status_code == 400
    assert WORD not in answer.text
    assert try_in(client, "camille.martin", PASSWORD).status_code == 302


def test_only_this_page_says_that_a_username_is_taken(
    people: Any, sign_in: Any, now_of: Any
) -> None:
    here = sign_in(people["camille"])
    taken = rename(here, "Yanis.Benali")
    assert taken.status_code == 400
    assert "déjà pris" in taken.text
    assert rename(here, "  Camille.M ").status_code == 302
    assert now_of(people["camille"]).username == "camille.m"
    assert here.get("/profil/options").status_code == 200


def test_the_page_that_says_it_is_slowed(people: Any, sign_in: Any) -> None:
    here = sign_in(people["camille"])
    statuses = [rename(here, "yanis.benali").status_code for _ in range(35)]
    assert statuses[-1] == 429


def test_staff_have_options_too(people: Any, sign_in: Any) -> None:
    assert sign_in(people["agent"]).get("/profil/options").status_code == 200


def block(app: Any) -> None:
    for _ in range(5):
        try_in(app.test_client(), "camille.martin")


def test_an_agent_unblocks_at_once(people: Any, sign_in: Any, app: Any, look: Any) -> None:
    block(app)
    page = sign_in(people["agent"])
    path = f"/agents/comptes/action/unlock/{people['camille'].id}"
    assert page.post(path).status_code == 302
    assert try_in(app.test_client(), "camille.martin", PASSWORD).status_code == 302
    assert "unlock" in look(sa.select(AuditEvent.verb))


def test_an_agent_cannot_touch_an_account_of_the_staff(
    people: Any, sign_in: Any, now_of: Any
) -> None:
    page = sign_in(people["agent"])
    assert page.post(f"/agents/comptes/action/unlock/{people['admin'].id}").status_code == 404
    assert page.get(f"/agents/comptes/show/{people['admin'].id}").status_code == 404
    assert page.get("/agents/utilisateurs/list/").status_code == 403
    gone = page.post(f"/agents/comptes/action/deactivate/{people['camille'].id}")
    assert gone.status_code == 403
    assert now_of(people["camille"]).active


def test_a_deactivated_account_is_out_at_once(people: Any, sign_in: Any, app: Any) -> None:
    inside = sign_in(people["camille"])
    admin = sign_in(people["admin"])
    admin.post(f"/agents/comptes/action/deactivate/{people['camille'].id}")
    assert inside.get("/profil/options").status_code == 302
    assert try_in(app.test_client(), "camille.martin", PASSWORD).status_code == 400


def test_an_administrator_cannot_shut_the_door_behind_them(
    people: Any, sign_in: Any, now_of: Any
) -> None:
    admin = people["admin"]
    sign_in(admin).post(f"/agents/utilisateurs/action/deactivate/{admin.id}")
    assert now_of(admin).active


def test_a_forgotten_person_cannot_come_back(people: Any, session: Any) -> None:
    actor, camille = Actor(people["admin"].id), session.get_one(Account, people["camille"].id)
    with pytest.raises(errors.StillActive):
        services.pseudonymise(session, actor, [camille])
    services.deactivate(session, actor, [camille], clock.now())
    services.pseudonymise(session, actor, [camille])
    assert "amille" not in f"{camille.username} {camille.email} {camille.first_name}"
    with pytest.raises(errors.Pseudonymised):
        services.reactivate(session, actor, [camille])


def test_a_new_agent_gets_a_link_and_chooses_the_password(
    people: Any, sign_in: Any, client: Any, link_in: Any, role_id: Any
) -> None:
    admin = sign_in(people["admin"])
    answer = admin.post(
        "/agents/utilisateurs/add",
        data={
            "first_name": "Nora",
            "last_name": "Petit",
            "email": "Nora@Mairie.fr",
            "username": "Nora.Petit",
            "roles": [role_id("Agent")],
        },
    )
    assert answer.status_code == 302
    link = link_in("staff_invited")
    client.post(link, data={"password": WORD, "again": WORD})
    assert try_in(client, "nora.petit", WORD).location == "/agents/"


@pytest.mark.parametrize("role", ["Parent", "Santé", None])
def test_staff_roles_only(
    people: Any, sign_in: Any, look: Any, role_id: Any, role: str | None
) -> None:
    admin = sign_in(people["admin"])
    data = {"first_name": "N", "last_name": "P", "email": "n@mairie.fr", "username": "nora"}
    roles = {"roles": [role_id(role)]} if role else {}
    answer = admin.post("/agents/utilisateurs/add", data=data | roles)
    assert answer.status_code == 400
    assert look(sa.select(Account).where(Account.username == "nora")) == []


def test_no_screen_of_agents_shows_or_takes_a_password(people: Any, sign_in: Any) -> None:
    admin = sign_in(people["admin"])
    for path in ("list/", "add", f"show/{people['agent'].id}", f"edit/{people['agent'].id}"):
        page = admin.get(f"/agents/utilisateurs/{path}")
        assert page.status_code == 200, path
        assert "password" not in page.text.lower(), path
        assert "pbkdf2" not in page.text


@pytest.fixture
def role_id(session: Any) -> Any:
    from flask_appbuilder.security.sqla.models import Role

    def find(name: str) -> str:
        found = session.scalar(sa.select(Role.id).where(Role.name == name))
        session.rollback()
        return str(found)

    return find
