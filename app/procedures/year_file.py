"""« Dossier annuel enfant »: each parent fills its own for a child and a school year (A12).

What is of health is private: sealed, opened by the role Santé alone (§3.10). Last year’s file fills
this one, health too: the household that asks gave it. An agent closes it.

The texts are the commune’s to change, so they are written in its language.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.core.actor import Actor
from app.core.text import N_
from app.households import services
from app.households.models import Level, MealCode, Schooling, SchoolYear, YearFile
from app.households.services import year_files
from app.procedures.document_types import INSURANCE, PAI
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
from app.requests.prefill import Known, Prefill

CODE = "dossier-annuel-enfant"
HEALTH = ("pai", "allergies", "health_notes", "doctor", "doctor_phone")
"""Private fields; the keys of the sealed part of the file."""
AUTHORISATIONS = ("photo", "leave_alone", "transport", "hospital")
INSURER = ("insurer", "insurance_number")

CHILD = Step(
    "child",
    "L’enfant et l’année",
    (
        Field("child", Kind.CHILD, "Enfant", required=True),
        Field(
            "school_year",
            Kind.SCHOOL_YEAR,
            "Année scolaire",
            required=True,
            prefill="school_year.current",
        ),
    ),
    help="Si un dossier existe déjà, il est repris : vous n’avez qu’à vérifier et corriger.",
)
SCHOOL = Step(
    "school",
    "L’école et le repas",
    (
        Field(
            "schooling",
            Kind.SCHOOL_LEVEL,
            "École et niveau",
            required=True,
            prefill="year_file.schooling",
        ),
        Field(
            "meal_code",
            Kind.CHOICE,
            "Repas servi au restaurant scolaire",
            required=True,
            prefill="year_file.meal_code",
            choices=(
                Choice(MealCode.STANDARD.value, "Standard"),
                Choice(MealCode.NO_PORK.value, "Sans porc"),
                Choice(MealCode.NO_MEAT.value, "Sans viande"),
                Choice(MealCode.PACKED.value, "Panier fourni par la famille"),
            ),
        ),
    ),
)
HEALTH_STEP = Step(
    "health",
    "La santé",
    (
        Field(
            "pai",
            Kind.YES_NO,
            "Votre enfant a-t-il un projet d’accueil individualisé (PAI) ?",
            required=True,
            private=True,
            prefill="year_file.pai",
        ),
        # Given here and never claimed: that a document is asked for would tell agents of the PAI.
        Field(
            "pai_document",
            Kind.FILE,
            "Le PAI signé",
            private=True,
            document_type=PAI,
            show_if=Condition("pai", ("yes",)),
        ),
        Field(
            "allergies",
            Kind.LONG_TEXT,
            "Allergies et intolérances",
            help="Laissez vide s’il n’y en a pas.",
            private=True,
            max_length=1000,
            prefill="year_file.allergies",
        ),
        Field(
            "health_notes",
            Kind.LONG_TEXT,
            "Autres précautions à prendre",
            help="Asthme, lunettes, appareil auditif…",
            private=True,
            max_length=1000,
            prefill="year_file.health_notes",
        ),
        Field(
            "doctor",
            Kind.TEXT,
            "Médecin traitant",
            private=True,
            max_length=100,
            prefill="year_file.doctor",
        ),
        Field(
            "doctor_phone",
            Kind.PHONE,
            "Téléphone du médecin",
            private=True,
            prefill="year_file.doctor_phone",
        ),
    ),
    help="Ces réponses sont chiffrées. Seules les personnes chargées de la santé les ouvrent, et"
    " vous voyez qui l’a fait dans « Mon profil ».",
)
CONTACTS = Step(
    "contacts",
    "Les personnes à prévenir",
    (
        Field(
            "contacts",
            Kind.GROUP,
            "En cas d’urgence, si nous ne pouvons pas vous joindre",
            required=True,
            max_rows=4,
            prefill="year_file.contacts",
            fields=(
                Field("name", Kind.TEXT, "Nom et prénom", required=True, max_length=100),
                Field("phone", Kind.PHONE, "Téléphone", required=True),
                Field("relation", Kind.TEXT, "Lien avec l’enfant", max_length=60),
            ),
        ),
    ),
)


def _authorisation(key: str, label: str) -> Field:
    return Field(key, Kind.YES_NO, label, required=True, prefill=f"year_file.{key}")


REST = Step(
    "rest",
    "Les autorisations et l’assurance",
    (
        _authorisation("hospital", "En cas d’urgence, j’autorise le transport à l’hôpital"),
        _authorisation("transport", "J’autorise les déplacements en car lors des sorties"),
        _authorisation("leave_alone", "J’autorise mon enfant à rentrer seul"),
        _authorisation("photo", "J’autorise les photographies prises pendant les activités"),
        Field(
            "insurer",
            Kind.TEXT,
            "Compagnie d’assurance",
            required=True,
            max_length=100,
            prefill="year_file.insurer",
        ),
        Field(
            "insurance_number",
            Kind.TEXT,
            "Numéro de contrat",
            required=True,
            max_length=60,
            prefill="year_file.insurance_number",
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
    title="Dossier annuel enfant",
    theme=Theme.SCHOOL,
    service="school",
    summary="Santé, personnes à prévenir, autorisations et assurance pour l’année scolaire.",
    text="Un dossier par enfant et par année scolaire. Si vous êtes séparés, chaque parent remplit"
    " le sien. Vous pouvez le mettre à jour en cours d’année.",
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
    same = [row for row, _day in found if row.school_year_id == known.school_year_id]
    if same or not found:
        return _place(same[0].school_id, same[0].level_id) if same else None
    year = known.session.get(SchoolYear, known.school_year_id or 0)
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
    services.set_schooling(
        session, actor, child_id, year_id, place["school_id"], place["level_id"]
    )


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
    if row is None:
        return {}
    return {
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
    repeats=True,
)
