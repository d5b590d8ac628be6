"""Answers are said in French words, kind by kind."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask, render_template_string
from sqlalchemy.orm import Session

from app.core import clock
from app.core.actor import Actor
from app.requests import naming, queries
from app.requests.answers import Nameable
from app.requests.definition import Choice, Condition, Definition, Field, Kind, Step, Theme
from app.requests.display import STATUS_TAGS, Line, sections
from app.requests.models import Status
from app.requests.services.family import answers_of
from tests.factories import Cast
from tests.requests.test_engine import Ask, Publish

KNOWN = Nameable(
    children={7: "Jules Martin"},
    adults={3: "Camille Martin"},
    schools={1: "École des Tilleuls"},
    levels={2: "CP"},
    years={5: "2026-2027"},
    documents={9: "insurance"},
)
PLACES = (Choice("lake", "Au lac"), Choice("snow", "À la neige"))
PEOPLE = (Field("name", Kind.TEXT, "Nom"), Field("born", Kind.DATE, "Né le"))

SAID: list[tuple[Kind, Any, str]] = [
    (Kind.TEXT, "Bonjour", "Bonjour"),
    (Kind.LONG_TEXT, "Une ligne\nune autre", "Une ligne\nune autre"),
    (Kind.INTEGER, 0, "0"),
    (Kind.AMOUNT, 123450, "1\u00a0234,50\u00a0€"),
    (Kind.DATE, "2027-01-01", "1er janvier 2027"),
    (Kind.DATE, "hier", "hier"),
    (Kind.CHOICE, "lake", "Au lac"),
    (Kind.CHOICE, "gone", "gone"),
    (Kind.CHOICES, ["lake", "snow"], "Au lac, À la neige"),
    (Kind.YES_NO, True, "oui"),
    (Kind.YES_NO, False, "non"),
    (Kind.CHILD, 7, "Jules Martin"),
    (Kind.CHILD, 8, "–"),
    (Kind.ADULT, 3, "Camille Martin"),
    (Kind.SCHOOL_LEVEL, {"school_id": 1, "level_id": 2}, "École des Tilleuls, CP"),
    (Kind.SCHOOL_LEVEL, {"school_id": 1, "level_id": 9}, "École des Tilleuls"),
    (Kind.SCHOOL_YEAR, 5, "2026-2027"),
    (Kind.PHONE, "06 12 34 56 78", "06 12 34 56 78"),
    (Kind.EMAIL, "lea@example.fr", "lea@example.fr"),
    (Kind.IBAN, "FR7630006000011234567890189", "•••• 0189"),
    (Kind.FILE, 9, "Attestation"),
    (Kind.FILE, 10, "justificatif fourni"),
    (Kind.STATEMENT, True, "case cochée"),
    (
        Kind.ADDRESS,
        {"street": "1 rue du Lac", "postcode": "74000", "city": "Annecy"},
        "1 rue du Lac\n74000 Annecy",
    ),
    (
        Kind.GROUP,
        [{"name": "Zoé", "born": "2020-05-04"}, {"name": "Ali"}],
        "Zoé, 4 mai 2020\nAli",
    ),
]


def one_step(*fields: Field) -> Definition:
    return Definition("Sortie", Theme.SCHOOL, (), (Step("a", "Votre demande", fields),))


@pytest.fixture
def french(app: Flask) -> Any:
    with app.test_request_context("/", headers={"Accept-Language": "fr"}):
        yield


def lines(definition: Definition, answers: dict[str, Any], **more: Any) -> list[Line]:
    found = sections(definition, answers, KNOWN, files={9: "Attestation"}, **more)
    return [line for section in found for line in section.lines]


@pytest.mark.parametrize(("kind", "value", "said"), SAID)
def test_each_kind_is_said_in_words(french: None, kind: Kind, value: Any, said: str) -> None:
    field = Field("f", kind, "Question", choices=PLACES, fields=PEOPLE)
    (line,) = lines(one_step(field), {"f": value})
    assert (line.label, line.text) == ("Question", said)


def test_every_kind_is_in_the_table() -> None:
    assert {kind for kind, *_ in SAID} == set(Kind)


def test_what_is_not_asked_or_not_answered_is_not_shown(french: None) -> None:
    shown = Condition("trip", ("yes",))
    definition = one_step(
        Field("trip", Kind.YES_NO, "Sortie"),
        Field("place", Kind.CHOICE, "Où", choices=PLACES, show_if=shown),
        Field("why", Kind.TEXT, "Pourquoi", show_if=Condition("place", ("lake",))),
        Field("note", Kind.TEXT, "Remarque"),
    )
    hidden = {"trip": False, "place": "lake", "why": "?", "unknown": "formula", "note": ""}
    assert [line.label for line in lines(definition, hidden)] == ["Sortie"]
    assert [line.label for line in lines(definition, hidden | {"trip": True})] == [
        "Sortie",
        "Où",
        "Pourquoi",
    ]
    assert sections(definition, {}, KNOWN) == []


def test_old_stands_beside_new_where_it_differs(french: None) -> None:
    definition = one_step(
        Field("phone", Kind.PHONE, "Téléphone"),
        Field("city", Kind.TEXT, "Ville"),
        Field("gone", Kind.TEXT, "Étage"),
        Field("new", Kind.TEXT, "Code"),
    )
    before = {"phone": "01", "city": "Annecy", "gone": "3", "new": None}
    found = lines(definition, {"phone": "06", "city": "Annecy", "new": "A1"}, before=before)
    assert [(line.label, line.text, line.changed_from) for line in found] == [
        ("Téléphone", "06", "01"),
        ("Ville", "Annecy", None),
        ("Étage", "–", "3"),
        ("Code", "A1", "–"),
    ]


def test_a_page_shows_them_and_no_markup_of_theirs(french: None) -> None:
    field = Field("f", Kind.LONG_TEXT, "Santé", private=True)
    rows = Field("g", Kind.GROUP, "Personnes", fields=PEOPLE)
    answers = {"f": "=1+1\n<script>x</script>", "g": [{"name": "<b>Zoé</b>"}]}
    page = render_template_string(
        '{% from "requests/_answers.html" import answers with context %}{{ answers(found) }}',
        found=sections(one_step(field, rows), answers, KNOWN),
    )
    assert "=1+1\n&lt;script&gt;x&lt;/script&gt;" in page
    assert "<b>" not in page
    assert "Santé\u00a0: seuls la famille" in page


def test_names_are_read_by_id_and_a_hidden_child_stays_hidden(
    session: Session, cast: Cast, camille: Actor, publish: Publish, ask: Ask
) -> None:
    publish()
    request = ask(swims="yes", level="good")
    definition, answers = queries.definition_of(request), answers_of(request)
    known, _ = naming.names_in(session, definition, answers)
    assert known.children == {cast.jules.id: "Jules Martin"}
    day = clock.today()
    other = cast.lea.household_id
    hidden, _ = naming.names_in(session, definition, answers, household_id=other, day=day)
    assert hidden.children == {}


def test_every_status_has_its_word_its_colour_and_its_icon(french: None) -> None:
    assert [STATUS_TAGS[status].word for status in Status] == [
        "en brouillon",
        "en attente",
        "traitement",
        "clos",
        "refusé",
        "annulée",
    ]
    assert all(tag.icon for tag in STATUS_TAGS.values())
