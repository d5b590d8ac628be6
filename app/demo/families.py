"""The people of Montclair: four known families, about fifty-six others, and the staff."""

from __future__ import annotations

import random
import tomllib
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path

import sqlalchemy as sa
from flask_appbuilder.security.sqla.models import Role
from sqlalchemy.orm import Session
from werkzeug.security import generate_password_hash

from app.accounts.models import Account
from app.activities.models import Enrolment
from app.core import clock
from app.demo.town import LEVELS, Places
from app.households.models import (
    Adult,
    Child,
    Guardianship,
    Household,
    QuotientRecord,
    ResidenceRecord,
    Schooling,
)
from app.wallet.models import Wallet

PASSWORD = "Montclair2026"  # noqa: S105  (published with the demonstration)
OTHERS = 56
SEED = 74520
NAMES = tomllib.loads(Path(__file__).with_name("names.toml").read_text(encoding="utf-8"))
"""Lists of « children », « adults » and « families »."""
STREETS = (
    "rue des Tilleuls",
    "chemin du Lac",
    "rue de la Forge",
    "avenue des Alpes",
    "rue du Four",
)


@dataclass
class Family:
    """One household as the story needs it."""

    household: Household
    children: list[Child]
    account: Account | None = None
    pace: str = "regular"
    """How it books: regular, little, none."""


@dataclass
class People:
    """Families by key; the known ones under their account's username."""

    known: dict[str, Family] = field(default_factory=dict)
    others: list[Family] = field(default_factory=list)
    staff: dict[str, Account] = field(default_factory=dict)

    @property
    def all(self) -> list[Family]:
        return [*self.known.values(), *self.others]


class _Builder:
    def __init__(self, session: Session, places: Places) -> None:
        self.session, self.places = session, places
        self.chance = random.Random(SEED)  # noqa: S311  (the same town each time, no secret)
        self.hash = generate_password_hash(PASSWORD)
        self.roles = {role.name: role for role in session.scalars(sa.select(Role))}
        self.number = 0

    def account(self, username: str, first: str, last: str, role: str) -> Account:
        account = Account(
            username=username,
            email=f"{username}@montclair.example",
            first_name=first,
            last_name=last,
            password=self.hash,
            active=True,
            terms_accepted_at=clock.now() - timedelta(days=300),
        )
        account.roles = [self.roles[role]]
        self.session.add(account)
        self.session.flush()
        return account

    def household(self, name: str, quotient: int | None, resident: bool = True) -> Household:
        self.number += 1
        start = self.places.years[0].starts_on
        household = Household(
            number=f"F-{self.number:05d}",
            name=name,
            street=f"{self.chance.randint(1, 80)} {self.chance.choice(STREETS)}",
            postcode="74520" if resident else "74160",
            city="Montclair" if resident else "Saint-Julien",
            created_at=clock.now() - timedelta(days=400),
        )
        self.session.add(household)
        self.session.flush()
        self.session.add(Wallet(household_id=household.id))
        when = {"valid_from": start, "recorded_at": household.created_at}
        if quotient is not None:
            self.session.add(QuotientRecord(household_id=household.id, quotient=quotient, **when))
        self.session.add(ResidenceRecord(household_id=household.id, is_resident=resident, **when))
        return household

    def parent(self, username: str, first: str, household: Household) -> Account:
        account = self.account(username, first, household.name, "Parent")
        account.household_id = household.id
        household.holder_id = account.id
        self.adult(first, household, account)
        return account

    def adult(self, first: str, household: Household, account: Account | None = None) -> None:
        digits = " ".join(f"{self.chance.randint(0, 99):02d}" for _ in range(4))
        self.session.add(
            Adult(
                household_id=household.id,
                account_id=account.id if account else None,
                first_name=first,
                last_name=household.name,
                email=account.email if account else "",
                mobile_phone=f"06 {digits}",
            )
        )

    def child(self, first: str, level: str, *households: Household, school: int = 0) -> Child:
        """A child in this level now, schooled and enrolled this year and the year before."""
        place = LEVELS.index(level)
        year = self.places.year.starts_on.year - 3 - place
        born = date(year, self.chance.randint(1, 12), self.chance.randint(1, 28))
        child = Child(first_name=first, last_name=households[0].name, born_on=born)
        self.session.add(child)
        self.session.flush()
        for household in households:
            self.session.add(
                Guardianship(
                    child_id=child.id,
                    household_id=household.id,
                    started_on=self.places.years[0].starts_on,
                )
            )
        for back, school_year in enumerate(reversed(self.places.years)):
            if place >= back:
                self._school(child, school_year.id, school, place - back)
                self._enrol(child, school_year, school)
        return child

    def _school(self, child: Child, year_id: int, school: int, level: int) -> None:
        self.session.add(
            Schooling(
                child_id=child.id,
                school_year_id=year_id,
                school_id=self.places.schools[school].id,
                level_id=self.places.levels[level].id,
            )
        )

    def _enrol(self, child: Child, year, school: int) -> None:  # type: ignore[no-untyped-def]
        for name, activity in self.places.activities.items():
            site = self.places.centre if name == "Centre du mercredi" else self.places.sites[school]
            self.session.add(
                Enrolment(
                    child_id=child.id,
                    activity_id=activity.id,
                    site_id=site.id,
                    school_year_id=year.id,
                    starts_on=year.starts_on,
                    ends_on=year.ends_on,
                )
            )


def build(session: Session, places: Places) -> People:
    """Everybody, with the accounts that product.md names."""
    builder = _Builder(session, places)
    people = People()
    _staff(builder, people)
    _known(builder, people)
    _others(builder, people)
    session.flush()
    return people


def _staff(builder: _Builder, people: People) -> None:
    for username, first, last, role in (
        ("agent", "Claire", "Fontanel", "Agent"),
        ("regie", "Marc", "Vuillermoz", "Régisseur"),
        ("animateur", "Sonia", "Petitjean", "Animateur"),
        ("admin", "Paul", "Duret", "Administrateur"),
    ):
        people.staff[username] = builder.account(username, first, last, role)
    # « Santé » is added to another role (§4).
    nurse = builder.account("sante", "Nadia", "Perrin", "Agent")
    nurse.roles = [*nurse.roles, builder.roles["Santé"]]
    people.staff["sante"] = nurse


def _known(builder: _Builder, people: People) -> None:
    martin = builder.household("Martin", 845)
    benali = builder.household("Benali", 560)
    camille = builder.parent("camille.martin", "Camille", martin)
    yanis = builder.parent("yanis.benali", "Yanis", benali)
    noe = builder.child("Noé", "CM2", martin, benali, school=1)
    jules = builder.child("Jules", "CE1", martin)
    rose = builder.child("Rose", "GS", martin)
    people.known["camille.martin"] = Family(martin, [jules, rose, noe], camille)
    people.known["yanis.benali"] = Family(benali, [noe], yanis, "little")
    durand = builder.household("Durand", 1120)
    people.known["lea.durand"] = Family(
        durand,
        [builder.child("Inès", "CP", durand), builder.child("Malo", "MS", durand)],
        builder.parent("lea.durand", "Léa", durand),
    )
    petit = builder.household("Petit", None)
    people.known["hugo.petit"] = Family(
        petit,
        [builder.child("Zoé", "CE2", petit, school=1)],
        builder.parent("hugo.petit", "Hugo", petit),
        "little",
    )


def _others(builder: _Builder, people: People) -> None:
    chance = builder.chance
    for name in chance.sample(NAMES["families"], OTHERS):
        resident = chance.random() < 0.88
        household = builder.household(name, chance.randrange(280, 1900, 5), resident)
        builder.adult(chance.choice(NAMES["adults"]), household)
        school = chance.randint(0, 1)
        children = [
            builder.child(first, chance.choice(LEVELS), household, school=school)
            for first in chance.sample(NAMES["children"], chance.choice((1, 1, 2, 2, 2, 3)))
        ]
        pace = chance.choice(("regular", "regular", "little"))
        people.others.append(Family(household, children, None, pace))
