"""Agents' pages of households and children, clicked through the client."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from app.core import audit, clock
from app.core.actor import Actor
from app.households import queries, services
from app.households.models import (
    Guardianship,
    Household,
    Level,
    QuotientRecord,
    School,
    SchoolYear,
)
from tests.factories import Cast, Factory
from tests.households.conftest import Calls

SignIn = Callable[[Any], FlaskClient]


@pytest.fixture
def agent(session: Session, cast: Cast, sign_in: SignIn) -> FlaskClient:
    session.commit()
    return sign_in(cast.agent)


def desk(cast: Cast, rest: str = "") -> str:
    return f"/agents/foyers/{cast.home.id}{rest}"


def child_desk(cast: Cast, child: Any, rest: str = "") -> str:
    return desk(cast, f"/enfants/{child.id}{rest}")


def test_the_household_page_shows_members_ties_and_facts(agent: FlaskClient, cast: Cast) -> None:
    html = agent.get(desk(cast)).text
    for text in (
        "Foyer Martin",
        "Camille Martin",
        "titulaire du compte",
        "École des Tilleuls, CE1",
        "aussi foyer Benali",
        "845",
        "Habitant de la commune",
        "compte actif",
    ):
        assert text in html
    assert "Inès" not in html


def test_the_household_page_takes_few_statements(
    agent: FlaskClient, session: Session, cast: Cast, make: Factory
) -> None:
    for number in range(10):
        make.schooling(make.child(f"Enfant {number}", cast.home, cast.stranger_home))
    path = desk(cast)
    agent.get(path)
    seen: list[str] = []
    sa.event.listen(session.get_bind(), "before_cursor_execute", lambda *args: seen.append(args[2]))
    assert agent.get(path).status_code == 200
    asked = [one for one in seen if one != "BEGIN"]
    assert len(asked) <= 20, "\n".join(asked)


@pytest.mark.parametrize(
    "rest", ["", "/modifier", "/quotient", "/residence", "/adultes/nouveau", "/enfants/nouveau"]
)
def test_pages_of_a_household_are_for_agents(
    session: Session, cast: Cast, sign_in: SignIn, client: FlaskClient, rest: str
) -> None:
    path = desk(cast, rest)
    assert client.get(path).status_code == 302
    assert sign_in(cast.camille).get(path).status_code in {302, 403}
    assert sign_in(cast.agent).get(path).status_code == 200


def test_the_regisseur_reads_and_changes_nothing(
    session: Session, cast: Cast, sign_in: SignIn
) -> None:
    regie = sign_in(cast.regie)
    html = regie.get(desk(cast)).text
    assert "Foyer Martin" in html
    assert "Créer un code famille" not in html
    assert regie.post(desk(cast, "/code")).status_code in {302, 403}
    session.rollback()
    assert session.get_one(Household, cast.home.id).family_code_hash is None


@pytest.mark.parametrize("rest", ["", "/modifier", "/quotient", "/enfants/1"])
def test_an_unknown_household_is_404(agent: FlaskClient, rest: str) -> None:
    assert agent.get(f"/agents/foyers/999999{rest}").status_code in {200, 404}
    assert agent.get("/agents/foyers/999999").status_code == 404


def test_a_child_of_another_household_is_404(agent: FlaskClient, cast: Cast) -> None:
    assert agent.get(child_desk(cast, cast.ines)).status_code == 404


def test_a_household_is_made_by_the_generated_screen(agent: FlaskClient, session: Session) -> None:
    address = {"street": "2 rue Haute", "postcode": "74520", "city": "Montclair"}
    answer = agent.post(
        "/agents/foyers/add", data={"name": "Petit"} | address, follow_redirects=True
    )
    assert answer.status_code == 200
    household = session.scalars(sa.select(Household).where(Household.name == "Petit")).one()
    assert household.number == f"F-{household.id:04d}"
    shown = agent.get(f"/agents/foyers/show/{household.id}")
    assert shown.location.endswith(f"/agents/foyers/{household.id}")


def test_a_quotient_is_recorded_and_prices_follow(
    agent: FlaskClient, session: Session, cast: Cast, prices_changed: Calls
) -> None:
    facts = {"quotient": "612", "valid_from": "2027-02-01", "valid_until": ""}
    answer = agent.post(desk(cast, "/quotient"), data=facts, follow_redirects=True)
    assert "Enregistré." in answer.text
    assert "612" in answer.text
    assert len(prices_changed) == 1
    session.rollback()
    latest = session.scalars(
        sa.select(QuotientRecord.quotient).where(QuotientRecord.household_id == cast.home.id)
    ).all()
    assert sorted(latest) == [612, 845]


@pytest.mark.parametrize(
    "facts",
    [
        {"quotient": "-1", "valid_from": "2027-02-01"},
        {"quotient": "douze", "valid_from": "2027-02-01"},
        {"quotient": "612", "valid_from": ""},
        {"quotient": "612", "valid_from": "2027-02-01", "valid_until": "2027-01-01"},
        {"quotient": "99999999999999999999", "valid_from": "2027-02-01"},
    ],
)
def test_a_bad_quotient_is_refused_beside_its_field(
    agent: FlaskClient, cast: Cast, facts: dict[str, str]
) -> None:
    answer = agent.post(desk(cast, "/quotient"), data=facts)
    assert answer.status_code == 400
    assert "summary" in answer.text


def test_the_residence_is_recorded(agent: FlaskClient, session: Session, cast: Cast) -> None:
    facts = {"is_resident": "no", "valid_from": "2027-02-01"}
    answer = agent.post(desk(cast, "/residence"), data=facts, follow_redirects=True)
    assert "Hors commune" in answer.text


def test_adults_come_change_and_go(agent: FlaskClient, session: Session, cast: Cast) -> None:
    person = {"first_name": "Paul", "last_name": "Martin", "email": "paul@exemple.fr"}
    agent.post(desk(cast, "/adultes/nouveau"), data=person)
    paul = queries.adults_of(session, cast.home.id)[-1]
    path = desk(cast, f"/adultes/{paul.id}")
    agent.post(f"{path}/modifier", data=person | {"mobile_phone": "06 00 00 00 09"})
    assert "06 00 00 00 09" in agent.get(desk(cast)).text
    assert (
        "Paul" not in agent.post(f"{path}/retirer", follow_redirects=True).text.split("Journal")[0]
    )


def test_the_account_e_mail_is_not_in_the_form(
    agent: FlaskClient, session: Session, cast: Cast
) -> None:
    camille = queries.adults_of(session, cast.home.id)[0]
    path = desk(cast, f"/adultes/{camille.id}/modifier")
    assert 'name="email"' not in agent.get(path).text
    agent.post(path, data={"first_name": "Camille", "last_name": "Martin", "email": "x@y.fr"})
    session.rollback()
    assert queries.adults_of(session, cast.home.id)[0].email == "camille.martin@exemple.fr"


def test_a_known_child_is_proposed_before_a_second_one_is_made(
    agent: FlaskClient, session: Session, cast: Cast
) -> None:
    typed = {
        "first_name": "INES",
        "last_name": "durand",
        "born_on": cast.ines.born_on.isoformat(),
    }
    answer = agent.post(desk(cast, "/enfants/nouveau"), data=typed)
    assert "Cet enfant est déjà connu" in answer.text
    found = agent.get(desk(cast, "/rattacher"), query_string={"q": "inès durand"})
    assert f'value="{cast.ines.id}"' in found.text
    tied = {"q": "inès durand", "child_id": str(cast.ines.id), "starts_on": "2027-01-12"}
    rights = {"can_book": "y", "can_see_other": "y"}
    answer = agent.post(desk(cast, "/rattacher"), data=tied | rights, follow_redirects=True)
    assert "aussi foyer Durand" in answer.text
    card = next(
        c for c in queries.children_of(session, cast.home.id, clock.today()) if c.id == cast.ines.id
    )
    assert (card.can_book, card.can_pay, card.can_see_other) == (True, False, True)


def test_a_homonym_is_made_when_the_agent_is_sure(
    agent: FlaskClient, session: Session, cast: Cast
) -> None:
    typed = {
        "first_name": "Inès",
        "last_name": "Durand",
        "born_on": cast.ines.born_on.isoformat(),
        "sure": "1",
    }
    assert agent.post(desk(cast, "/enfants/nouveau"), data=typed).status_code == 302
    names = [one.first_name for one in queries.children_of(session, cast.home.id, clock.today())]
    assert "Inès" in names


def test_only_a_child_that_was_found_can_be_tied(agent: FlaskClient, cast: Cast) -> None:
    forged = {"q": "jules", "child_id": str(cast.ines.id), "starts_on": "2027-01-12"}
    assert agent.post(desk(cast, "/rattacher"), data=forged).status_code == 400


def test_a_family_code_is_shown_once_printed_and_sent(
    agent: FlaskClient, session: Session, cast: Cast
) -> None:
    html = agent.post(desk(cast, "/code")).text
    code = re.search(r"[2-9A-Z]{4}-[2-9A-Z]{4}-[2-9A-Z]{4}", html)
    assert code
    assert code[0] not in agent.get(desk(cast)).text
    letter = agent.post(desk(cast, "/code/lettre"), data={"code": code[0]})
    assert letter.mimetype == "application/pdf"
    assert letter.data.startswith(b"%PDF")
    adult = queries.adults_of(session, cast.home.id)[0]
    sent = agent.post(desk(cast, "/code/envoyer"), data={"code": code[0], "adult_id": adult.id})
    assert "Le code est en route vers camille.martin@exemple.fr" in sent.text
    wrong = agent.post(desk(cast, "/code/lettre"), data={"code": "AAAA-AAAA-AAAA"})
    assert wrong.status_code == 400


def test_holder_and_cover_are_changed_by_buttons(
    agent: FlaskClient, session: Session, cast: Cast, make: Factory
) -> None:
    paul = make.parent("paul.martin", cast.home)
    assert "Désigner titulaire" in agent.get(desk(cast)).text
    agent.post(desk(cast, "/titulaire"), data={"account_id": paul.id})
    agent.post(desk(cast, "/couverture"), data={"exempt": "1"})
    session.rollback()
    home = session.get_one(Household, cast.home.id)
    assert (home.holder_id, home.exempt_from_cover) == (paul.id, True)
    refused = agent.post(desk(cast, "/titulaire"), data={"account_id": cast.yanis.id})
    assert refused.status_code == 404


# ---- Child -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "rest", ["", "/modifier", "/ecole", "/droits", "/fin", "/restriction", "/depart"]
)
def test_each_page_of_a_child_opens(agent: FlaskClient, cast: Cast, rest: str) -> None:
    answer = agent.get(child_desk(cast, cast.noe, rest))
    assert answer.status_code == 200
    assert answer.text.count("<h1") == 1


def test_a_restriction_needs_the_choice_about_bookings(
    agent: FlaskClient, session: Session, cast: Cast, tie_ended: Calls
) -> None:
    path = f"/agents/foyers/{cast.other_home.id}/enfants/{cast.noe.id}"
    assert agent.post(f"{path}/restriction", data={"note": "x"}).status_code == 400
    typed = {"bookings": "cancel", "note": "Jugement", "do_not_hand_to": "Yanis Benali"}
    answer = agent.post(f"{path}/restriction", data=typed, follow_redirects=True)
    assert "3\u00a0réservations sont annulées" in answer.text
    assert "Ne pas remettre" in answer.text
    assert len(tie_ended) == 1
    lifted = agent.post(f"{path}/lever", follow_redirects=True)
    assert "La restriction est levée." in lifted.text
    again = agent.post(f"{path}/lever", follow_redirects=True)
    assert "Aucune restriction" in again.text


def test_a_tie_is_ended_with_a_reason(
    agent: FlaskClient, session: Session, cast: Cast, tie_ended: Calls
) -> None:
    path = child_desk(cast, cast.rose, "/fin")
    assert agent.post(path, data={"ended_on": "2027-01-20", "reason": ""}).status_code == 400
    agent.post(path, data={"ended_on": "2027-01-20", "reason": "Déménagement"})
    session.rollback()
    tie = session.scalars(
        sa.select(Guardianship).where(Guardianship.child_id == cast.rose.id)
    ).one()
    assert str(tie.ended_on) == "2027-01-20"
    assert tie_ended[0][-1] == "Déménagement"


def test_identity_school_and_rights_are_corrected(
    agent: FlaskClient, session: Session, cast: Cast, make: Factory
) -> None:
    level = make.level("CM2", 8)
    ids = [session.scalars(sa.select(kind.id)).first() for kind in (SchoolYear, School)]
    school = {"school_year_id": ids[0], "school_id": ids[1], "level_id": level.id}
    agent.post(child_desk(cast, cast.jules, "/ecole"), data=school)
    name = {"first_name": "Julien", "last_name": "Martin", "born_on": "2019-05-04"}
    agent.post(child_desk(cast, cast.jules, "/modifier"), data=name)
    agent.post(child_desk(cast, cast.jules, "/droits"), data={"can_pay": "y"})
    session.rollback()
    card = queries.children_of(session, cast.home.id, clock.today())[1]
    assert (card.first_name, card.level) == ("Julien", "CM2")
    assert (card.can_book, card.can_pay, card.can_see_other) == (False, True, False)
    assert session.scalar(sa.select(sa.func.count()).select_from(Level)) == 2


def test_a_child_leaves_the_commune(
    agent: FlaskClient, session: Session, cast: Cast, tie_ended: Calls
) -> None:
    typed = {"left_on": "2027-01-12", "reason": "Déménagement"}
    answer = agent.post(child_desk(cast, cast.rose, "/depart"), data=typed, follow_redirects=True)
    assert "terminé" in answer.text


@pytest.mark.parametrize(
    ("verb", "subject", "word"),
    [
        ("close", "request", "Demande close"),
        ("refuse", "request", "Demande refusée"),
        ("refuse", "document", "Justificatif refusé"),
        ("give", "document", "Justificatif fourni"),
        ("paint", "fence", "Autre opération"),
    ],
)
def test_the_journal_says_what_was_done(
    agent: FlaskClient, session: Session, cast: Cast, verb: str, subject: str, word: str
) -> None:
    audit.record(session, Actor(cast.agent.id), verb, subject, 1, cast.home.id)
    session.commit()
    assert word in agent.get(desk(cast)).text.split('id="journal"')[1]


# ---- Generated screens -------------------------------------------------------------------------


@pytest.mark.parametrize(
    "place",
    [
        "/agents/foyers",
        "/agents/adultes",
        "/agents/enfants",
        "/agents/rattachements",
        "/agents/quotients",
        "/agents/residences",
        "/agents/invitations",
        "/agents/ecoles",
        "/agents/niveaux",
        "/agents/annees-scolaires",
        "/agents/scolarites",
    ],
)
def test_each_generated_list_opens_in_french(agent: FlaskClient, place: str) -> None:
    answer = agent.get(f"{place}/list/")
    assert answer.status_code == 200
    assert answer.text.count("<h1") == 1
    assert not re.search(r">\s*(Household|Child|School|Level|Name|From|In|Not In)\s*<", answer.text)


@pytest.mark.parametrize(
    "place",
    [
        "/agents/rattachements",
        "/agents/adultes",
        "/agents/enfants",
        "/agents/invitations",
    ],
)
def test_what_goes_through_services_has_no_generated_form(agent: FlaskClient, place: str) -> None:
    assert agent.get(f"{place}/add").status_code == 404
    assert agent.get(f"{place}/edit/1").status_code == 404


def test_a_quotient_is_added_from_its_list_by_the_number_of_the_household(
    agent: FlaskClient, session: Session, cast: Cast, prices_changed: Calls
) -> None:
    typed = {"household": cast.home.number, "quotient": "612", "valid_from": "2027-02-01"}
    assert agent.post("/agents/quotients/add", data=typed).status_code == 302
    assert len(prices_changed) == 1
    unknown = agent.post("/agents/quotients/add", data=typed | {"household": "F-9999"})
    assert unknown.status_code == 400


def test_a_school_year_ends_after_it_starts(agent: FlaskClient) -> None:
    year = {"label": "2027-2028", "starts_on": "2027-09-01", "ends_on": "2027-07-01", "zone": "A"}
    assert agent.post("/agents/annees-scolaires/add", data=year).status_code == 400
    assert agent.post("/agents/annees-scolaires/add", data=year | {"zone": "D"}).status_code == 400
    good = year | {"ends_on": "2028-07-07"}
    assert agent.post("/agents/annees-scolaires/add", data=good).status_code == 302


def test_an_invitation_is_cancelled_by_an_agent(
    agent: FlaskClient, session: Session, cast: Cast, as_camille: Actor
) -> None:
    row = services.invite_adult(session, as_camille, cast.home.id, "z@exemple.fr", now=clock.now())
    number = row.id
    session.commit()
    agent.post(f"/agents/invitations/action/cancel/{number}")
    session.rollback()
    assert queries.open_invitations(session, cast.home.id, clock.now()) == []
