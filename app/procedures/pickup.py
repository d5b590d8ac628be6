"""« Gérer les personnes autorisées à récupérer mon enfant » (D6): one request for each change.

Its pages are in ``pickup_page``. The request closes itself: a person may collect the child, or no
longer, from that instant. A person is known by name and telephone number, so that the same one
typed again, or a change sent twice, makes nothing new.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy.orm import Session

from app.core import clock
from app.core.actor import Actor
from app.core.text import N_
from app.households import queries
from app.households.errors import AlreadyAllowed
from app.households.models import PickupPerson
from app.households.services import pickup
from app.households.services.members import open_household
from app.households.services.pickup import NewPerson
from app.requests.definition import Choice, Definition, Field, Kind, Step, Theme
from app.requests.effects import Case, Effect

CODE = "personnes-autorisees"
ALLOW, REMOVE = "allow", "remove"
DEFINITION = Definition(
    title=N_("Manage the persons allowed to collect my child"),
    theme=Theme.UPDATES,
    service="care",
    summary=N_("Add or remove a person; it holds at once on the day’s list."),
    effect="collecting",
    closes_itself=True,
    page="/demarches/personnes-autorisees/",
    steps=(
        Step(
            "person",
            N_("Person"),
            (
                Field("child", Kind.CHILD, N_("Child"), required=True),
                Field(
                    "change",
                    Kind.CHOICE,
                    N_("What changes"),
                    required=True,
                    choices=(
                        Choice(ALLOW, N_("Allow this person")),
                        Choice(REMOVE, N_("Remove this person")),
                    ),
                ),
                Field("last_name", Kind.TEXT, N_("Last name"), required=True, max_length=64),
                Field("first_name", Kind.TEXT, N_("First name"), required=True, max_length=64),
                Field("phone", Kind.PHONE, N_("Telephone"), required=True),
                Field("relation", Kind.TEXT, N_("Relation to the child"), max_length=60),
            ),
        ),
    ),
)


def answers_of(child_id: int, change: str, person: NewPerson | PickupPerson) -> dict[str, object]:
    """As the démarche keeps it."""
    return {
        "child": child_id,
        "change": change,
        "last_name": person.last_name,
        "first_name": person.first_name,
        "phone": person.phone,
        "relation": person.relation,
    }


def _person(answers: Mapping[str, str]) -> NewPerson:
    return NewPerson(
        answers["first_name"], answers["last_name"], answers["phone"], answers.get("relation", "")
    )


def _check(session: Session, case: Case) -> None:
    """One change at a time in a household; whom it allows already is refused by name."""
    open_household(session, case.household)
    child = queries.child_for(session, case.household, case.answer("child"))
    person = _person(case.answers)
    if case.answer("change") == ALLOW and pickup.matching_rights(
        session, case.household, child.id, person
    ):
        raise AlreadyAllowed(
            person=f"{person.first_name} {person.last_name}", child=child.first_name
        )


def _apply(session: Session, actor: Actor, case: Case, now: datetime) -> None:
    household_id, child_id, person = case.household, case.answer("child"), _person(case.answers)
    queries.child_for(session, household_id, child_id, clock.paris(now).date())
    rights = pickup.matching_rights(session, household_id, child_id, person)
    if case.answer("change") == REMOVE:
        for right in rights:
            pickup.remove_right(session, actor, household_id, child_id, right.id, now=now)
    elif not rights:
        known = pickup.matching_person(session, household_id, person)
        if known is None:
            pickup.add_person(session, actor, household_id, child_id, person, now=now)
        else:
            pickup.allow_person(session, actor, household_id, child_id, known.id, now=now)


def _says(session: Session, case: Case) -> tuple[str, dict[str, str]]:
    child = queries.child_for(session, case.household, case.answer("child"))
    person = _person(case.answers)
    facts = {"person": f"{person.first_name} {person.last_name}", "child": child.first_name}
    if case.answer("change") == REMOVE:
        return N_("From now on, %(child)s is no longer handed to %(person)s."), facts
    return N_("From now on, %(person)s may collect %(child)s."), facts


EFFECT = Effect(
    "collecting",
    N_("Allows or removes a person at once"),
    _apply,
    check=_check,
    needs=("child", "change", "last_name", "first_name", "phone"),
    alone=True,
    says=_says,
)
