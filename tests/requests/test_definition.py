"""A definition is read whole from JSON, or every fault of it is said."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

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
    holds,
)
from app.requests.errors import BadDefinition

FULL = Definition(
    title="Conseil municipal des jeunes",
    theme=Theme.OTHER,
    service="school",
    once=Once.CHILD_YEAR,
    opens_on=date(2027, 1, 4),
    documents=(NeededDocument("identity"),),
    steps=(
        Step(
            "who",
            "Qui se présente",
            (
                Field("child", Kind.CHILD, "Enfant", required=True),
                Field("team", Kind.YES_NO, "En équipe"),
                Field(
                    "themes",
                    Kind.CHOICES,
                    "Sujets",
                    choices=(Choice("sport", "Sport"), Choice("nature", "Nature")),
                    show_if=Condition("team", ("yes",)),
                ),
                Field(
                    "mates",
                    Kind.GROUP,
                    "Équipiers",
                    fields=(Field("name", Kind.TEXT, "Nom", max_length=60),),
                    max_rows=3,
                ),
            ),
        ),
    ),
)


def test_what_is_written_is_read_again() -> None:
    assert Definition.read(FULL.as_json()) == FULL


@pytest.mark.parametrize(
    ("change", "place"),
    [
        ({"theme": "mars"}, "theme"),
        ({"unknown": 1}, "unknown"),
        ({"title": 3}, "title"),
        ({"opens_on": "le 3 mars"}, "opens_on"),
        ({"steps": {}}, "steps"),
        (
            {"steps": [{"key": "a", "title": "A", "fields": [{"key": "é"}]}]},
            "steps[0].fields[0].key",
        ),
        ({"format": 99}, "format"),
        ({"closes_itself": "yes"}, "closes_itself"),
    ],
)
def test_each_fault_is_named_with_its_place(change: dict[str, Any], place: str) -> None:
    with pytest.raises(BadDefinition) as refused:
        Definition.read({**FULL.as_json(), **change})
    assert place in {fault.place for fault in refused.value.faults}


def test_all_faults_are_said_at_once() -> None:
    with pytest.raises(BadDefinition) as refused:
        Definition.read({"theme": "mars", "steps": [{"key": "a"}]})
    assert len(refused.value.faults) == 5


@pytest.mark.parametrize(
    ("answer", "shown"),
    [
        (True, True),
        (False, False),
        (None, False),
        ("yes", True),
        (["no", "yes"], True),
        ("", False),
    ],
)
def test_a_condition_compares_words(answer: Any, shown: bool) -> None:
    assert holds(Condition("team", ("yes",)), {"team": answer}) is shown


def test_without_a_condition_everything_is_shown() -> None:
    assert holds(None, {})
