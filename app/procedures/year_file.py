"""« Dossier annuel enfant »: each parent fills its own for a child and a school year (A12).

What is of health is private: sealed, opened by the role Santé alone (§3.10). Last year’s file fills
this one, health too: the household that asks gave it. An agent closes it.

"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.core.actor import Actor
from app.core.text import N_
from app.households import queries as households
from app.households import services
from app.households.models import Level, MealCode, Schooling, SchoolYear, YearFile
from app.households.services import year_files
from app.procedures.kinds import CARE_PLAN, INSURANCE
from app.requests.definition import (
    Choice,
    Condition,
    Definition,
    Field,
    Kind,
    NeededDocument,
    Once,
    Step,
    Theme,
)
from app.requests.effects import Case, Effect
from app.requests.prefill import Known, Prefill, current_year

CODE = "dossier-annuel-enfant"
HEALTH = ("pai", "allergies", "health_notes", "doctor", "doctor_phone")
"""Private fields; the keys of the sealed part of the file."""
AUTHORISATIONS = ("photo", "leave_alone", "transport", "hospital")
INSURER = ("insurer", "insurance_number")

CHILD = Step(
    "child",
    N_("The child and the year"),
    (
        Field("child", Kind.CHILD, N_("Child"), required=True),
        Field(
            "school_year",
            Kind.SCHOOL_YEAR,
            N_("School year"),
            required=True,
            prefill="school_year.current",
        ),
    ),
    help=N_("If there is a file already, it is taken up: you only have to check and correct it."),
)
SCHOOL = Step(
    "school",
    N_("School and meal"),
    (
        Field(
            "schooling",
            Kind.SCHOOL_LEVEL,
            N_("School and level"),
            required=True,
            prefill="year_file.schooling",
        ),
        Field(
            "meal_code",
            Kind.CHOICE,
            N_("Meal served at the school canteen"),
            required=True,
            prefill="year_file.meal_code",
            choices=(
                Choice(MealCode.STANDARD.value, N_("Standard meal")),
                Choice(MealCode.NO_PORK.value, N_("Without pork")),
                Choice(MealCode.NO_MEAT.value, N_("Without meat")),
                Choice(MealCode.PACKED.value, N_("Packed meal brought by the family")),
            ),
        ),
    ),
)
HEALTH_STEP = Step(
    "health",
    N_("Health of the child"),
    (
        Field(
            "pai",
            Kind.YES_NO,
            N_("Does your child have an individual care plan (PAI)?"),
            required=True,
            private=True,
            prefill="year_file.pai",
        ),
        # Given here and never claimed: that a document is asked for would tell agents of the PAI.
        Field(
            "pai_document",
            Kind.FILE,
            N_("The signed care plan"),
            private=True,
            document_type=CARE_PLAN,
            show_if=Condition("pai", ("yes",)),
        ),
        Field(
            "allergies",
            Kind.LONG_TEXT,
            N_("Allergies and intolerances"),
            help=N_("Leave it empty if there are none."),
            private=True,
            max_length=1000,
            prefill="year_file.allergies",
        ),
        Field(
            "health_notes",
            Kind.LONG_TEXT,
            N_("Other precautions to take"),
            help=N_("Asthma, glasses, hearing aid…"),
            private=True,
            max_length=1000,
            prefill="year_file.health_notes",
        ),
        Field(
            "doctor",
            Kind.TEXT,
            N_("Family doctor"),
            private=True,
            max_length=100,
            prefill="year_file.doctor",
        ),
        Field(
            "doctor_phone",
            Kind.PHONE,
            N_("Telephone of the doctor"),
            private=True,
            prefill="year_file.doctor_phone",
        ),
    ),
    help=N_(
        "These answers are encrypted. Only the staff in charge of health open them, and “My profile” shows you who did."
    ),
)
CONTACTS = Step(
    "contacts",
    N_("People to call"),
    (
        Field(
            "contacts",
            Kind.GROUP,
            N_("In an emergency, if we cannot reach you"),
            required=True,
            max_rows=4,
            prefill="year_file.contacts",
            fields=(
                Field("name", Kind.TEXT, N_("Full name"), required=True, max_length=100),
                Field("phone", Kind.PHONE, N_("Telephone"), required=True),
                Field("relation", Kind.TEXT, N_("Relation to the child"), max_length=60),
            ),
        ),
    ),
)


def _authorisation(key: str, label: str) -> Field:
    return Field(key, Kind.YES_NO, label, required=True, prefill=f"year_file.{key}")


REST = Step(
    "rest",
    N_("Authorisations and insurance"),
    (
        _authorisation("hospital", N_("In an emergency, I allow my child to be taken to hospital")),
        _authorisation("transport", N_("I allow journeys by coach on outings")),
        _authorisation("leave_alone", N_("I allow my child to go home alone")),
        _authorisation("photo", N_("I allow photographs taken during the activities")),
        Field(
            "insurer",
            Kind.TEXT,
            N_("Insurance company"),
            required=True,
            max_length=100,
            prefill="year_file.insurer",
        ),
        Field(
            "insurance_number",
            Kind.TEXT,
            N_("Contract number"),
            required=True,
            max_length=60,
            prefill="year_file.insurance_number",
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
    title=N_("Yearly child file"),
    theme=Theme.SCHOOL,
    service="school",
    summary=N_("Health, people to call, authorisations and insurance for the school year."),
    text=N_(
        "One file for each child and school year. If you are separated, each parent fills in its own. You can update it during the year."
    ),
    once=Once.CHILD_YEAR,
    delay_days=30,
    documents=(NeededDocument(INSURANCE, required=False),),
    effect="year_file",
    steps=(CHILD, SCHOOL, HEALTH_STEP, CONTACTS, REST),
)


# ---- What is already known -----------------------------------------------------------------------


def _last(known: Known) -> YearFile | None:
    """The household’s own file of that year or the latest before; the child is its own already."""
    if known.child_id is None:
        return None
    return year_files.last_file(
        known.session, known.household_id, known.child_id, known.school_year_id
    )


def _health(known: Known) -> Mapping[str, Any]:
    row = known.once(_last)
    return year_files.own_health(row) if row else {}


def _authorised(known: Known) -> Mapping[str, bool]:
    row = known.once(_last)
    return row.authorisations if row else {}


def _of_file(name: str) -> Prefill:
    return lambda known: getattr(known.once(_last), name, None)


def _of_health(key: str) -> Prefill:
    return lambda known: known.once(_health).get(key)


def _of_authorisations(key: str) -> Prefill:
    return lambda known: known.once(_authorised).get(key)


def _schooling(known: Known) -> Mapping[str, int] | None:
    """Where the child goes that year; of a year before, the level that follows."""
    if known.child_id is None:
        return None
    found = known.session.execute(
        sa.select(Schooling, SchoolYear.starts_on)
        .join(Schooling.school_year)
        .where(Schooling.child_id == known.child_id)
        .order_by(SchoolYear.starts_on.desc())
        .limit(2)
    ).all()
    year_id = known.school_year_id or known.once(current_year)
    same = [row for row, _day in found if row.school_year_id == year_id]
    if same or not found:
        return _place(same[0].school_id, same[0].level_id) if same else None
    year = known.session.get(SchoolYear, year_id) if year_id else None
    last, day = found[0]
    level_id = last.level_id
    if year is not None and year.starts_on > day:
        level_id = _next_level(known.session, level_id)
    return _place(last.school_id, level_id)


def _place(school_id: int, level_id: int) -> Mapping[str, int]:
    return {"school_id": school_id, "level_id": level_id}


def _next_level(session: Session, level_id: int) -> int:
    """The level of the year after; the last one stays."""
    here = sa.select(Level.position).where(Level.id == level_id).scalar_subquery()
    return (
        session.scalar(
            sa.select(Level.id).where(Level.position > here).order_by(Level.position).limit(1)
        )
        or level_id
    )


PREFILLS: Mapping[str, Prefill] = {
    "year_file.schooling": _schooling,
    **{f"year_file.{key}": _of_file(key) for key in ("meal_code", "contacts", *INSURER)},
    **{f"year_file.{key}": _of_health(key) for key in HEALTH},
    **{f"year_file.{key}": _of_authorisations(key) for key in AUTHORISATIONS},
}


# ---- What closing does ---------------------------------------------------------------------------


def apply(session: Session, actor: Actor, case: Case, now: datetime) -> None:
    """The file of that year, made or brought up to date; the child’s school and level with it."""
    household_id, child_id = case.household_id or 0, case.child_id or 0
    year_id = case.answer("school_year")
    health = {key: case.answer(key) for key in HEALTH if case.answer(key) is not None}
    year_files.close_year_file(
        session, actor, household_id, child_id, year_id, _values(case), health, now=now
    )
    place = case.answer("schooling")
    services.set_schooling(session, actor, child_id, year_id, place["school_id"], place["level_id"])


def _values(case: Case) -> year_files.YearFileValues:
    return year_files.YearFileValues(
        meal_code=MealCode(case.answer("meal_code")),
        contacts=case.answer("contacts") or (),
        authorisations={key: bool(case.answer(key)) for key in AUTHORISATIONS},
        insurer=case.answer("insurer") or "",
        insurance_number=case.answer("insurance_number") or "",
    )


def current(session: Session, case: Case) -> Mapping[str, Any]:
    """What the file of that year, or the one before, says: never of health."""
    if case.child_id is None or case.household_id is None:
        return {}
    row = year_files.last_file(session, case.household_id, case.child_id, case.school_year_id)
    place = households.schooling_of(session, case.child_id, case.school_year_id or 0)
    known: dict[str, Any] = {"schooling": place} if place else {}
    if row is None:
        return known
    return known | {
        "meal_code": row.meal_code.value,
        "contacts": row.contacts,
        **{key: row.authorisations[key] for key in AUTHORISATIONS if key in row.authorisations},
        **{key: getattr(row, key) for key in INSURER},
    }


EFFECT = Effect(
    "year_file",
    N_("Closes the yearly file of the child"),
    apply,
    current=current,
    needs=("child", "school_year", "schooling", "meal_code"),
    repeats=True,
)
