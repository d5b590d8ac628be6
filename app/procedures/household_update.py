"""« Mettre à jour mon foyer » (A11): what it asks, and what an agent's agreement changes.

Its form is the editable profile (``household_page``); contact data never come here, they apply at once.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from sqlalchemy.orm import Session

from app.core.actor import Actor
from app.core.text import N_
from app.households import queries, services
from app.households.asked import Address, Asked, NewAdult, NewChild
from app.households.forms import MOST_NEW_MEMBERS
from app.requests.definition import Definition, Field, Kind, Once, Step, Theme
from app.requests.effects import Case, Effect

CODE = "mettre-a-jour-mon-foyer"
MOST_LEAVING = 20


def _name(key: str, label: str) -> Field:
    return Field(key, Kind.TEXT, label, required=True, max_length=64)


FIRST_NAME = _name("first_name", N_("First name"))
LAST_NAME = _name("last_name", N_("Last name"))
BORN_ON = Field("born_on", Kind.DATE, N_("Date of birth"), required=True)


def _group(key: str, label: str, most: int, *fields: Field) -> Field:
    return Field(key, Kind.GROUP, label, fields=fields, max_rows=most)


DEFINITION = Definition(
    title=N_("Update my household"),
    theme=Theme.UPDATES,
    service="care",
    summary=N_("Telephone numbers and e-mail at once; address and members once an agent agrees."),
    once=Once.HOUSEHOLD,
    effect="update_household",
    page="/profil/mettre-a-jour",
    steps=(
        Step(
            "household",
            N_("What changes in the household"),
            (
                Field("address", Kind.ADDRESS, N_("New address")),
                _group(
                    "children",
                    N_("Child to add"),
                    MOST_NEW_MEMBERS,
                    FIRST_NAME,
                    LAST_NAME,
                    BORN_ON,
                ),
                _group("adults", N_("Adult to add"), MOST_NEW_MEMBERS, FIRST_NAME, LAST_NAME),
                _group(
                    "leaving_children",
                    N_("Child who leaves"),
                    MOST_LEAVING,
                    Field("child", Kind.CHILD, N_("Child"), required=True),
                ),
                _group(
                    "leaving_adults",
                    N_("Adult who leaves"),
                    MOST_LEAVING,
                    Field("adult", Kind.ADULT, N_("Adult"), required=True),
                ),
                Field("comment", Kind.LONG_TEXT, N_("Message for the service"), max_length=1000),
            ),
        ),
    ),
)


def answers_of(asked: Asked) -> dict[str, Any]:
    """As the démarche keeps it: only what is asked."""
    values = {
        "address": asked.address._asdict() if asked.address else None,
        "children": [
            one._asdict() | {"born_on": one.born_on.isoformat()} for one in asked.children
        ],
        "adults": [one._asdict() for one in asked.adults],
        "leaving_children": [{"child": one} for one in asked.leaving_children],
        "leaving_adults": [{"adult": one} for one in asked.leaving_adults],
        "comment": asked.comment,
    }
    return {name: value for name, value in values.items() if value}


def asked_in(answers: Mapping[str, Any]) -> Asked:
    """Back from the answers of a request."""
    return Asked(
        address=Address(**answers["address"]) if "address" in answers else None,
        children=tuple(
            NewChild(**row | {"born_on": date.fromisoformat(row["born_on"])})
            for row in answers.get("children", ())
        ),
        adults=tuple(NewAdult(**row) for row in answers.get("adults", ())),
        leaving_children=tuple(row["child"] for row in answers.get("leaving_children", ())),
        leaving_adults=tuple(row["adult"] for row in answers.get("leaving_adults", ())),
        comment=answers.get("comment", ""),
    )


def _apply(session: Session, actor: Actor, case: Case, now: datetime) -> None:
    services.apply_changes(session, actor, case.household, asked_in(case.answers))


def _check(session: Session, case: Case) -> None:
    services.check_changes(session, case.household, asked_in(case.answers))


def _current(session: Session, case: Case) -> dict[str, Any]:
    """The address as it is, when another is asked for."""
    if "address" not in case.answers:
        return {}
    home = queries.household(session, case.household)
    return {"address": Address(home.street, home.postcode, home.city)._asdict()}


EFFECT = Effect(
    "update_household",
    N_("Changes the address and the members"),
    _apply,
    _current,
    _check,
    needs=("address", "children", "adults", "leaving_children", "leaving_adults", "comment"),
)
