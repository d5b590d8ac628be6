"""Pages of accounts in a real browser: no accessibility fault, whole at 1280 and at 390 px."""

from __future__ import annotations

import re

import pytest
from flask import Flask
from playwright.sync_api import Browser, Page, expect
from sqlalchemy.orm import Session

from app.accounts.models import LinkKind
from app.accounts.services.links import new_link
from app.core import clock
from tests.browser.support import check_page, new_page, picture, served, sign_in
from tests.factories import Cast

pytestmark = pytest.mark.browser

PUBLIC = (
    "/login/",
    "/login/?next=/agenda/",
    "/compte/creer",
    "/compte/envoye",
    "/compte/activation/inconnu",
    "/compte/oubli",
    "/compte/oubli/identifiant",
    "/compte/oubli/mot-de-passe",
    "/compte/oubli/envoye",
    "/compte/courriel/inconnu",
)
OPTIONS = ("/profil/options", "/profil/options/mot-de-passe", "/profil/options/identifiant")
STAFF = ("/agents/comptes/list/", "/agents/utilisateurs/list/", "/agents/utilisateurs/add")


def see(page: Page, address: str, path: str, name: str) -> None:
    page.goto(address + path)
    picture(page, f"accounts-{name}-{path}")
    check_page(page)


def test_pages_of_visitors(
    app: Flask, cast: Cast, session: Session, browser: Browser, phone: bool
) -> None:
    _, token = new_link(session, cast.camille, LinkKind.RESET_PASSWORD, clock.now())
    session.commit()
    with served(app) as address, new_page(browser, phone=phone) as page:
        for path in (*PUBLIC, f"/compte/nouveau-mot-de-passe/{token}"):
            see(page, address, path, "phone" if phone else "wide")


def test_a_refused_form_takes_the_focus_to_its_summary(
    app: Flask, cast: Cast, session: Session, browser: Browser, phone: bool
) -> None:
    session.commit()
    with served(app) as address, new_page(browser, phone=phone) as page:
        page.goto(f"{address}/compte/creer")
        page.get_by_role("button", name="Valider").click()
        expect(page.get_by_role("alert")).to_be_focused()
        check_page(page)
        page.goto(f"{address}/login/")
        page.get_by_label("Identifiant ou e-mail").fill("camille.martin")
        page.get_by_label("Mot de passe", exact=False).first.fill("Faux12345")
        page.keyboard.press("Enter")
        expect(page).to_have_title(re.compile("^Erreur"))
        expect(page.get_by_role("alert")).to_be_focused()
        check_page(page)


def test_options_and_screens_of_accounts(
    app: Flask, cast: Cast, session: Session, browser: Browser, phone: bool
) -> None:
    session.commit()
    with served(app) as address:
        for account, paths in ((cast.camille, OPTIONS), (cast.admin, STAFF)):
            with new_page(browser, phone=phone) as page:
                sign_in(page, app, account, address)
                session.rollback()
                for path in paths:
                    see(page, address, path, "phone" if phone else "wide")


def test_the_theme_is_kept(app: Flask, cast: Cast, session: Session, browser: Browser) -> None:
    session.commit()
    with served(app) as address, new_page(browser) as page:
        sign_in(page, app, cast.camille, address)
        session.rollback()
        page.goto(f"{address}/profil/options")
        page.get_by_role("radio", name="Sombre").check()
        expect(page.locator("html")).to_have_attribute("data-bs-theme", "dark")
        page.goto(f"{address}/profil/options/identifiant")
        expect(page.locator("html")).to_have_attribute("data-bs-theme", "dark")
        check_page(page)
