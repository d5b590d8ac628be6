"""Changing a definition by hand: whatever is done to it, it can be read again."""

from __future__ import annotations

import random

import pytest

from app.core.errors import NotFound
from app.requests import editing, rules
from app.requests.comparing import differences
from app.requests.definition import Choice, Condition, Definition, Kind, Step, Theme
from tests.requests.conftest import TRIP
from tests.requests.test_definition import FULL


@pytest.mark.parametrize(
    ("label", "taken", "key"),
    [
        ("Régime alimentaire", (), "regime_alimentaire"),
        ("Régime", ("regime",), "regime_2"),
        ("Régime", ("regime", "regime_2"), "regime_3"),
        ("  ¿ ?! ", (), "x"),
        ("…", ("x",), "x_2"),
        ("漢字", (), "x"),
        ("Œuvre n° 3", (), "oeuvre_n_3"),
        ("a" * 300, (), "a" * 36),
        ("<script>alert(1)</script>", (), "script_alert_1_script"),
        ("_add_row", (), "add_row"),
    ],
)
def test_a_key_is_made_from_the_label(label: str, taken: tuple[str, ...], key: str) -> None:
    assert editing.slug(label, taken) == key


BEFORE = (Choice("a", "Lundi"), Choice("b", "Mardi"), Choice("c", "Mercredi"))


@pytest.mark.parametrize(
    ("lines", "values"),
    [
        ("Lundi\nMardi\nMercredi", ["a", "b", "c"]),
        ("Mercredi\nLundi\nMardi", ["c", "a", "b"]),
        ("Lundi\nMardi matin\nMercredi", ["a", "b", "c"]),
        ("Lundi\n\n  Mercredi  \n", ["a", "c"]),
        ("Lundi\nMardi\nMercredi\nJeudi", ["a", "b", "c", "jeudi"]),
        ("Dimanche\nLundi\nMardi\nMercredi", ["dimanche", "a", "b", "c"]),
        ("Lundi\nLundi", ["a"]),
        ("Un\nDeux\nTrois", ["a", "b", "c"]),
        ("Mardi\nMercredi\nA", ["b", "c", "a_2"]),
        ("", []),
    ],
)
def test_choices_keep_their_values(lines: str, values: list[str]) -> None:
    assert [one.value for one in editing.choices_of(lines, BEFORE)] == values


def test_a_condition_follows_what_was_copied_with_it() -> None:
    twice = editing.copy(TRIP, (), "wish", "Autre souhait")
    copied = twice.steps[2]
    assert copied.title == "Autre souhait"
    assert copied.fields[2].show_if == Condition(copied.fields[1].key, ("yes",))
    assert rules.checks(twice, rules.Offered()) == []


def test_what_comes_before() -> None:
    assert [one.key for one in editing.earlier(TRIP, "wish")] == ["child"]
    assert [one.key for one in editing.earlier(TRIP, "wish", "level")] == ["child", "text", "swims"]
    assert len(list(editing.earlier(TRIP, None))) == 5


def test_a_field_never_has_the_name_of_a_control_of_the_form() -> None:
    made = editing.add(TRIP, ("who",), "CSRF token")
    assert made.steps[0].fields[1].key == "csrf_token_2"
    assert list(rules.key_faults(made)) == []


def test_what_is_not_there() -> None:
    for path in ((), ("who",), ("who", "child"), ("none",), ("none", "none")):
        with pytest.raises(NotFound):
            editing.row(TRIP, path, "none")


def paths(definition: Definition) -> list[editing.Path]:
    steps = [(step.key,) for step in definition.steps]
    fields = [(step.key, one.key) for step in definition.steps for one in step.fields]
    return [(), *steps, *fields]


def change(chance: random.Random, definition: Definition) -> Definition:
    path = chance.choice(paths(definition))
    there = [one.key for one in editing.rows(definition, path)]
    label = chance.choice(["Nom", "Régime", "", "<b>", "Vérification", "é" * 100])
    verb = chance.choice(["add", "copy", "remove", "up", "down", "to"])
    if verb == "add" or not there:
        return editing.add(definition, path, label, chance.choice(list(Kind)))
    key = chance.choice(there)
    if verb == "copy":
        return editing.copy(definition, path, key, label)
    if verb == "remove":
        return editing.remove(definition, path, key)
    if verb == "to" and len(path) == 1:
        return editing.move_to(definition, path[0], key, chance.choice(definition.steps).key)
    return editing.move(definition, path, key, -1 if verb == "up" else 1)


@pytest.mark.parametrize("seed", range(8))
def test_any_buttons_in_any_order_leave_a_definition_that_is_read_again(seed: int) -> None:
    chance, definition = random.Random(seed), FULL
    for _ in range(150):
        definition = change(chance, definition)
        assert Definition.read(definition.as_json()) == definition
        assert list(rules.key_faults(definition)) == []


def test_what_changed_is_said() -> None:
    old = Definition("A", Theme.SCHOOL, "school", (Step("s", "S", ()), Step("t", "T", ())))
    new = editing.move(editing.add(old, ("s",), "Nom"), (), "t", -1)
    new = editing.change(new, (), "t", title="U")
    assert [one.text for one in differences(old, new)] == [
        "Step “%(name)s”: %(keys)s.",
        "Steps in another order.",
        "Field “%(name)s” added.",
    ]
    assert differences(new, new) == []
