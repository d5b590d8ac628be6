"""What an agent does in the designer, with the keyboard alone: a démarche of two steps."""

from __future__ import annotations

from playwright.sync_api import Locator, Page, expect

from tests.browser import support
from tests.browser.montclair import Montclair, field, heading


def tab_to(page: Page, wanted: Locator) -> None:
    """With « Tab » only, forth or back; from the top of a page, by its skip link."""
    expect(wanted).to_be_attached()
    if page.evaluate("document.activeElement === document.body"):
        page.keyboard.press("Tab")
        page.keyboard.press("Enter")
    for _ in range(60):
        way = wanted.evaluate(WAY)
        if not way:
            return
        page.keyboard.press(way)
    raise AssertionError(f"{wanted} is not reached with the keyboard")


WAY = """one => one === document.activeElement ? "" :
  one.compareDocumentPosition(document.activeElement) & Node.DOCUMENT_POSITION_FOLLOWING
  ? "Shift+Tab" : "Tab"
"""
"""Which key leads from where the focus is."""


def press(page: Page, wanted: Locator) -> None:
    tab_to(page, wanted)
    page.keyboard.press("Enter")


def type_in(page: Page, wanted: Locator, text: str) -> None:
    tab_to(page, wanted)
    page.keyboard.type(text)


def button(page: Page, name: str) -> Locator:
    return page.locator("main").get_by_role("button", name=name, exact=True).first


def begin(page: Page, town: Montclair, title: str) -> None:
    """« Nouvelle démarche »; a missing title is said beside its field."""
    page.goto(f"{town.address}/agents/demarches/")
    heading(page, "Démarches")
    press(page, page.locator("main").get_by_role("link", name="Nouvelle démarche"))
    heading(page, "Nouvelle démarche")
    press(page, button(page, "Créer le brouillon"))
    expect(page.locator(".field-error")).to_be_visible()
    support.check_page(page)
    type_in(page, field(page, "Titre"), title)
    page.keyboard.press("Enter")
    heading(page, title)
    expect(page.locator("main")).to_contain_text("À corriger avant de publier")


def add_field(page: Page, label: str, kind: str) -> None:
    """Under the list; its own page opens."""
    type_in(page, page.get_by_label("Libellé du nouveau champ"), label)
    type_in(page, page.get_by_label("Type de champ"), kind)
    press(page, button(page, "Ajouter un champ"))
    heading(page, label)


def save(page: Page, focused: str) -> None:
    """« Enregistrer » leads back up, to the row that was open."""
    press(page, button(page, "Enregistrer"))
    expect(page.locator(f"#{focused}")).to_be_focused()
    support.check_page(page)


def first_step(page: Page) -> None:
    """A child and a choice; moved up and down, the focus stays on the row."""
    press(page, page.locator("#open-demande"))
    heading(page, "Votre demande")
    add_field(page, "Enfant", "Enfant du foyer")
    tab_to(page, page.get_by_label("La réponse est obligatoire"))
    page.keyboard.press("Space")
    save(page, "open-enfant")
    add_field(page, "Régime", "Un choix dans")
    press(page, button(page, "Enregistrer"))
    type_in(page, page.get_by_label("Libellé du nouveau champ"), "")
    press(page, page.locator("#open-regime"))
    type_in(page, page.get_by_label("Choix, un par ligne"), "Normal\nAutre")
    save(page, "open-regime")
    press(page, page.locator("#up-regime"))
    expect(page.locator("#down-regime")).to_be_focused()
    expect(page.locator(".ordered li").first).to_contain_text("Régime")
    page.keyboard.press("Enter")
    expect(page.locator("#up-regime")).to_be_focused()
    expect(page.locator(".ordered li").first).to_contain_text("Enfant")
    support.check_page(page)
    save(page, "open-demande")


def second_step(page: Page) -> None:
    """Shown only for one of the choices."""
    type_in(page, page.get_by_label("Titre de la nouvelle étape"), "Précisions")
    page.keyboard.press("Enter")
    heading(page, "Précisions")
    type_in(page, page.get_by_label("Affichage"), "Régime")
    support.check_page(page)
    tab_to(page, page.get_by_label("Autre", exact=True))
    page.keyboard.press("Space")
    add_field(page, "Lesquelles", "Texte long")
    tab_to(page, page.get_by_label("La réponse est obligatoire"))
    page.keyboard.press("Space")
    save(page, "open-lesquelles")
    save(page, "open-precisions")
    expect(page.locator("main")).to_contain_text("seulement selon « Régime »")


def publish(page: Page) -> None:
    """The first version."""
    press(page, button(page, "Publier"))
    expect(page.locator("main")).to_contain_text("publiée n° 1")
    support.check_page(page)
