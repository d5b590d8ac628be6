"""« Justificatifs manquants »: the list says what each family's page says, and asks in bulk."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from app.activities import missing
from app.activities.missing import Filter
from app.activities.models import ActivityDocument
from app.core import clock
from app.core.models import AuditEvent
from app.documents import queries
from app.documents.models import AskedOf, Document, DocumentType, Owner, Requirement, Validity
from app.documents.rules import CAN_GIVE
from app.households.models import Guardianship, Household, Schooling
from app.notices.models import Notice
from tests.agenda.test_budgets import statements
from tests.factories import Cast, Factory

SignIn = Callable[[Any], FlaskClient]
PAGE = "/agents/justificatifs/manquants/"
STATEMENTS = 10


@pytest.fixture
def kinds(make: Factory, cast: Cast) -> dict[str, DocumentType]:
    """One kind asked of everybody's household, one of every child, one of the canteen, one of nobody."""
    asked = {
        "domicile": (Owner.HOUSEHOLD, AskedOf.EVERY_HOUSEHOLD),
        "assurance": (Owner.CHILD, AskedOf.EVERY_CHILD),
        "regime": (Owner.CHILD, AskedOf.NOBODY),
        "rib": (Owner.HOUSEHOLD, AskedOf.NOBODY),
    }
    found = {
        code: make.add(
            DocumentType(
                code=code,
                name=code.capitalize(),
                owner=owner,
                validity=Validity.UNLIMITED,
                asked_of=of,
            )
        )
        for code, (owner, of) in asked.items()
    }
    make.add(ActivityDocument(activity_id=cast.canteen.id, document_type_id=found["regime"].id))
    return found


def given(
    make: Factory, kind: DocumentType, home: Household, child: Any = None, **more: Any
) -> Any:
    values = {"given_at": clock.now(), "is_accepted": None}
    return make.add(
        Document(
            document_type_id=kind.id,
            household_id=home.id,
            child_id=child.id if child else None,
            **values | more,
        )
    )


def found(session: Session, **asked: Any) -> set[tuple[str, str, str, str]]:
    rows = missing.rows(session, Filter(**asked), clock.today())
    assert len(rows) == missing.count(session, Filter(**asked), clock.today())
    return {
        (one.household, one.child.split(" ")[0], one.document, one.status.value) for one in rows
    }


def test_the_list_is_what_each_family_reads(
    session: Session, make: Factory, cast: Cast, kinds: dict[str, DocumentType]
) -> None:
    """Every status at once, compared with the family's own page."""
    now = clock.now()
    yesterday = clock.today() - timedelta(days=1)
    accepted = {"is_accepted": True, "reviewed_at": now}
    given(make, kinds["domicile"], cast.home, **accepted)
    given(make, kinds["assurance"], cast.home, cast.jules, **accepted, valid_until=yesterday)
    given(make, kinds["assurance"], cast.home, cast.rose, is_accepted=False, reviewed_at=now)
    given(make, kinds["assurance"], cast.home, cast.noe)
    given(make, kinds["assurance"], cast.other_home, cast.noe, **accepted, valid_until=yesterday)
    given(make, kinds["assurance"], cast.other_home, cast.noe, given_at=now + timedelta(hours=1))
    for household, kind, child in (
        (cast.home, "rib", None),
        (cast.stranger_home, "assurance", cast.ines),
    ):
        make.add(
            Requirement(
                document_type_id=kinds[kind].id,
                household_id=household.id,
                child_id=child.id if child else None,
                source="agent:1",
                asked_at=now,
            )
        )
    session.execute(
        sa.update(Guardianship)
        .where(Guardianship.household_id == cast.other_home.id)
        .values(restricted_at=None)
    )
    listed = found(session)
    for home in (cast.home, cast.other_home, cast.stranger_home):
        own = {
            (home.name, one.child_name, one.name, one.status.value)
            for one in queries.states_of_household(session, home.id, clock.today())
            if one.status in CAN_GIVE
        }
        mine = {one for one in listed if one[0] == home.name and one[2] != "Regime"}
        assert mine == own
    assert ("Martin", "Jules", "Assurance", "expired") in listed
    assert ("Martin", "Rose", "Assurance", "invalid") in listed
    assert ("Durand", "Inès", "Assurance", "asked") in listed
    assert ("Benali", "", "Domicile", "missing") in listed
    assert {one for one in listed if one[2] == "Regime"} == {
        ("Martin", "Jules", "Regime", "missing"),
        ("Martin", "Rose", "Regime", "missing"),
        ("Martin", "Noé", "Regime", "missing"),
        ("Benali", "Noé", "Regime", "missing"),
        ("Durand", "Inès", "Regime", "missing"),
    }


def test_a_restricted_tie_and_a_child_who_left_are_not_asked(
    session: Session, cast: Cast, kinds: dict[str, DocumentType]
) -> None:
    session.execute(
        sa.update(Guardianship)
        .where(Guardianship.household_id == cast.other_home.id)
        .values(restricted_at=clock.now())
    )
    cast.ines.left_on = clock.today()
    session.flush()
    assert {one[0] for one in found(session)} == {"Martin"}


def test_filters(
    session: Session, make: Factory, cast: Cast, kinds: dict[str, DocumentType]
) -> None:
    other = make.school("École du Centre")
    session.execute(
        sa.update(Schooling).where(Schooling.child_id == cast.ines.id).values(school_id=other.id)
    )
    assert {one[0] for one in found(session, ecole=other.id)} == {"Durand"}
    assert {one[2] for one in found(session, piece=kinds["regime"].id)} == {"Regime"}
    assert found(session, niveau=make.level("CM2", 9).id) == set()
    nobody = make.activity("Étude", cast.evening.category)
    assert found(session, activite=nobody.id) == set()
    assert len(found(session, activite=cast.canteen.id)) == len(found(session))


@pytest.mark.parametrize(
    ("who", "status"), [("agent", 200), ("admin", 200), ("regie", 403), ("camille", 403)]
)
def test_who_sees_it(session: Session, cast: Cast, sign_in: SignIn, who: str, status: int) -> None:
    session.commit()
    client = sign_in(getattr(cast, who))
    assert client.get(PAGE).status_code == status
    assert client.post(f"{PAGE}demander").status_code == (302 if status == 200 else status)
    assert client.post(f"{PAGE}export").status_code == status


def test_asking_for_many_tells_each_household_once(
    session: Session, cast: Cast, kinds: dict[str, DocumentType], sign_in: SignIn
) -> None:
    rows = missing.rows(session, Filter(), clock.today())
    keys = [one.key for one in rows if one.household_id == cast.home.id]
    session.commit()
    client = sign_in(cast.agent)
    sent = client.post(
        f"{PAGE}demander",
        data={"rowid": [*keys, "999-0-1", "x"], "message": "=Merci <b>"},
        follow_redirects=True,
    )
    assert f"{len(keys)} justificatifs demandés." in sent.get_data(as_text=True)
    told = sa.select(Notice.body).where(Notice.template == "documents_asked")
    (body,) = session.scalars(told).all()
    assert "Domicile" in body
    assert "Assurance (Jules)" in body
    assert session.scalar(sa.select(sa.func.count(Requirement.id))) == len(keys)
    again = client.post(f"{PAGE}demander", data={"rowid": keys}, follow_redirects=True)
    assert "déjà été demandés aujourd’hui" in again.get_data(as_text=True)
    assert len(session.scalars(told).all()) == 1
    client.post(f"{PAGE}demander", data={"action": "all"})
    assert len(session.scalars(told).all()) == 3
    assert "Choisissez au moins une ligne" in client.post(
        f"{PAGE}demander", follow_redirects=True
    ).get_data(as_text=True)


def test_the_next_day_a_family_is_reminded(
    session: Session,
    cast: Cast,
    kinds: dict[str, DocumentType],
    sign_in: SignIn,
    frozen_clock: Any,
) -> None:
    session.commit()
    client = sign_in(cast.agent)
    client.post(f"{PAGE}demander", data={"action": "all"})
    first = session.scalar(sa.select(sa.func.count(Notice.id)))
    frozen_clock.move_to(clock.now() + timedelta(days=1))
    client = sign_in(cast.agent)  # yesterday's session has ended
    assert client.post(f"{PAGE}demander", data={"action": "all"}).status_code == 302
    session.expire_all()
    assert session.scalar(sa.select(sa.func.count(Notice.id))) == 2 * first


def test_statements_do_not_grow_with_the_town(
    app: Flask,
    session: Session,
    make: Factory,
    cast: Cast,
    kinds: dict[str, DocumentType],
    sign_in: SignIn,
) -> None:
    session.commit()
    client = sign_in(cast.agent)
    client.get(PAGE)
    with statements(app) as few:
        client.get(PAGE)
    with statements(app) as asked_few:
        client.post(f"{PAGE}demander", data={"action": "all"})
    for number in range(30):
        home = make.household(f"Famille {number}")
        make.child(f"Enfant {number}", home)
    session.commit()
    with statements(app) as many:
        page = client.get(PAGE)
    assert page.status_code == 200
    assert len(few) == len(many) <= STATEMENTS, many
    with statements(app) as asked_many:
        client.post(f"{PAGE}demander", data={"action": "all"})
    assert len(asked_many) <= len(asked_few) + 2, asked_many


def test_the_export_is_written_down(
    session: Session, cast: Cast, kinds: dict[str, DocumentType], sign_in: SignIn
) -> None:
    cast.home.name = "+Martin"
    session.commit()
    text = (
        sign_in(cast.agent)
        .post(f"{PAGE}export?piece={kinds['domicile'].id}")
        .get_data(as_text=True)
    )
    assert text.splitlines()[0] == "\ufeffFoyer;Numéro;Enfant;École;Niveau;Justificatif;État"
    assert f"'+Martin;{cast.home.number};;;;Domicile;non fourni" in text
    kept = session.scalars(sa.select(AuditEvent).where(AuditEvent.verb == "export")).one()
    assert kept.details == {"piece": kinds["domicile"].id, "rows": 3}


def test_an_agent_asks_one_household_from_its_page(
    session: Session, cast: Cast, kinds: dict[str, DocumentType], sign_in: SignIn
) -> None:
    session.commit()
    client = sign_in(cast.agent)
    page = client.get(f"/agents/foyers/{cast.home.id}").get_data(as_text=True)
    url = f"/agents/justificatifs/foyer/{cast.home.id}"
    assert url in page
    assert "non fourni" in page
    assert url not in sign_in(cast.regie).get(f"/agents/foyers/{cast.home.id}").get_data(
        as_text=True
    )
    assert client.get(url).status_code == 200
    assert client.get("/agents/justificatifs/foyer/999999").status_code == 404
    assert client.post(url, data={}).status_code == 400
    without_child = client.post(url, data={"document_type": "assurance"})
    assert without_child.status_code == 400
    assert "choisissez l’enfant" in without_child.get_data(as_text=True)
    stranger = {"document_type": "assurance", "child_id": str(cast.ines.id)}
    assert client.post(url, data=stranger).status_code == 404
    good = {"document_type": "assurance", "child_id": str(cast.jules.id), "message": "Merci"}
    assert client.post(url, data=good).status_code == 302
    asked = session.scalars(sa.select(Requirement)).one()
    assert (asked.child_id, asked.source, asked.message) == (
        cast.jules.id,
        f"agent:{cast.agent.id}",
        "Merci",
    )
