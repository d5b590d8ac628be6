"""Agents' screens of services: what they ask, say, refuse, and who may open them."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask, url_for
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from app.activities import services
from app.activities.models import CalendarPeriod, DeadlineRule, Enrolment, Opening, PriceGrid
from app.core.actor import SYSTEM
from app.households.models import School, SchoolYear
from tests.activities.conftest import Town, count_statements
from tests.factories import Cast, Factory

THURSDAY = date(2027, 1, 14)
LISTS = (
    "SiteAdmin",
    "DeadlineRuleAdmin",
    "ActivityAdmin",
    "SlotAdmin",
    "OpeningPatternAdmin",
    "CalendarPeriodAdmin",
    "OpeningAdmin",
    "EnrolmentAdmin",
    "PriceGridAdmin",
)


@pytest.fixture
def desk(cast: Cast, session: Session, sign_in: Any) -> FlaskClient:
    """An agent of the cast's town."""
    session.commit()
    return sign_in(cast.agent)


@pytest.fixture
def at(app: Flask) -> Any:
    """``at("View.page", id=1)`` → its address."""

    def address(endpoint: str, **values: Any) -> str:
        with app.test_request_context():
            return url_for(endpoint, _external=False, **values)

    return address


def ids_of(cast: Cast, day: date) -> list[int]:
    return [cast.opening(slot, day).id for slot in (cast.midi, cast.soir1, cast.soir2)]


@pytest.mark.parametrize("view", LISTS)
def test_every_list_opens(desk: FlaskClient, at: Any, view: str) -> None:
    assert desk.get(at(f"{view}.list")).status_code == 200


@pytest.mark.parametrize("view", [one for one in LISTS if one != "EnrolmentAdmin"])
def test_every_form_opens_and_says_what_is_missing(desk: FlaskClient, at: Any, view: str) -> None:
    assert desk.get(at(f"{view}.add")).status_code == 200
    refused = desk.post(at(f"{view}.add"), data={})
    assert refused.status_code == 400
    assert "à corriger" in refused.text


@pytest.mark.parametrize(
    "view", ["SiteAdmin", "DeadlineRuleAdmin", "ActivityAdmin", "SlotAdmin", "OpeningAdmin"]
)
def test_every_row_can_be_seen_and_edited(desk: FlaskClient, at: Any, view: str) -> None:
    assert desk.get(at(f"{view}.show", pk=1)).status_code == 200
    assert desk.get(at(f"{view}.edit", pk=1)).status_code == 200


@pytest.mark.parametrize("who", ["camille", "regie"])
def test_not_for_families_nor_for_the_regisseur(
    cast: Cast, session: Session, sign_in: Any, at: Any, who: str
) -> None:
    session.commit()
    client = sign_in(getattr(cast, who))
    for page in ("OpeningDesk.close", "YearDesk.index", "EnrolmentDesk.new", "OpeningAdmin.list"):
        assert client.get(at(page)).status_code in {302, 403}, page


def test_only_the_regisseur_and_agents_see_prices(
    cast: Cast, session: Session, sign_in: Any, at: Any
) -> None:
    grid = session.scalars(sa.select(PriceGrid.id)).first()
    session.commit()
    page = at("PriceDesk.edit", grid_id=grid)
    assert sign_in(cast.regie).get(page).status_code == 200
    assert sign_in(cast.camille).get(page).status_code in {302, 403}


# ---- Openings ------------------------------------------------------------------------------------


def test_a_strike_is_counted_before_it_is_done(
    desk: FlaskClient, at: Any, cast: Cast, session: Session
) -> None:
    typed = {
        "first": THURSDAY.isoformat(),
        "last": THURSDAY.isoformat(),
        "sites": [cast.site.id],
        "reason": "Grève",
    }
    asked = desk.post(at("OpeningDesk.close"), data=typed)
    assert "Cela concerne 3\xa0ouvertures." in asked.text
    assert "Personne n’y a réservé." in asked.text
    assert session.scalar(sa.select(sa.func.count(Opening.closed_at))) == 0
    done = desk.post(at("OpeningDesk.close"), data=typed | {"sure": "3-0"}, follow_redirects=True)
    assert "3\xa0ouvertures sont fermées." in done.text
    session.rollback()
    assert session.scalar(sa.select(sa.func.count(Opening.closed_at))) == 3


def test_what_changed_since_it_was_counted_is_counted_again(
    desk: FlaskClient, at: Any, cast: Cast, session: Session
) -> None:
    cast.opening(cast.midi, THURSDAY).taken = 4
    session.commit()
    day = THURSDAY.isoformat()
    typed = {"first": day, "last": day, "reason": "Grève", "sure": "3-0"}
    again = desk.post(at("OpeningDesk.close"), data=typed)
    assert "4\xa0places y sont réservées." in again.text
    session.rollback()
    assert session.scalar(sa.select(sa.func.count(Opening.closed_at))) == 0


def test_rows_ticked_in_the_list_go_to_the_page(
    desk: FlaskClient, at: Any, cast: Cast, session: Session
) -> None:
    ids = ids_of(cast, THURSDAY)
    sent = desk.post(at("OpeningAdmin.action_post"), data={"action": "resize", "rowid": ids})
    assert sent.status_code == 302
    page = desk.get(sent.location)
    assert "3\xa0ouvertures choisies dans la liste." in page.text
    typed = {"capacity": "12", "sure": "3-0"}
    done = desk.post(sent.location, data=typed, follow_redirects=True)
    assert "La capacité de 3\xa0ouvertures a changé." in done.text
    session.rollback()
    assert {session.get_one(Opening, one).capacity for one in ids} == {12}


def test_closed_openings_open_again_from_the_list(
    desk: FlaskClient, at: Any, cast: Cast, session: Session
) -> None:
    one = ids_of(cast, THURSDAY)[0]
    services.close_openings(session, SYSTEM, [one], "Travaux")
    session.commit()
    data = {"action": "reopen", "rowid": [one]}
    done = desk.post(at("OpeningAdmin.action_post"), data=data, follow_redirects=True)
    assert "1\xa0ouverture est rouverte." in done.text


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({"first": "2027-01-20", "last": "2027-01-14"}, "La fin ne peut pas précéder le début."),
        ({"first": "2028-01-20", "last": "2028-01-20"}, "Aucune ouverture ne correspond"),
        ({"first": "2027-01-14", "last": "2027-01-14", "reason": ""}, "Remplissez ce champ."),
    ],
)
def test_bad_choices_keep_what_was_typed(
    desk: FlaskClient, at: Any, typed: dict[str, str], said: str
) -> None:
    answer = desk.post(at("OpeningDesk.close"), data={"reason": "Grève"} | typed)
    assert answer.status_code in {400, 409}
    assert said in answer.text
    assert typed["first"] in answer.text


def test_an_opening_edited_by_hand(
    desk: FlaskClient, at: Any, cast: Cast, session: Session
) -> None:
    one = ids_of(cast, THURSDAY)[0]
    typed = {
        "capacity": "33",
        "book_until": "2027-01-13T18:00",
        "cancel_until": "2027-01-13T12:00",
    }
    answer = desk.post(at("OpeningAdmin.edit", pk=one), data=typed)
    assert answer.status_code == 302
    session.rollback()
    opening = session.get_one(Opening, one, populate_existing=True)
    assert opening.capacity == 33
    assert opening.book_until.isoformat() == "2027-01-13T17:00:00+00:00"
    assert opening.edited_at is not None


def test_places_taken_cannot_be_sent(
    desk: FlaskClient, at: Any, cast: Cast, session: Session
) -> None:
    one = ids_of(cast, THURSDAY)[0]
    typed = {
        "capacity": "33",
        "book_until": "2027-01-13T18:00",
        "cancel_until": "2027-01-13T12:00",
        "taken": "33",
        "closed_reason": "x",
    }
    desk.post(at("OpeningAdmin.edit", pk=one), data=typed)
    session.rollback()
    opening = session.get_one(Opening, one, populate_existing=True)
    assert (opening.taken, opening.closed_reason) == (0, "")


# ---- School year and calendar --------------------------------------------------------------------


def test_a_year_prepared_step_by_step(
    town: Town, session: Session, make: Factory, sign_in: Any, at: Any
) -> None:
    agent = make.account("agent", role="Agent")
    session.commit()
    desk = sign_in(agent)
    assert "2026-2027" in desk.get(at("YearDesk.index")).text
    loaded = desk.post(at("YearDesk.load", year_id=town.year.id), follow_redirects=True)
    assert "Le calendrier était à jour." in loaded.text
    made = desk.post(at("YearDesk.generate", year_id=town.year.id), follow_redirects=True)
    assert "ouvertures sont ajoutées." in made.text
    again = desk.post(at("YearDesk.generate", year_id=town.year.id), follow_redirects=True)
    assert "Les ouvertures étaient à jour." in again.text


def test_a_year_without_published_holidays_says_so(
    desk: FlaskClient, at: Any, make: Factory, session: Session
) -> None:
    year = make.add(
        SchoolYear(
            label="2030-2031", starts_on=date(2030, 9, 1), ends_on=date(2031, 7, 5), zone="A"
        )
    )
    session.commit()
    loaded = desk.post(at("YearDesk.load", year_id=year.id), follow_redirects=True)
    assert "ne sont pas encore toutes publiées" in loaded.text
    refused = desk.post(at("YearDesk.generate", year_id=year.id), follow_redirects=True)
    assert "n’a pas de vacances scolaires" in refused.text


def test_a_year_copied_from_another(
    town: Town, session: Session, make: Factory, sign_in: Any, at: Any
) -> None:
    agent = make.account("agent", role="Agent")
    later = make.add(
        SchoolYear(
            label="2027-2028", starts_on=date(2027, 9, 1), ends_on=date(2028, 7, 4), zone="A"
        )
    )
    session.commit()
    desk, page = sign_in(agent), at("YearDesk.copy", year_id=later.id)
    assert "Préparer 2027-2028" in desk.get(page).text
    typed = {"source": town.year.id, "prices": "y"}
    done = desk.post(page, data=typed, follow_redirects=True)
    assert "1\xa0modèle est copié. 1\xa0grille de tarifs aussi." in done.text
    assert desk.get(at("YearDesk.copy", year_id=9999)).status_code == 404


def test_a_period_moves_deadlines_and_leaves(
    town: Town, session: Session, make: Factory, sign_in: Any, at: Any
) -> None:
    services.generate_openings(session, SYSTEM, town.year.id)
    agent = make.account("agent", role="Agent")
    session.commit()
    desk = sign_in(agent)
    typed = {
        "kind": "office_closed",
        "name": "Pont",
        "starts_on": "2027-01-22",
        "ends_on": "2027-01-22",
    }
    assert desk.post(at("CalendarPeriodAdmin.add"), data=typed).status_code == 302
    assert monday_deadline(session) == date(2027, 1, 21)
    period = session.scalars(
        sa.select(CalendarPeriod.id).where(CalendarPeriod.name == "Pont")
    ).one()
    assert desk.post(at("CalendarPeriodAdmin.delete", pk=period)).status_code == 302
    assert monday_deadline(session) == date(2027, 1, 22)


def monday_deadline(session: Session) -> date:
    session.rollback()
    moment = session.scalars(
        sa.select(Opening.book_until).where(Opening.day == date(2027, 1, 25))
    ).one()
    return moment.date()


def test_a_rule_changed_on_its_screen_moves_deadlines(
    town: Town, session: Session, make: Factory, sign_in: Any, at: Any
) -> None:
    services.generate_openings(session, SYSTEM, town.year.id)
    agent = make.account("agent", role="Agent")
    rule = session.scalars(sa.select(DeadlineRule.id)).one()
    session.commit()
    typed = {
        "name": "Deux jours ouvrés",
        "kind": "working_days_before",
        "days": "2",
        "weekday": "0",
        "at": "10:00",
    }
    answer = sign_in(agent).post(at("DeadlineRuleAdmin.edit", pk=rule), data=typed)
    assert answer.status_code == 302
    assert monday_deadline(session) == date(2027, 1, 21)


def test_a_rule_that_cannot_be_counted_is_refused(desk: FlaskClient, at: Any) -> None:
    typed = {"name": "X", "kind": "days_before", "days": "99", "weekday": "0", "at": "10:00"}
    refused = desk.post(at("DeadlineRuleAdmin.add"), data=typed)
    assert refused.status_code == 400
    assert "Le nombre de jours va de 0 à 60." in refused.text


def test_weekdays_are_said_in_french(
    town: Town, session: Session, make: Factory, sign_in: Any, at: Any
) -> None:
    agent = make.account("agent", role="Agent")
    session.commit()
    page = sign_in(agent).get(at("OpeningPatternAdmin.list"))
    assert "lundi, mardi, jeudi, vendredi" in page.text


# ---- Enrolments ----------------------------------------------------------------------------------


def test_a_child_found_by_its_name_is_enrolled(
    desk: FlaskClient, at: Any, cast: Cast, session: Session, make: Factory
) -> None:
    louis = make.child("Louis", cast.stranger_home)
    session.commit()
    page = at("EnrolmentDesk.new")
    assert "Louis Durand" in desk.get(f"{page}?q=louis").text
    assert "Aucun enfant" in desk.get(f"{page}?q=personne").text
    typed = {
        "q": "louis",
        "child_id": louis.id,
        "activity": cast.canteen.id,
        "site": cast.site.id,
        "year": cast.year.id,
    }
    done = desk.post(page, data=typed, follow_redirects=True)
    assert "L’enfant est inscrit." in done.text
    twice = desk.post(page, data=typed)
    assert twice.status_code == 409
    assert "déjà inscrit" in twice.text


def test_a_whole_school_is_enrolled(
    desk: FlaskClient, at: Any, cast: Cast, session: Session
) -> None:
    session.execute(sa.delete(Enrolment))
    school = session.scalars(sa.select(School.id)).one()
    session.commit()
    typed = {
        "school": school,
        "activity": cast.canteen.id,
        "site": cast.site.id,
        "year": cast.year.id,
    }
    done = desk.post(at("EnrolmentDesk.school_class"), data=typed, follow_redirects=True)
    assert "4\xa0enfants sont inscrits." in done.text


def test_enrolments_ticked_in_the_list_end_with_a_reason(
    desk: FlaskClient, at: Any, cast: Cast, session: Session
) -> None:
    one = session.scalars(sa.select(Enrolment.id)).first()
    sent = desk.post(at("EnrolmentAdmin.action_post"), data={"action": "end", "rowid": [one]})
    assert "Terminer 1\xa0inscription" in desk.get(sent.location).text
    typed = {"last_day": "2027-01-22", "reason": "Déménagement"}
    assert desk.post(sent.location, data=typed).status_code == 302
    session.rollback()
    ended = session.get_one(Enrolment, one, populate_existing=True)
    assert ended.ends_on == date(2027, 1, 22)
    assert desk.get(at("EnrolmentDesk.end")).status_code == 404
    assert desk.get(at("EnrolmentDesk.end", id=99999)).status_code == 404


def test_an_enrolment_changes_site(
    desk: FlaskClient, at: Any, cast: Cast, session: Session, make: Factory
) -> None:
    elsewhere = make.site("École du Centre")
    one = session.scalars(sa.select(Enrolment.id)).first()
    session.commit()
    page = at("EnrolmentDesk.move", enrolment_id=one)
    assert desk.get(page).status_code == 200
    typed = {"site": elsewhere.id, "ends_on": "2027-07-03", "reason": "Changement d’école"}
    assert desk.post(page, data=typed).status_code == 302
    session.rollback()
    assert session.get_one(Enrolment, one, populate_existing=True).site_id == elsewhere.id


# ---- Prices --------------------------------------------------------------------------------------


def row(number: int, **typed: str) -> dict[str, str]:
    values = {"band_id": "0", "resident": "", "sibling_rank": "1"} | typed
    return {f"bands-{number}-{name}": value for name, value in values.items()}


@pytest.fixture
def grid_page(cast: Cast, session: Session, at: Any) -> str:
    """The page of the grid of « midi »."""
    grid = session.scalars(sa.select(PriceGrid.id).where(PriceGrid.slot_id == cast.midi.id)).one()
    return at("PriceDesk.edit", grid_id=grid)


def test_a_grid_shows_its_bands(desk: FlaskClient, grid_page: str) -> None:
    page = desk.get(grid_page)
    assert 'value="Tranche 1"' in page.text
    assert 'value="3,20"' in page.text
    assert desk.get("/agents/tarifs/99999").status_code == 404


def test_prices_above_the_cost_and_holes_are_pointed_out(desk: FlaskClient, grid_page: str) -> None:
    typed = {"cost_cents": "4,00"}
    typed |= row(0, name="T1", quotient_to="600", care_cents="1", meal_cents="2,5")
    typed |= row(1, name="T2", quotient_from="700", care_cents="2", meal_cents="3")
    said = desk.post(grid_page, data=typed, follow_redirects=True).text
    assert "Les tarifs sont enregistrés." in said
    assert "«\xa0T2\xa0» (5,00\xa0€) dépasse le coût" in said
    assert "quotient est de 600 n’ont pas de tarif" in said


def test_more_rows_keep_what_was_typed(desk: FlaskClient, grid_page: str) -> None:
    typed = row(0, name="Nouvelle", care_cents="12,5") | {"more": "1"}
    page = desk.post(grid_page, data=typed)
    assert page.status_code == 200
    assert 'value="Nouvelle"' in page.text
    assert "bands-4-name" in page.text


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        (row(0, name="T1"), "Remplissez ce champ."),
        (row(0, name="T1", care_cents="12.345"), "Indiquez un montant"),
        (row(0, name="T1", care_cents="-1"), "Indiquez un montant"),
        (row(0, care_cents="1"), "Remplissez ce champ."),
        (row(0, name="T1", quotient_from="900", quotient_to="10", care_cents="1"), "plus haut"),
        (
            row(0, name="T1", care_cents="1") | row(1, name="T2", care_cents="2"),
            "concernent les mêmes familles",
        ),
        ({}, "au moins une tranche"),
    ],
)
def test_bad_grids_are_refused_with_what_was_typed(
    desk: FlaskClient, grid_page: str, session: Session, typed: dict[str, str], said: str
) -> None:
    answer = desk.post(grid_page, data=typed)
    assert answer.status_code == 400
    assert said in answer.text
    assert "Tranche 1" in desk.get(grid_page).text


@pytest.mark.parametrize("view", ["OpeningAdmin", "EnrolmentAdmin", "PriceGridAdmin"])
def test_lists_read_in_a_constant_number_of_statements(
    desk: FlaskClient, at: Any, session: Session, view: str
) -> None:
    counts = []
    for size in (1, 10):
        with count_statements(session) as seen:
            desk.get(at(f"{view}.list") + f"?psize_{view}={size}")
        counts.append(len(seen))
    assert counts[1] <= counts[0]
    assert counts[1] <= 16
