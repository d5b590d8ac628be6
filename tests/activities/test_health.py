"""« Santé »: marks for the role Santé, each opening written and told; nobody else comes in (§5.10)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from app.accounts.models import Account
from app.core import clock
from app.core.actor import SYSTEM, Actor
from app.core.errors import Forbidden
from app.households.models import Child, HealthReading, Household, Schooling
from app.households.services import year_files
from app.households.services.year_files import NewFile, YearFileValues
from tests.agenda.test_budgets import statements
from tests.factories import Cast, Factory

SignIn = Callable[[Any], FlaskClient]
URL = "/agents/sante/"
PEANUT = {"pai": True, "allergies": "arachide", "doctor": "Dr Blanc"}


@pytest.fixture
def nurse(make: Factory) -> Account:
    """An agent with the role Santé."""
    account: Account = make.account("marie.sante", role="Agent")
    account.roles = [make.role("Agent"), make.role("Santé")]
    make.session.flush()
    return account


def give(
    session: Session, cast: Cast, home: Household, child: Child, health: dict[str, Any]
) -> None:
    year_files.close_many(
        session,
        SYSTEM,
        [
            NewFile(
                home.id,
                child.id,
                cast.year.id,
                YearFileValues(
                    contacts=[{"name": "Odile Roux", "phone": "0601020304"}],
                    authorisations={"hospital": True},
                ),
                health,
            )
        ],
        now=clock.now(),
    )


def readings(session: Session) -> list[tuple[int, int | None]]:
    session.rollback()
    rows = session.execute(
        sa.select(HealthReading.household_id, HealthReading.child_id).order_by(HealthReading.id)
    )
    return [(row[0], row[1]) for row in rows]


def test_the_list_marks_and_reads_nothing(
    session: Session, cast: Cast, nurse: Account, sign_in: SignIn
) -> None:
    give(session, cast, cast.home, cast.noe, PEANUT)
    give(session, cast, cast.other_home, cast.noe, {"pai": False})
    give(session, cast, cast.home, cast.jules, {"pai": False})
    session.commit()
    client = sign_in(nurse)
    html = client.get(URL).text
    assert "École des Tilleuls" in html
    assert "Pas de dossier annuel" in html
    assert "Rien à signaler" in html
    assert "allergies" in html
    assert "arachide" not in html
    only = client.get(f"{URL}?seulement=1").text
    assert "Martin Noé" in only
    assert "Martin Jules" not in only
    assert readings(session) == []


def test_opening_a_child_writes_a_reading_of_each_household_which_they_see(
    session: Session, cast: Cast, nurse: Account, sign_in: SignIn
) -> None:
    give(session, cast, cast.home, cast.noe, PEANUT)
    give(session, cast, cast.other_home, cast.noe, {"pai": False, "allergies": "lait"})
    session.commit()
    noe, homes = cast.noe.id, {cast.home.id, cast.other_home.id}
    html = sign_in(nurse).post(f"{URL}enfant/{noe}").text
    assert "arachide" in html
    assert "lait" in html
    assert "Odile Roux" in html
    assert {home for home, child in readings(session) if child == noe} == homes
    for parent in (cast.camille, cast.yanis):
        assert "Marie Sante" in sign_in(parent).get("/profil/").text
    assert "Marie Sante" not in sign_in(cast.lea).get("/profil/").text


def test_the_printed_list_holds_the_marked_children_and_each_is_read(
    session: Session, cast: Cast, nurse: Account, sign_in: SignIn
) -> None:
    give(session, cast, cast.home, cast.noe, PEANUT)
    give(session, cast, cast.home, cast.jules, {"pai": False})
    session.commit()
    noe, site = cast.noe.id, cast.site.id
    html = sign_in(nurse).post(f"{URL}liste", data={"ou": f"site-{site}"}).text
    assert "arachide" in html
    assert "Martin Jules" not in html
    assert readings(session) == [(cast.home.id, noe)]


@pytest.mark.parametrize("who", ["agent", "regie", "admin", "camille"])
def test_nobody_else_not_even_an_administrator(
    session: Session, cast: Cast, sign_in: SignIn, who: str
) -> None:
    give(session, cast, cast.home, cast.noe, PEANUT)
    session.commit()
    client, noe = sign_in(getattr(cast, who)), cast.noe.id
    assert client.get(URL).status_code == 403
    for path in (f"{URL}enfant/{noe}", f"{URL}liste"):
        answer = client.post(path)
        assert answer.status_code == 403
        assert "arachide" not in answer.text
    assert readings(session) == []


def test_the_service_refuses_too(session: Session, cast: Cast) -> None:
    give(session, cast, cast.home, cast.noe, PEANUT)
    for roles in ({"Agent"}, {"Administrateur"}):
        with pytest.raises(Forbidden):
            year_files.open_children(
                session,
                Actor(cast.admin.id, roles=frozenset(roles)),
                cast.year.id,
                [cast.noe.id],
                now=clock.now(),
            )


def test_a_child_of_another_place_or_without_health_is_not_found(
    session: Session, cast: Cast, make: Factory, nurse: Account, sign_in: SignIn
) -> None:
    give(session, cast, cast.home, cast.noe, PEANUT)
    lac = make.school("École du Lac")
    session.commit()
    client, noe, jules = sign_in(nurse), cast.noe.id, cast.jules.id
    assert client.post(f"{URL}enfant/{noe}", data={"ou": f"ecole-{lac.id}"}).status_code == 404
    assert client.post(f"{URL}enfant/{jules}").status_code == 404
    assert readings(session) == []


def test_the_site_lists_those_enrolled_there(
    session: Session, cast: Cast, make: Factory, nurse: Account, sign_in: SignIn
) -> None:
    cabin = make.site("Cabane du Lac")
    session.commit()
    client, there, here = sign_in(nurse), cabin.id, cast.site.id
    assert "Aucun enfant n’est connu ici" in client.get(f"{URL}?ou=site-{there}").text
    assert "Martin Noé" in client.get(f"{URL}?ou=site-{here}").text


def test_statements_do_not_grow_with_the_children(
    app: Flask, session: Session, cast: Cast, make: Factory, nurse: Account, sign_in: SignIn
) -> None:
    give(session, cast, cast.home, cast.noe, PEANUT)
    session.commit()
    client, counts = sign_in(nurse), []
    client.get(URL)  # the rights of the role are read once per process
    for more in (0, 12):
        for rank in range(more):
            child = make.child(f"Lou{rank}", cast.home)
            make.schooling(child)
            give(session, cast, cast.home, child, PEANUT)
        session.commit()
        with statements(app) as listed:
            client.get(URL)
        with statements(app) as printed:
            client.post(f"{URL}liste")
        counts.append((len(listed), len(printed)))
    assert counts[0] == counts[1]
    assert max(counts[0]) <= 12


def test_many_files_are_written_at_once_and_only_once(session: Session, cast: Cast) -> None:
    pupils = session.scalars(sa.select(Schooling.child_id)).all()
    files = [
        NewFile(cast.home.id, child, cast.year.id, YearFileValues(), PEANUT) for child in pupils
    ]
    assert year_files.close_many(session, SYSTEM, files, now=clock.now()) == len(pupils)
    assert year_files.close_many(session, SYSTEM, files, now=clock.now()) == 0
    row = year_files.last_file(session, cast.home.id, cast.noe.id)
    assert row is not None
    assert year_files.own_health(row) == PEANUT


def test_agents_find_year_files_by_child_and_school_and_read_no_health(
    session: Session, cast: Cast, make: Factory, sign_in: SignIn
) -> None:
    give(session, cast, cast.home, cast.noe, PEANUT)
    other = make.child("Lou", cast.stranger_home)
    give(session, cast, cast.stranger_home, other, {})
    session.commit()
    school, agent = cast.site.school_id, sign_in(cast.agent)
    html = agent.get("/agents/dossiers-annuels/list/").text
    assert "Noé Martin" in html
    assert "Lou Durand" in html
    found = agent.get(f"/agents/dossiers-annuels/list/?_flt_0_school={school}").text
    assert "Noé Martin" in found
    assert "Lou Durand" not in found
    row = year_files.last_file(session, cast.home.id, cast.noe.id)
    assert row is not None
    page = agent.get(f"/agents/dossiers-annuels/show/{row.id}").text
    assert "Odile Roux – 0601020304" in page
    assert "transport à l’hôpital en cas d’urgence" in page
    assert "arachide" not in html + found + page


def test_the_list_of_files_takes_the_same_statements_for_many(
    app: Flask, session: Session, cast: Cast, make: Factory, sign_in: SignIn
) -> None:
    give(session, cast, cast.home, cast.noe, PEANUT)
    session.commit()
    client, path, counts = sign_in(cast.agent), "/agents/dossiers-annuels/list/", []
    client.get(path)  # the rights of the role are read once per process
    for more in (0, 15):
        for rank in range(more):
            child = make.child(f"Lou{rank}", make.household(f"Martin{rank}"))
            make.schooling(child)
            give(session, cast, cast.home, child, {})
        session.commit()
        with statements(app) as seen:
            client.get(path)
        counts.append(len(seen))
    assert counts[0] == counts[1] <= 20, counts
