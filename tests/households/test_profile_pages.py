"""« Mon profil » through the client (A11, §3.8, §3.9), and what another household gets: 404."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from app.accounts.models import OneTimeLink
from app.core import clock
from app.core.actor import Actor
from app.households import queries, services
from app.households.models import Adult, Household, Invitation
from app.procedures.household_update import CODE, asked_in
from app.requests import queries as requests
from app.requests import services as engine
from app.requests.models import Request, Status
from tests.factories import Cast, Factory

SignIn = Callable[[Any], FlaskClient]
EDIT = "/profil/mettre-a-jour"


@pytest.fixture
def camille(session: Session, cast: Cast, sign_in: SignIn) -> FlaskClient:
    session.commit()
    return sign_in(cast.camille)


def typed(**more: Any) -> dict[str, Any]:
    """The editable profile as it is shown to Camille, with changes."""
    return {
        "mobile_phone": "06 12 34 56 78",
        "home_phone": "",
        "work_phone": "",
        "email": "camille.martin@exemple.fr",
        "street": "3 rue des Tilleuls",
        "postcode": "74520",
        "city": "Montclair",
        "comment": "",
    } | more


def waiting(session: Session, household_id: int) -> Request | None:
    session.rollback()
    return requests.living(session, household_id, CODE)


def test_my_profile_shows_identity_address_members_and_contacts(camille: FlaskClient) -> None:
    html = camille.get("/profil/").text
    for text in (
        "Camille Martin",
        "camille.martin",
        "3 rue des Tilleuls",
        "06 12 34 56 78",
        "camille.martin@exemple.fr",
        "Jules",
        "Rose",
        "Noé",
        "Mettre à jour",
        "Options",
    ):
        assert text in html
    assert "Benali" not in html
    assert "Inès" not in html


def test_my_profile_takes_few_statements(camille: FlaskClient, session: Session) -> None:
    camille.get("/profil/")
    seen: list[str] = []
    sa.event.listen(session.get_bind(), "before_cursor_execute", lambda *args: seen.append(args[2]))
    assert camille.get("/profil/").status_code == 200
    assert len(seen) <= 13, "\n".join(seen)


def test_the_editable_profile_takes_few_statements_whatever_is_asked(
    camille: FlaskClient, session: Session, cast: Cast
) -> None:
    seen: list[str] = []
    sa.event.listen(session.get_bind(), "before_cursor_execute", lambda *args: seen.append(args[2]))
    camille.get(EDIT)
    seen.clear()
    camille.get(EDIT)
    few = len(seen)
    members = {"leaving_children": [cast.rose.id, cast.jules.id]}
    for number in range(3):
        members |= {
            f"adults-{number}-first_name": "Paul",
            f"adults-{number}-last_name": f"Martin {number}",
        }
    assert camille.post(EDIT, data=typed(street="1 rue Neuve", **members)).status_code == 302
    camille.get(EDIT)
    seen.clear()
    assert "Martin 2" in camille.get(EDIT).text
    assert len(seen) == few <= 8, "\n".join(seen)


@pytest.mark.parametrize("path", ["/profil/", EDIT, "/profil/inviter", "/profil/code-famille"])
def test_a_visitor_is_sent_to_the_login(client: FlaskClient, path: str) -> None:
    answer = client.get(path)
    assert answer.status_code == 302
    assert "/login" in answer.location


@pytest.mark.parametrize("path", ["/profil/", EDIT])
def test_an_agent_has_no_profile_of_a_family(
    session: Session, cast: Cast, sign_in: SignIn, path: str
) -> None:
    session.commit()
    assert sign_in(cast.agent).get(path).status_code in {302, 403}


def test_contacts_change_at_once(camille: FlaskClient, session: Session, cast: Cast) -> None:
    answer = camille.post(EDIT, data=typed(mobile_phone="07 00 00 00 01"), follow_redirects=True)
    assert "Vos coordonnées sont enregistrées." in answer.text
    session.rollback()
    assert queries.adults_of(session, cast.home.id)[0].mobile_phone == "07 00 00 00 01"
    assert waiting(session, cast.home.id) is None


def test_an_address_waits_for_an_agent_and_is_shown_so(
    camille: FlaskClient, session: Session, cast: Cast
) -> None:
    answer = camille.post(EDIT, data=typed(street="1 rue Neuve"), follow_redirects=True)
    assert "Votre demande est enregistrée sous le numéro D-2027-000001." in answer.text
    assert "en attente" in answer.text
    change = waiting(session, cast.home.id)
    assert change is not None
    assert change.answers == {
        "address": {"street": "1 rue Neuve", "postcode": "74520", "city": "Montclair"}
    }
    assert session.get_one(Household, cast.home.id).street == "3 rue des Tilleuls"
    assert 'value="1 rue Neuve"' in camille.get(EDIT).text


def test_members_are_asked_for_in_the_same_form(
    camille: FlaskClient, session: Session, cast: Cast
) -> None:
    members = {
        "children-0-first_name": "Zoé",
        "children-0-last_name": "Martin",
        "children-0-born_on": "2022-02-02",
        "adults-0-first_name": "Paul",
        "adults-0-last_name": "Martin",
        "leaving_children": str(cast.rose.id),
    }
    camille.post(EDIT, data=typed(**members))
    change = waiting(session, cast.home.id)
    assert change is not None
    asked = asked_in(change.answers)
    assert [child.first_name for child in asked.children] == ["Zoé"]
    assert [adult.first_name for adult in asked.adults] == ["Paul"]
    assert asked.leaving_children == (cast.rose.id,)
    assert "Zoé" in camille.get("/profil/").text


def test_another_row_is_added_without_saving(
    camille: FlaskClient, session: Session, cast: Cast
) -> None:
    answer = camille.post(EDIT, data=typed(street="1 rue Neuve", add="children"))
    assert 'name="children-0-first_name"' in answer.text
    assert 'value="1 rue Neuve"' in answer.text
    assert waiting(session, cast.home.id) is None


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("email", "pas une adresse"),
        ("email", ""),
        ("mobile_phone", "abc"),
        ("street", ""),
        ("postcode", "7"),
        ("comment", "x" * 1001),
        ("comment", "nul \x00"),
        ("children-0-first_name", "Zoé"),
        ("children-0-born_on", "2022-02-31"),
        ("leaving_children", "999999"),
        ("leaving_adults", "x"),
    ],
)
def test_bad_input_is_said_beside_its_field_and_kept(
    camille: FlaskClient, session: Session, cast: Cast, field: str, value: str
) -> None:
    answer = camille.post(EDIT, data=typed(**{"city": "Ville Tapée", field: value}))
    assert answer.status_code == 400
    assert "field-error" in answer.text or "summary" in answer.text
    assert "Ville Tapée" in answer.text
    assert waiting(session, cast.home.id) is None


def test_a_child_born_tomorrow_saves_nothing(
    camille: FlaskClient, session: Session, cast: Cast
) -> None:
    child = {
        "children-0-first_name": "Zoé",
        "children-0-last_name": "Martin",
        "children-0-born_on": "2027-01-13",
    }
    answer = camille.post(EDIT, data=typed(mobile_phone="07 00 00 00 01", **child))
    assert answer.status_code == 400
    session.rollback()
    assert queries.adults_of(session, cast.home.id)[0].mobile_phone == "06 12 34 56 78"


def test_a_household_in_the_form_is_ignored(
    camille: FlaskClient, session: Session, cast: Cast
) -> None:
    forged = {"household_id": str(cast.other_home.id), "quotient": "1", "is_resident": "y"}
    camille.post(EDIT, data=typed(street="1 rue Neuve", **forged))
    assert waiting(session, cast.other_home.id) is None
    assert waiting(session, cast.home.id) is not None


def test_a_child_of_another_household_cannot_be_named(
    camille: FlaskClient, session: Session, cast: Cast
) -> None:
    answer = camille.post(EDIT, data=typed(leaving_children=str(cast.ines.id)))
    assert answer.status_code == 400
    assert waiting(session, cast.home.id) is None


def test_a_changed_e_mail_waits_for_its_link(
    camille: FlaskClient, session: Session, cast: Cast
) -> None:
    answer = camille.post(EDIT, data=typed(email="neuve@exemple.fr"), follow_redirects=True)
    assert "neuve@exemple.fr" in answer.text
    session.rollback()
    assert queries.adults_of(session, cast.home.id)[0].email == "camille.martin@exemple.fr"
    link = session.scalars(sa.select(OneTimeLink)).one()
    assert (link.account_id, link.payload) == (cast.camille.id, {"email": "neuve@exemple.fr"})


def test_a_confirmed_e_mail_follows_to_the_adult(session: Session, cast: Cast) -> None:
    services.follow_email(session, cast.camille.id, "neuve@exemple.fr")
    session.commit()
    assert queries.adults_of(session, cast.home.id)[0].email == "neuve@exemple.fr"


def edition_on(html: str) -> str:
    """The edition that the page shows, in its hidden field."""
    found = re.search(r'name="edition" type="hidden" value="(\d*)"', html)
    assert found
    return found[1]


def test_a_request_is_changed_then_taken_back_from_its_page(
    camille: FlaskClient, session: Session, cast: Cast
) -> None:
    assert edition_on(camille.get(EDIT).text) == ""
    camille.post(EDIT, data=typed(street="1 rue Neuve"))
    edition = edition_on(camille.get(EDIT).text)
    said = camille.post(
        EDIT, data=typed(street="2 rue Neuve", edition=edition), follow_redirects=True
    )
    assert "Votre demande est modifiée." in said.text
    asked = waiting(session, cast.home.id)
    assert asked is not None
    assert asked_in(asked.answers).address == ("2 rue Neuve", "74520", "Montclair")
    stale = camille.post(EDIT, data=typed(street="3 rue Neuve", edition=edition))
    assert stale.status_code == 409
    assert "sur une autre page" in stale.text
    assert 'value="3 rue Neuve"' in stale.text
    edition = edition_on(camille.get(EDIT).text)
    gone = camille.post(EDIT, data=typed(edition=edition), follow_redirects=True)
    assert "Votre demande est annulée." in gone.text
    assert waiting(session, cast.home.id) is None


def test_the_same_save_sent_twice_asks_once(
    camille: FlaskClient, session: Session, cast: Cast
) -> None:
    for _ in range(2):
        assert camille.post(EDIT, data=typed(street="1 rue Neuve")).status_code == 302
    assert session.scalar(sa.select(sa.func.count(Request.id))) == 1
    mails = session.scalar(sa.text("SELECT count(*) FROM outbox_message"))
    assert mails == 1


def test_an_agent_has_taken_it_and_contacts_still_change(
    camille: FlaskClient, session: Session, cast: Cast, as_agent: Actor
) -> None:
    camille.post(EDIT, data=typed(street="1 rue Neuve"))
    asked = waiting(session, cast.home.id)
    assert asked is not None
    engine.take(session, as_agent, asked.id, now=clock.now())
    session.commit()
    shown = camille.get(EDIT).text
    assert "Le service traite votre demande" in shown
    assert 'name="street"' not in shown
    assert "traitement" in camille.get("/profil/").text
    saved = camille.post(
        EDIT, data=typed(street="9 rue Neuve", mobile_phone="07 00 00 00 01"), follow_redirects=True
    )
    assert "Vos coordonnées sont enregistrées." in saved.text
    session.rollback()
    assert session.get_one(Request, asked.id).answers["address"]["street"] == "1 rue Neuve"
    assert queries.adults_of(session, cast.home.id)[0].mobile_phone == "07 00 00 00 01"


def test_another_household_gets_404_everywhere(
    session: Session, cast: Cast, sign_in: SignIn, as_camille: Actor
) -> None:
    change = engine.ask_whole(session, as_camille, CODE, {"comment": "Bonjour"}, now=clock.now())
    invitation = services.invite_adult(
        session, as_camille, cast.home.id, "z@exemple.fr", now=clock.now()
    )
    session.commit()
    yanis = sign_in(cast.yanis)
    assert yanis.post(f"/profil/invitation/{invitation.id}/annuler").status_code == 404
    assert "Bonjour" not in yanis.get(EDIT).text
    assert edition_on(yanis.get(EDIT).text) == ""
    for path in (
        f"/agents/foyers/{cast.home.id}",
        f"/agents/foyers/{cast.home.id}/enfants/{cast.jules.id}",
        "/agents/foyers/list/",
        "/agents/enfants/list/",
    ):
        assert yanis.get(path).status_code in {302, 403}
    session.rollback()
    assert session.get_one(Request, change.id).status is Status.PENDING


def test_a_restricted_child_is_gone_from_the_profile(
    session: Session, cast: Cast, sign_in: SignIn, as_agent: Actor
) -> None:
    ids = (cast.noe.id, cast.other_home.id)
    services.restrict(session, as_agent, *ids, keep_bookings=True, reason="", now=clock.now())
    session.commit()
    yanis = sign_in(cast.yanis)
    assert "Noé" not in yanis.get("/profil/").text
    answer = yanis.post(EDIT, data=typed(leaving_children=str(cast.noe.id)))
    assert answer.status_code == 400


# ---- Second adult ------------------------------------------------------------------------------


def invite(client: FlaskClient, session: Session) -> str:
    """Invite by the page; the path of the link, read in the e-mail."""
    client.post("/profil/inviter", data={"email": "zoe@exemple.fr"})
    session.rollback()
    text = session.execute(
        sa.text("SELECT text FROM outbox_message WHERE template = 'adult_invited'")
    ).scalar_one()
    found = re.search(r"/invitation/[\w-]+", text)
    assert found
    return found[0]


def test_a_second_adult_is_invited_and_joins(
    camille: FlaskClient,
    session: Session,
    cast: Cast,
    make: Factory,
    sign_in: SignIn,
    client: FlaskClient,
) -> None:
    path = invite(camille, session)
    assert "zoe@exemple.fr" in camille.get("/profil/").text
    page = client.get(path).text
    assert "Camille Martin" in page
    assert "Créer mon compte" in page
    assert "Jules" not in page
    home = make.household("Petit")
    zoe = make.parent("zoe.petit", home)
    session.commit()
    zoes = sign_in(zoe)
    assert "Rejoindre le foyer" in zoes.get(path).text
    assert "Jules" in zoes.post(path, follow_redirects=True).text
    session.rollback()
    assert session.get_one(Household, home.id).closed_at is not None
    assert zoes.get(path).status_code == 404
    invitation = session.scalars(sa.select(Invitation)).one()
    assert invitation.accepted_at is not None


def test_a_household_does_not_write_to_everybody(camille: FlaskClient, session: Session) -> None:
    for number in range(5):
        camille.post("/profil/inviter", data={"email": f"inconnu{number}@exemple.fr"})
    refused = camille.post("/profil/inviter", data={"email": "encore@exemple.fr"})
    assert refused.status_code == 429
    assert "Votre foyer a envoyé plusieurs invitations" in refused.text
    assert 'value="encore@exemple.fr"' in refused.text
    session.rollback()
    assert len(session.scalars(sa.select(Invitation)).all()) == 5


def test_opening_the_link_changes_nothing(
    camille: FlaskClient, session: Session, client: FlaskClient
) -> None:
    path = invite(camille, session)
    client.get(path)
    client.post(path)
    session.rollback()
    assert session.scalars(sa.select(Invitation.accepted_at)).one() is None


def test_a_family_with_children_cannot_slip_into_another(
    camille: FlaskClient, session: Session, cast: Cast, sign_in: SignIn
) -> None:
    path = invite(camille, session)
    lea = sign_in(cast.lea)
    assert "déjà un foyer" in lea.post(path, follow_redirects=True).text
    session.rollback()
    assert session.scalars(sa.select(Invitation.accepted_at)).one() is None


@pytest.mark.parametrize("token", ["x", "A" * 43, "é", "a" * 5000])
def test_a_forged_link_is_404(client: FlaskClient, token: str) -> None:
    assert client.get(f"/invitation/{token}").status_code == 404


def test_a_cancelled_invitation_is_dead(
    camille: FlaskClient, session: Session, client: FlaskClient
) -> None:
    path = invite(camille, session)
    invitation_id = session.scalars(sa.select(Invitation.id)).one()
    camille.post(f"/profil/invitation/{invitation_id}/annuler")
    assert client.get(path).status_code == 404


def test_a_household_without_a_child_is_led_to_the_ways_in(
    session: Session, make: Factory, sign_in: SignIn
) -> None:
    zoe = make.parent("zoe.petit", make.household("Petit"))
    session.commit()
    client = sign_in(zoe)
    html = client.get("/profil/").text
    for path in ("/profil/code-famille", EDIT, "/demarches/rattacher-un-enfant"):
        assert f'href="{path}"' in html
        assert client.get(path).status_code == 200


# ---- Family code -------------------------------------------------------------------------------


def test_a_family_code_is_entered_later(
    session: Session, cast: Cast, make: Factory, sign_in: SignIn, as_agent: Actor
) -> None:
    zoe = make.parent("zoe.petit", make.household("Petit"))
    known = make.household("Durand-Petit")
    make.add(Adult(household_id=known.id, first_name="Zoe", last_name="Petit"))
    code = services.make_family_code(session, as_agent, known.id)
    session.commit()
    zoes = sign_in(zoe)
    wrong = zoes.post("/profil/code-famille", data={"code": "AAAA-AAAA-AAAA"})
    assert wrong.status_code == 400
    assert "code famille n’est pas valable" in wrong.text
    right = zoes.post("/profil/code-famille", data={"code": code.lower()}, follow_redirects=True)
    assert "Durand-Petit" in right.text


def test_a_family_with_children_keeps_its_household(
    camille: FlaskClient, session: Session, cast: Cast, as_agent: Actor
) -> None:
    code = services.make_family_code(session, as_agent, cast.stranger_home.id)
    session.commit()
    answer = camille.post("/profil/code-famille", data={"code": code})
    assert answer.status_code == 409
    session.rollback()
    assert session.get_one(Household, cast.stranger_home.id).family_code_used_at is None
