"""« Rattacher un enfant »: the second parent asks, an agent decides (A12).

Nothing that the family sees tells whether the child exists: the request is taken as it is typed, and
the search happens when an agent closes it.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.core import clock, dates
from app.core.actor import Actor
from app.core.text import N_
from app.households import queries, services
from app.households.errors import BornLater
from app.households.models import Guardianship
from app.procedures.errors import NoSuchChild
from app.procedures.kinds import CUSTODY, FAMILY_RECORD
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

CODE = "rattacher-un-enfant"
DEFINITION = Definition(
    title=N_("Be tied to a child"),
    theme=Theme.UPDATES,
    service="care",
    summary=N_("For the second parent of a child whom the other parent registered already."),
    text=N_(
        "Once an agent has agreed, you fill in your own yearly file, you book and pay for the days "
        "when the child is with you, and each parent sees what the other has booked."
    ),
    effect="tie_child",
    documents=(
        NeededDocument(FAMILY_RECORD),
        NeededDocument(CUSTODY, required=False, show_if=Condition("link", ("guardian", "other"))),
    ),
    steps=(
        Step(
            "child",
            N_("The child"),
            (
                Field("last_name", Kind.TEXT, N_("Last name"), required=True, max_length=64),
                Field("first_name", Kind.TEXT, N_("First name"), required=True, max_length=64),
                Field("born_on", Kind.DATE, N_("Date of birth"), required=True),
                Field("schooling", Kind.SCHOOL_LEVEL, N_("School and level")),
            ),
        ),
        Step(
            "tie",
            N_("You and the child"),
            (
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
                Field("comment", Kind.LONG_TEXT, N_("Message for the service"), max_length=1000),
                Field(
                    "true",
                    Kind.STATEMENT,
                    N_("I certify on my honour that these details are correct."),
                    required=True,
                ),
            ),
        ),
    ),
)


def _names(case: Case) -> dict[str, Any]:
    return {
        "first_name": case.answer("first_name"),
        "last_name": case.answer("last_name"),
        "born_on": date.fromisoformat(case.answer("born_on")),
    }


def _apply(session: Session, actor: Actor, case: Case, now: datetime) -> None:
    """The one child of this name and day of birth; or the one that an agent tied meanwhile.

    Raises NoSuchChild, SeveralChildren, TieRestricted: the agent ties the right child first.
    """
    child = _names(case)
    if services.tie_known(session, actor, case.household, **child):
        return
    if not _tied_since(session, case):
        raise NoSuchChild(
            child=f"{child['first_name']} {child['last_name']}", day=dates.day(child["born_on"])
        )


def _tied_since(session: Session, case: Case) -> bool:
    """Whether the household has been tied to a child since it asked."""
    asked_at = session.scalar(sa.select(Request.submitted_at).where(Request.id == case.request_id))
    return asked_at is not None and bool(
        session.scalar(
            sa.select(Guardianship.id)
            .where(
                Guardianship.household_id == case.household,
                Guardianship.started_on >= clock.paris(asked_at).date(),
                Guardianship.restricted_at.is_(None),
            )
            .limit(1)
        )
    )


def _current(session: Session, case: Case) -> Mapping[str, Any]:
    """For the agent: how the file of the one child writes this name."""
    found = queries.same_children(session, **_names(case))
    if len(found) != 1:
        return {}
    return {"first_name": found[0].first_name, "last_name": found[0].last_name}


def _check(session: Session, case: Case) -> None:
    if _names(case)["born_on"] > clock.today():
        raise BornLater


EFFECT = Effect(
    "tie_child",
    N_("Ties the known child to the household"),
    _apply,
    _current,
    _check,
    needs=("first_name", "last_name", "born_on"),
)
