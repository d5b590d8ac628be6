"""« Inscription scolaire »: only what the law lets ask.

Code de l’éducation, art. L131-1 (from three years on), L131-6 and R131-3 (what the mayor’s list
holds), D131-3-1 (only three documents: identity of the child, identity of its responsible adults,
domicile, each by an « attestation sur l’honneur » as well). Vaccinations are none of them: they are
asked by whoever receives the child (``care_registration``).

"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from sqlalchemy.orm import Session

from app.core import clock
from app.core.actor import Actor
from app.core.text import N_
from app.households import queries as households
from app.households import services
from app.households.errors import BornLater
from app.households.models import Child
from app.procedures.kinds import ADULT_IDENTITY, FAMILY_RECORD, HOME_PROOF
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
from app.requests.prefill import Known, Prefill

CODE = "inscription-scolaire"
NEW = Condition("which", ("new",))

CHILD = Step(
    "child",
    N_("The child"),
    (
        Field(
            "which",
            Kind.CHOICE,
            N_("Which child do you register?"),
            required=True,
            choices=(
                Choice("known", N_("A child of my household")),
                Choice("new", N_("A child who is not in it yet")),
            ),
        ),
        Field(
            "child", Kind.CHILD, N_("Child"), required=True, show_if=Condition("which", ("known",))
        ),
        Field("last_name", Kind.TEXT, N_("Last name"), required=True, max_length=64, show_if=NEW),
        Field("first_name", Kind.TEXT, N_("First name"), required=True, max_length=64, show_if=NEW),
        Field("born_on", Kind.DATE, N_("Date of birth"), required=True, show_if=NEW),
        Field(
            "born_at", Kind.TEXT, N_("Place of birth"), required=True, max_length=100, show_if=NEW
        ),
    ),
)
SCHOOL = Step(
    "school",
    N_("The school"),
    (
        Field("school_year", Kind.SCHOOL_YEAR, N_("School year"), required=True),
        Field(
            "schooling",
            Kind.SCHOOL_LEVEL,
            N_("School and level asked for"),
            help=N_("The school is that of your sector: the service checks and answers you."),
            required=True,
        ),
    ),
)
ADULTS = Step(
    "adults",
    N_("The adults responsible for the child"),
    (
        Field(
            "adults",
            Kind.GROUP,
            N_("Persons responsible for the child"),
            required=True,
            prefill="household.adults",
            max_rows=4,
            fields=(
                Field("last_name", Kind.TEXT, N_("Last name"), required=True, max_length=64),
                Field("first_name", Kind.TEXT, N_("First name"), required=True, max_length=64),
                Field(
                    "link",
                    Kind.CHOICE,
                    N_("Relation to the child"),
                    required=True,
                    choices=(
                        Choice("parent", N_("Father or mother")),
                        Choice("guardian", N_("Legal guardian")),
                        Choice("other", N_("Person to whom the child is entrusted")),
                    ),
                ),
            ),
        ),
        Field(
            "home",
            Kind.ADDRESS,
            N_("Home of the child"),
            required=True,
            prefill="household.address",
        ),
        Field(
            "true",
            Kind.STATEMENT,
            N_("I certify on my honour that these details are correct."),
            required=True,
        ),
    ),
)

DEFINITION = Definition(
    title=N_("School registration"),
    theme=Theme.SCHOOL,
    service="school",
    summary=N_("Register a child at a public school of the commune."),
    text=N_(
        "For a first registration, a move to the commune or the start of elementary school. The head of the school then receives you for the admission."
    ),
    delay_days=60,  # Code des relations entre le public et l’administration, art. L231-1
    documents=tuple(
        NeededDocument(code, required=True) for code in (FAMILY_RECORD, ADULT_IDENTITY, HOME_PROOF)
    ),
    effect="school_registration",
    steps=(CHILD, SCHOOL, ADULTS),
)


def _adults(known: Known) -> list[dict[str, str]]:
    """Rows of a group: the adults of the household, taken for parents until they say otherwise."""
    return [
        {"last_name": one.last_name, "first_name": one.first_name, "link": "parent"}
        for one in households.adults_of(known.session, known.household_id)
    ]


PREFILLS: Mapping[str, Prefill] = {"household.adults": _adults}


def apply(session: Session, actor: Actor, case: Case, now: datetime) -> None:
    """The child, made or found, goes to that school; the household lives at that address.

    Raises ChildKnownElsewhere, TieRestricted, NotFound (a child no longer tied), BornLater.
    """
    household_id = case.household_id or 0
    child = _child(session, actor, case, household_id, clock.paris(now).date())
    place = case.answer("schooling")
    year_id = case.answer("school_year")
    services.set_schooling(session, actor, child.id, year_id, place["school_id"], place["level_id"])
    _settle(session, actor, household_id, case.answer("home"))
    request = session.get(Request, case.request_id)
    if request is not None:
        request.child_id = child.id  # so that the request follows who may see the child (§3.5)


def _child(session: Session, actor: Actor, case: Case, household_id: int, day: date) -> Child:
    if case.answer("which") == "known":
        return households.child_for(session, household_id, case.answer("child"), day)
    first_name, last_name = case.answer("first_name"), case.answer("last_name")
    born_on = date.fromisoformat(case.answer("born_on"))
    return services.own_child(
        session,
        actor,
        household_id,
        first_name=first_name,
        last_name=last_name,
        born_on=born_on,
    )


def _settle(session: Session, actor: Actor, household_id: int, home: Mapping[str, str]) -> None:
    """The address for letters is the proven domicile; written only when it differs."""
    household = households.household(session, household_id)
    if any(getattr(household, name) != value for name, value in home.items()):
        services.correct_household(session, actor, household_id, name=household.name, **home)


def current(session: Session, case: Case) -> Mapping[str, Any]:
    """The address that the portal knows, and the school of a child that it knows."""
    if case.household_id is None:
        return {}
    home = households.household(session, case.household_id)
    address = {"street": home.street, "postcode": home.postcode, "city": home.city}
    place = households.schooling_of(session, case.child_id or 0, case.school_year_id or 0)
    return {"home": address, "schooling": place} if place else {"home": address}


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
    needs=(
        "which",
        "child",
        "last_name",
        "first_name",
        "born_on",
        "school_year",
        "schooling",
        "home",
    ),
)
