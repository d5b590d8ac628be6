"""What families asked of the service: requests in every status, their threads, two démarches made here.

Everything goes through the services at the moment when it happened; what they said then is put at
that moment too, and counts as sent and read once it is old.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.core import clock
from app.core.actor import SYSTEM, Actor
from app.core.models import AuditEvent
from app.demo.families import Family, People
from app.demo.town import Places
from app.households.models import Child, Schooling
from app.notices.models import MailState, Notice, OutboxMessage
from app.procedures import care_registration, kinds, school_registration, year_file
from app.procedures.household_update import CODE as HOUSEHOLD_UPDATE
from app.requests import notices, queries, services
from app.requests.definition import Definition, holds
from app.requests.models import Request
from app.requests.rules import Action, Who
from app.requests.services.family import answers_of
from app.requests.services.moving import TECHNICAL, advance, locked

MADE_HERE = Path(__file__).with_name("procedures")
DEROGATION, COUNCIL = "derogation-de-secteur", "conseil-municipal-des-jeunes"
YEAR_FILE, CARE, SCHOOL = year_file.CODE, care_registration.CODE, school_registration.CODE
READ_AFTER = timedelta(days=2)

Act = tuple[Any, ...]
"""(name, days ago, what more): see ``_Teller``."""


@dataclass(frozen=True)
class Story:
    """One request: ``who`` asks, ``days`` ago. Without ``acts`` it waits; ``upto``: a draft left there."""

    days: int
    who: str
    code: str
    child: int = 0
    answers: Mapping[str, Any] = field(default_factory=dict)
    acts: tuple[Act, ...] = ()
    upto: str = ""


KNOWN = (
    Story(
        45,
        "camille.martin",
        YEAR_FILE,
        0,
        {"allergies": ""},
        (("take", 43), ("close", 43)),
    ),
    Story(
        44,
        "camille.martin",
        YEAR_FILE,
        1,
        {"pai": True, "allergies": "Arachide", "health_notes": "Trousse d’urgence dans le sac."},
        (("take", 43), ("close", 42)),
    ),
    Story(26, "camille.martin", COUNCIL, 2, {}, (("take", 22), ("close", 20))),
    Story(
        9,
        "camille.martin",
        DEROGATION,
        1,
        {
            "motif": "fratrie",
            "frere": "Noé, CM2",
            "explication": "Noé va à l’École du Centre : avec Rose dans la même école, "
            "un seul trajet suffirait le matin comme le soir.",
        },
        (
            ("agent", 6, "Bonjour, Noé quitte l’école en juillet. Maintenez-vous votre demande ?"),
            ("family", 5, "Bonjour, oui : son petit cousin y entre à la rentrée. Merci."),
        ),
    ),
    Story(1, "camille.martin", YEAR_FILE, 2),
    Story(
        38,
        "yanis.benali",
        CARE,
        0,
        {},
        (
            ("take", 36),
            ("refuse", 35, "Noé est déjà inscrit à ces activités : vous pouvez réserver."),
        ),
    ),
    Story(2, "yanis.benali", YEAR_FILE, 0, upto="school"),
    Story(
        41,
        "lea.durand",
        CARE,
        1,
        {},
        (
            ("take", 30),
            ("family", 8, "Bonjour, où en est l’inscription de Malo ?"),
            ("agent", 7, "Bonjour, nous attendons une place au centre du mercredi."),
        ),
    ),
    Story(33, "lea.durand", YEAR_FILE, 0, {}, (("take", 31), ("broken", 31))),
    Story(
        17,
        "lea.durand",
        DEROGATION,
        0,
        {"motif": "travail", "employeur": "Hôpital d’Annecy"},
        (("cancel", 15),),
    ),
    Story(
        12,
        "hugo.petit",
        CARE,
        0,
        {},
        (
            ("take", 10),
            (
                "ask",
                10,
                kinds.INSURANCE,
                "Il nous manque l’attestation de l’année en cours.",
            ),
            ("agent", 10, "Bonjour, dès que l’attestation est là, nous inscrivons Zoé."),
        ),
    ),
    Story(4, "hugo.petit", YEAR_FILE, 0, upto="health"),
    Story(
        28,
        "hugo.petit",
        HOUSEHOLD_UPDATE,
        0,
        {"comment": "Nous avons changé de rue : voici notre nouvelle adresse."},
        (("take", 27), ("close", 27)),
    ),
)
OTHERS: tuple[tuple[int, str, tuple[Act, ...]], ...] = (
    (52, YEAR_FILE, (("take", 50), ("close", 49))),
    (48, CARE, (("take", 45), ("close", 44))),
    (47, YEAR_FILE, (("take", 40), ("close", 40))),
    (46, DEROGATION, (("take", 40), ("refuse", 24, "L’école demandée n’a plus de place en CE1."))),
    (39, CARE, ()),
    (36, YEAR_FILE, (("take", 20),)),
    (29, SCHOOL, (("take", 27), ("close", 22))),
    (25, COUNCIL, (("take", 22), ("close", 20))),
    (21, DEROGATION, (("take", 14),)),
    (18, YEAR_FILE, (("take", 16), ("close", 16))),
    (13, CARE, (("take", 9),)),
    (11, YEAR_FILE, ()),
    (8, SCHOOL, ()),
    (6, DEROGATION, ()),
    (5, CARE, ()),
    (3, COUNCIL, ()),
    (2, YEAR_FILE, ()),
    (1, CARE, ()),
)
"""(days ago, démarche, acts) of as many other families, one each."""
PAPERS_FIRST = {SCHOOL: (kinds.FAMILY_RECORD, kinds.ADULT_IDENTITY, kinds.HOME_PROOF)}
"""What a démarche wants before it is sent: ``papers`` gives it to these families."""


def stories(people: People) -> list[tuple[Family, Story]]:
    """Who asks what, the oldest first, so that numbers follow dates."""
    told = [(people.known[one.who], one) for one in KNOWN]
    told += [
        (family, Story(days, "", code, acts=acts))
        for family, (days, code, acts) in zip(people.others, OTHERS, strict=False)
    ]
    return sorted(told, key=lambda one: -one[1].days)


def publish(session: Session, people: People) -> None:
    """The two démarches that Montclair made in the designer."""
    actor, now = _agent(people), clock.now() - timedelta(days=90)
    for code in (DEROGATION, COUNCIL):
        text = (MADE_HERE / f"{code}.json").read_text(encoding="utf-8")
        definition = Definition.read(json.loads(text))
        procedure = services.new_draft(session, actor, code, definition, now=now)
        services.publish(session, actor, procedure.id, now=now)


def tell(session: Session, places: Places, people: People) -> None:
    """Every request, at its own moments."""
    teller = _Teller(session, places, people)
    for family, story in stories(people):
        teller.tell(family, story)


def _agent(people: People) -> Actor:
    return Actor(people.staff["agent"].id, roles=frozenset({"Agent"}))


def at(days: int, hour: int = 10) -> datetime:
    """``days`` ago at that hour of Montclair, never later than now."""
    day = clock.today() - timedelta(days=days)
    return min(datetime.combine(day, time(hour, 12), tzinfo=clock.PARIS), clock.now())


class _Teller:
    """Each act of a story has a method of its name: (request, family, moment, what more)."""

    def __init__(self, session: Session, places: Places, people: People) -> None:
        self.session, self.places, self.agent = session, places, _agent(people)
        self.said = {table: _last(session, table) for table in (Notice, OutboxMessage, AuditEvent)}
        self.schoolings = {
            child: (school, level)
            for child, school, level in session.execute(
                sa.select(Schooling.child_id, Schooling.school_id, Schooling.level_id).where(
                    Schooling.school_year_id == places.year.id
                )
            )
        }

    def tell(self, family: Family, story: Story) -> None:
        now = at(story.days, 8)
        request = services.begin(self.session, _parent(family), story.code, now=now)
        self._fill(request, family, story, now)
        if not story.upto:
            request = services.submit(
                self.session,
                _parent(family),
                request.id,
                request.edition,
                f"montclair-{request.id}",
                now=now,
            )
        self._put(now)
        for name, days, *more in story.acts:
            act: Callable[..., object] = getattr(self, f"act_{name}")
            act(request, family, at(days), *more)
            self._put(at(days))

    def _fill(self, request: Request, family: Family, story: Story, now: datetime) -> None:
        answers = self._answers(family, family.children[story.child]) | dict(story.answers)
        for step in queries.definition_of(request).steps:
            known = answers_of(request)
            if not holds(step.show_if, known):
                continue
            services.save_step(
                self.session,
                _parent(family),
                request.id,
                step.key,
                known | answers,
                request.edition,
                now=now,
            )
            if step.key == story.upto:
                return

    def _answers(self, family: Family, child: Child) -> dict[str, Any]:
        """Answers to every question of these démarches; each takes its own."""
        school, level = self.schoolings[child.id]
        place = {"school_id": school, "level_id": level}
        other = next(one.id for one in self.places.schools if one.id != school)
        year = self.places.year.id
        taken = ("Restaurant scolaire", "Accueil du soir")
        home = family.household
        return {
            "child": child.id,
            "school_year": year,
            "which": "known",
            "schooling": place,
            "meal_code": "standard",
            "pai": False,
            "doctor": "Dr Favre",
            **{key: key != "leave_alone" for key in year_file.AUTHORISATIONS},
            "insurer": "Assurance des Familles",
            "insurance_number": f"AF-{child.id:05d}",
            "contacts": [
                {
                    "name": f"Monique {home.name}",
                    "phone": "06 11 22 33 44",
                    "relation": "Grand-mère",
                }
            ],
            "activities": [str(self.places.activities[name].id) for name in taken],
            "rules": True,
            "true": True,
            "honneur": True,
            "accord": True,
            "adults": [{"last_name": home.name, "first_name": "Dominique", "link": "parent"}],
            "home": {"street": home.street, "postcode": home.postcode, "city": home.city},
            "enfant": child.id,
            "annee": year,
            "motif": "garde",
            "ecole": {"school_id": other, "level_id": level},
            "explication": "La nourrice habite à côté de l’école demandée.",
            "prenom": f"{child.first_name} {child.last_name}",
            "classe": "cm2",
            "idees": ["sport", "nature"],
            "courriel": f"famille-{home.id}@montclair.example",
            "pourquoi": "Pour planter des arbres dans la cour et faire un tournoi de ballon.",
        }

    def act_take(self, request: Request, family: Family, now: datetime) -> None:
        services.take(self.session, self.agent, request.id, now=now)

    def act_close(self, request: Request, family: Family, now: datetime) -> None:
        services.close(self.session, self.agent, request.id, now=now)

    def act_refuse(self, request: Request, family: Family, now: datetime, reason: str) -> None:
        services.refuse(self.session, self.agent, request.id, reason, now=now)

    def act_broken(self, request: Request, family: Family, now: datetime) -> None:
        """As when the effect of closing fails."""
        found = locked(self.session, request.id)
        found.reason = TECHNICAL
        advance(self.session, SYSTEM, found, Who.PORTAL, Action.REFUSE, now=now)
        notices.moved(self.session, found)

    def act_cancel(self, request: Request, family: Family, now: datetime) -> None:
        services.cancel(self.session, _parent(family), request.id, now=now)

    def act_ask(
        self, request: Request, family: Family, now: datetime, kind: str, text: str
    ) -> None:
        services.ask_document(self.session, self.agent, request.id, kind, text, now=now)

    def act_agent(self, request: Request, family: Family, now: datetime, text: str) -> None:
        services.say(self.session, self.agent, request.id, text, now=now)

    def act_family(self, request: Request, family: Family, now: datetime, text: str) -> None:
        services.say(self.session, _parent(family), request.id, text, now=now)

    def _put(self, moment: datetime) -> None:
        """What was said and noted since the last time was so at that moment."""
        is_old = clock.now() - moment > READ_AFTER
        read = {"read_at": moment + timedelta(hours=5)} if is_old else {}
        sent = {"state": MailState.SENT, "sent_at": moment, "due_at": moment}
        values: dict[Any, dict[str, Any]] = {
            Notice: {"created_at": moment, **read},
            OutboxMessage: {"created_at": moment, **sent},
            AuditEvent: {"at": moment},
        }
        for table, new in values.items():
            last = _last(self.session, table)
            if last > self.said[table]:
                own = table.id > self.said[table]
                self.session.execute(sa.update(table).where(own).values(**new))
                self.said[table] = last


def _last(session: Session, table: Any) -> int:
    return session.scalar(sa.select(sa.func.max(table.id))) or 0


def _parent(family: Family) -> Actor:
    account = family.account.id if family.account else None
    return Actor(account, family.household.id, frozenset({"Parent"}))
