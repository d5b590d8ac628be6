"""The French catalogue: what is missing, superfluous or misprinted is found."""

from __future__ import annotations

from pathlib import Path

import pytest
from babel.messages.catalog import Catalog, Message
from babel.messages.mofile import read_mo

from app import translate

USED = {"Hello": "app/x.py:1", "Hello %(name)s": "app/x.py:2", ("one", "many"): "app/x.py:3"}


@pytest.mark.parametrize(
    ("message", "found"),
    [
        (Message("Hello", "Bonjour"), []),
        (Message(("one", "many"), ("un", "plusieurs")), []),
        (Message("Hello", "Bonjour", flags=("fuzzy",)), ["fuzzy"]),
        (Message("Hello", ""), ["no French"]),
        (Message(("one", "many"), ("un", "")), ["no French"]),
        (Message("Gone", "Parti"), ["obsolete, no code or template says it"]),
        (Message("Gone", "Parti", user_comments=["kept: a column's word"]), []),
        (Message("Hello %(name)s", "Bonjour"), ["placeholders differ (name)"]),
        (Message("Hello", "Bonjour %(name)s"), ["placeholders differ (name)"]),
        (Message("Hello", "L'école"), ["typographic apostrophe ’ instead of '"]),
        (Message("Hello", "Bonjour !"), ["U+00A0 before : ; ! ? » and after «"]),
        (Message("Hello", "« Bonjour\u00a0»"), ["U+00A0 before : ; ! ? » and after «"]),
        (Message("Hello", "12\u202f€"), ["U+00A0 instead of U+202F"]),
        (Message("Hello", "Bonjour\u00a0: à 10:30, https://exemple.fr"), []),
    ],
)
def test_faults_of_an_entry(message: Message, found: list[str]) -> None:
    assert list(translate.faults(message, USED)) == found


def test_texts_of_code_and_templates_are_found() -> None:
    used = translate.used()
    assert "Contact us" in used
    assert "Mark all as read" in used
    assert ("%(num)d unread message", "%(num)d unread messages") in used
    assert used["Your message is about"].startswith("app/portal/forms.py:")


def test_the_build_is_what_runs(tmp_path: Path) -> None:
    catalogue = translate.merged()
    path = tmp_path / "messages.mo"
    path.write_bytes(translate.as_mo(catalogue))
    with path.open("rb") as file:
        assert read_mo(file)["Contact us"].string == "Nous contacter"
    assert isinstance(translate.read(translate.as_po(catalogue)), Catalog)


def test_a_room_wins_over_the_framework() -> None:
    parts = {room: {m.id: m.string for m in part} for room, part in translate.parts().items()}
    words = {m.id: m.string for m in translate.merged()}
    assert words["Contact us"] in [part.get("Contact us") for part in parts.values()]
    framework = {m.id for m in translate.framework() if m.id and m.string}
    assert framework <= set(words)
