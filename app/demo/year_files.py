"""Yearly files of Montclair, whom its families let collect their children, who works where."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.activities.models import SiteStaff
from app.core import clock
from app.core.actor import SYSTEM
from app.demo.families import NAMES, SEED, Family, People
from app.demo.town import Places
from app.households.models import Child, Guardianship, MealCode, PickupPerson, PickupRight
from app.households.services import year_files
from app.households.services.year_files import NewFile, YearFileValues

TOLD = {("camille.martin", "Jules"), ("camille.martin", "Rose")}
"""Known children whose file of this year comes from a request of the story."""
WITHOUT = {("hugo.petit", "Zoé"), ("lea.durand", "Malo")}
"""Those whose file is still to give: their families see what to do."""
ALLERGIES = ("Arachide", "Lait de vache", "Œuf", "Fruits à coque", "Gluten", "Piqûres de guêpe")
INSURERS = ("MAIF", "MAE", "MACIF", "Groupama", "AXA")
RELATIONS = ("Grand-parent", "Famille", "Famille", "Voisinage", "Assistante maternelle")
DOCTORS = ("Dr Blanc", "Dr Nguyen", "Dr Fabre", "Dr Lambert")
MEALS = (*[MealCode.STANDARD] * 7, MealCode.NO_PORK, MealCode.NO_PORK, MealCode.NO_MEAT)


def tell(session: Session, places: Places, people: People) -> None:
    """Files of this school year and the last one, persons allowed, one court restriction."""
    chance = random.Random(SEED + 3)  # noqa: S311  (the same town each time, no secret)
    files = list(_files(places, people, chance))
    for year, days in zip(places.years, (420, 55), strict=True):
        of_year = [one for one in files if one.school_year_id == year.id]
        year_files.close_many(session, SYSTEM, of_year, now=clock.now() - timedelta(days=days))
    _persons(session, people, chance)
    _restriction(session, people)
    leader = people.staff["animateur"]
    session.add(SiteStaff(account_id=leader.id, site_id=places.sites[0].id))
    session.flush()


def _files(places: Places, people: People, chance: random.Random) -> Iterator[NewFile]:
    """Last year’s without health: it is erased at the end of the year."""
    without = {
        child.id
        for username, family in people.known.items()
        for child in family.children
        if (username, child.first_name) in WITHOUT | TOLD
    }
    for family in people.all:
        known = family in people.known.values()
        for child in family.children:
            health = _health(child, chance)
            values = _values(family, child, chance)
            for year in places.years:
                given = child.id not in without if known else chance.random() < 0.85
                if year is not places.year:
                    yield NewFile(family.household.id, child.id, year.id, values)
                elif given:
                    yield NewFile(family.household.id, child.id, year.id, values, health)


def _health(child: Child, chance: random.Random) -> Mapping[str, Any]:
    allergy = chance.choice(ALLERGIES) if chance.random() < 0.15 else ""
    health = {
        "pai": bool(allergy) and chance.random() < 0.5,
        "doctor": chance.choice(DOCTORS),
        "doctor_phone": f"04 50 {_digits(chance, 3)}",
    }
    if allergy:
        health["allergies"] = allergy
    if chance.random() < 0.1:
        health["health_notes"] = "Porte des lunettes, à garder pendant les jeux."
    return health


def _values(family: Family, child: Child, chance: random.Random) -> YearFileValues:
    is_big = child.born_on.year <= clock.today().year - 9
    return YearFileValues(
        meal_code=chance.choice(MEALS),
        contacts=[
            {
                "name": f"{chance.choice(NAMES['adults'])} {family.household.name}",
                "phone": f"06 {_digits(chance, 4)}",
                "relation": chance.choice(RELATIONS),
            }
        ],
        authorisations={
            "hospital": True,
            "transport": True,
            "leave_alone": is_big and chance.random() < 0.5,
            "photo": chance.random() < 0.8,
        },
        insurer=chance.choice(INSURERS),
        insurance_number=str(chance.randrange(10**7, 10**8)),
    )


def _digits(chance: random.Random, pairs: int) -> str:
    return " ".join(f"{chance.randint(0, 99):02d}" for _ in range(pairs))


def _persons(session: Session, people: People, chance: random.Random) -> None:
    """Two families in three let somebody else collect all their children."""
    families = [one for one in people.all if chance.random() < 0.66]
    rows = [
        PickupPerson(
            household_id=family.household.id,
            first_name=chance.choice(NAMES["adults"]),
            last_name=chance.choice(NAMES["families"]),
            phone=f"06 {_digits(chance, 4)}",
            relation=chance.choice(RELATIONS),
            created_at=family.household.created_at,
        )
        for family in families
    ]
    session.add_all(rows)
    session.flush()
    session.execute(
        sa.insert(PickupRight),
        [
            {"person_id": row.id, "child_id": child.id, "started_at": row.created_at}
            for family, row in zip(families, rows, strict=True)
            for child in family.children
        ],
    )


def _restriction(session: Session, people: People) -> None:
    """A child who must not leave with the adult of another household (§3.5)."""
    kept, other = people.others[0], people.others[1]
    session.add(
        Guardianship(
            child_id=kept.children[0].id,
            household_id=other.household.id,
            started_on=kept.household.created_at.date(),
            restricted_at=clock.now(),
            restriction_note="Ordonnance du juge aux affaires familiales.",
        )
    )
    session.flush()
