"""The agenda where the yearly child file is wanted: it says what is missing and links to it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from app.agenda import queries
from app.core import clock, settings
from app.procedures import year_file
from app.requests.models import Request, Status
from app.requests.queries import published
from app.reservations.models import Booking
from tests.agenda.test_budgets import MONTH, statements
from tests.factories import Cast, Factory

SignIn = Callable[[Any], FlaskClient]
LINK = 'href="/demarches/dossier-annuel-enfant'
WORDS = "Dossier annuel manquant"


@pytest.fixture
def required(session: Session, cast: Cast) -> None:
    settings.put(session, settings.YEAR_FILE_REQUIRED, True)
    session.commit()


def page(client: FlaskClient, child: Any) -> str:
    answer = client.get(f"/agenda/{child.id}/2027-01")
    assert answer.status_code == 200
    return answer.text


@pytest.mark.usefixtures("required")
def test_the_month_says_what_is_missing_and_links_to_it(
    session: Session, make: Factory, cast: Cast, sign_in: SignIn
) -> None:
    make.year_file(cast.noe, cast.other_home)
    session.commit()
    html = page(sign_in(cast.camille), cast.noe)
    assert LINK in html
    assert "Remplir le dossier annuel" in html
    assert WORDS in html
    assert "st-no-file" in html
    assert 'type="checkbox" name="o"' not in html
    other = page(sign_in(cast.yanis), cast.noe)
    assert LINK not in other
    assert WORDS not in other


def test_without_the_setting_the_page_never_speaks_of_it(
    session: Session, cast: Cast, sign_in: SignIn
) -> None:
    session.commit()
    html = page(sign_in(cast.camille), cast.jules)
    assert LINK not in html
    assert WORDS not in html


@pytest.mark.usefixtures("required")
@pytest.mark.parametrize(
    ("status", "said"),
    [
        (Status.DRAFT, "Remplir le dossier annuel"),
        (Status.PENDING, "est entre les mains du service"),
        (Status.PROCESSING, "est entre les mains du service"),
        (Status.REFUSED, "Remplir le dossier annuel"),
    ],
)
def test_a_file_that_was_sent_is_with_the_service(
    session: Session, make: Factory, cast: Cast, sign_in: SignIn, status: Status, said: str
) -> None:
    assert queries.YEAR_FILE == year_file.CODE
    version = published(session, year_file.CODE)
    make.add(
        Request(
            procedure_id=version.procedure_id,
            version_id=version.id,
            household_id=cast.home.id,
            account_id=cast.camille.id,
            child_id=cast.noe.id,
            school_year_id=cast.year.id,
            status=status,
            created_at=clock.now(),
            changed_at=clock.now(),
        )
    )
    session.commit()
    html = page(sign_in(cast.camille), cast.noe)
    assert said in html
    assert "est entre les mains" not in page(sign_in(cast.yanis), cast.noe)


@pytest.mark.usefixtures("required")
def test_a_save_of_an_old_page_is_refused_with_the_reason(
    session: Session, cast: Cast, sign_in: SignIn
) -> None:
    opening = next(one for one in cast.openings.values() if one.day.day == 18)
    answer = sign_in(cast.camille).post(
        f"/agenda/{cast.jules.id}/2027-01",
        data={"shown": "", "token": "t1", "o": [str(opening.id)]},
    )
    assert answer.status_code == 409
    assert "dossier annuel manquant" in answer.text
    assert session.query(Booking).count() == 0


@pytest.mark.usefixtures("required")
def test_the_grouped_entry_leaves_it_out_and_links_to_it(cast: Cast, sign_in: SignIn) -> None:
    html = (
        sign_in(cast.camille)
        .post(
            "/agenda/saisie-groupee/apercu",
            data={
                "children": [str(cast.jules.id)],
                "mode": "create",
                "period": "dates",
                "first": "2027-01-18",
                "last": "2027-01-22",
                "slots": [str(cast.midi.id)],
                "weekdays": ["0", "1"],
                "rhythm": "1",
            },
        )
        .text
    )
    assert "Dossier annuel manquant, 2 jours" in html
    assert LINK in html


@pytest.mark.usefixtures("required")
@pytest.mark.parametrize("closed", [True, False])
def test_the_month_page_still_takes_nine_statements(
    app: Flask, session: Session, make: Factory, cast: Cast, sign_in: SignIn, closed: bool
) -> None:
    if closed:
        make.year_file(cast.jules, cast.home)
    session.commit()
    client, path = sign_in(cast.camille), f"/agenda/{cast.jules.id}/2027-01"
    client.get(path)  # the rights of the role are read once per process
    with statements(app) as seen:
        html = client.get(path).text
    assert (WORDS in html) is not closed
    assert len(seen) <= MONTH, seen
