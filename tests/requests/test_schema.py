"""The JSON Schema that agents download says what the reader does, neither more nor less."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from flask import Flask
from flask_babel import force_locale

from app import demo
from app.procedures.builtin import builtin
from app.requests.definition import Definition
from app.requests.errors import BadDefinition, Reason
from app.requests.schema import schema
from app.requests.words import said, where
from tests.requests.conftest import TRIP
from tests.requests.test_definition import FULL

VALIDATOR = jsonschema.Draft202012Validator(
    schema(str), format_checker=jsonschema.FormatChecker(["date"])
)
DEMONSTRATION = sorted((Path(demo.__file__).parent / "procedures").glob("*.json"))
ODD = (
    None,
    True,
    3,
    -1,
    10**10,
    1.5,
    "",
    "é",
    "x" * 200,
    "x" * 6000,
    "a\x00b",
    [],
    {},
    [None],
    ["a"],
)


def readable(values: Any) -> bool:
    try:
        Definition.read(values)
    except BadDefinition:
        return False
    return True


def places(value: Any, at: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    yield at
    inside = enumerate(value) if isinstance(value, list) else ()
    for key, one in value.items() if isinstance(value, dict) else inside:
        yield from places(one, (*at, key))


def changed(values: Any, at: tuple[Any, ...], value: Any) -> Any:
    if not at:
        return value
    copied = copy.deepcopy(values)
    node = copied
    for key in at[:-1]:
        node = node[key]
    node[at[-1]] = value
    return copied


def test_it_is_a_schema_of_its_draft() -> None:
    jsonschema.Draft202012Validator.check_schema(schema(str))
    assert len(DEMONSTRATION) == 2, "else the test of the demonstration tests nothing"


@pytest.mark.parametrize("code", list(builtin()))
def test_it_accepts_what_comes_with_the_portal(code: str) -> None:
    VALIDATOR.validate(json.loads(json.dumps(builtin()[code].as_json())))


@pytest.mark.parametrize("path", DEMONSTRATION, ids=lambda path: path.stem)
def test_it_accepts_what_was_made_in_the_designer_for_the_demonstration(path: Path) -> None:
    VALIDATOR.validate(json.loads(path.read_text("utf-8")))


@pytest.mark.parametrize("definition", [FULL, TRIP], ids=["full", "trip"])
def test_it_agrees_with_the_reader_on_every_value_at_every_place(definition: Definition) -> None:
    sound = definition.as_json()
    seen = set()
    for at in places(sound):
        for odd in ODD:
            values = changed(sound, at, odd)
            seen.add(VALIDATOR.is_valid(values))
            assert VALIDATOR.is_valid(values) == readable(values), (at, odd)
        if at and isinstance(at[-1], str):
            values = changed(sound, (*at[:-1], f"{at[-1]}_"), 1)
            assert not VALIDATOR.is_valid(values), at
            assert not readable(values), at
    assert seen == {True, False}


def test_it_agrees_on_what_is_missing() -> None:
    sound = FULL.as_json()
    for at in places(sound):
        if at and isinstance(at[-1], str):
            values = changed(sound, at, None)
            node = values
            for key in at[:-1]:
                node = node[key]
            del node[at[-1]]
            assert VALIDATOR.is_valid(values) == readable(values), at


RAW = {
    "steps": [
        {"fields": []},
        {
            "fields": [
                {"label": "Régime"},
                {},
                {"label": "Frères", "fields": [{"label": "Nom"}, {}]},
            ]
        },
    ]
}


@pytest.mark.parametrize(
    ("place", "words"),
    [
        ("", ""),
        ("title", "Titre"),
        ("steps[0]", "Étape 1"),
        ("steps[1].fields[0]", "Étape 2, champ « Régime »"),
        ("steps[1].fields[1].kind", "Étape 2, champ 2, type de champ"),
        ("steps[1].fields[2].fields[0]", "Étape 2, champ « Frères », colonne « Nom »"),
        ("steps[1].fields[2].fields[1].key", "Étape 2, champ « Frères », colonne 2, clé"),
        ("documents[2].show_if", "Pièce 3, condition"),
        ("steps[9].fields[9].choices[3].label", "Étape 10, champ 10, choix 4, libellé"),
        ("steps.<b>", "Étapes, « <b> »"),
    ],
)
def test_a_place_is_said_in_an_agents_words(app: Flask, place: str, words: str) -> None:
    with app.test_request_context(), force_locale("fr"):
        assert where(RAW, place) == words.replace("« ", "«\u00a0").replace(" »", "\u00a0»")


@pytest.mark.parametrize("raw", [None, 3, [], {}, {"steps": 3}, {"steps": [3]}])
def test_a_place_is_said_of_whatever_was_sent(app: Flask, raw: Any) -> None:
    with app.test_request_context(), force_locale("fr"):
        fault = Reason(
            "steps[0].fields[1].label", "A list of %(max)d lines at the most.", {"max": 2}
        )
        assert said(raw, fault) == (
            "Étape 1, champ 2, libellé\u00a0: Une liste de 2 lignes au plus est attendue."
        )
