"""A step as a form: every kind carries what was typed, and shows answers and faults again."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from flask import Flask, render_template_string
from werkzeug.datastructures import MultiDict

from app.requests.answers import Nameable, clean
from app.requests.definition import Choice, Condition, Field, Kind, Step
from app.requests.forms import StepForm, shown, step_form

KNOWN = Nameable(
    children={3: "Jules Martin"},
    adults={7: "Camille Martin"},
    schools={2: "École des Tilleuls"},
    levels={5: "CE1"},
    years={1: "2026-2027"},
    documents={},
)
MATES = Field(
    "mates",
    Kind.GROUP,
    "Équipiers",
    fields=(
        Field("name", Kind.TEXT, "Nom", required=True, max_length=10),
        Field("home", Kind.ADDRESS, "Adresse"),
        Field("agrees", Kind.STATEMENT, "D’accord"),
    ),
    max_rows=2,
)
TWO = (Choice("good", "Bon"), Choice("fair", "Moyen"))
EVERY = (
    Field("text", Kind.TEXT, "Texte"),
    Field("data", Kind.LONG_TEXT, "Long"),  # a name that WTForms has for itself
    Field("integer", Kind.INTEGER, "Nombre"),
    Field("amount", Kind.AMOUNT, "Montant"),
    Field("date", Kind.DATE, "Jour"),
    Field("choice", Kind.CHOICE, "Choix", choices=TWO),
    Field("choices", Kind.CHOICES, "Plusieurs", choices=TWO),
    Field("yes_no", Kind.YES_NO, "Oui ou non"),
    Field("child", Kind.CHILD, "Enfant"),
    Field("adult", Kind.ADULT, "Adulte"),
    Field("level", Kind.SCHOOL_LEVEL, "Niveau"),
    Field("year", Kind.SCHOOL_YEAR, "Année"),
    Field("home", Kind.ADDRESS, "Adresse"),
    Field("phone", Kind.PHONE, "Téléphone"),
    Field("email", Kind.EMAIL, "E-mail"),
    Field("iban", Kind.IBAN, "IBAN"),
    Field("file", Kind.FILE, "Fichier", document_type="home"),
    Field("errors", Kind.STATEMENT, "J’accepte"),
    MATES,
)
GOOD: dict[str, tuple[dict[str, str], Any]] = {
    "text": ({"text": " Bonjour "}, "Bonjour"),
    "data": ({"data": "a\nb"}, "a\nb"),
    "integer": ({"integer": "12"}, 12),
    "amount": ({"amount": "12,5"}, 1250),
    "date": ({"date": "2027-01-12"}, "2027-01-12"),
    "choice": ({"choice": "fair"}, "fair"),
    "choices": ({"choices": "good"}, ["good"]),
    "yes_no": ({"yes_no": "no"}, False),
    "child": ({"child": "3"}, 3),
    "adult": ({"adult": "7"}, 7),
    "level": ({"level-school_id": "2", "level-level_id": "5"}, {"school_id": 2, "level_id": 5}),
    "year": ({"year": "1"}, 1),
    "home": (
        {"home-street": "1 rue", "home-postcode": "74520", "home-city": "Valleiry"},
        {"street": "1 rue", "postcode": "74520", "city": "Valleiry"},
    ),
    "phone": ({"phone": "06 12 34 56 78"}, "06 12 34 56 78"),
    "email": ({"email": "a@exemple.fr"}, "a@exemple.fr"),
    "iban": ({"iban": "FR76 3000 6000 0112 3456 7890 189"}, "FR7630006000011234567890189"),
    "errors": ({"errors": "y"}, True),
    "mates": (
        {"mates-0-name": "Léa", "mates-4-name": "Bo", "mates-4-agrees": "y"},
        [{"name": "Léa"}, {"name": "Bo", "agrees": True}],
    ),
}
BAD: dict[str, dict[str, str]] = {
    "text": {"text": "x" * 10_000},
    "data": {"data": "nul \0"},
    "integer": {"integer": "1e3"},
    "amount": {"amount": "12.345"},
    "date": {"date": "31/02/2027"},
    "choice": {"choice": "poor"},
    "choices": {"choices": "poor"},
    "yes_no": {"yes_no": "maybe"},
    "child": {"child": "4"},
    "adult": {"adult": "8"},
    "level-level_id": {"level-school_id": "2", "level-level_id": "99"},
    "year": {"year": "²"},
    "home-postcode": {"home-street": "1 rue", "home-postcode": "!", "home-city": "Valleiry"},
    "phone": {"phone": "12"},
    "email": {"email": "a@b"},
    "iban": {"iban": "FR76 3000 6000 0112 3456 7890 188"},
    "mates-1-name": {"mates-0-name": "Léa", "mates-1-name": "x" * 11},
    "mates": {f"mates-{place}-name": "Léa" for place in range(3)},
}


def posted(app: Flask, fields: tuple[Field, ...], typed: dict[str, Any]) -> StepForm:
    """The form of a step that was sent with ``typed``."""
    form_class = step_form(Step("one", "Une", fields), KNOWN)
    return form_class(formdata=MultiDict(typed))


def drawn(form: StepForm) -> str:
    """The fields as a page has them."""
    page = '{% from "requests/_fields.html" import fields with context %}{{ fields(form) }}'
    return render_template_string(page, form=form)


@pytest.fixture(autouse=True)
def asked(app: Flask) -> Any:
    with app.test_request_context():
        yield


def test_every_kind_has_its_case() -> None:
    assert {field.key for field in EVERY} - {"file"} == set(GOOD)


@pytest.mark.parametrize("key", GOOD)
def test_what_is_typed_well_is_kept_and_shown_again(app: Flask, key: str) -> None:
    typed, expected = GOOD[key]
    form = posted(app, EVERY, typed)
    answers, faults = clean(EVERY, form.answers(), {}, KNOWN)
    assert (answers, faults) == ({key: expected}, {})
    again = step_form(Step("one", "Une", EVERY), KNOWN)(formdata=None, data=shown(EVERY, answers))
    assert clean(EVERY, again.answers(), {}, KNOWN) == (answers, {})
    assert drawn(again)


@pytest.mark.parametrize("name", BAD)
def test_what_is_typed_badly_is_said_beside_its_control_and_kept(app: Flask, name: str) -> None:
    form = posted(app, EVERY, BAD[name])
    _, faults = clean(EVERY, form.answers(), {}, KNOWN)
    assert list(faults) == [name]
    form.put(faults)
    page = drawn(form)
    assert page.count('class="field-error"') == 1
    assert form.form_errors == []
    if name not in {"choice", "choices", "yes_no", "child", "adult", "year", "level-level_id"}:
        assert BAD[name][max(BAD[name])].replace("\0", "\0") in page


def test_a_mandatory_field_left_empty_is_said_on_its_first_part(app: Flask) -> None:
    needed = tuple(replace(field, required=True) for field in EVERY)
    form = posted(app, needed, {"nothing": "1"})
    _, faults = clean(needed, form.answers(), {}, KNOWN)
    # The only child, adult and year there are need not be chosen.
    assert {field.key for field in needed} - set(faults) == {"child", "adult", "year"}
    form.put(faults)
    assert drawn(form).count('class="field-error"') == len(EVERY) - 3
    assert form.form_errors == []


@pytest.mark.parametrize("name", ["mates-²-name", "mates-99999999999-name", "mates-x-name"])
def test_a_row_with_a_number_that_is_none_is_no_row(app: Flask, name: str) -> None:
    assert posted(app, EVERY, {name: "Léa"}).answers()["mates"] == []


def test_rows_come_and_go_by_buttons(app: Flask) -> None:
    form = posted(app, EVERY, {"mates-0-name": "Léa"})
    form.change_rows("mates", "")
    form.change_rows("mates", "")
    assert [row["name"] for row in form.answers()["mates"]] == ["Léa", None]
    form.change_rows("", "mates-0")
    assert len(form.answers()["mates"]) == 1
    for nonsense in ("mates-7", "mates-²", "text-0", "-"):
        form.change_rows(nonsense, nonsense)
    assert len(form.answers()["mates"]) == 1


def test_markup_in_answers_and_definitions_is_text(app: Flask) -> None:
    field = Field("text", Kind.TEXT, "<b>Texte</b>", help="<i>aide</i>")
    page = drawn(posted(app, (field,), {"text": "<script>alert(1)</script>"}))
    assert "<script" not in page
    assert "<b>" not in page
    assert "<i>" not in page


def test_what_depends_on_this_page_is_shown_with_its_condition(app: Flask) -> None:
    fields = (
        Field("swims", Kind.YES_NO, "Sait nager"),
        Field("level", Kind.CHOICE, "Niveau", choices=TWO, show_if=Condition("swims", ("yes",))),
        Field("note", Kind.TEXT, "Note", show_if=Condition("earlier", ("yes",))),
    )
    form = posted(app, fields, {})
    assert [line.field.key for line in form.lines({})] == ["swims", "level"]
    assert [line.field.key for line in form.lines({"earlier": True})] == ["swims", "level", "note"]
    page = drawn(form)
    assert "Seulement si « Sait nager » vaut : Oui" in page.replace("\u00a0", " ")
    assert (
        "data-show-values='[&#34;yes&#34;]'" in page or 'data-show-values="[&#34;yes&#34;]"' in page
    )


def test_the_only_possible_answer_is_given(app: Flask) -> None:
    field = Field("child", Kind.CHILD, "Enfant", required=True)
    form = step_form(Step("one", "Une", (field,)), KNOWN)(formdata=None)
    assert form.answers() == {"child": "3"}
