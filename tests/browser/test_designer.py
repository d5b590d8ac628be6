"""An agent makes a démarche of two steps with the keyboard alone, tries it, publishes it (D5)."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser import support
from tests.browser.designing import (
    begin,
    button,
    first_step,
    press,
    publish,
    second_step,
    tab_to,
    type_in,
)
from tests.browser.montclair import Montclair, field, heading, log_in

pytestmark = pytest.mark.browser


def try_as_a_family(page: Page, title: str) -> None:
    """The steps as a family has them: what lacks is said, nothing is kept."""
    press(page, page.locator("main").get_by_role("link", name="Essayer comme une famille"))
    heading(page, "Votre demande")
    press(page, button(page, "Suivant"))
    expect(page.locator(".field-error").first).to_be_visible()
    support.check_page(page)
    tab_to(page, page.get_by_role("radio", name="Jules Exemple"))
    page.keyboard.press("Space")
    page.get_by_role("radio", name="Autre").focus()
    page.keyboard.press("Space")
    press(page, button(page, "Suivant"))
    heading(page, "Précisions")
    type_in(page, field(page, "Lesquelles"), "Sans gluten")
    press(page, button(page, "Suivant"))
    heading(page, "Fin de l’essai")
    expect(page.locator("main")).to_contain_text("Sans gluten")
    press(page, page.locator("main").get_by_role("link", name="Revenir au brouillon"))
    heading(page, title)


def test_a_procedure_is_made_with_the_keyboard(
    browser: Browser, town: Montclair, phone: bool
) -> None:
    title = f"Sortie nature {'390' if phone else '1280'}"
    with support.new_page(browser, phone=phone, dark=phone) as page:
        log_in(page, town, "agent")
        begin(page, town, title)
        first_step(page)
        second_step(page)
        support.picture(page, f"designer-{phone}")
        try_as_a_family(page, title)
        publish(page)
        press(page, page.locator("main").get_by_role("link", name="Version n° 1"))
        heading(page, "Version n° 1")


def test_nothing_of_it_needs_a_script(browser: Browser, town: Montclair) -> None:
    with support.new_page(browser, java_script_enabled=False) as page:
        page.goto(f"{town.address}/login/")
        field(page, "Identifiant ou e-mail").fill("admin")
        page.locator("input[type=password]").fill("Montclair2026")
        page.locator("main").get_by_role("button", name="Connexion").click()
        page.goto(f"{town.address}/agents/demarches/nouvelle")
        field(page, "Titre").fill("Sans script")
        page.get_by_role("button", name="Créer le brouillon").click()
        page.get_by_label("Titre de la nouvelle étape").fill("Deuxième")
        page.get_by_role("button", name="Ajouter une étape").click()
        page.get_by_role("link", name="Sans script").click()
        page.locator("#up-deuxieme").click()
        expect(page.locator("#down-deuxieme")).to_be_focused()
        page.locator("#remove-deuxieme").click()
        expect(page.locator(".ordered li")).to_have_count(1)
