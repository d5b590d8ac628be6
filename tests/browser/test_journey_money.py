"""FAQ chapter 5, « Paiements »: topping up by card, and being debited for what was consumed."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser import montclair, support
from tests.browser.montclair import Montclair, amount, field, heading, log_in, tab

pytestmark = pytest.mark.browser

WEDNESDAY = "2027-01-13T07:50"
"""The morning after « Tuesday »: the night's job has something to debit."""


def balance(page: Page) -> int:
    """What « Paiements » says, in cents."""
    box = page.get_by_role("region", name="Solde du compte d’avance")
    return amount(box.locator(".amount-big").inner_text())


def top_up(page: Page, typed: str) -> None:
    """« Recharger mon compte » → the amount → « Valider le paiement »."""
    page.get_by_role("link", name="Recharger mon compte").click()
    field(page, "Autre montant").fill(typed)
    page.get_by_role("button", name="Valider le paiement").click()


def test_topping_up_by_card_is_credited_once(
    browser: Browser, town: Montclair, phone: bool
) -> None:
    known = "yanis.benali" if phone else "camille.martin"
    with support.new_page(browser, phone=phone) as page:
        log_in(page, town, known)
        tab(page, "Paiements")
        heading(page, "Paiements")
        before = balance(page)
        if not phone:
            look_at_the_menu(page)
        refuse_what_is_no_amount(page)
        give_up(page)
        top_up(page, "12,5")
        heading(page, "Paiement de démonstration")
        expect(page.get_by_text("12,50")).to_be_visible()
        page.get_by_role("button", name="Payer", exact=True).click()
        heading(page, "Paiement reçu")
        come_back_again(page)
        page.get_by_role("link", name="Voir le reçu").click()
        expect(page.get_by_role("heading", level=1)).to_contain_text("Reçu n°")
        support.check_page(page)
        tab(page, "Paiements")
        assert balance(page) == before + 1250
        expect(page.get_by_role("row").nth(1)).to_contain_text("carte bancaire")
        assert town.letter(f"{known}@montclair.example", "Reçu n°", saying="12,50")


def look_at_the_menu(page: Page) -> None:
    """The tab is a link, and a menu beside it holds the two papers (B10)."""
    menu = page.get_by_role("navigation", name="Menu principal")
    menu.locator("summary").click()
    for paper in ("Attestation fiscale", "Relevé de compte"):
        expect(menu.get_by_role("link", name=paper)).to_be_visible()
    support.check_page(page)
    page.keyboard.press("Escape")


def refuse_what_is_no_amount(page: Page) -> None:
    for wrong in ("12.345", "1e3", "0", "-5"):
        top_up(page, wrong)
        expect(page.locator(".field-error")).to_be_visible()
        expect(field(page, "Autre montant")).to_have_value(wrong)
    heading(page, "Paiements")


def give_up(page: Page) -> None:
    """Nothing is credited when the family leaves the platform without paying."""
    top_up(page, "30")
    page.get_by_role("button", name="Abandonner").click()
    heading(page, "Paiement non effectué")
    page.get_by_role("link", name="Réessayer").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Paiements")


def come_back_again(page: Page) -> None:
    """The page behind the platform, opened again: the same answer, no second credit."""
    page.reload()
    page.reload()
    expect(page.get_by_role("heading", level=1)).to_have_text("Paiement reçu")


def test_what_was_consumed_is_debited_and_explained(
    browser: Browser, template: Path, tmp_path: Path
) -> None:
    with (
        montclair.started(template, tmp_path / "var", WEDNESDAY) as town,
        support.new_page(browser, phone=True) as page,
    ):
        town.job("charge")
        log_in(page, town, "camille.martin")
        tab(page, "Paiements")
        row = page.get_by_role("row").filter(has_text="12 janvier").filter(has_text="Jules")
        debit = row.filter(has_text="Restaurant scolaire")
        expect(debit).to_have_count(1)
        cents = amount(debit.locator(".sum").inner_text())
        assert cents < 0
        debit.get_by_role("link", name=re.compile("^Explication")).click()
        heading(page, "Restaurant scolaire")
        why = page.get_by_role("region", name="Comment ce prix a été calculé")
        expect(why).to_contain_text("845")
        assert amount(page.locator(".amount-big").inner_text()) == cents
