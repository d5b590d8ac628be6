"""« Inscription scolaire »: only what the law lets ask.

Code de l’éducation, art. L131-1 (from three years on), L131-6 and R131-3 (what the mayor’s list
holds), D131-3-1 (only three documents: identity of the child, identity of its responsible adults,
domicile, each by an « attestation sur l’honneur » as well). Vaccinations are none of them: they are
asked by whoever receives the child (``care_registration``).

The texts are the commune’s to change, so they are written in its language.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.core import clock
from app.core.actor import Actor
from app.core.text import N_
from app.households import queries as households
from app.households import services
from app.households.services.members import open_household
from app.households.errors import BornLater
from app.households.models import Child, Guardianship
from app.procedures.document_types import ADULT_IDENTITY, DOMICILE, FAMILY_RECORD
from app.procedures.errors import ChildKnownElsewhere, TieRestricted
from app.requests.definition import (
    Choice,
    Condition,
    Definition,
    Field,
    Kind,
    NeededDocument,
    Step,
    Theme,
)
from app.requests.effects import Case, Effect
from app.requests.models import Request

CODE = "inscription-scolaire"
NEW = Condition("which", ("new",))

CHILD = Step(
    "child",
    "L’enfant",
    (
        Field(
            "which",
            Kind.CHOICE,
            "Quel enfant inscrivez-vous ?",
            required=True,
            choices=(
                Choice("known", "Un enfant de mon foyer"),
                Choice("new", "Un enfant qui n’y figure pas encore"),
            ),
        ),
        Field(
            "child", Kind.CHILD, "Enfant", required=True, show_if=Condition("which", ("known",))
        ),
        Field("last_name", Kind.TEXT, "Nom", required=True, max_length=64, show_if=NEW),
        Field("first_name", Kind.TEXT, "Prénom", required=True, max_length=64, show_if=NEW),
        Field("born_on", Kind.DATE, "Date de naissance", required=True, show_if=NEW),
        Field("born_at", Kind.TEXT, "Lieu de naissance", required=True, max_length=100, show_if=NEW),
    ),
)
SCHOOL = Step(
    "school",
    "L’école",
    (
        Field("school_year", Kind.SCHOOL_YEAR, "Année scolaire", required=True),
        Field(
            "schooling",
            Kind.SCHOOL_LEVEL,
            "École et niveau demandés",
            help="L’école est celle de votre secteur ; le service vérifie et vous répond.",
            required=True,
        ),
    ),
)
ADULTS = Step(
    "adults",
    "Les responsables de l’enfant",
    (
        Field(
            "adults",
            Kind.GROUP,
            "Personnes responsables de l’enfant",
            required=True,
            prefill="household.adults",
            max_rows=4,
            fields=(
                Field("last_name", Kind.TEXT, "Nom", required=True, max_length=64),
                Field("first_name", Kind.TEXT, "Prénom", required=True, max_length=64),
                Field(
                    "link",
                    Kind.CHOICE,
                    "Lien avec l’enfant",
                    required=True,
                    choices=(
                        Choice("parent", "Parent"),
                        Choice("guardian", "Tuteur ou tutrice"),
                        Choice("other", "Personne à qui l’enfant est confié"),
                    ),
                ),
            ),
        ),
        Field(
            "home",
            Kind.ADDRESS,
            "Domicile de l’enfant",
            required=True,
            prefill="household.address",
        ),
        Field(
            "true",
            Kind.STATEMENT,
            "J’atteste sur l’honneur que ces renseignements sont exacts.",
            required=True,
        ),
    ),
)

DEFINITION = Definition(
    title="Inscription scolaire",
    theme=Theme.SCHOOL,
    service="school",
    summary="Inscrire un enfant dans une école publique de la commune.",
    text="Une première inscription, un emménagement ou l’entrée à l’école élémentaire. La directrice"
    " ou le directeur de l’école vous reçoit ensuite pour l’admission.",
    delay_days=60,  # Code des relations entre le public et l’administration, art. L231-1
    documents=tuple(
        NeededDocument(code, required=True) for code in (FAMILY_RECORD, ADULT_IDENTITY, DOMICILE)
    ),
    effect="school_registration",
    steps=(CHILD, SCHOOL, ADULTS),
)


def apply(session: Session, actor: Actor, case: Case, now: datetime) -> None:
    """The child, made or found, goes to that school; the household lives at that address.

    Raises ChildKnownElsewhere, TieRestricted, NotFound (a child no longer tied), BornLater.
    """
    household_id = case.household_id or 0
    child = _child(session, actor, case, household_id, clock.paris(now).date())
    place = case.answer("schooling")
    year_id = case.answer("school_year")
    services.set_schooling(
        session, actor, child.id, year_id, place["school_id"], place["level_id"]
    )
    _settle(session, actor, household_id, case.answer("home"))
    request = session.get(Request, case.request_id)
    if request is not None:
        request.child_id = child.id  # so that the request follows who may see the child (§3.5)


def _child(session: Session, actor: Actor, case: Case, household_id: int, day: date) -> Child:
    if case.answer("which") == "known":
        return households.child_for(session, household_id, case.answer("child"), day)
    first_name, last_name = case.answer("first_name"), case.answer("last_name")
    born_on = date.fromisoformat(case.answer("born_on"))
    open_household(session, household_id)  # locked: two closings make one child
    same = {one.id: one for one in households.same_children(session, first_name, last_name, born_on)}
    if not same:
        return services.add_child(
            session,
            actor,
            household_id,
            first_name=first_name,
            last_name=last_name,
            born_on=born_on,
            starts_on=day,
        )
    tie = session.scalar(
        sa.select(Guardianship)
        .where(Guardianship.household_id == household_id, Guardianship.child_id.in_(same))
        .order_by(Guardianship.id)
    )
    if tie is None:
        raise ChildKnownElsewhere(child=f"{first_name} {last_name}")
    if tie.restricted_at is not None:
        raise TieRestricted(child=first_name)
    if tie.ended_on is not None and tie.ended_on <= day:
        services.tie_child(session, actor, tie.child_id, household_id, starts_on=day)
    return same[tie.child_id]


def _settle(session: Session, actor: Actor, household_id: int, home: Mapping[str, str]) -> None:
    """The address for letters is the proven domicile; written only when it differs."""
    household = households.household(session, household_id)
    if any(getattr(household, name) != value for name, value in home.items()):
        services.correct_household(session, actor, household_id, name=household.name, **home)


def current(session: Session, case: Case) -> Mapping[str, Any]:
    """The address that the portal knows."""
    if case.household_id is None:
        return {}
    home = households.household(session, case.household_id)
    return {"home": {"street": home.street, "postcode": home.postcode, "city": home.city}}


def check(session: Session, case: Case) -> None:
    """A date of birth to come is said before submission. BornLater."""
    born_on = case.answer("born_on")
    if born_on and date.fromisoformat(born_on) > clock.today():
        raise BornLater


EFFECT = Effect(
    "school_registration",
    N_("Registers the child at the school, in the household"),
    apply,
    current=current,
    check=check,
)
