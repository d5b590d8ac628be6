"""An empty commune is set up through its screens, in a browser, form by form."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask, url_for
from playwright.sync_api import Browser, Locator, Page, expect
from sqlalchemy.orm import Session

from tests.activities import setting_up
from tests.browser import support
from tests.factories import Factory

pytestmark = pytest.mark.browser
YEARS = "/agents/annees/"
"""Where buttons generate a calendar and openings: those pages have no form of their own."""


def fill_in(control: Locator, value: Any) -> None:
    """Type, choose or tick, as the control is."""
    values = value if isinstance(value, list) else [value]
    kind = control.first.evaluate("element => element.type")
    if kind.startswith("select"):
        control.select_option([str(one) for one in values])
    elif kind in {"checkbox", "radio"}:
        for one in values:
            control.and_(control.page.locator(f'[value="{one}"]')).check()
    elif kind != "hidden":
        control.fill(str(value))


def test_from_nothing_to_a_bookable_opening(
    browser: Browser, app: Flask, make: Factory, session: Session
) -> None:
    agent = make.account("agent", role="Agent")
    session.commit()
    with support.served(app) as address, support.new_page(browser, phone=True) as page:
        support.sign_in(page, app, agent, address)
        session.commit()

        def fill(place: str, **typed: Any) -> None:
            with app.test_request_context():
                path = place if place.startswith("/") else url_for(place, _external=False)
            page.goto(address + (path if typed else YEARS))
            support.check_page(page)
            submit(page, path, typed)

        setting_up.set_up(fill, session)


def submit(page: Page, path: str, typed: dict[str, Any]) -> None:
    """Fill in the form of this address and send it: it leads elsewhere, where nothing is refused."""
    form = page.locator("main form.form" if typed else f'main form[action$="{path}"]').first
    for name, value in typed.items():
        fill_in(form.locator(f'[name="{name}"]'), value)
    with page.expect_navigation():
        form.locator("[type=submit]").first.click()
    expect(page.locator(".field-error, .summary")).to_have_count(0)
    support.check_page(page)
