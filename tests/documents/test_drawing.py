"""Pictures of a PDF: bounded, and nothing at all from what cannot be read."""

from __future__ import annotations

import io
import time

import pytest
from PIL import Image
from pypdf import PdfWriter

from app.documents import drawing
from tests.documents.samples import pdf


def pages(count: int, width: float = 595, height: float = 842) -> bytes:
    writer = PdfWriter()
    for _ in range(count):
        writer.add_blank_page(width, height)
    made = io.BytesIO()
    writer.write(made)
    return made.getvalue()


def drawn(content: bytes) -> Image.Image:
    found = drawing.draw(content)
    assert found is not None
    return Image.open(io.BytesIO(found))


def test_pages_stand_one_above_the_other() -> None:
    one, three = drawn(pages(1)), drawn(pages(3))
    assert one.width == three.width == drawing.WIDTH
    assert three.height == 3 * one.height + 2 * drawing.GAP


def test_only_the_first_pages_are_drawn() -> None:
    assert drawn(pages(40)).height == drawn(pages(drawing.MOST_PAGES)).height


@pytest.mark.parametrize(("width", "height"), [(5, 14_000), (14_000, 5), (14_400, 14_400)])
def test_an_endless_page_stays_small(width: float, height: float) -> None:
    found = drawn(pages(2, width, height))
    assert found.width <= drawing.WIDTH
    assert found.height <= 2 * drawing.TALLEST_PAGE + drawing.GAP


@pytest.mark.parametrize("content", [b"", b"%PDF-1.4 nonsense", pdf()[:200]])
def test_what_cannot_be_read_draws_nothing(content: bytes) -> None:
    assert drawing.draw(content) is None


def test_it_gives_up_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(drawing, "SECONDS", 0.001)
    started = time.monotonic()
    assert drawing.draw(pages(10)) is None
    assert time.monotonic() - started < 5
