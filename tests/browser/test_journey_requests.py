"""A démarche from its first page to its number: at both sizes, by the keyboard alone, without script."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser import stay, support
from tests.browser.montclair import Montclair, field, heading, log_in
from tests.documents.samples import jpeg, pdf

pytestmark = pytest.mark.browser
FAMILY = {True: "hugo.petit", False: "lea.durand"}


@pytest.fixture(scope="session")
def offered(town: Montclair) -> Montclair:
    """The town with both démarches."""
    stay.publish(town)
    return town


def see(page: Page, name: str) -> None:
    """No violation in this state; its picture for who asks."""
    support.check_page(page)
    support.picture(page, f"demarche-{name}")


def press(page: Page, name: str) -> None:
    page.locator("main").get_by_role("button", name=name, exact=True).last.click()


def ask(page: Page, town: Montclair, title: str) -> None:
    """From the home page to the first step (P3's words)."""
    page.goto(f"{town.address}/")
    page.locator("main").get_by_role("link", name=title).first.click()
    heading(page, title)
    press(page, "Faire une demande en ligne")
    expect(page.locator(".summary")).to_contain_text("Cochez cette case")
    see(page, "conditions-refusees")
    page.get_by_label("J’accepte les conditions générales d’utilisation du service").check()
    press(page, "Faire une demande en ligne")


def refused(page: Page, name: str) -> None:
    """« Suivant » with nothing answered: the summary, each line a link to its field."""
    press(page, "Suivant")
    expect(page.locator(".summary")).to_be_focused()
    see(page, name)


def test_a_family_goes_through_a_demarche(
    browser: Browser, offered: Montclair, tmp_path: Path, phone: bool
) -> None:
    photo, slip = tmp_path / "photo.jpg", tmp_path / "assurance.pdf"
    photo.write_bytes(jpeg(800, 600))
    slip.write_bytes(pdf())
    with support.new_page(browser, phone=phone) as page:
        log_in(page, offered, FAMILY[phone])
        ask(page, offered, stay.TITLE)
        heading(page, "L’enfant")
        expect(page.locator(".trail [aria-current]")).to_have_count(1)
        expect(page.locator("main")).to_contain_text("Étape 1 sur 6")
        page.locator("[name=child]").first.check()
        press(page, "Suivant")

        heading(page, "La baignade")
        expect(page.get_by_text("Aisance dans l’eau")).to_be_hidden()
        refused(page, "baignade-refusee")
        page.get_by_role("radio", name="Oui").check()
        expect(page.get_by_text("Aisance dans l’eau")).to_be_visible()
        see(page, "champ-conditionnel")
        page.get_by_role("radio", name="À l’aise").check()
        field(page, "Remarques").fill("Il adore l’eau.")
        press(page, "Suivant")

        heading(page, "Les contacts")
        press(page, "Ajouter une ligne Personnes à prévenir")
        expect(page.get_by_label("Nom et prénom")).to_have_count(2)
        see(page, "lignes")
        press(page, "Retirer cette ligne 2")
        page.get_by_label("Nom et prénom").fill("Odile Roche")
        refused(page, "ligne-refusee")
        page.get_by_label("Numéro à appeler").fill("06 12 34 56 78")
        press(page, "Précédent")
        heading(page, "La baignade")
        expect(field(page, "Remarques")).to_have_value("Il adore l’eau.")
        press(page, "Suivant")
        expect(page.get_by_label("Nom et prénom")).to_have_value("Odile Roche")
        press(page, "Suivant")

        heading(page, "Le règlement")
        field(page, "Aide obtenue").fill("12,345")
        refused(page, "reglement-refuse")
        field(page, "Aide obtenue").fill("12,5")
        page.get_by_label("Je certifie que tout est exact").check()
        page.locator("[name=slip]").set_input_files(photo)
        expect(page.locator("[data-chosen]")).to_contain_text("photo.jpg")
        press(page, "Suivant")

        heading(page, "Justificatifs")
        refused(page, "justificatif-manquant")
        page.locator("input[type=file]").first.set_input_files(slip)
        press(page, "Suivant")

        heading(page, "Vérifiez votre demande")
        for part in ("12,50\u00a0€", "Odile Roche", "À l’aise", "non traité"):
            expect(page.locator("main")).to_contain_text(part)
        page.get_by_text("Abandonner la demande", exact=True).click()
        see(page, "verification")
        page.get_by_role("link", name="Modifier La baignade").click()
        field(page, "Remarques").fill("Elle aussi.")
        press(page, "Suivant")
        heading(page, "Vérifiez votre demande")
        press(page, "Enregistrer la demande")
        expect(page.locator("main")).to_contain_text("Votre demande est enregistrée.")
        expect(page.locator("main")).to_contain_text(re.compile(r"D-2027-\d{6}"))
        see(page, "enregistree")


def test_a_draft_is_abandoned(browser: Browser, offered: Montclair, phone: bool) -> None:
    with support.new_page(browser, phone=phone) as page:
        log_in(page, offered, "yanis.benali")
        ask(page, offered, stay.TITLE)
        page.get_by_text("Abandonner la demande", exact=True).click()
        press(page, "Oui, abandonner la demande")
        expect(page.locator("main")).to_contain_text("La demande est abandonnée")
        heading(page, "Les démarches")


def reach(page: Page, what: str) -> None:
    """Tab until the focused control says ``what``: no click, no script of the test."""
    for _ in range(60):
        page.keyboard.press("Tab")
        said = page.evaluate(
            """() => { const one = document.activeElement;
              return [one.labels && one.labels.length ? one.labels[0].innerText : one.innerText, one.value].join(" ") }"""
        )
        if what in str(said):
            return
    raise AssertionError(f"the keyboard does not reach « {what} » on {page.url}")


def test_a_whole_demarche_with_the_keyboard_alone(
    browser: Browser, offered: Montclair, tmp_path: Path
) -> None:
    with support.new_page(browser) as page:
        log_in(page, offered, "yanis.benali")
        page.goto(f"{offered.address}/demarches/")
        reach(page, stay.PUBLIC_TITLE)
        page.keyboard.press("Enter")
        heading(page, stay.PUBLIC_TITLE)
        reach(page, "J’accepte les conditions")
        page.keyboard.press("Space")
        reach(page, "Faire une demande en ligne")
        page.keyboard.press("Enter")
        heading(page, "Le problème")
        reach(page, "Suivant")
        page.keyboard.press("Enter")
        expect(page.locator(".summary")).to_be_focused()
        page.keyboard.press("Tab")
        page.keyboard.press("Enter")  # the line of the summary leads to its field
        page.keyboard.type("Un trou devant l’école.")
        expect(field(page, "Description")).to_have_value("Un trou devant l’école.")
        reach(page, "Suivant")
        page.keyboard.press("Enter")
        heading(page, "Vous")
        reach(page, "Votre e-mail")
        page.keyboard.type("yanis@exemple.fr")
        page.keyboard.press("Enter")  # « Entrée » in a field is « Suivant »
        heading(page, "Vérifiez votre demande")
        reach(page, "Enregistrer la demande")
        page.keyboard.press("Enter")
        expect(page.locator("main")).to_contain_text("Votre demande est enregistrée.")


def test_without_a_script_nothing_is_missing(browser: Browser, offered: Montclair) -> None:
    context = browser.new_context(java_script_enabled=False, locale="fr-FR")
    page = context.new_page()
    try:
        log_in(page, offered, "camille.martin")
        page.goto(f"{offered.address}/demarches/sejour-au-lac")
        page.get_by_label("J’accepte", exact=False).check()
        press(page, "Faire une demande en ligne")
        page.locator("[name=child]").first.check()
        press(page, "Suivant")
        expect(page.locator("[data-needed]")).to_have_text(
            "Seulement si «\u00a0Sait nager\u00a0» vaut\u00a0: Oui."
        )
        page.get_by_role("radio", name="Non").check()
        press(page, "Suivant")
        press(page, "Ajouter une ligne Personnes à prévenir")
        expect(page.get_by_label("Nom et prénom")).to_have_count(2)
        press(page, "Retirer cette ligne 2")
        expect(page.get_by_label("Nom et prénom")).to_have_count(1)
        page.get_by_text("Abandonner la demande", exact=True).click()
        press(page, "Oui, abandonner la demande")
        expect(page.locator("main")).to_contain_text("La demande est abandonnée")
    finally:
        context.close()


def test_a_visitor_asks_without_login(browser: Browser, offered: Montclair, phone: bool) -> None:
    address = f"visiteur-{390 if phone else 1280}@exemple.fr"
    with support.new_page(browser, phone=phone) as page:
        ask(page, offered, stay.PUBLIC_TITLE)
        expect(page.get_by_role("navigation", name="Menu principal")).to_have_count(0)
        refused(page, "visiteur-refuse")
        field(page, "Description").fill("Un trou devant l’école.")
        press(page, "Suivant")
        field(page, "Votre e-mail").fill(address)
        press(page, "Suivant")
        see(page, "visiteur-verification")
        press(page, "Enregistrer la demande")
        heading(page, "Votre demande est reçue")
        number = page.locator("main strong").inner_text()
    assert offered.letter(address, number, saying="Signaler un problème")
