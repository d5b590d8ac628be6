"""Home pages, contact, long texts, messages and the agents' own pages, in a real browser."""

from __future__ import annotations

from datetime import timedelta

import pytest
from flask import Flask
from playwright.sync_api import Browser, Page
from sqlalchemy.orm import Session

from app.core import clock
from app.core.models import Service, ServiceCode
from app.notices.services import Recipient, tell
from app.portal.models import News
from tests.browser.support import check_page, new_page, picture, served, sign_in
from tests.factories import Cast, Factory

pytestmark = pytest.mark.browser

SERVICES = (
    (ServiceCode.SCHOOL, "Scolaire", "scolaire"),
    (ServiceCode.CARE, "Périscolaire", "periscolaire"),
    (ServiceCode.CAMPS, "Animations vacances", "vacances"),
)


@pytest.fixture
def town(session: Session, cast: Cast, make: Factory) -> Cast:
    """A town with news; Léa's balance is negative, Camille has a message."""
    for code, name, box in SERVICES:
        session.add(
            Service(
                code=code,
                name=name,
                phone="04 65 71 12 04",
                email=f"{box}@montclair.example",
                opening_hours="Lundi au vendredi, 8 h 30 – 12 h",
            )
        )
    for number in range(3):
        session.add(
            News(
                title="Vacances d’hiver : les inscriptions ouvrent lundi",
                body="Deux semaines autour du cinéma d’animation, pour les 3 à 11 ans.",
                published_at=clock.now() - timedelta(days=number),
            )
        )
    make.money(cast.stranger_home, -10_640)
    for account in (cast.camille, cast.lea):
        tell(
            session,
            "balance_negative",
            [Recipient(account.id, account.email, account.household_id)],
            {"balance_cents": -640, "threshold_cents": None},
            dedupe="n:1",
            url="/paiements/",
        )
    session.commit()
    return cast


PUBLIC = ("/", "/contact", "/faq", "/conditions-generales", "/donnees-personnelles")
FAMILY = ("/", "/messages/", "/messages/1")
AGENT = ("/agents/", "/agents/reglages/", "/agents/courriels/list/", "/agents/actualites/add")


def visit(page: Page, address: str, urls: tuple[str, ...], name: str) -> None:
    for url in urls:
        answer = page.goto(address + url)
        assert answer is not None
        assert answer.status == 200
        picture(page, f"portal-{name}-{url}")
        check_page(page)


@pytest.mark.parametrize("phone", [False, True])
@pytest.mark.parametrize("dark", [False, True])
def test_pages_hold_wide_and_on_a_telephone_light_and_dark(
    app: Flask, session: Session, town: Cast, browser: Browser, phone: bool, dark: bool
) -> None:
    kind = f"{'phone' if phone else 'wide'}-{'dark' if dark else 'light'}"
    with served(app) as address:
        with new_page(browser, phone=phone, dark=dark) as page:
            visit(page, address, (*PUBLIC, "/accessibilite", "/actualites"), f"visitor-{kind}")
        for account, urls, name in (
            (town.camille, FAMILY, "camille"),
            (town.lea, ("/",), "lea"),
            (town.admin, AGENT, "admin"),
        ):
            with new_page(browser, phone=phone, dark=dark) as page:
                sign_in(page, app, account, address)
                session.commit()  # reading the account took SQLite's write lock
                visit(page, address, urls, f"{name}-{kind}")


def test_a_refused_message_says_what_is_wrong_and_keeps_the_rest(
    app: Flask, town: Cast, browser: Browser
) -> None:
    with served(app) as address, new_page(browser, phone=True) as page:
        page.goto(f"{address}/contact")
        page.get_by_label("Votre message").fill("Bonjour")
        page.get_by_role("button", name="Envoyer le message").click()
        check_page(page)
        assert page.get_by_label("Votre message").input_value() == "Bonjour"
        page.get_by_role("radio", name="Périscolaire").check()
        page.get_by_label("Vos prénom et nom").fill("Awa Diop")
        page.get_by_label("Votre adresse e-mail").fill("awa@exemple.fr")
        page.get_by_role("button", name="Envoyer le message").click()
        page.get_by_text("Votre message est envoyé au service").wait_for()
        check_page(page)
