"""What an agent, a régisseur and an administrator do in a day, at both sizes, by the labels they read.

The families taken here are those that no other journey uses.
"""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser import support
from tests.browser.montclair import Montclair, amount, field, heading, log_in

pytestmark = pytest.mark.browser
FAMILY = {True: "Carpentier", False: "Fournier"}
CLOSED_DAY = {True: "2027-06-25", False: "2027-06-24"}
SHORT_DAY = {True: "2027-06-22", False: "2027-06-21"}


def press(page: Page, name: str) -> None:
    page.locator("main").get_by_role("button", name=name, exact=True).last.click()


def said(page: Page, text: str) -> None:
    """The page's answer; the state it leaves is whole and accessible."""
    expect(page.locator("main, .flash").get_by_text(text).first).to_be_visible()
    support.check_page(page)


def open_household(page: Page, town: Montclair, name: str) -> None:
    """By the search of the top bar."""
    page.goto(f"{town.address}/agents/")
    page.get_by_role("banner").get_by_role("searchbox").fill(name)
    page.keyboard.press("Enter")
    heading(page, "Rechercher")
    page.locator("main").get_by_role("link", name=re.compile(name)).first.click()
    heading(page, f"Foyer {name}")


def give_code(page: Page) -> None:
    """« Créer un code famille », its letter as a PDF."""
    press(page, "Créer un code famille")
    said(page, "Télécharger le courrier")
    with page.expect_download() as letter:
        press(page, "Télécharger le courrier")
    assert letter.value.path().read_bytes().startswith(b"%PDF")


def set_quotient(page: Page, value: str) -> None:
    """A quotient from a coming day: the prices follow."""
    page.get_by_role("link", name="Enregistrer un quotient").click()
    heading(page, "Enregistrer un quotient")
    press(page, "Enregistrer")
    expect(page.locator(".field-error").first).to_be_visible()
    support.check_page(page)
    field(page, "Quotient familial (€)").fill(value)
    field(page, "À partir du").fill("2027-02-01")
    press(page, "Enregistrer")
    said(page, value)


def restrict_and_lift(page: Page, name: str) -> None:
    """A court restriction takes effect at once, then is lifted."""
    page.get_by_role("region", name="Enfants").get_by_role("rowheader").get_by_role(
        "link"
    ).first.click()
    page.get_by_role("link", name="Restreindre le foyer").click()
    heading(page, "Restreindre le foyer")
    press(page, "Restreindre")
    expect(page.locator(".field-error").first).to_be_visible()
    support.check_page(page)
    page.get_by_role("radio", name="Les garder").check()
    field(page, "Décision et date, pour les agents seulement").fill("Ordonnance du 11 janvier")
    field(page, "Ne pas remettre l’enfant à").fill(f"Dominique {name}")
    press(page, "Restreindre")
    said(page, f"Dominique {name}")
    page.get_by_role("button", name="Lever la restriction").click()
    support.check_page(page)
    page.get_by_role("dialog").get_by_role("button", name="Confirmer").click()
    said(page, "La restriction est levée.")


def close_day(page: Page, town: Montclair, day: str) -> None:
    """« Fermer des ouvertures »: what it concerns first, then « Confirmer »."""
    page.goto(f"{town.address}/agents/ouvertures/fermer")
    heading(page, "Fermer des ouvertures")
    field(page, "Du").fill(day)
    field(page, "Au (inclus)").fill(day)
    field(page, "Motif, lu par les familles").fill("Grève")
    press(page, "Fermer")
    said(page, "Cela concerne")
    press(page, "Confirmer")
    said(page, "ouvertures sont fermées.")


def change_places(page: Page, town: Montclair, day: str) -> None:
    page.goto(f"{town.address}/agents/ouvertures/places")
    heading(page, "Changer la capacité")
    field(page, "Du").fill(day)
    field(page, "Au (inclus)").fill(day)
    page.get_by_role("checkbox", name="École des Tilleuls").check()
    page.get_by_role("checkbox", name="Restaurant scolaire").check()
    field(page, "Nombre de places").fill("61")
    press(page, "Changer")
    said(page, "1\u00a0ouverture")


def enrol_class(page: Page, town: Montclair) -> None:
    page.goto(f"{town.address}/agents/inscriptions/classe")
    heading(page, "Inscrire une classe ou une école")
    field(page, "École").select_option("École du Centre")
    page.get_by_role("checkbox", name="CM2").check()
    field(page, "Activité").select_option("Centre du mercredi")
    field(page, "Site").select_option("Centre de loisirs du Parc")
    press(page, "Inscrire")
    expect(page.get_by_role("heading", level=1)).not_to_have_text(
        "Inscrire une classe ou une école"
    )
    support.check_page(page)


def book_for(page: Page, town: Montclair, name: str) -> None:
    """« Réserver pour une famille », with its reason, then « Annuler » by the list."""
    page.goto(f"{town.address}/agents/reservations/nouvelle")
    page.get_by_role("searchbox", name="Nom de l’enfant").fill(name)
    press(page, "Rechercher")
    field(page, "Créneau").select_option("Restaurant scolaire – Restaurant scolaire")
    field(page, "Jour").fill("2027-06-18")
    press(page, "Réserver")
    expect(page.locator(".field-error").first).to_be_visible()
    support.check_page(page)
    field(page, "Motif").fill("Demande par téléphone")
    press(page, "Réserver")
    expect(page.locator("main")).to_contain_text(re.compile("réserv|Il manque", re.IGNORECASE))
    support.check_page(page)


def test_a_day_of_an_agent(browser: Browser, town: Montclair, phone: bool) -> None:
    name = FAMILY[phone]
    with support.new_page(browser, phone=phone, dark=phone) as page:
        log_in(page, town, "agent")
        open_household(page, town, name)
        give_code(page)
        open_household(page, town, name)
        set_quotient(page, "412" if phone else "980")
        restrict_and_lift(page, name)
        close_day(page, town, CLOSED_DAY[phone])
        change_places(page, town, SHORT_DAY[phone])
        enrol_class(page, town)
        book_for(page, town, name)


def balance(page: Page) -> int:
    return amount(page.locator("dd").first.inner_text())


def test_a_day_of_the_regisseur(browser: Browser, town: Montclair, phone: bool) -> None:
    name = FAMILY[phone]
    with support.new_page(browser, phone=phone, dark=not phone) as page:
        log_in(page, town, "regie")
        before = open_counter(page, town, name)
        receipt = take_cheque(page)
        page.goto(f"{town.address}/agents/guichet/jour")
        said(page, name)
        assert open_counter(page, town, name) == before + 4550
        reverse(page, receipt)
        assert open_counter(page, town, name) == before
        refund(page)
        assert open_counter(page, town, name) == before - 100


def open_counter(page: Page, town: Montclair, name: str) -> int:
    """The household's page of the counter: its balance in cents."""
    page.goto(f"{town.address}/agents/guichet/")
    heading(page, "Guichet")
    page.locator("main").get_by_role("searchbox").fill(name)
    press(page, "Rechercher")
    page.locator("main").get_by_role("link", name=re.compile(name)).first.click()
    expect(page.get_by_role("heading", level=1)).to_contain_text(name)
    return amount(page.locator("main dd").first.inner_text())


def take_cheque(page: Page) -> str:
    """A wrong amount is said beside its field; the right one brings a receipt: its address."""
    field(page, "Montant").fill("12.345")
    press(page, "Créditer et imprimer le reçu")
    expect(page.locator(".field-error").first).to_be_visible()
    support.check_page(page)
    field(page, "Montant").fill("45,50")
    page.get_by_role("radio", name="Chèque").check()
    field(page, "Banque").fill("Banque des Alpes")
    field(page, "Numéro du chèque").fill("0012345")
    press(page, "Créditer et imprimer le reçu")
    said(page, "45,50")
    with page.expect_download() as paper:
        page.get_by_role("link", name=re.compile("PDF")).click()
    assert paper.value.path().read_bytes().startswith(b"%PDF")
    return page.url


def reverse(page: Page, receipt: str) -> None:
    """A cheque that was not honoured: a reversing entry with its reason."""
    page.goto(f"{receipt}/annulation")
    support.check_page(page)
    field(page, "Motif").fill("Chèque sans provision")
    page.locator("main form").get_by_role("button").last.click()
    said(page, "Ce paiement a été annulé")


def refund(page: Page) -> None:
    page.get_by_role("link", name="Enregistrer un remboursement").click()
    support.check_page(page)
    field(page, "Montant").fill("1")
    field(page, "Motif").fill("Départ de la commune")
    press(page, "Enregistrer le remboursement")
    said(page, "Le remboursement est enregistré.")
