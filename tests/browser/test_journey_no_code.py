"""A démarche that no one wrote code for: made by an agent, asked by a parent, processed, told (D5)."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser import support
from tests.browser.designing import begin, first_step, publish, second_step
from tests.browser.montclair import Montclair, field, heading, log_in

pytestmark = pytest.mark.browser


def ask(page: Page, town: Montclair, title: str) -> None:
    """From the home page to « Enregistrer la demande »; the step that depends comes with its answer."""
    page.goto(f"{town.address}/")
    page.locator("main").get_by_role("link", name=title).first.click()
    heading(page, title)
    page.get_by_label("J’accepte les conditions générales d’utilisation du service").check()
    page.get_by_role("button", name="Faire une demande en ligne").click()
    heading(page, "Votre demande")
    page.locator("input[name=enfant]").first.check()
    page.get_by_role("radio", name="Autre").check()
    go_on(page)
    heading(page, "Précisions")
    go_on(page)
    expect(page.locator(".field-error").first).to_be_visible()
    support.check_page(page)
    field(page, "Lesquelles").fill("Sans gluten <b>=1+1</b>")
    go_on(page)
    heading(page, "Vérifiez votre demande")
    expect(page.locator("main")).to_contain_text("Sans gluten <b>=1+1</b>")
    page.get_by_role("button", name="Enregistrer la demande").click()
    expect(page.locator("main")).to_contain_text("en attente")
    support.check_page(page)


def go_on(page: Page) -> None:
    page.locator(".wizard-buttons").get_by_role("button", name="Suivant").click()


def process(desk: Page, town: Montclair, title: str) -> None:
    """Found in the queue, taken, closed."""
    desk.goto(f"{town.address}/agents/demandes/")
    desk.locator("tr", has_text=title).get_by_role("link").first.click()
    expect(desk.get_by_role("heading", level=1)).to_contain_text(title)
    expect(desk.locator("main")).to_contain_text("Sans gluten <b>=1+1</b>")
    desk.get_by_role("button", name="Prendre en charge").click()
    support.check_page(desk)
    desk.get_by_role("button", name="Clore la demande").click()
    desk.locator("dialog").get_by_role("button", name="Confirmer").click()
    expect(desk.locator("main")).to_contain_text("clos")
    support.check_page(desk)


def test_what_an_agent_made_is_asked_processed_and_told(
    browser: Browser, town: Montclair, phone: bool
) -> None:
    title = f"Repas particulier {'390' if phone else '1280'}"
    family = "yanis.benali" if phone else "camille.martin"
    letters = f"{family}@montclair.example"
    with (
        support.new_page(browser, phone=phone) as desk,
        support.new_page(browser, phone=phone) as page,
    ):
        log_in(desk, town, "agent")
        begin(desk, town, title)
        first_step(desk)
        second_step(desk)
        publish(desk)
        log_in(page, town, family)
        ask(page, town, title)
        support.picture(page, f"no-code-{phone}")
        assert town.letter(letters, "reçue", saying=title)
        process(desk, town, title)
        page.reload()
        expect(page.locator("main")).to_contain_text("clos")
        support.check_page(page)
        assert town.letter(letters, "avancé", saying=title)
