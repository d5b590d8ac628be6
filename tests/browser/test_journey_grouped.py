"""FAQ chapter 5, « Saisie groupée »: several children, a whole year, then all of it removed."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser import support
from tests.browser.montclair import Montclair, amount, field, heading, log_in, tab

pytestmark = pytest.mark.browser

REPORT = "Compte rendu de la saisie groupée"


def open_grouped(page: Page) -> None:
    """« Agenda » → « Saisie groupée »."""
    tab(page, "Agenda")
    page.get_by_role("link", name="Saisie groupée").click()
    heading(page, "Saisie groupée")


def choose(page: Page, *labels: str) -> None:
    """Tick or choose each of these, by the text beside the box."""
    for label in labels:
        page.locator("#grouped label").filter(has_text=re.compile(rf"^\s*{label}")).first.click()


def planned(page: Page) -> None:
    """The days follow the choices: wait for the plan that holds them all."""
    expect(page.locator("#days")).to_have_attribute("aria-busy", "false")
    expect(page.locator("#days table").first).to_be_visible()
    with page.expect_response(re.compile("/apercu$")):
        page.locator("#grouped").evaluate(
            "form => form.dispatchEvent(new Event('change', {bubbles: true}))"
        )
    expect(page.locator("#days")).to_have_attribute("aria-busy", "false")


def figure(page: Page, name: str) -> int:
    """An amount of the save bar, in cents."""
    return amount(page.locator("#savebar .figures div").filter(has_text=name).inner_text())


def test_a_whole_year_for_two_children_then_nothing(
    browser: Browser, town: Montclair, phone: bool
) -> None:
    day = "Lun." if phone else "Ven."
    with support.new_page(browser, phone=phone) as page:
        log_in(page, town, "camille.martin")
        open_grouped(page)
        choose(page, "Jules", "Rose", "Créer", "Toute l’année", "Accueil du soir 2", day)
        planned(page)
        support.check_page(page)
        assert figure(page, "Total") > 0
        assert figure(page, "Disponible") > 0
        take_one_day_off(page)
        save(page)
        added = counts(page, "réservé")
        assert set(added) == {"Jules", "Rose"}
        assert min(added.values()) >= 15
        open_grouped(page)
        choose(page, "Jules", "Rose", "Supprimer", "Toute l’année", "Accueil du soir 2", day)
        planned(page)
        support.check_page(page)
        save(page)
        assert counts(page, "retiré") == added


def take_one_day_off(page: Page) -> None:
    """Days are chosen one by one too: the total follows."""
    before = figure(page, "Total")
    page.locator("#days label:has(input:checked)").last.click()
    planned(page)
    assert figure(page, "Total") < before


def save(page: Page) -> None:
    page.get_by_role("button", name="Enregistrer", exact=True).click()
    heading(page, REPORT)


def counts(page: Page, word: str) -> dict[str, int]:
    """« 22 réservés » of each child's card."""
    found = {}
    for card in page.locator("main .card").all():
        number = re.search(rf"(\d+)\s+{word}", card.inner_text())
        if number:
            found[card.get_by_role("heading").first.inner_text()] = int(number[1])
    return found


def top_up_then_resume(page: Page) -> None:
    """« Recharger mon compte » brings the amount; the choices are there again after the payment."""
    missing = amount(page.locator("#savebar [data-title]").inner_text())
    summary = page.locator("#savebar [data-detail]").text_content()
    page.get_by_role("link", name="Recharger mon compte").first.click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Paiements")
    assert amount(field(page, "Autre montant").input_value() + " €") == missing
    field(page, "Autre montant").fill("1")
    page.get_by_role("button", name="Valider le paiement").click()
    page.get_by_role("button", name="Payer", exact=True).click()
    heading(page, "Paiement reçu")
    support.check_page(page)
    page.get_by_role("link", name="Reprendre mes réservations").click()
    expect(page.locator("#savebar")).to_contain_text("Il manque")
    assert amount(page.locator("#savebar [data-title]").inner_text()) == missing - 100
    assert page.locator("#savebar [data-detail]").text_content() == summary


def test_too_little_money_says_how_much_and_keeps_the_choices(
    browser: Browser, town: Montclair, phone: bool
) -> None:
    slots = ("Accueil du matin", "Accueil du soir 1", "Accueil du soir 2")
    with support.new_page(browser, phone=phone) as page:
        log_in(page, town, "camille.martin")
        open_grouped(page)
        choose(page, "Noé", "Jules", "Rose", "Créer", "Jusqu’aux vacances", *slots)
        choose(page, "Lun.", "Mar.", "Jeu.", "Ven.")
        planned(page)
        expect(page.locator("#savebar")).to_contain_text("Il manque")
        left_out = page.get_by_role("region", name="Ce qui ne sera pas fait")
        expect(left_out).to_contain_text("autre parent")
        support.check_page(page)
        page.get_by_role("button", name="Enregistrer", exact=True).click()
        expect(page.locator(".summary")).to_contain_text("Il manque")
        support.check_page(page)
        expect(page.locator("#grouped input[name=children]:checked")).to_have_count(3)
        expect(page.locator("#grouped input[name=slots]:checked")).to_have_count(3)
        top_up_then_resume(page)
