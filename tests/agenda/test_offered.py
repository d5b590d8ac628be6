"""What a family is not offered any more, or has no right to, is nowhere to be ticked."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from app.activities import queries as activities
from app.households.models import Guardianship
from tests.agenda.test_pages import MONTH, THURSDAY, grouped_form, hidden, live, tick, url
from tests.factories import Cast

SignIn = Callable[[Any], FlaskClient]
LAST_DAY = date(2027, 1, 21)


@pytest.fixture
def camille(session: Session, cast: Cast, sign_in: SignIn) -> FlaskClient:
    session.commit()
    return sign_in(cast.camille)


def take_off(session: Session, cast: Cast) -> None:
    """The commune no longer offers the canteen."""
    session.rollback()
    session.get_one(type(cast.canteen), cast.canteen.id).is_active = False
    session.commit()


def test_an_activity_taken_off_shows_what_is_booked_and_nothing_else(
    camille: FlaskClient, cast: Cast, session: Session
) -> None:
    booked, other = cast.opening(cast.midi, THURSDAY), cast.opening(cast.midi, date(2027, 1, 21))
    evening = cast.opening(cast.soir1, THURSDAY)
    tick(camille, url(cast.jules), booked)
    take_off(session, cast)
    page = camille.get(url(cast.jules)).text
    assert f'value="{booked.id}"' in page
    assert f'value="{other.id}"' not in page
    assert f'value="{evening.id}"' in page
    assert tick(camille, url(cast.jules)).status_code == 303
    assert live(session) == 0
    assert f'value="{booked.id}"' not in camille.get(url(cast.jules)).text


def test_a_forged_tick_on_an_activity_taken_off_is_refused(
    camille: FlaskClient, cast: Cast, session: Session
) -> None:
    take_off(session, cast)
    answer = tick(camille, url(cast.jules), cast.opening(cast.midi, THURSDAY))
    assert answer.status_code == 409
    assert "fermé" in answer.text
    assert live(session) == 0


def test_an_activity_taken_off_is_no_choice_of_the_grouped_entry(
    camille: FlaskClient, cast: Cast, session: Session
) -> None:
    assert "Restaurant scolaire" in camille.get("/agenda/saisie-groupee/").text
    preview = camille.post("/agenda/saisie-groupee/apercu", data=grouped_form(cast)).text
    kept = {name: hidden(preview, name) for name in ("fingerprint", "token")}
    take_off(session, cast)
    assert "Restaurant scolaire" not in camille.get("/agenda/saisie-groupee/").text
    answer = camille.post("/agenda/saisie-groupee/enregistrer", data=grouped_form(cast) | kept)
    assert answer.status_code == 400
    assert live(session) == 0


def test_nobody_is_enrolled_on_an_activity_taken_off(
    camille: FlaskClient, cast: Cast, session: Session, sign_in: SignIn
) -> None:
    take_off(session, cast)
    assert [one.name for one in activities.activities(session)] == ["Accueil du soir"]
    page = sign_in(cast.agent).get("/agents/inscriptions/classe").text
    assert "Restaurant scolaire" not in page
    assert "Accueil du soir" in page


@pytest.mark.parametrize("change", [{"can_book": False}, {"can_pay": False}])
def test_a_household_without_the_right_is_offered_nothing(
    camille: FlaskClient, cast: Cast, session: Session, change: dict[str, Any]
) -> None:
    session.execute(sa.update(Guardianship).values(change))
    session.commit()
    page = camille.get(url(cast.jules)).text
    assert "Votre foyer ne peut pas réserver pour Jules" in page
    assert 'type="checkbox" name="o"' not in page


def test_a_day_after_the_end_of_the_tie_is_not_offered(
    camille: FlaskClient, cast: Cast, session: Session
) -> None:
    session.execute(sa.update(Guardianship).values(ended_on=LAST_DAY))
    session.commit()
    page = camille.get(f"/agenda/{cast.jules.id}/{MONTH}").text
    assert f'value="{cast.opening(cast.midi, date(2027, 1, 18)).id}"' in page
    assert f'value="{cast.opening(cast.midi, LAST_DAY).id}"' not in page
