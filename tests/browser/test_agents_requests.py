"""An agent's Monday: the morning page, the queue, one request after the other, what is missing."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest
from flask import Flask
from playwright.sync_api import Browser, Page, expect
from sqlalchemy.orm import Session

from app.core import clock
from app.core.actor import Actor
from app.documents.models import AskedOf, DocumentType, Owner, Validity
from app.requests import services
from app.requests.definition import NeededDocument
from app.requests.models import Request
from tests.browser import support
from tests.factories import Cast, Factory
from tests.requests.conftest import TRIP, ask, camille, publish  # noqa: F401  (fixtures)

pytestmark = pytest.mark.browser


@pytest.fixture
def requests_of_monday(
    session: Session,
    make: Factory,
    cast: Cast,
    publish: Callable[..., None],  # noqa: F811
    ask: Callable[..., Request],  # noqa: F811
) -> list[int]:
    """Four requests, one late; a document that everybody owes."""
    make.add(
        DocumentType(
            code="quittance",
            name="Quittance de loyer",
            owner=Owner.HOUSEHOLD,
            validity=Validity.MONTHS,
            validity_months=3,
            asked_of=AskedOf.EVERY_HOUSEHOLD,
        )
    )
    publish(replace(TRIP, documents=(NeededDocument("quittance", required=False),)))
    found = [ask(allergy="arachides") for _ in range(4)]
    found[0].due_on = found[0].submitted_at.date().replace(day=1)
    session.commit()
    return [one.id for one in found]


@pytest.fixture
def address(app: Flask, requests_of_monday: list[int]) -> Iterator[str]:
    with support.served(app) as address:
        yield address


def log_in(page: Page, app: Flask, session: Session, account: Any, address: str) -> None:
    """Reading the account began a transaction, which would keep the pages from writing (SQLite)."""
    support.sign_in(page, app, account, address)
    session.commit()


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_a_morning(
    browser: Browser,
    app: Flask,
    address: str,
    session: Session,
    cast: Cast,
    phone: bool,
    dark: bool,
) -> None:
    with support.new_page(browser, phone=phone, dark=dark) as page:
        log_in(page, app, session, cast.agent, address)
        page.goto(f"{address}/agents/")
        support.check_page(page)
        support.picture(page, f"morning-{phone}-{dark}")
        page.locator(".figure", has_text="Demandes à prendre").click()
        expect(page.get_by_role("heading", level=1)).to_have_text("Demandes des familles")
        expect(page.locator("tbody tr")).to_have_count(4)
        expect(page.get_by_text("en retard de")).to_have_count(1)
        support.check_page(page)
        support.picture(page, f"queue-{phone}-{dark}")
        page.get_by_label("Numéro, foyer ou enfant").fill("personne")
        page.get_by_role("button", name="Filtrer").click()
        expect(page.get_by_text("Aucune demande ne répond à ces filtres.")).to_be_visible()
        support.check_page(page)
        page.locator("main .empty a").click()
        process_two(page, dark)
        close_the_rest(page)
        page.goto(f"{address}/agents/justificatifs/manquants/")
        support.check_page(page)
        support.picture(page, f"missing-{phone}-{dark}")
        page.locator("tbody input").first.check()
        page.get_by_role("button", name="Demander la sélection").click()
        expect(page.get_by_text("1 justificatif demandé.")).to_be_visible()
        support.check_page(page)


def process_two(page: Page, dark: bool) -> None:
    """Take the first, write, ask, close; then the next one comes: refuse it."""
    page.locator("tbody th a").first.click()
    first = page.url
    support.check_page(page)
    page.get_by_role("button", name="Prendre en charge").click()
    expect(page.get_by_text("Vous avez pris cette demande en charge.")).to_be_visible()
    page.get_by_text("Écrire à la famille").click()
    page.get_by_text("Demander un justificatif").click()
    page.get_by_text("Refuser la demande").click()
    support.check_page(page)
    support.picture(page, f"process-{page.viewport_size['width']}-{dark}")  # type: ignore[index]
    page.get_by_label("Votre message").fill("Bonjour")
    page.get_by_role("button", name="Envoyer le message").click()
    expect(page.locator(".thread .ours")).to_have_count(1)
    page.get_by_text("Refuser la demande").click()
    page.get_by_role("button", name="Refuser", exact=True).click()
    expect(page.locator(".summary")).to_contain_text("Indiquez le motif du refus.")
    support.check_page(page)
    page.get_by_role("button", name="Clore la demande").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("La famille est prévenue.")
    support.check_page(page)
    dialog.get_by_role("button", name="Confirmer").click()
    expect(page.get_by_text("est close.")).to_be_visible()
    assert page.url != first
    page.get_by_role("button", name="Prendre en charge").click()
    page.get_by_text("Refuser la demande").click()
    page.get_by_label("Motif du refus").fill("Il n’y a plus de place.")
    page.get_by_role("button", name="Refuser", exact=True).click()
    expect(page.get_by_text("est refusée.")).to_be_visible()
    page.goto(first)
    support.check_page(page)


def close_the_rest(page: Page) -> None:
    """The two others at once, from the list."""
    page.get_by_role("navigation", name="Fil d’Ariane").get_by_role("link").first.click()
    page.locator("nav.subtabs").get_by_role("link", name="À prendre").click()
    expect(page.locator("tbody tr")).to_have_count(2)
    page.locator("[data-all]").check()
    page.get_by_role("button", name="Clore", exact=True).click()
    page.get_by_role("dialog").get_by_role("button", name="Confirmer").click()
    expect(page.get_by_text("2 demandes closes.")).to_be_visible()
    expect(page.get_by_text("Rien ici : tout est à jour.")).to_be_visible()
    support.check_page(page)


def test_a_colleague_was_faster(
    browser: Browser,
    app: Flask,
    address: str,
    cast: Cast,
    requests_of_monday: list[int],
    session: Session,
) -> None:
    with support.new_page(browser) as page:
        log_in(page, app, session, cast.agent, address)
        page.goto(f"{address}/agents/demandes/{requests_of_monday[0]}")
        other = Actor(cast.admin.id, roles=frozenset({"Administrateur"}))
        services.take(session, other, requests_of_monday[0], now=clock.now())
        session.commit()
        page.get_by_role("button", name="Prendre en charge").click()
        expect(page.locator(".summary")).to_contain_text("Cette demande a avancé entre-temps.")
        expect(page.get_by_role("button", name="Clore la demande")).to_be_visible()
        support.check_page(page)


def test_the_menu_folds_with_the_keyboard(
    browser: Browser, app: Flask, address: str, session: Session, cast: Cast
) -> None:
    with support.new_page(browser) as page:
        log_in(page, app, session, cast.admin, address)
        page.goto(f"{address}/agents/")
        money = page.locator(".side summary", has_text="Régie")
        link = page.locator(".side").get_by_role("link", name="Comptes d’avance")
        expect(link).to_be_hidden()
        money.focus()
        page.keyboard.press("Enter")
        expect(link).to_be_visible()
        support.check_page(page)
        link.click()
        expect(page.locator(".side [aria-current]")).to_have_text("Comptes d’avance")
        expect(page.get_by_role("columnheader", name="Solde")).to_be_visible()
        support.check_page(page)


def test_health_answers_on_demand(
    browser: Browser,
    app: Flask,
    address: str,
    make: Factory,
    session: Session,
    requests_of_monday: list[int],
    phone: bool,
) -> None:
    nurse = make.account("sante", role="Agent")
    nurse.roles = [*nurse.roles, make.role("Santé")]
    session.commit()
    with support.new_page(browser, phone=phone) as page:
        log_in(page, app, session, nurse, address)
        page.goto(f"{address}/agents/demandes/{requests_of_monday[1]}")
        expect(page.get_by_text("arachides")).to_have_count(0)
        page.get_by_role("button", name="Ouvrir les réponses de santé").click()
        expect(page.get_by_text("arachides")).to_be_visible()
        support.check_page(page)
