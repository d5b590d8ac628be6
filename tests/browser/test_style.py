"""The shell and every macro in a real browser: accessible, whole, usable by keyboard."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask, request
from flask_login import UserMixin
from playwright.sync_api import Browser, Page, expect

from app import create_app
from app.core import pages
from tests.browser import support
from tests.conftest import test_settings
from tests.core.style_page import add_style_page

pytestmark = pytest.mark.browser


class Camille(UserMixin):  # type: ignore[misc]
    """An account that no database knows."""

    id, household_id, roles = 1, 1, ()

    def get_full_name(self) -> str:
        return "Camille Martin"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The style page served on a free port; the cookie « as » signs in without an account."""
    app = create_app(
        test_settings("sqlite://", tmp_path_factory.mktemp("var"))
        | {"SERVER_NAME": None, "WTF_CSRF_ENABLED": True}
    )
    add_style_page(app)
    sign_in_by_cookie(app)
    with support.served(app) as address:
        yield address


def sign_in_by_cookie(app: Flask) -> None:
    def load(asked: Any) -> Camille | None:
        return Camille() if request.cookies.get("as") else None

    app.login_manager.request_loader(load)  # type: ignore[attr-defined]


@pytest.fixture(autouse=True)
def unread(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pages, "shell_facts", [lambda: {"commune": "Montclair", "unread": 2}])


def open_as_camille(page: Page, site: str, path: str = "/style") -> None:
    page.context.add_cookies([{"name": "as", "value": "camille", "url": site}])
    page.goto(f"{site}{path}")


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("phone", [False, True], ids=["wide", "phone"])
@pytest.mark.parametrize("path", ["/style", "/style/erreurs"])
def test_every_part_in_every_state(
    browser: Browser, site: str, path: str, phone: bool, dark: bool
) -> None:
    with support.new_page(browser, phone=phone, dark=dark) as page:
        open_as_camille(page, site, path)
        support.check_page(page)


@pytest.mark.parametrize("width", [320, 390, 768, 1024])
def test_nothing_is_cut_at_any_width(browser: Browser, site: str, width: int) -> None:
    with support.new_page(browser) as page:
        page.set_viewport_size({"width": width, "height": 800})
        open_as_camille(page, site)
        assert support.overflow(page) <= 0
        page.context.clear_cookies()
        page.goto(f"{site}/style")
        assert support.overflow(page) <= 0


def test_a_visitor_is_offered_to_log_in(browser: Browser, site: str) -> None:
    with support.new_page(browser, phone=True) as page:
        page.goto(f"{site}/nowhere")
        support.check_page(page)
        expect(page.get_by_role("banner").get_by_role("link")).to_have_count(2)


def test_menus_open_and_close_by_keyboard(browser: Browser, site: str) -> None:
    with support.new_page(browser) as page:
        open_as_camille(page, site)
        menu = page.locator("nav.tabs details")
        menu.locator("summary").focus()
        page.keyboard.press("Enter")
        expect(menu.get_by_role("link")).to_have_count(2)
        support.check_page(page)
        page.keyboard.press("Escape")
        expect(menu.get_by_role("link").first).to_be_hidden()
        expect(menu.locator("summary")).to_be_focused()


def test_the_account_menu_logs_out_by_post(browser: Browser, site: str) -> None:
    with support.new_page(browser, phone=True) as page:
        open_as_camille(page, site)
        page.locator(".tools details summary").click()
        support.check_page(page)
        form = page.locator(".tools form")
        assert form.get_attribute("method") == "post"
        assert form.locator("input[name=csrf_token]").input_value() != ""


def test_the_skip_link_is_first_and_leads_to_the_content(browser: Browser, site: str) -> None:
    with support.new_page(browser) as page:
        page.goto(f"{site}/style")
        page.keyboard.press("Tab")
        expect(page.locator(".skip")).to_be_focused()
        page.keyboard.press("Enter")
        expect(page.locator("main")).to_be_focused()


def test_the_summary_of_errors_takes_the_focus_and_leads_to_fields(
    browser: Browser, site: str
) -> None:
    with support.new_page(browser) as page:
        page.goto(f"{site}/style/erreurs")
        expect(page.locator(".summary")).to_be_focused()
        page.locator(".summary a").first.click()
        expect(page.locator("#email")).to_be_focused()


def test_a_password_can_be_shown(browser: Browser, site: str) -> None:
    with support.new_page(browser) as page:
        page.goto(f"{site}/style")
        page.locator("[data-shows=password]").click()
        assert page.locator("#password").get_attribute("type") == "text"


@pytest.mark.parametrize(
    ("cookie", "seen"), [("dark", "dark"), ("light", "light"), ("auto", "dark")]
)
def test_the_chosen_theme_is_there_at_first_paint(
    browser: Browser, site: str, cookie: str, seen: str
) -> None:
    with support.new_page(browser, dark=True) as page:
        page.context.add_cookies([{"name": "theme", "value": cookie, "url": site}])
        page.goto(f"{site}/style", wait_until="commit")
        expect(page.locator("html")).to_have_attribute("data-bs-theme", seen)


def test_everything_is_there_without_script(browser: Browser, site: str) -> None:
    with support.new_page(browser, java_script_enabled=False) as page:
        open_as_camille(page, site)
        page.locator("nav.tabs summary").click()
        expect(page.locator("nav.tabs .menu-list a").first).to_be_visible()
        expect(page.locator("[data-shows]")).to_be_hidden()


def test_the_system_theme_is_followed_without_script(browser: Browser, site: str) -> None:
    with support.new_page(browser, dark=True, java_script_enabled=False) as page:
        page.goto(f"{site}/style")
        expect(page.locator("body")).to_have_css("background-color", "rgb(25, 23, 20)")


def test_the_save_bar_takes_the_place_of_the_tabs_on_a_telephone(
    browser: Browser, site: str
) -> None:
    with support.new_page(browser, phone=True) as page:
        open_as_camille(page, site)
        expect(page.locator("nav.tabs")).to_be_hidden()
        page.evaluate("document.querySelector('.savebar').hidden = true")
        expect(page.locator("nav.tabs")).to_be_visible()
