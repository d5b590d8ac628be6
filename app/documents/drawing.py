"""Pictures of a PDF's pages for the agents' review: no reader of PDF runs in their browser.

A family's file is hostile until proved otherwise, and the reader is a large C++ library: it works in
a process of its own, bounded in time and memory, which the web server outlives.
"""

from __future__ import annotations

import io
import resource
import subprocess
import sys

from PIL import Image

MOST_PAGES = 10
WIDTH = 1000
"""Pixels; a page of A4 is then read without zooming."""
TALLEST_PAGE = 3 * WIDTH
GAP = 16
SECONDS = 10
BYTES = 1_000_000_000
QUALITY = 80


def draw(content: bytes) -> bytes | None:
    """A JPEG of the first pages, one above the other; None when the file cannot be drawn."""
    try:
        done = subprocess.run(
            [sys.executable, "-I", __file__],  # by its path: the portal itself is not loaded
            input=content,
            capture_output=True,
            timeout=SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return None
    return done.stdout if done.returncode == 0 and done.stdout else None


def main() -> None:
    """A PDF on the standard input, its picture on the output."""
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    if sys.platform == "linux":  # macOS refuses a limit under what is mapped already
        resource.setrlimit(resource.RLIMIT_AS, (BYTES, BYTES))
    strip(_pages(sys.stdin.buffer.read())).save(
        sys.stdout.buffer, "JPEG", quality=QUALITY, optimize=True
    )


def _pages(content: bytes) -> list[Image.Image]:
    import pypdfium2  # loaded in this process alone

    document = pypdfium2.PdfDocument(io.BytesIO(content))
    return [
        page.render(scale=scale_of(*page.get_size())).to_pil().convert("RGB")
        for page in (document[number] for number in range(min(len(document), MOST_PAGES)))
    ]


def scale_of(width: float, height: float) -> float:
    """Pixels per point, so that a page is ``WIDTH`` wide and not endlessly tall."""
    return min(WIDTH / max(width, 1), TALLEST_PAGE / max(height, 1))


def strip(pages: list[Image.Image]) -> Image.Image:
    """The pages one above the other on grey."""
    tall = sum(page.height for page in pages) + GAP * (len(pages) - 1)
    whole = Image.new("RGB", (max(page.width for page in pages), tall), "#888888")
    at = 0
    for page in pages:
        whole.paste(page, (0, at))
        at += page.height + GAP
    return whole


if __name__ == "__main__":
    main()
