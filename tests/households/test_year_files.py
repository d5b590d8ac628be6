"""The year file of a child: kept once, its health sealed, each opening told to the family (§3.10)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from app.core import clock
from app.core.actor import Actor
from app.core.encryption import CannotOpen
from app.core.errors import Forbidden, NotFound
from app.households.models import Guardianship, HealthReading, MealCode, SchoolYear, YearFile
from app.households.services import year_files
from app.households.services.year_files import YearFileValues
from tests.agenda.test_budgets import statements
from tests.factories import Cast, Factory

SignIn = Callable[[Any], FlaskClient]
HEALTH = {"allergies": "arachide", "pai": True, "doctor": "Dr Blanc"}


def close(session: Session, cast: Cast, health: dict[str, Any] | None = None) -> YearFile:
    """Camille's file of Noé."""
    return year_files.close_year_file(
        session,
        Actor(cast.camille.id, cast.home.id, frozenset({"Parent"})),
        cast.home.id,
        cast.noe.id,
        cast.year.id,
        YearFileValues(meal_code=MealCode.NO_PORK, contacts=[{"name": "Odile", "phone": "06"}]),
        HEALTH if health is None else health,
        now=clock.now(),
    )


def nurse(cast: Cast) -> Actor:
    return Actor(cast.agent.id, roles=frozenset({"Agent", "Santé"}))


def readings(session: Session) -> int:
    return session.scalar(sa.select(sa.func.count()).select_from(HealthReading)) or 0


def test_closing_twice_keeps_one_file(session: Session, cast: Cast) -> None:
    first = close(session, cast)
    again = close(session, cast, {"allergies": "lait"})
    assert first.id == again.id
    assert session.scalar(sa.select(sa.func.count()).select_from(YearFile)) == 1
    assert year_files.open_health(session, nurse(cast), again.id, now=clock.now()) == {
        "allergies": "lait"
    }
    assert again.meal_code is MealCode.NO_PORK


def test_health_is_sealed_for_its_row(session: Session, cast: Cast) -> None:
    row = close(session, cast)
    assert row.health_cipher is not None
    assert b"arachide" not in row.health_cipher
    moved = YearFile(
        child_id=cast.jules.id,
        household_id=cast.home.id,
        school_year_id=cast.year.id,
        health_cipher=row.health_cipher,
        closed_at=clock.now(),
    )
    session.add(moved)
    session.flush()
    with pytest.raises(CannotOpen):
        year_files.open_health(session, nurse(cast), moved.id, now=clock.now())


@pytest.mark.parametrize("roles", [{"Agent"}, {"Administrateur"}, {"Régisseur"}, {"Parent"}, set()])
def test_only_the_role_of_health_opens(session: Session, cast: Cast, roles: set[str]) -> None:
    row = close(session, cast)
    with pytest.raises(Forbidden):
        year_files.open_health(
            session, Actor(cast.admin.id, roles=frozenset(roles)), row.id, now=clock.now()
        )
    assert readings(session) == 0


def test_health_erased_cannot_be_opened(session: Session, cast: Cast) -> None:
    row = close(session, cast)
    actor = Actor(cast.camille.id, cast.home.id)
    with pytest.raises(NotFound):
        year_files.erase_health(session, actor, cast.other_home.id, row.id)
    year_files.erase_health(session, actor, cast.home.id, row.id)
    with pytest.raises(NotFound):
        year_files.open_health(session, nurse(cast), row.id, now=clock.now())
    assert readings(session) == 0


def test_a_child_of_another_household_is_not_found(session: Session, cast: Cast) -> None:
    with pytest.raises(NotFound):
        year_files.close_year_file(
            session,
            Actor(cast.lea.id, cast.stranger_home.id),
            cast.stranger_home.id,
            cast.noe.id,
            cast.year.id,
            YearFileValues(),
            {},
            now=clock.now(),
        )


def test_the_family_sees_who_opened_and_a_restriction_ends_it(
    session: Session, cast: Cast, sign_in: SignIn
) -> None:
    row = close(session, cast)
    year_files.open_health(session, nurse(cast), row.id, now=clock.now())
    session.commit()
    reader = f"{cast.agent.first_name} {cast.agent.last_name}"
    page = sign_in(cast.camille).get("/profil/").text
    assert "Consultations des données de santé" in page
    assert reader in page
    assert "Consultations des données de santé" not in sign_in(cast.yanis).get("/profil/").text
    session.execute(
        sa.update(Guardianship)
        .where(Guardianship.household_id == cast.home.id, Guardianship.child_id == cast.noe.id)
        .values(restricted_at=clock.now())
    )
    session.commit()
    assert reader not in sign_in(cast.camille).get("/profil/").text


def test_the_family_reads_what_it_gave_and_nobody_elses(
    session: Session, cast: Cast, sign_in: SignIn
) -> None:
    close(session, cast)
    session.commit()
    path, jules = f"/profil/dossiers-annuels/{cast.noe.id}", cast.jules.id
    client = sign_in(cast.camille)
    html = client.get(path).text
    for text in ("2026-2027", "Sans porc", "Odile", "arachide", "Dr Blanc"):
        assert text in html
    assert f'href="/demarches/dossier-annuel-enfant?enfant={cast.noe.id}"' in html
    assert "Mettre à jour le dossier annuel" in html
    assert readings(session) == 0, "the family reads its own"
    profile = client.get("/profil/").text
    assert f'href="{path}"' in profile
    assert "Dossier annuel enfant 2026-2027" in profile
    assert "Remplir le dossier annuel" in client.get(f"/profil/dossiers-annuels/{jules}").text
    other = sign_in(cast.yanis).get(path)
    assert other.status_code == 200
    assert "arachide" not in other.text
    assert "Odile" not in other.text
    assert sign_in(cast.lea).get(path).status_code == 404


def test_a_restricted_household_reads_no_file_any_more(
    session: Session, cast: Cast, sign_in: SignIn
) -> None:
    close(session, cast)
    session.execute(
        sa.update(Guardianship)
        .where(Guardianship.household_id == cast.home.id, Guardianship.child_id == cast.noe.id)
        .values(restricted_at=clock.now())
    )
    session.commit()
    assert sign_in(cast.camille).get(f"/profil/dossiers-annuels/{cast.noe.id}").status_code == 404


def test_files_of_many_years_take_the_same_statements(
    app: Flask, session: Session, cast: Cast, make: Factory, sign_in: SignIn
) -> None:
    close(session, cast)
    session.commit()
    client, path, counts = sign_in(cast.camille), f"/profil/dossiers-annuels/{cast.noe.id}", []
    client.get(path)  # the rights of the role are read once per process
    for years in (0, 3):
        for rank in range(years):
            first = date(2023 + rank, 9, 1)
            year = make.add(
                SchoolYear(
                    label=f"{first.year}-{first.year + 1}",
                    starts_on=first,
                    ends_on=date(first.year + 1, 7, 3),
                    zone="A",
                )
            )
            make.year_file(cast.noe, cast.home, school_year_id=year.id)
        session.commit()
        with statements(app) as seen:
            client.get(path)
        counts.append(len(seen))
    assert counts[0] == counts[1] <= 6


def test_a_reading_that_concerns_no_child_is_seen_by_its_household_alone(
    session: Session, cast: Cast, sign_in: Any
) -> None:
    for home, child in ((cast.home, None), (cast.other_home, None), (cast.home, cast.rose)):
        session.add(
            HealthReading(
                at=clock.now(),
                account_id=cast.agent.id,
                household_id=home.id,
                child_id=child.id if child else None,
                subject="document",
                subject_id=1,
            )
        )
    session.commit()
    shown = year_files.readings_of(session, cast.home.id)
    assert sorted(one.child for one in shown) == ["", "Rose"]
    assert "Foyer" in sign_in(cast.camille).get("/profil/").text.split('id="readings"')[1]
