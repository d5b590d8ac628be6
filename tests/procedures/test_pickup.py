"""Persons allowed to collect a child (D6), by services and through the pages."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from app.core import clock
from app.core.actor import Actor
from app.core.errors import NotFound
from app.households.errors import AlreadyAllowed
from app.households.models import Child, Guardianship, Household, PickupPerson, PickupRight
from app.households.services import pickup
from app.notices.models import Notice, OutboxMessage
from app.procedures.pickup import CODE, answers_of
from app.requests import services
from app.requests.models import Request, Status
from tests.factories import Cast
from tests.procedures.conftest import Ask, apply_again, at_once

SignIn = Callable[[Any], FlaskClient]
PAGE = "/demarches/personnes-autorisees"
GRANDMOTHER = {"last_name": "Roux", "first_name": "Odile", "phone": "06 01 02 03 04"}


def allow(session: Session, home: Household, child: Child, name: str = "Odile") -> PickupRight:
    """A person allowed by this household, written by the service."""
    person = pickup.NewPerson(name, "Roux", "06 01 02 03 04")
    return pickup.add_person(
        session, Actor(home.holder_id, home.id), home.id, child.id, person, now=clock.now()
    )


def tie(session: Session, child: Child, home: Household) -> Guardianship:
    found = session.scalar(
        sa.select(Guardianship).where(
            Guardianship.child_id == child.id, Guardianship.household_id == home.id
        )
    )
    assert found is not None
    return found


def names(session: Session, child: Child) -> list[str]:
    found = pickup.collectors(session, [child.id], clock.today())
    return [one.first_name for one in found.get(child.id, [])]


def test_the_sites_list_unites_the_households(session: Session, cast: Cast) -> None:
    allow(session, cast.home, cast.noe, "Odile")
    allow(session, cast.other_home, cast.noe, "Basile")
    assert sorted(names(session, cast.noe)) == ["Basile", "Odile"]
    mine = pickup.rights_of(session, cast.home.id, cast.noe.id)
    assert [one.person.first_name for one in mine] == ["Odile"]


@pytest.mark.parametrize("how", ["restricted", "ended"])
def test_a_household_without_its_tie_allows_nobody_at_once(
    session: Session, cast: Cast, how: str
) -> None:
    allow(session, cast.home, cast.noe, "Odile")
    allow(session, cast.other_home, cast.noe, "Basile")
    row = tie(session, cast.noe, cast.other_home)
    if how == "restricted":
        row.restricted_at = clock.now()
    else:
        row.ended_on = clock.today()
    session.flush()
    assert names(session, cast.noe) == ["Odile"]
    with pytest.raises(NotFound):
        allow(session, cast.other_home, cast.noe)


def test_a_person_is_allowed_once_and_again_after_removal(session: Session, cast: Cast) -> None:
    right = allow(session, cast.home, cast.jules)
    actor, home = Actor(cast.camille.id, cast.home.id), cast.home.id
    with pytest.raises(AlreadyAllowed):
        pickup.allow_person(session, actor, home, cast.jules.id, right.person_id, now=clock.now())
    pickup.remove_right(session, actor, home, cast.jules.id, right.id, now=clock.now())
    assert names(session, cast.jules) == []
    known = pickup.others_known(session, home, cast.jules.id)
    assert [one.id for one in known] == [right.person_id]
    pickup.allow_person(session, actor, home, cast.jules.id, right.person_id, now=clock.now())
    assert names(session, cast.jules) == ["Odile"]


def test_another_households_person_child_and_right_are_not_found(
    session: Session, cast: Cast
) -> None:
    right = allow(session, cast.home, cast.noe)
    other, noe = Actor(cast.yanis.id, cast.other_home.id), cast.noe.id
    with pytest.raises(NotFound):
        pickup.allow_person(
            session, other, cast.other_home.id, noe, right.person_id, now=clock.now()
        )
    with pytest.raises(NotFound):
        pickup.remove_right(session, other, cast.other_home.id, noe, right.id, now=clock.now())
    with pytest.raises(NotFound):
        allow(session, cast.stranger_home, cast.jules)


def test_the_path_of_the_faq(session: Session, cast: Cast, sign_in: SignIn) -> None:
    session.commit()
    client, jules = sign_in(cast.camille), cast.jules.id
    assert f'href="{PAGE}/"' in client.get("/").text
    first = client.get(f"{PAGE}/").text
    assert "Jules" in first
    assert "Suivant" in first
    assert client.get(f"{PAGE}/?enfant={jules}").location.endswith(f"{PAGE}/{jules}")
    assert "Ajouter une nouvelle personne" in client.get(f"{PAGE}/{jules}").text
    form = client.get(f"{PAGE}/{jules}/nouvelle").text
    for word in ("Nouvelle", "Existante dans le compte", "Valider la demande"):
        assert word in form
    shown = client.post(f"{PAGE}/{jules}/nouvelle", data=GRANDMOTHER, follow_redirects=True).text
    assert "Odile Roux" in shown
    assert "Action" in shown
    right = session.scalars(sa.select(PickupRight)).one()
    cross = f"{PAGE}/{jules}/{right.id}/retirer"
    assert cross in shown
    assert "Odile Roux" in client.get(cross).text
    assert right.ended_at is None
    assert "Odile Roux" not in client.post(cross, follow_redirects=True).text
    session.refresh(right)
    assert right.ended_at is not None
    written = session.execute(
        sa.select(OutboxMessage.template, OutboxMessage.text).order_by(OutboxMessage.id)
    ).all()
    assert [one.template for one in written] == ["request_received"] * 2
    assert "Odile Roux peut récupérer Jules dès maintenant." in written[0].text
    assert "D-2027-000001" in written[0].text
    assert "Odile Roux ne peut plus récupérer Jules, dès maintenant." in written[1].text
    assert session.scalar(sa.select(sa.func.count()).select_from(Notice)) == 2


def test_each_change_is_a_request_that_is_closed_already(
    session: Session, cast: Cast, sign_in: SignIn
) -> None:
    session.commit()
    client, jules = sign_in(cast.camille), cast.jules.id
    client.post(f"{PAGE}/{jules}/nouvelle", data=GRANDMOTHER)
    asked = session.scalars(sa.select(Request)).one()
    assert (asked.status, asked.child_id) == (Status.CLOSED, jules)
    in_progress, past = client.get("/demandes/").text.split('id="past"')
    title = "Gérer les personnes autorisées à récupérer mon enfant"
    assert title in past
    assert title not in in_progress
    shown = client.get(f"/demandes/demarche/{asked.id}").text
    for word in ("Odile", "Roux", "06 01 02 03 04", "Autoriser cette personne", "clos"):
        assert word in shown
    assert "Odile" in client.get(f"/demandes/demarche/{asked.id}/recepisse").text
    assert sign_in(cast.lea).get(f"/demandes/demarche/{asked.id}").status_code == 404


def test_the_same_person_typed_again_is_refused_by_name_and_asks_nothing(
    session: Session, cast: Cast, sign_in: SignIn
) -> None:
    session.commit()
    client, jules = sign_in(cast.camille), cast.jules.id
    again = {"last_name": "ROUX", "first_name": "odile", "phone": "0601020304"}
    client.post(f"{PAGE}/{jules}/nouvelle", data=GRANDMOTHER)
    answer = client.post(f"{PAGE}/{jules}/nouvelle", data=again, follow_redirects=True)
    assert "est déjà sur la liste" in answer.text
    assert session.scalar(sa.select(sa.func.count(Request.id))) == 1
    assert session.scalar(sa.select(sa.func.count(PickupRight.id))) == 1
    client.post(f"{PAGE}/{cast.rose.id}/nouvelle", data=again)
    assert session.scalar(sa.select(sa.func.count(PickupPerson.id))) == 1
    assert names(session, cast.rose) == ["Odile"]


def test_the_cross_clicked_twice_asks_once(session: Session, cast: Cast, sign_in: SignIn) -> None:
    right = allow(session, cast.home, cast.jules)
    session.commit()
    client, cross = sign_in(cast.camille), f"{PAGE}/{cast.jules.id}/{right.id}/retirer"
    for _ in range(2):
        assert client.post(cross).status_code == 302
    assert session.scalar(sa.select(sa.func.count(Request.id))) == 1


@pytest.mark.parametrize("change", ["allow", "remove"])
def test_its_effect_done_twice_changes_nothing_more(
    session: Session, cast: Cast, camille: Actor, ask: Ask, change: str
) -> None:
    if change == "remove":
        allow(session, cast.home, cast.jules)
    odile = pickup.NewPerson("Odile", "Roux", "06 01 02 03 04")
    request = ask(CODE, answers_of(cast.jules.id, change, odile))
    expected = ["Odile"] if change == "allow" else []
    for _ in range(2):
        assert names(session, cast.jules) == expected
        apply_again(session, camille, request)
    assert session.scalar(sa.select(sa.func.count(PickupRight.id))) == 1


def test_two_parents_add_the_same_person_at_once(app: Flask, session: Session, cast: Cast) -> None:
    actor, jules = Actor(cast.camille.id, cast.home.id), cast.jules.id
    odile = pickup.NewPerson("Odile", "Roux", "06 01 02 03 04")
    session.commit()
    session.close()
    results = at_once(
        app,
        lambda own: services.ask_whole(
            own, actor, CODE, answers_of(jules, "allow", odile), now=clock.now()
        ),
    )
    assert sorted(map(str, results)) == sorted(map(str, [None, AlreadyAllowed]))
    assert session.scalar(sa.select(sa.func.count(PickupRight.id))) == 1


def test_a_known_person_is_chosen_for_another_child(
    session: Session, cast: Cast, sign_in: SignIn
) -> None:
    right = allow(session, cast.home, cast.jules)
    session.commit()
    client, url = sign_in(cast.camille), f"{PAGE}/{cast.rose.id}/existante"
    assert "Odile Roux" in client.get(url).text
    assert client.post(url, data={}).status_code == 400
    assert client.post(url, data={"person": right.person_id}).status_code == 302
    assert names(session, cast.rose) == ["Odile"]
    assert session.scalar(sa.select(sa.func.count()).select_from(PickupPerson)) == 1


@pytest.mark.parametrize("missing", ["last_name", "first_name", "phone"])
def test_mandatory_fields_are_said(
    session: Session, cast: Cast, sign_in: SignIn, missing: str
) -> None:
    session.commit()
    url = f"{PAGE}/{cast.jules.id}/nouvelle"
    answer = sign_in(cast.camille).post(url, data=GRANDMOTHER | {missing: ""})
    assert answer.status_code == 400
    assert 'aria-invalid="true"' in answer.text
    assert session.scalar(sa.select(PickupPerson.id)) is None


def test_pages_of_another_household_are_not_found(
    session: Session, cast: Cast, sign_in: SignIn
) -> None:
    right = allow(session, cast.home, cast.noe)
    session.commit()
    lea, yanis, noe = sign_in(cast.lea), sign_in(cast.yanis), cast.noe.id
    for end in ("", "/nouvelle", "/existante"):
        assert lea.get(f"{PAGE}/{noe}{end}").status_code == 404
    assert lea.post(f"{PAGE}/{noe}/nouvelle", data=GRANDMOTHER).status_code == 404
    assert yanis.post(f"{PAGE}/{noe}/{right.id}/retirer").status_code == 404
    assert "Odile" not in yanis.get(f"{PAGE}/{noe}").text


def test_the_lists_statements_do_not_grow(session: Session, cast: Cast, sign_in: SignIn) -> None:
    allow(session, cast.home, cast.jules)
    session.commit()
    client, url = sign_in(cast.camille), f"{PAGE}/{cast.jules.id}"
    client.get(url)
    seen: list[str] = []
    sa.event.listen(session.get_bind(), "before_cursor_execute", lambda *args: seen.append(args[2]))
    client.get(url)
    few = len(seen)
    for name in ("Basile", "Mona", "Zoé"):
        allow(session, cast.home, cast.jules, name)
    session.commit()
    seen.clear()
    assert "Zoé" in client.get(url).text
    assert len(seen) == few, "\n".join(seen)
