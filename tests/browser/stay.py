"""Two démarches for the browser, with every kind of field, published in a running portal.

``publish(town)`` runs this very module as a command: the portal of a test is other processes.
"""

from __future__ import annotations

import os
import subprocess
import sys

from app.requests.definition import (
    Audience,
    Choice,
    Condition,
    Definition,
    Field,
    Kind,
    NeededDocument,
    Step,
    Theme,
)
from tests.browser.montclair import Montclair
from tests.supervisor import conftest as processes

TITLE, PUBLIC_TITLE = "Séjour au lac", "Signaler un problème de voirie"
CONTACT = (
    Field("name", Kind.TEXT, "Nom et prénom", required=True),
    Field("phone", Kind.PHONE, "Numéro à appeler", required=True),
)
SWIMMER = Condition("swims", ("yes",))
SKILLS = (Choice("beginner", "Débutant"), Choice("good", "À l’aise"))
SHIRTS = tuple(Choice(str(size), f"{size} ans") for size in (4, 6, 8, 10, 12))
SPORTS = (Choice("sail", "Voile"), Choice("canoe", "Canoë"))
STAY = Definition(
    title=TITLE,
    theme=Theme.HOLIDAYS,
    service="camps",
    summary="Une semaine au bord du lac en juillet.",
    delay_days=30,
    documents=(NeededDocument("lac-assurance"), NeededDocument("lac-photo", required=False)),
    steps=(
        Step(
            "child",
            "L’enfant",
            (
                Field("child", Kind.CHILD, "Enfant", required=True),
                Field("year", Kind.SCHOOL_YEAR, "Année scolaire", required=True),
                Field("level", Kind.SCHOOL_LEVEL, "École et classe"),
                Field("adult", Kind.ADULT, "Responsable"),
            ),
        ),
        Step(
            "swimming",
            "La baignade",
            (
                Field("swims", Kind.YES_NO, "Sait nager", required=True),
                Field(
                    "skill",
                    Kind.CHOICE,
                    "Aisance dans l’eau",
                    required=True,
                    choices=SKILLS,
                    show_if=SWIMMER,
                ),
                Field("sports", Kind.CHOICES, "Sports pratiqués", choices=SPORTS),
                Field("shirt", Kind.CHOICE, "Taille du tee-shirt", choices=SHIRTS),
                Field("note", Kind.LONG_TEXT, "Remarques"),
                Field("allergy", Kind.TEXT, "Allergies", private=True),
            ),
        ),
        Step(
            "people",
            "Les contacts",
            (
                Field(
                    "people",
                    Kind.GROUP,
                    "Personnes à prévenir",
                    required=True,
                    fields=CONTACT,
                    max_rows=3,
                ),
                Field("home", Kind.ADDRESS, "Adresse", prefill="household.address"),
                Field("email", Kind.EMAIL, "E-mail", prefill="account.email"),
            ),
        ),
        Step(
            "money",
            "Le règlement",
            (
                Field("aid", Kind.AMOUNT, "Aide obtenue"),
                Field("iban", Kind.IBAN, "IBAN"),
                Field("siblings", Kind.INTEGER, "Frères et sœurs inscrits"),
                Field("arrival", Kind.DATE, "Jour d’arrivée"),
                Field("slip", Kind.FILE, "Attestation d’aisance", document_type="lac-aisance"),
                Field("sure", Kind.STATEMENT, "Je certifie que tout est exact", required=True),
            ),
        ),
    ),
)
HOLE = Definition(
    title=PUBLIC_TITLE,
    theme=Theme.OTHER,
    service="school",
    audience=Audience.PUBLIC,
    steps=(
        Step("what", "Le problème", (Field("what", Kind.LONG_TEXT, "Description", required=True),)),
        Step("who", "Vous", (Field("email", Kind.EMAIL, "Votre e-mail", required=True),)),
    ),
)
KINDS = {"lac-assurance": "Assurance", "lac-photo": "Photo", "lac-aisance": "Aisance aquatique"}


def publish(town: Montclair) -> None:
    """Both démarches, once for this town."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.browser.stay"],
        env=processes.environment(town.var, 0),
        cwd=processes.ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr


def main() -> None:
    """In the portal of the environment."""
    import config
    from app import create_app
    from app.core import clock
    from app.core.actor import SYSTEM
    from app.core.db import commit, db, write_intent
    from app.documents.models import AskedOf, DocumentType, Owner, Validity
    from app.requests import services

    app = create_app(config.settings_from(os.environ))
    with app.app_context(), app.test_request_context(), write_intent():
        session, now = db.session(), clock.now()
        for code, name in KINDS.items():
            session.add(
                DocumentType(
                    code=code,
                    name=name,
                    owner=Owner.CHILD,
                    validity=Validity.SCHOOL_YEAR,
                    asked_of=AskedOf.NOBODY,
                )
            )
        session.flush()
        for code, definition in (("sejour-au-lac", STAY), ("voirie", HOLE)):
            made = services.new_draft(session, SYSTEM, code, definition, now=now)
            services.publish(session, SYSTEM, made.id, now=now)
        commit(session)


if __name__ == "__main__":
    main()
