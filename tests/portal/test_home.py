"""The home pages: what a visitor and a family see (A1, D4)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient
from sqlalchemy import event
from sqlalchemy.orm import Session

from app.charging.models import CoverageCase
from app.core import clock, settings
from app.core.actor import SYSTEM
from app.core.db import db
from app.core.models import Service, ServiceCode
from app.portal.models import News
from app.procedures import builtin
from app.requests import services as requests
from app.requests.definition import Definition, Field, Kind, Step, Theme
from app.requests.models import Procedure
from app.reservations.models import Booking, BookingChange, BookingState, ChangeOrigin
from tests.factories import Cast, Factory
from tests.portal.page import text_of

A_DAY = timedelta(days=1)


@pytest.fixture
def town(session: Session) -> None:
    """The three services and some news."""
    for code, name in zip(ServiceCode, ("Scolaire", "Périscolaire", "Vacances"), strict=True):
        session.add(
            Service(
                code=code,
                name=name,
                phone="04 65 71 12 04",
                email=f"{code}@montclair.example",
                opening_hours="Lundi au vendredi",
            )
        )
    now = clock.now()
    session.add(News(title="Publiée", body="Texte", published_at=now - A_DAY))
    session.add(News(title="À venir", body="Texte", published_at=now + A_DAY))
    session.add(News(title="Cachée", body="Texte", published_at=now - A_DAY, hidden_at=now))
    builtin.install(session, now=now)
    session.commit()


def test_a_visitor_sees_what_the_portal_is_and_who_to_call(client: FlaskClient, town: None) -> None:
    page = client.get("/")
    assert page.status_code == 200
    shown = text_of(page)
    assert "Publiée" in shown
    assert "À venir" not in shown
    assert "Cachée" not in shown
    for part in ("Connexion", "Nous contacter", "04 65 71 12 04", "care@montclair.example"):
        assert part in shown


def test_procedures_that_need_a_login_carry_the_sign_and_say_it(
    client: FlaskClient, town: None
) -> None:
    shown = text_of(client.get("/"))
    assert "Mettre à jour mon foyer\u00a0@(connexion requise)" in shown
    assert "démarche qui demande une connexion" in shown


def test_a_procedure_without_page_leads_nowhere_and_says_why(
    client: FlaskClient, town: None
) -> None:
    html = client.get("/").get_data(as_text=True)
    row = html[html.index("Déclarer l’absence") :].split("</li>")[0]
    assert "<a " not in row
    assert "Ouverture prochaine" in row


def test_the_home_page_lists_the_published_demarches_by_theme(
    client: FlaskClient, session: Session, town: None
) -> None:
    html = client.get("/").get_data(as_text=True)
    school = html[html.index('id="theme-school"') :].split("</section>")[0]
    assert 'href="/demarches/inscription-scolaire"' in school
    updates = html[html.index('id="updates"') :].split("</section>")[0]
    assert "Mise à jour de mes informations" in updates
    for path in ("/profil/mettre-a-jour", "/demarches/personnes-autorisees/", "/justificatifs/"):
        assert f'href="{path}"' in updates
    assert 'href="/demarches/"' in html


def test_a_title_of_the_commune_is_no_format(client: FlaskClient, session: Session) -> None:
    definition = Definition(
        title="Réduction de 10 %",
        theme=Theme.OTHER,
        service="school",
        steps=(Step("one", "Une", (Field("text", Kind.TEXT, "Texte"),)),),
    )
    now = clock.now()
    made = requests.new_draft(session, SYSTEM, "reduction", definition, now=now)
    requests.publish(session, SYSTEM, made.id, now=now)
    session.commit()
    for url in ("/", "/demarches/", "/demarches/reduction"):
        assert "Réduction de 10 %" in text_of(client.get(url))


def test_what_is_closed_is_listed_no_more(
    client: FlaskClient, session: Session, town: None
) -> None:
    found = session.scalars(sa.select(Procedure).where(Procedure.code == "inscription-scolaire"))
    requests.close_procedure(session, SYSTEM, found.one().id, now=clock.now())
    session.commit()
    for url in ("/", "/demarches/"):
        assert "inscription-scolaire" not in client.get(url).get_data(as_text=True)


def test_house_rules_appear_once_the_commune_gave_their_address(
    client: FlaskClient, session: Session, town: None
) -> None:
    assert "Règlement intérieur" not in text_of(client.get("/"))
    settings.put(session, settings.RULES_URL, "https://montclair.example/reglement.pdf")
    session.commit()
    assert "https://montclair.example/reglement.pdf" in client.get("/").get_data(as_text=True)


def test_a_family_sees_its_days_and_its_account(session: Session, cast: Cast, sign_in: Any) -> None:
    today = clock.today()
    book(session, cast, cast.home.id, today)
    book(session, cast, cast.other_home.id, today + 2 * A_DAY)
    session.commit()
    shown = text_of(sign_in(cast.camille).get("/"))
    assert "Bonjour Camille" in shown
    assert "Mardi 12 janvier 2027" in shown
    assert "100,00\u00a0€" in shown
    noe = shown[shown.index("Noé") :]
    assert "Aujourd’hui Réservé Midi" in noe
    assert "Jeu. 14 Autre parent Midi" in noe
    assert "Ven. 15 Réservable" in noe


def test_a_day_of_the_home_page_opens_in_the_agenda(
    session: Session, cast: Cast, sign_in: Any
) -> None:
    session.commit()
    html = sign_in(cast.camille).get("/").get_data(as_text=True)
    assert f'href="/agenda/{cast.noe.id}/2027-01#d12"' in html
    assert 'href="/paiements/#recharger"' in html


def test_a_restricted_parent_does_not_see_whose_place_it_is(
    session: Session, cast: Cast, sign_in: Any
) -> None:
    for tie in cast.noe.guardianships:
        tie.can_see_other = tie.household_id != cast.home.id
    book(session, cast, cast.other_home.id, clock.today() + 2 * A_DAY)
    session.commit()
    assert "Autre parent" not in text_of(sign_in(cast.camille).get("/"))


def book(session: Session, cast: Cast, household_id: int, day: Any) -> None:
    """Noé's lunch on ``day``, booked by that household."""
    change = BookingChange(
        household_id=household_id, origin=ChangeOrigin.MONTH, created_at=clock.now()
    )
    session.add(change)
    session.flush()
    session.add(
        Booking(
            child_id=cast.noe.id,
            household_id=household_id,
            opening_id=cast.opening(cast.midi, day).id,
            day=day,
            state=BookingState.LIVE,
            care_cents=100,
            meal_cents=320,
            created_at=clock.now(),
            created_in=change.id,
        )
    )
    session.flush()


def test_nothing_to_do_is_said(session: Session, cast: Cast, sign_in: Any) -> None:
    session.commit()
    assert "Rien à faire." in text_of(sign_in(cast.camille).get("/"))


def test_a_negative_balance_comes_first(
    session: Session, cast: Cast, make: Factory, sign_in: Any
) -> None:
    make.money(cast.stranger_home, -10_640)
    session.commit()
    shown = text_of(sign_in(cast.lea).get("/"))
    assert "Solde négatif : −\u00a06,40\u00a0€".replace(" :", "\u00a0:") in shown
    assert "Recharger mon compte" in shown


def test_bookings_at_stake_are_said_with_the_moment(
    session: Session, cast: Cast, sign_in: Any
) -> None:
    now = clock.now()
    session.add(
        CoverageCase(
            household_id=cast.stranger_home.id,
            opened_at=now,
            grace_until=now + 2 * A_DAY,
        )
    )
    session.commit()
    assert "jeudi 14 janvier à 9\u00a0h" in text_of(sign_in(cast.lea).get("/"))


def test_a_household_without_child_is_shown_the_way(
    session: Session, make: Factory, sign_in: Any
) -> None:
    empty = make.household("Seul")
    account = make.parent("sam.seul", empty)
    session.commit()
    assert "Saisir mon code famille" in text_of(sign_in(account).get("/"))


def test_an_agent_sees_the_public_home_with_the_way_to_the_back_office(
    session: Session, cast: Cast, sign_in: Any, town: None
) -> None:
    session.commit()
    assert "Espace agents" in text_of(sign_in(cast.agent).get("/"))


def test_the_home_page_costs_the_same_for_one_child_or_five(
    session: Session, cast: Cast, make: Factory, sign_in: Any
) -> None:
    session.commit()
    client = sign_in(cast.camille)
    client.get("/")
    before = statements(lambda: client.get("/"))
    for name in ("Ada", "Bao"):
        make.enrolment(make.child(name, cast.home), cast.canteen)
    session.commit()
    after = statements(lambda: client.get("/"))
    assert before == after
    assert before <= 16


def statements(ask: Any) -> int:
    seen: list[str] = []

    def note(*args: object) -> None:
        seen.append(str(args[2]))

    event.listen(db.engine, "before_cursor_execute", note)
    try:
        assert ask().status_code == 200
    finally:
        event.remove(db.engine, "before_cursor_execute", note)
    return len(seen)


@pytest.mark.parametrize(
    ("url", "word"),
    [
        ("/faq", "compte d’avance"),
        ("/conditions-generales", "Conditions générales"),
        ("/donnees-personnelles", "Données personnelles"),
        ("/accessibilite", "Accessibilité"),
        ("/actualites", "Actualités"),
    ],
)
def test_public_pages_answer_everybody(client: FlaskClient, url: str, word: str) -> None:
    page = client.get(url)
    assert page.status_code == 200
    assert word in text_of(page)
