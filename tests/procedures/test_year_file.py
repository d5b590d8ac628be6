"""« Dossier annuel enfant »: each parent's own, filled from the last one, its health private."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.core import clock
from app.core.actor import Actor
from app.households.models import Guardianship, Level, MealCode, Schooling, SchoolYear, YearFile
from app.households.services import year_files
from app.procedures import year_file
from app.requests import queries, services
from app.requests.errors import AlreadyAsked, TiedNoMore
from app.requests.models import Request, Status
from app.requests.services.family import answers_of
from tests.factories import Cast, Factory
from tests.procedures.conftest import Fill

CODE = "dossier-annuel-enfant"
HEALTH = {"pai": True, "allergies": "arachide", "doctor": "Dr Blanc", "doctor_phone": "0450010203"}


def answers(cast: Cast, **more: Any) -> dict[str, Any]:
    """A whole file of Noé."""
    place = {"school_id": cast.site.school_id, "level_id": _level(cast)}
    yes = dict.fromkeys(("hospital", "transport", "photo"), True)
    return {
        "child": cast.noe.id,
        "school_year": cast.year.id,
        "schooling": place,
        "meal_code": "no_pork",
        **HEALTH,
        "contacts": [{"name": "Odile Roux", "phone": "0601020304", "relation": "Grand-mère"}],
        **yes,
        "leave_alone": False,
        "insurer": "MAIF",
        "insurance_number": "123 X",
        "true": True,
        **more,
    }


def _level(cast: Cast) -> int:
    return cast.noe.schoolings[0].level_id


def file_of(session: Session, household_id: int, child_id: int) -> YearFile | None:
    return session.scalar(
        sa.select(YearFile).where(
            YearFile.household_id == household_id, YearFile.child_id == child_id
        )
    )


def test_closing_keeps_the_file_and_seals_health(
    session: Session, cast: Cast, fill: Fill, camille: Actor, agent: Actor
) -> None:
    request = fill(CODE, camille, answers(cast))
    assert "arachide" not in str(request.answers)
    assert request.private_answers is not None
    assert file_of(session, cast.home.id, cast.noe.id) is None
    services.take(session, agent, request.id, now=clock.now())
    services.close(session, agent, request.id, now=clock.now())
    row = file_of(session, cast.home.id, cast.noe.id)
    assert row is not None
    assert (row.meal_code, row.insurer, row.insurance_number) == (MealCode.NO_PORK, "MAIF", "123 X")
    assert row.contacts == [{"name": "Odile Roux", "phone": "0601020304", "relation": "Grand-mère"}]
    assert row.authorisations == {
        "photo": True, "leave_alone": False, "transport": True, "hospital": True,
    }  # fmt: skip
    assert year_files.own_health(row) == HEALTH
    assert b"arachide" not in (row.health_cipher or b"")


def test_each_parent_has_its_own(
    session: Session, cast: Cast, fill: Fill, camille: Actor, yanis: Actor, agent: Actor
) -> None:
    for actor, insurer in ((camille, "MAIF"), (yanis, "MAE")):
        request = fill(CODE, actor, answers(cast, insurer=insurer))
        services.take(session, agent, request.id, now=clock.now())
        services.close(session, agent, request.id, now=clock.now())
    found = session.execute(sa.select(YearFile.household_id, YearFile.insurer)).all()
    assert sorted(map(tuple, found)) == sorted(
        [(cast.home.id, "MAIF"), (cast.other_home.id, "MAE")]
    )


def test_one_in_progress_for_a_child_and_year_then_it_is_brought_up_to_date(
    session: Session, cast: Cast, fill: Fill, camille: Actor, agent: Actor
) -> None:
    first = fill(CODE, camille, answers(cast))
    with pytest.raises(AlreadyAsked):
        fill(CODE, camille, answers(cast))
    services.take(session, agent, first.id, now=clock.now())
    services.close(session, agent, first.id, now=clock.now())
    again = fill(CODE, camille, answers(cast, allergies="lait"))
    services.take(session, agent, again.id, now=clock.now())
    services.close(session, agent, again.id, now=clock.now())
    row = file_of(session, cast.home.id, cast.noe.id)
    assert row is not None
    assert year_files.own_health(row)["allergies"] == "lait"


def test_last_years_file_fills_the_next_with_the_level_that_follows(
    session: Session, cast: Cast, make: Factory, fill: Fill, camille: Actor, yanis: Actor
) -> None:
    next_year = make.add(
        SchoolYear(
            label="2027-2028", starts_on=date(2027, 9, 1), ends_on=date(2028, 7, 3), zone="A"
        )
    )
    ce2 = make.add(Level(name="CE2", position=6))
    year_files.close_year_file(
        session, camille, cast.home.id, cast.noe.id, cast.year.id,
        year_files.YearFileValues(
            MealCode.NO_MEAT, [{"name": "Odile", "phone": "0601020304"}], {"photo": False}, "MAIF", "1"
        ),
        HEALTH, now=clock.now(),
    )  # fmt: skip
    child = {"child": cast.noe.id, "school_year": next_year.id}
    request = fill(CODE, camille, child, steps=["child"])
    found = answers_of(request)
    assert {key: found[key] for key in HEALTH} == HEALTH
    assert (found["meal_code"], found["photo"], found["insurer"]) == ("no_meat", False, "MAIF")
    assert found["contacts"] == [{"name": "Odile", "phone": "0601020304"}]
    assert found["schooling"] == {"school_id": cast.site.school_id, "level_id": ce2.id}
    other = answers_of(fill(CODE, yanis, child, steps=["child"]))
    assert not set(HEALTH) & set(other), "the other parent's file stays its own"
    assert "insurer" not in other


def test_another_child_takes_nothing_of_the_first_one(
    session: Session, cast: Cast, camille: Actor, fill: Fill
) -> None:
    """Opened for Noé, then Jules is chosen: Noé's allergies must not land in the file of Jules."""
    year_files.close_year_file(
        session, camille, cast.home.id, cast.noe.id, cast.year.id,
        year_files.YearFileValues(insurer="MAIF"), HEALTH, now=clock.now(),
    )  # fmt: skip
    now = clock.now()
    request = services.begin(session, camille, CODE, cast.noe.id, now=now)
    assert answers_of(request)["allergies"] == "arachide"
    chosen = {"child": cast.jules.id, "school_year": cast.year.id}
    services.save_step(session, camille, request.id, "child", chosen, request.edition, now=now)
    found = answers_of(request)
    assert found["child"] == cast.jules.id
    assert not set(HEALTH) & set(found)
    assert "insurer" not in found
    assert found["schooling"]["school_id"] == cast.site.school_id
    chosen["child"] = cast.noe.id
    services.save_step(session, camille, request.id, "child", chosen, request.edition, now=now)
    assert answers_of(request)["allergies"] == "arachide"


def test_the_school_of_that_year_is_kept_as_it_is(
    session: Session, cast: Cast, fill: Fill, camille: Actor
) -> None:
    request = fill(CODE, camille, answers(cast), steps=["child"])
    row = session.scalars(sa.select(Schooling).where(Schooling.child_id == cast.noe.id)).one()
    assert answers_of(request)["schooling"] == {
        "school_id": row.school_id,
        "level_id": row.level_id,
    }


def test_what_is_known_today_never_tells_health(
    session: Session, cast: Cast, fill: Fill, camille: Actor
) -> None:
    year_files.close_year_file(
        session, camille, cast.home.id, cast.noe.id, cast.year.id,
        year_files.YearFileValues(insurer="MAIF"), HEALTH, now=clock.now(),
    )  # fmt: skip
    request = fill(CODE, camille, answers(cast))
    known = year_file.current(session, queries.case_of(request))
    assert known["insurer"] == "MAIF"
    assert known["schooling"]["school_id"] == cast.site.school_id
    assert not set(HEALTH) & set(known)


def test_a_child_lost_meanwhile_closes_nothing(
    session: Session, cast: Cast, fill: Fill, yanis: Actor, agent: Actor
) -> None:
    request = fill(CODE, yanis, answers(cast))
    services.take(session, agent, request.id, now=clock.now())
    session.execute(
        sa.update(Guardianship)
        .where(Guardianship.household_id == cast.other_home.id)
        .values(restricted_at=clock.now())
    )
    with pytest.raises(TiedNoMore):
        services.close(session, agent, request.id, now=clock.now())
    assert session.get_one(Request, request.id).status is Status.PROCESSING
