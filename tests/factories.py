"""People, activities and money for tests, made straight in the tables, set-based where many.

Names are those of the demonstration commune. Nothing here goes through services: a test of a
service must not depend on another one.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from itertools import count
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session
from werkzeug.security import generate_password_hash

from app.accounts.models import Account
from app.activities.models import (
    Activity,
    Category,
    DeadlineKind,
    DeadlineRule,
    Enrolment,
    Opening,
    PriceBand,
    PriceGrid,
    Site,
    Slot,
)
from app.core import clock
from app.households.models import (
    Adult,
    Child,
    Guardianship,
    Household,
    Level,
    QuotientRecord,
    ResidenceRecord,
    School,
    Schooling,
    SchoolYear,
    YearFile,
)
from app.wallet.models import (
    LedgerAccount,
    LedgerEntry,
    LedgerKind,
    LedgerTransaction,
    Wallet,
)

# Cheap on purpose: a real hash costs 80 ms.
CHEAP_HASH = generate_password_hash("Montclair2026", method="pbkdf2:sha256:1")
YEAR_START, YEAR_END = date(2026, 9, 1), date(2027, 7, 3)


@dataclass
class Cast:
    """Who and what most tests need. All ids are set; commit before asking pages."""

    camille: Account
    yanis: Account
    lea: Account
    agent: Account
    regie: Account
    admin: Account
    home: Household
    """Camille's household: Jules, Rose, Noé."""
    other_home: Household
    """Yanis's household: Noé."""
    stranger_home: Household
    """Léa's household: Ines; nothing in common with the others."""
    jules: Child
    rose: Child
    noe: Child
    ines: Child
    site: Site
    year: SchoolYear
    canteen: Activity
    evening: Activity
    midi: Slot
    soir1: Slot
    soir2: Slot
    openings: dict[tuple[int, date], Opening] = field(default_factory=dict)
    """(slot id, day) → opening at ``site``, from NOW's Monday for six weeks, Mon Tue Thu Fri."""

    def opening(self, slot: Slot, day: date) -> Opening:
        return self.openings[slot.id, day]


class Factory:
    """Makes rows with sensible values; every argument can be overridden."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self._numbers = count(1)

    def add(self, row: Any) -> Any:
        self.session.add(row)
        self.session.flush()
        return row

    def add_all(self, rows: list[Any]) -> None:
        """Many of one table in one statement: a test pays for each."""
        self.session.add_all(rows)
        self.session.flush()

    def account(
        self, username: str, household: Household | None = None, role: str = "Parent", **more: Any
    ) -> Account:
        first, _, last = username.partition(".")
        account = Account(
            username=username,
            email=f"{username}@exemple.fr",
            first_name=first.capitalize(),
            last_name=(last or username).capitalize(),
            password=CHEAP_HASH,
            active=True,
            household_id=household.id if household else None,
        )
        for name, value in more.items():
            setattr(account, name, value)
        account.roles = [self.role(role)]
        return self.add(account)

    def role(self, name: str) -> Any:
        from flask_appbuilder.security.sqla.models import Role

        found = self.session.scalar(sa.select(Role).where(Role.name == name))
        return found or self.add(Role(name=name))

    def household(self, name: str = "Martin", **more: Any) -> Household:
        values = {
            "number": f"F-{next(self._numbers):05d}",
            "name": name,
            "street": "3 rue des Tilleuls",
            "postcode": "74520",
            "city": "Montclair",
            "created_at": clock.now(),
        }
        household = self.add(Household(**values | more))
        self.add(Wallet(household_id=household.id))
        return household

    def parent(self, username: str, household: Household) -> Account:
        """An account with its adult, holder of the household if it has none."""
        account = self.account(username, household)
        self.add(
            Adult(
                household_id=household.id,
                account_id=account.id,
                first_name=account.first_name,
                last_name=account.last_name,
                email=account.email,
                mobile_phone="06 12 34 56 78",
            )
        )
        household.holder_id = household.holder_id or account.id
        self.session.flush()
        return account

    def child(self, first_name: str, *households: Household, **more: Any) -> Child:
        values = {"last_name": households[0].name, "born_on": date(2019, 5, 4)}
        child = self.add(Child(first_name=first_name, **values | more))
        for household in households:
            self.add(
                Guardianship(child_id=child.id, household_id=household.id, started_on=YEAR_START)
            )
        return child

    def year(self, label: str = "2026-2027") -> SchoolYear:
        found = self.session.scalar(sa.select(SchoolYear).where(SchoolYear.label == label))
        return found or self.add(
            SchoolYear(label=label, starts_on=YEAR_START, ends_on=YEAR_END, zone="A")
        )

    def school(self, name: str = "École des Tilleuls") -> School:
        found = self.session.scalar(sa.select(School).where(School.name == name))
        return found or self.add(School(name=name))

    def site(self, name: str = "École des Tilleuls") -> Site:
        found = self.session.scalar(sa.select(Site).where(Site.name == name))
        return found or self.add(Site(name=name, school_id=self.school(name).id))

    def level(self, name: str = "CE1", position: int = 5) -> Level:
        found = self.session.scalar(sa.select(Level).where(Level.name == name))
        return found or self.add(Level(name=name, position=position))

    def schooling(self, child: Child, level: str = "CE1") -> Schooling:
        return self.add(
            Schooling(
                child_id=child.id,
                school_year_id=self.year().id,
                school_id=self.school().id,
                level_id=self.level(level).id,
            )
        )

    def year_file(self, child: Child, household: Household, **more: Any) -> YearFile:
        """A closed yearly file, without health."""
        values = {"school_year_id": self.year().id, "closed_at": clock.now()}
        return self.add(YearFile(child_id=child.id, household_id=household.id, **values | more))

    def rule(self, name: str = "La veille ouvrée à 10 h") -> DeadlineRule:
        found = self.session.scalar(sa.select(DeadlineRule).where(DeadlineRule.name == name))
        return found or self.add(
            DeadlineRule(name=name, kind=DeadlineKind.WORKING_DAYS_BEFORE, days=1, at=time(10))
        )

    def activity(self, name: str, category: Category, position: int = 0) -> Activity:
        rule = self.rule()
        return self.add(
            Activity(
                name=name,
                category=category,
                position=position,
                book_rule_id=rule.id,
                cancel_rule_id=rule.id,
            )
        )

    def slot(
        self,
        activity: Activity,
        name: str,
        short_name: str,
        hours: tuple[time, time],
        cents: tuple[int, int] = (100, 320),
        position: int = 0,
    ) -> Slot:
        """A slot with one grid from the start of the year: half price under a quotient of 500."""
        slot = self.add(
            Slot(
                activity_id=activity.id,
                name=name,
                short_name=short_name,
                starts_at=hours[0],
                ends_at=hours[1],
                position=position,
            )
        )
        grid = self.add(PriceGrid(slot_id=slot.id, valid_from=YEAR_START))
        care, meal = cents
        self.add_all(
            [
                PriceBand(
                    grid_id=grid.id,
                    name="Tranche 1",
                    quotient_from=0,
                    quotient_to=500,
                    care_cents=care // 2,
                    meal_cents=meal // 2,
                ),
                PriceBand(
                    grid_id=grid.id,
                    name="Tranche 2",
                    quotient_from=500,
                    care_cents=care,
                    meal_cents=meal,
                ),
            ]
        )
        return slot

    def opening(self, slot: Slot, day: date, site: Site | None = None, **more: Any) -> Opening:
        return self.add(_opening(slot, day, site or self.site(), self.year(), **more))

    def enrolment(self, child: Child, activity: Activity, site: Site | None = None) -> Enrolment:
        return self.add(_enrolment(child, activity, site or self.site(), self.year()))

    def quotient(self, household: Household, quotient: int, **more: Any) -> QuotientRecord:
        values = {"valid_from": YEAR_START, "recorded_at": clock.now()}
        return self.add(
            QuotientRecord(household_id=household.id, quotient=quotient, **values | more)
        )

    def residence(self, household: Household, is_resident: bool = True) -> ResidenceRecord:
        return self.add(
            ResidenceRecord(
                household_id=household.id,
                is_resident=is_resident,
                valid_from=YEAR_START,
                recorded_at=clock.now(),
            )
        )

    def money(self, household: Household, cents: int) -> None:
        """Credit the household's wallet (« top-up » in cash)."""
        wallet = self.session.scalar(sa.select(Wallet).where(Wallet.household_id == household.id))
        assert wallet is not None
        transaction = self.add(
            LedgerTransaction(
                kind=LedgerKind.TOP_UP,
                ref=f"test:{next(self._numbers)}",
                accounted_at=clock.now(),
                value_date=clock.today(),
            )
        )
        self.add(
            LedgerEntry(
                transaction_id=transaction.id,
                account=LedgerAccount.WALLET,
                wallet_id=wallet.id,
                amount_cents=cents,
            )
        )
        self.add(
            LedgerEntry(
                transaction_id=transaction.id,
                account=LedgerAccount.CASH,
                amount_cents=-cents,
            )
        )

    def cast(self) -> Cast:
        """See ``Cast``: quotient 845 for Camille, 400 for Yanis, 100 € each."""
        home, other = self.household("Martin"), self.household("Benali")
        stranger = self.household("Durand")
        year, site = self.year(), self.site()
        canteen = self.activity("Restaurant scolaire", Category.MEAL, 1)
        evening = self.activity("Accueil du soir", Category.CARE, 2)
        cast = Cast(
            camille=self.parent("camille.martin", home),
            yanis=self.parent("yanis.benali", other),
            lea=self.parent("lea.durand", stranger),
            agent=self.account("agent", role="Agent"),
            regie=self.account("regie", role="Régisseur"),
            admin=self.account("admin", role="Administrateur"),
            home=home,
            other_home=other,
            stranger_home=stranger,
            jules=self.child("Jules", home),
            rose=self.child("Rose", home, born_on=date(2021, 3, 9)),
            noe=self.child("Noé", home, other, born_on=date(2016, 8, 30)),
            ines=self.child("Inès", stranger),
            site=site,
            year=year,
            canteen=canteen,
            evening=evening,
            midi=self.slot(canteen, "Restaurant scolaire", "midi", (time(11, 30), time(13, 30))),
            soir1=self.slot(
                evening, "Accueil du soir 1", "soir 1", (time(16, 30), time(17, 30)), (210, 0), 1
            ),
            soir2=self.slot(
                evening, "Accueil du soir 2", "soir 2", (time(17, 30), time(18, 30)), (190, 0), 2
            ),
        )
        for household, quotient in ((home, 845), (other, 400), (stranger, 845)):
            self.quotient(household, quotient)
            self.residence(household)
            self.money(household, 10_000)
        for child in (cast.jules, cast.rose, cast.noe, cast.ines):
            self.schooling(child)
            self.add_all([_enrolment(child, what, site, year) for what in (canteen, evening)])
        monday = clock.today() - timedelta(days=clock.today().weekday())
        days = [monday + timedelta(days=offset) for offset in range(6 * 7)]
        cast.openings = {
            (slot.id, day): _opening(slot, day, site, year)
            for day in days
            if day.weekday() in {0, 1, 3, 4}
            for slot in (cast.midi, cast.soir1, cast.soir2)
        }
        self.add_all(list(cast.openings.values()))
        return cast


def _opening(slot: Slot, day: date, site: Site, year: SchoolYear, **more: Any) -> Opening:
    """Open until the day before at 10:00 in Paris (Monday's: the Friday before)."""
    before = day - timedelta(days=3 if day.weekday() == 0 else 1)
    deadline = datetime.combine(before, time(10), tzinfo=clock.PARIS).astimezone(UTC)
    values = {
        "slot_id": slot.id,
        "site_id": site.id,
        "school_year_id": year.id,
        "day": day,
        "capacity": 50,
        "book_until": deadline,
        "cancel_until": deadline,
    }
    return Opening(**values | more)


def _enrolment(child: Child, activity: Activity, site: Site, year: SchoolYear) -> Enrolment:
    return Enrolment(
        child_id=child.id,
        activity_id=activity.id,
        site_id=site.id,
        school_year_id=year.id,
        starts_on=YEAR_START,
        ends_on=YEAR_END,
    )
