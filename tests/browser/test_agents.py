"""Every generated screen in a real browser: list, filters, detail, form, at both widths."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask import Flask
from playwright.sync_api import Browser, Page, expect
from sqlalchemy.orm import Session

from tests.browser import support
from tests.factories import Cast

pytestmark = pytest.mark.browser


@pytest.fixture
def address(app: Flask, cast: Cast, session: Session) -> Iterator[str]:
    session.commit()
    with support.served(app) as address:
        yield address


def screens(page: Page) -> list[str]:
    """The addresses of the side bar."""
    links = page.locator(".side li a")
    return [str(link.get_attribute("href")) for link in links.all()]


@pytest.mark.parametrize("phone", [False, True], ids=["wide", "phone"])
def test_every_list_and_form_of_the_menu(
    browser: Browser, app: Flask, address: str, cast: Cast, phone: bool
) -> None:
    with support.new_page(browser, phone=phone) as page:
        support.sign_in(page, app, cast.admin, address)
        page.goto(f"{address}/schooladmin/list/")
        paths = screens(page)
        assert len(paths) >= 8
        for path in paths:
            page.goto(f"{address}{path}")
            support.check_page(page)
            check_inner_pages(page, address)


def check_inner_pages(page: Page, address: str) -> None:
    """The form to add, then the first row's detail and form, where the screen has them."""
    inner = [
        found.first.get_attribute("href")
        for found in (page.locator(".list-head a.btn-primary"), page.locator(".row-buttons a"))
        if found.count()
    ]
    for path in inner:
        page.goto(f"{address}{path}")
        support.check_page(page)


def test_deleting_asks_first(browser: Browser, app: Flask, address: str, cast: Cast) -> None:
    with support.new_page(browser) as page:
        support.sign_in(page, app, cast.admin, address)
        page.goto(f"{address}/leveladmin/list/")
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
        page.goto(f"{address}/schooladmin/list/")
        expect(page.locator(".side")).to_be_hidden()
        page.locator(".side-button").click()
        expect(page.locator(".side")).to_be_visible()
        support.check_page(page)
        page.keyboard.press("Escape")
        expect(page.locator(".side")).to_be_hidden()
