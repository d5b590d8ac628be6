"""« Inscription scolaire »: a child made or found once, at its school; never another family's."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.core import clock
from app.core.actor import Actor
from app.documents.models import Document, DocumentType
from app.households.errors import BornLater, ChildKnownElsewhere, TieRestricted
from app.households.models import Child, Guardianship, Household, Schooling
from app.procedures import school_registration
from app.requests import queries, services
from app.requests.effects import Case
from app.requests.errors import DocumentsMissing
from app.requests.models import Request, Status
from tests.factories import Cast, Factory
from tests.procedures.conftest import Fill

CODE = "inscription-scolaire"
ALLOWED_BY_LAW = {"livret_de_famille", "identite_responsables", "justificatif_domicile"}
"""Code de l'éducation, art. D131-3-1: identity of the child, of its adults, domicile."""
HOME = {"street": "9 rue du Port", "postcode": "74520", "city": "Montclair"}


@pytest.fixture
def given(session: Session, cast: Cast) -> None:
    """Camille's household gave the three documents."""
    for code in ALLOWED_BY_LAW:
        kind = session.scalars(sa.select(DocumentType).where(DocumentType.code == code)).one()
        session.add(
            Document(document_type_id=kind.id, household_id=cast.home.id, given_at=clock.now())
        )
    session.flush()


def answers(cast: Cast, **more: Any) -> dict[str, Any]:
    """Camille registers little Zoé."""
    return {
        "which": "new",
        "last_name": "Martin",
        "first_name": "Zoé",
        "born_on": "2024-02-03",
        "born_at": "Annecy",
        "school_year": cast.year.id,
        "schooling": {
            "school_id": cast.site.school_id,
            "level_id": cast.jules.schoolings[0].level_id,
        },
        "adults": [{"last_name": "Martin", "first_name": "Camille", "link": "parent"}],
        "home": HOME,
        "true": True,
        **more,
    }


def close(session: Session, agent: Actor, request: Request) -> None:
    services.take(session, agent, request.id, now=clock.now())
    services.close(session, agent, request.id, now=clock.now())


def named(session: Session, first_name: str) -> list[Child]:
    return list(session.scalars(sa.select(Child).where(Child.first_name == first_name)))


def test_the_law_lets_ask_three_documents_and_no_vaccination() -> None:
    asked = {one.document_type for one in school_registration.DEFINITION.documents}
    assert asked == ALLOWED_BY_LAW
    assert not any(field.private for field in school_registration.DEFINITION.fields())


def test_documents_are_needed_before_submission(
    session: Session, cast: Cast, fill: Fill, camille: Actor
) -> None:
    with pytest.raises(DocumentsMissing):
        fill(CODE, camille, answers(cast))


@pytest.mark.usefixtures("given")
def test_closing_makes_the_child_once_with_its_school(
    session: Session, cast: Cast, fill: Fill, camille: Actor, agent: Actor
) -> None:
    first = fill(CODE, camille, answers(cast))
    twin_form = fill(CODE, camille, answers(cast, first_name="ZOE"))
    close(session, agent, first)
    close(session, agent, twin_form)
    school_registration.apply(session, agent, queries.case_of(first), clock.now())
    (child,) = named(session, "Zoé")
    assert not named(session, "ZOE")
    assert first.child_id == child.id
    tie = session.scalars(sa.select(Guardianship).where(Guardianship.child_id == child.id)).one()
    assert (tie.household_id, tie.started_on) == (cast.home.id, clock.today())
    place = session.scalars(sa.select(Schooling).where(Schooling.child_id == child.id)).one()
    assert (place.school_id, place.school_year_id) == (cast.site.school_id, cast.year.id)
    assert session.get_one(Household, cast.home.id).street == "9 rue du Port"


@pytest.mark.usefixtures("given")
def test_a_known_child_only_changes_school(
    session: Session, cast: Cast, make: Factory, fill: Fill, camille: Actor, agent: Actor
) -> None:
    school = make.school("École du Lac")
    place = {"school_id": school.id, "level_id": cast.jules.schoolings[0].level_id}
    request = fill(
        CODE, camille, answers(cast, which="known", child=cast.jules.id, schooling=place)
    )
    assert "first_name" not in request.answers
    known = school_registration.current(session, queries.case_of(request))
    assert known["schooling"]["school_id"] == cast.site.school_id
    assert known["home"]["street"] == "3 rue des Tilleuls"
    close(session, agent, request)
    row = session.scalars(sa.select(Schooling).where(Schooling.child_id == cast.jules.id)).one()
    assert row.school_id == school.id


@pytest.mark.usefixtures("given")
def test_a_name_and_a_date_of_birth_open_no_other_familys_child(
    session: Session, cast: Cast, fill: Fill, camille: Actor, agent: Actor
) -> None:
    same = {"last_name": "durand", "first_name": "INES", "born_on": cast.ines.born_on.isoformat()}
    request = fill(CODE, camille, answers(cast, **same))
    services.take(session, agent, request.id, now=clock.now())
    with pytest.raises(ChildKnownElsewhere):
        services.close(session, agent, request.id, now=clock.now())
    assert request.status is Status.PROCESSING
    session.add(
        Guardianship(child_id=cast.ines.id, household_id=cast.home.id, started_on=clock.today())
    )
    session.flush()
    services.close(session, agent, request.id, now=clock.now())
    assert request.status is Status.CLOSED
    assert len(named(session, "Inès")) == 1


@pytest.mark.usefixtures("given")
@pytest.mark.parametrize("how", ["restricted", "ended"])
def test_a_former_tie(
    session: Session, cast: Cast, fill: Fill, camille: Actor, agent: Actor, how: str
) -> None:
    """Ended: the child comes back. Restricted: only the agent's own screen lifts it."""
    same = {
        "last_name": "Martin", "first_name": "Jules", "born_on": cast.jules.born_on.isoformat(),
    }  # fmt: skip
    request = fill(CODE, camille, answers(cast, **same))
    tie = session.scalars(
        sa.select(Guardianship).where(Guardianship.child_id == cast.jules.id)
    ).one()
    services.take(session, agent, request.id, now=clock.now())
    if how == "restricted":
        tie.restricted_at = clock.now()
        session.flush()
        with pytest.raises(TieRestricted):
            services.close(session, agent, request.id, now=clock.now())
        return
    tie.ended_on = clock.today()
    session.flush()
    services.close(session, agent, request.id, now=clock.now())
    assert tie.ended_on is None
    assert request.child_id == cast.jules.id


def test_a_birth_to_come_is_said_before_submission(session: Session) -> None:
    case = Case(1, 1, 1, None, None, {"born_on": "2031-01-01"})
    with pytest.raises(BornLater):
        school_registration.check(session, case)


def test_the_adults_and_the_address_are_filled_in(
    session: Session, cast: Cast, camille: Actor
) -> None:
    request = services.begin(session, camille, CODE, now=clock.now())
    assert request.answers["adults"] == [
        {"last_name": "Martin", "first_name": "Camille", "link": "parent"}
    ]
    assert request.answers["home"]["street"] == "3 rue des Tilleuls"
