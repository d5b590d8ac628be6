"""What the agents' shell does: deleting asks first, the menu opens on a telephone."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask import Flask
from playwright.sync_api import Browser, expect
from sqlalchemy.orm import Session

from tests.browser import support
from tests.factories import Cast

pytestmark = pytest.mark.browser


@pytest.fixture
def address(app: Flask, cast: Cast, session: Session) -> Iterator[str]:
    session.commit()
    with support.served(app) as address:
        yield address


def test_deleting_asks_first(browser: Browser, app: Flask, address: str, cast: Cast) -> None:
    with support.new_page(browser) as page:
        support.sign_in(page, app, cast.admin, address)
        page.goto(f"{address}/agents/niveaux/list/")
        rows = page.locator("tbody tr")
        before = rows.count()
        page.locator(".row-buttons button").first.click()
        dialog = page.get_by_role("dialog")
        support.check_page(page)
        dialog.get_by_role("button").last.click()
        expect(dialog).to_be_hidden()
        assert rows.count() == before


def test_the_menu_opens_on_a_telephone(
    browser: Browser, app: Flask, address: str, cast: Cast
) -> None:
    with support.new_page(browser, phone=True) as page:
        support.sign_in(page, app, cast.admin, address)
        page.goto(f"{address}/agents/ecoles/list/")
        expect(page.locator(".side")).to_be_hidden()
        page.locator(".side-button").click()
        expect(page.locator(".side")).to_be_visible()
        support.check_page(page)
        page.keyboard.press("Escape")
        expect(page.locator(".side")).to_be_hidden()
