"""The commune's accent: refused when it cannot be read, readable in both themes when it is taken."""

from __future__ import annotations

import re

import pytest
from flask import Flask

from app.core import accent
from app.core.accent import SUNKEN, AccentRefused, contrast

ACCEPTED = ["#17608F", "#1F6B43", "#7A1F5C", "#8A3B1E", "#25221D", "#5B2BE0"]


@pytest.mark.parametrize(
    ("one", "other", "ratio"),
    [("#FFFFFF", "#000000", 21.0), ("#17608F", "#F3EEE5", 5.9), ("#8FC6EC", "#2B2824", 8.0)],
)
def test_contrast_is_the_one_of_wcag(one: str, other: str, ratio: float) -> None:
    assert contrast(one, other) == pytest.approx(ratio, abs=0.06)


@pytest.mark.parametrize(
    "colour", ["#8FC6EC", "#F0CF8B", "#FF0000", "17608F", "#17608", "red", "", "#17608F;}"]
)
def test_a_pale_or_unreadable_colour_is_refused(colour: str) -> None:
    with pytest.raises(AccentRefused):
        accent.check(colour)


@pytest.mark.parametrize("colour", ACCEPTED)
def test_every_text_in_the_accent_can_be_read_in_both_themes(colour: str) -> None:
    blocks = accent.sheet(accent.check(colour)).split("\n}\n")[:2]
    for theme, block in zip(("light", "dark"), blocks, strict=True):
        value = dict(re.findall(r"--pf-([\w-]+): (#[0-9A-F]{6})", block))
        assert contrast(value["accent"], SUNKEN[theme]) >= 4.5
        assert contrast(value["on-accent"], value["accent"]) >= 4.5
        assert contrast(value["on-accent"], value["accent-strong"]) >= 4.5
        assert contrast(value["on-accent-tint"], value["accent-tint"]) >= 4.5


def test_the_sheet_is_served_by_its_colour(app: Flask) -> None:
    visitor = app.test_client()
    with app.test_request_context():
        address = accent.url("#1F6B43")
    answer = visitor.get(address)
    assert answer.mimetype == "text/css"
    assert "#1F6B43" in answer.text
    assert "immutable" in answer.headers["Cache-Control"]
    assert visitor.get("/static/accent/F0CF8B.css").status_code == 404
