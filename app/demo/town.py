"""What the commune set up: services, schools, calendar, activities, prices, openings."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, time, timedelta

from sqlalchemy.orm import Session

from app.activities import services as activities
from app.activities.models import (
    Activity,
    CalendarPeriod,
    Category,
    DeadlineKind,
    DeadlineRule,
    OpeningPattern,
    PeriodKind,
    PriceBand,
    PriceGrid,
    Site,
    Slot,
)
from app.core import clock, settings
from app.core.actor import SYSTEM
from app.core.models import Service, ServiceCode
from app.households.models import Level, School, SchoolYear
from app.portal.models import News

LEVELS = ("PS", "MS", "GS", "CP", "CE1", "CE2", "CM1", "CM2")
BANDS = ((0, 400), (400, 600), (600, 800), (800, 1000), (1000, 1400), (1400, None))
"""Quotients of « Tranche 1 » to « Tranche 6 », in euros."""
PRICES = {
    "matin": (((65, 0), (90, 0), (130, 0), (165, 0), (195, 0), (220, 0)), 540),
    "midi": (((40, 60), (70, 130), (100, 220), (130, 290), (160, 360), (180, 420)), 980),
    "soir 1": (((80, 0), (120, 0), (165, 0), (210, 0), (245, 0), (280, 0)), 620),
    "soir 2": (((70, 0), (105, 0), (150, 0), (190, 0), (225, 0), (255, 0)), 620),
    "mercredi": (
        ((320, 100), (500, 180), (720, 260), (980, 360), (1240, 420), (1460, 460)),
        3900,
    ),
}
"""Slot → ((care, meal) cents of each band, what it costs the commune)."""
OUTSIDE_PERCENT = 130
"""Households of other communes pay a third more."""


@dataclass
class Places:
    """What the families need of the town. Years: the one that contains today comes last."""

    years: list[SchoolYear]
    schools: list[School]
    sites: list[Site]
    centre: Site
    levels: list[Level]
    activities: dict[str, Activity]
    slots: dict[str, Slot]

    @property
    def year(self) -> SchoolYear:
        return self.years[-1]


def build(session: Session) -> Places:
    """Everything an agent would enter before the first family comes."""
    settings.put(session, settings.COMMUNE_NAME, "Montclair")
    settings.put(session, settings.COVER_HORIZON_DAYS, 30)
    _services(session)
    _news(session)
    schools = [
        _add(session, School(name=name)) for name in ("École des Tilleuls", "École du Centre")
    ]
    sites = [_add(session, Site(name=school.name, school_id=school.id)) for school in schools]
    centre = _add(session, Site(name="Centre de loisirs du Parc", address="Allée du Parc"))
    levels = [_add(session, Level(name=name, position=n)) for n, name in enumerate(LEVELS)]
    years = [_year(session, first) for first in _first_years(clock.today())]
    made = _activities(session)
    slots = {slot.short_name: slot for activity in made.values() for slot in activity.slots}
    _prices(session, slots, years[0].starts_on)
    places = Places(years, schools, sites, centre, levels, made, slots)
    for year in years:
        activities.load_calendar(session, SYSTEM, year.id)
        _closures(session, year)
        _patterns(session, places, year)
        activities.generate_openings(session, SYSTEM, year.id)
    return places


def _add(session: Session, row):  # type: ignore[no-untyped-def]
    session.add(row)
    session.flush()
    return row


def _first_years(today: date) -> tuple[int, int]:
    """The calendar years in which the school year before and the one in course begin."""
    current = today.year if today.month >= 8 else today.year - 1
    return current - 1, current


def _year(session: Session, first: int) -> SchoolYear:
    return _add(
        session,
        SchoolYear(
            label=f"{first}-{first + 1}",
            starts_on=date(first, 9, 1),
            ends_on=date(first + 1, 7, 4),
            zone="A",
        ),
    )


def _services(session: Session) -> None:
    hours = "Lundi, mardi, jeudi et vendredi : 8 h 30 – 12 h et 13 h 30 – 17 h\nMercredi : 8 h 30 – 12 h"
    for code, name, phone, email in (
        (ServiceCode.SCHOOL, "Service scolaire", "04 50 00 00 10", "scolaire@montclair.example"),
        (
            ServiceCode.CARE,
            "Service périscolaire",
            "04 50 00 00 11",
            "periscolaire@montclair.example",
        ),
        (
            ServiceCode.CAMPS,
            "Animations vacances",
            "04 50 00 00 12",
            "vacances@montclair.example",
        ),
    ):
        session.add(
            Service(
                code=code,
                name=name,
                phone=phone,
                email=email,
                opening_hours=hours,
                address="Mairie de Montclair, 1 place de la Mairie",
            )
        )


def _news(session: Session) -> None:
    for days, title, body in (
        (
            3,
            "Réservations de cantine : jusqu’à la veille à 10 h",
            "Vous pouvez réserver ou annuler un repas jusqu’à 10 h le jour ouvré précédent. "
            "Pour le lundi, c’est le vendredi à 10 h.",
        ),
        (
            12,
            "Le centre de loisirs du mercredi affiche complet certains jours",
            "Réservez dès que vous connaissez vos besoins, et annulez à temps les journées "
            "dont vous n’avez plus l’usage : elles profitent à une autre famille.",
        ),
    ):
        session.add(News(title=title, body=body, published_at=clock.now() - timedelta(days=days)))


def _activities(session: Session) -> dict[str, Activity]:
    eve = _add(
        session,
        DeadlineRule(
            name="La veille ouvrée à 10 h",
            kind=DeadlineKind.WORKING_DAYS_BEFORE,
            days=1,
            at=time(10),
        ),
    )
    thursday = _add(
        session,
        DeadlineRule(
            name="Le jeudi midi pour la semaine suivante",
            kind=DeadlineKind.PREVIOUS_WEEK,
            weekday=3,
            at=time(12),
        ),
    )
    plan = (
        ("Accueil du matin", Category.CARE, eve, (("Accueil du matin", "matin", 7.5, 8.5),)),
        ("Restaurant scolaire", Category.MEAL, eve, (("Restaurant scolaire", "midi", 11.5, 13.5),)),
        (
            "Accueil du soir",
            Category.CARE,
            eve,
            (
                ("Accueil du soir 1", "soir 1", 16.5, 17.5),
                ("Accueil du soir 2", "soir 2", 17.5, 18.5),
            ),
        ),
        (
            "Centre du mercredi",
            Category.CENTRE,
            thursday,
            (("Centre du mercredi", "mercredi", 8, 18),),
        ),
    )
    made = {}
    for position, (name, category, rule, slots) in enumerate(plan):
        activity = _add(
            session,
            Activity(
                name=name,
                category=category,
                position=position,
                book_rule_id=rule.id,
                cancel_rule_id=rule.id,
            ),
        )
        for order, (slot, short, starts, ends) in enumerate(slots):
            activity.slots.append(
                Slot(
                    name=slot,
                    short_name=short,
                    starts_at=_hour(starts),
                    ends_at=_hour(ends),
                    position=order,
                )
            )
        made[name] = activity
    session.flush()
    return made


def _hour(hours: float) -> time:
    return time(int(hours), int(hours % 1 * 60))


def _prices(session: Session, slots: dict[str, Slot], valid_from: date) -> None:
    for short, slot in slots.items():
        bands, cost = PRICES[short]
        grid = _add(session, PriceGrid(slot_id=slot.id, valid_from=valid_from, cost_cents=cost))
        for number, ((low, high), (care, meal)) in enumerate(zip(BANDS, bands, strict=True), 1):
            for resident in (True, False):
                percent = 100 if resident else OUTSIDE_PERCENT
                session.add(
                    PriceBand(
                        grid_id=grid.id,
                        name=f"Tranche {number}" + ("" if resident else ", hors commune"),
                        quotient_from=low,
                        quotient_to=high,
                        resident=resident,
                        care_cents=care * percent // 100,
                        meal_cents=meal * percent // 100,
                    )
                )
    session.flush()


def _closures(session: Session, year: SchoolYear) -> None:
    bridge = date(year.ends_on.year, 5, 14)
    session.add(
        CalendarPeriod(
            kind=PeriodKind.OFFICE_CLOSED,
            name="Pont de la mairie",
            starts_on=bridge,
            ends_on=bridge,
        )
    )
    session.flush()


def _patterns(session: Session, places: Places, year: SchoolYear) -> None:
    capacities = {"matin": 40, "midi": 90, "soir 1": 45, "soir 2": 30}
    for site in places.sites:
        for short, capacity in capacities.items():
            session.add(
                OpeningPattern(
                    slot_id=places.slots[short].id,
                    site_id=site.id,
                    school_year_id=year.id,
                    weekdays="0134",
                    capacity=capacity,
                )
            )
    session.add(
        OpeningPattern(
            slot_id=places.slots["mercredi"].id,
            site_id=places.centre.id,
            school_year_id=year.id,
            weekdays="2",
            capacity=24,
        )
    )
    session.flush()
