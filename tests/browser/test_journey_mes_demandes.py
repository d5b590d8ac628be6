"""FAQ 3, « Comment suivre mes demandes » by its labels: the list, one request, its thread, leaving it."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser import support
from tests.browser.montclair import Montclair, field, log_in

pytestmark = pytest.mark.browser


def see(page: Page, name: str) -> None:
    """No violation, and a picture to look at."""
    support.check_page(page)
    support.picture(page, name)


@pytest.mark.parametrize("phone", [True, False], ids=["390", "1280"])
def test_a_family_follows_its_requests_writes_and_cancels(
    browser: Browser, town: Montclair, phone: bool
) -> None:
    title = "Dossier annuel enfant" if phone else "Dérogation de secteur"
    with support.new_page(browser, phone=phone) as page:
        log_in(page, town, "camille.martin")
        page.goto(f"{town.address}/")
        page.get_by_role("link", name="Mes demandes").first.click()
        main = page.locator("main")
        for word in ("En cours", "Passées", "en attente", "clos"):
            expect(main).to_contain_text(word)
        see(page, f"mes-demandes-{phone}")
        expect(page.get_by_role("link", name=f"Modifier : {title}")).to_be_visible()
        page.get_by_role("link", name=title, exact=True).first.click()
        expect(main).to_contain_text("Enregistrée : en attente d’un agent".replace(" :", "\u00a0:"))
        page.get_by_role("button", name="Envoyer le message").click()
        see(page, f"demande-erreur-{phone}")
        field(page, "Votre message au service").fill("Bonjour, merci de votre réponse.")
        page.get_by_role("button", name="Envoyer le message").click()
        expect(page.locator(".thread")).to_contain_text("Bonjour, merci de votre réponse.")
        see(page, f"demande-{phone}")
        page.get_by_role("link", name="Récépissé de la demande").click()
        expect(main).to_contain_text("04 50 00 00 10")
        see(page, f"recepisse-{phone}")
        with page.expect_download() as download:
            page.get_by_role("link", name="Télécharger au format PDF").click()
        assert download.value.suggested_filename.startswith("recepisse-D-")
        page.get_by_role("link", name="La demande").first.click()
        page.get_by_role("link", name="Annuler la demande").click()
        see(page, f"annuler-{phone}")
        page.get_by_role("button", name="Annuler la demande").click()
        expect(main).to_contain_text("annulée")
        see(page, f"mes-demandes-annulee-{phone}")


@pytest.mark.parametrize("phone", [True, False], ids=["390", "1280"])
def test_a_draft_is_deleted_from_the_list(browser: Browser, town: Montclair, phone: bool) -> None:
    family = "yanis.benali" if phone else "hugo.petit"
    with support.new_page(browser, phone=phone) as page:
        log_in(page, town, family)
        page.goto(f"{town.address}/demandes/")
        waiting = page.locator("section", has=page.get_by_role("heading", name="En cours"))
        expect(waiting).to_contain_text("en brouillon")
        see(page, f"brouillon-{phone}")
        page.get_by_role("link", name="Supprimer", exact=False).first.click()
        see(page, f"supprimer-{phone}")
        page.get_by_role("button", name="Supprimer").click()
        expect(waiting).not_to_contain_text("en brouillon")
