"""The back-office on the demonstration: every entry of the menu, its form, its first row."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page

from tests.browser import support
from tests.browser.montclair import Montclair, log_in

pytestmark = pytest.mark.browser

ENGLISH = re.compile(
    r"\b(Search|Add|Edit|Show|Delete|Record|Count|Back|Save|List|Filters?|Order|Page size|Refresh|"
    r"Reset|Yes|No|True|False|None|Name|Created|Changed|User|Password|Active|Choose|Select|with|the|and)\b"
)
"""Words of the generated screens, and the commonest of the language."""
WORDS = """() => [document.body.innerText,
  ...Array.from(document.querySelectorAll('[title],[aria-label],[placeholder]'), e =>
     [e.title, e.getAttribute('aria-label'), e.placeholder].filter(Boolean).join(' '))].join('\\n')"""


def entries(page: Page, section: str) -> list[str]:
    """The addresses of one section of the side bar, opened by its heading."""
    heading = page.locator(".side summary").get_by_text(section, exact=True)
    if not page.get_by_role("list", name=section, exact=True).is_visible():
        heading.click()
    links = page.get_by_role("list", name=section, exact=True).get_by_role("link")
    return [str(link.get_attribute("href")) for link in links.all()]


def inner(page: Page) -> Iterator[str]:
    """The form to add, the first row's detail and form, where the screen has them."""
    for found in (page.locator(".list-head a.btn-primary"), page.locator(".row-buttons a")):
        for link in found.all()[:2]:
            yield str(link.get_attribute("href"))


def faults(page: Page, url: str) -> list[str]:
    """What is wrong with one page: its status, English words, width, accessibility."""
    answer = page.goto(url)
    assert answer is not None
    if answer.status != 200:
        return [f"{url}: {answer.status}"]
    said = sorted({found[0] for found in ENGLISH.finditer(page.evaluate(WORDS))})
    found = [f"{url}: English {said}"] if said else []
    found += [f"{url}: {one}" for one in support.axe_check(page)]
    page.set_viewport_size(support.PHONE)
    found += [f"{url}: {support.overflow(page)} px too wide"] if support.overflow(page) > 0 else []
    page.set_viewport_size(support.WIDE)
    return found


@pytest.mark.parametrize(
    ("name", "section"),
    [("agent", "Familles"), ("agent", "Services"), ("regie", "Régie"), ("admin", "Réglages")],
)
def test_every_entry_of_the_menu(
    browser: Browser, town: Montclair, name: str, section: str
) -> None:
    with support.new_page(browser) as page:
        log_in(page, town, name)
        page.goto(f"{town.address}/agents/")
        paths = entries(page, section)
        assert len(paths) >= 3
        wrong = []
        for path in paths:
            wrong += faults(page, town.address + path)
            for more in list(inner(page)):
                wrong += faults(page, town.address + more)
        assert wrong == [], "\n".join(wrong)
