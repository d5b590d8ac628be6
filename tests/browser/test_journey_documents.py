"""FAQ 4, by its labels: a document asked, given, refused, given again, accepted; the persons allowed."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser import support
from tests.browser.montclair import Montclair, field, log_in
from tests.documents.samples import jpeg, pdf

pytestmark = pytest.mark.browser
NAME = "Avis d’imposition"


def add_kind(page: Page, town: Montclair) -> None:
    """An agent says that every household needs it."""
    page.goto(f"{town.address}/agents/pieces/add")
    support.check_page(page)
    page.get_by_label("Code").fill("avis_imposition")
    field(page, "Nom").fill(NAME)
    page.get_by_label("Fournie pour", exact=False).select_option("household")
    page.get_by_label("Valable jusqu", exact=False).select_option("school_year")
    page.get_by_label("Demandée à", exact=False).select_option("every_household")
    page.get_by_label("Utilisée", exact=False).check()
    page.get_by_role("button", name="Enregistrer").click()
    expect(page.locator("main")).to_contain_text(NAME)


def give(page: Page, town: Montclair, *paths: Path) -> None:
    """« Fournir le justificatif », the file, « Valider »: « non traité »."""
    page.goto(f"{town.address}/")
    page.get_by_role("link", name="Fournir mes nouveaux justificatifs").click()
    support.check_page(page)
    page.get_by_role("link", name=f"Fournir le justificatif {NAME}").first.click()
    support.check_page(page)
    page.locator("input[type=file]").set_input_files(paths)
    support.check_page(page)
    page.get_by_role("button", name="Valider").click()
    expect(page.locator("main")).to_contain_text("non traité")
    support.check_page(page)


def review(page: Page, town: Montclair) -> None:
    """The agent opens what waits."""
    page.goto(f"{town.address}/agents/")
    page.get_by_role("link", name="Justificatifs à traiter").first.click()
    support.check_page(page)
    page.locator("main").get_by_role("link", name=NAME).first.click()
    support.check_page(page)


@pytest.mark.parametrize("phone", [True, False], ids=["390", "1280"])
def test_a_document_is_given_refused_given_again_and_accepted(
    browser: Browser, town: Montclair, tmp_path: Path, phone: bool
) -> None:
    family = "yanis.benali" if phone else "camille.martin"
    photo, scan = tmp_path / "photo.jpg", tmp_path / "avis.pdf"
    photo.write_bytes(jpeg(800, 600))
    scan.write_bytes(pdf())
    with (
        support.new_page(browser) as desk,
        support.new_page(browser, phone=phone) as page,
    ):
        log_in(desk, town, "agent")
        desk.goto(f"{town.address}/agents/pieces/list/")
        if NAME not in desk.locator("main").inner_text():
            add_kind(desk, town)
        log_in(page, town, family)
        give(page, town, photo, photo)
        review(desk, town)
        desk.get_by_label("Motif du refus").fill("La photo est floue.")
        desk.get_by_role("button", name="Refuser").click()
        page.reload()
        expect(page.locator("main")).to_contain_text("La photo est floue.")
        support.check_page(page)
        give(page, town, scan)
        review(desk, town)
        support.picture(desk, f"review-{family}")
        desk.get_by_role("button", name="Accepter").click()
        page.reload()
        expect(page.locator("main")).to_contain_text("valide")
        support.picture(page, f"justificatifs-{family}")
        support.check_page(page)


@pytest.mark.parametrize("phone", [True, False], ids=["390", "1280"])
def test_the_persons_allowed_to_collect_a_child(
    browser: Browser, town: Montclair, phone: bool
) -> None:
    with support.new_page(browser, phone=phone) as page:
        log_in(page, town, "yanis.benali" if phone else "camille.martin")
        page.goto(f"{town.address}/")
        page.get_by_role("link", name="Gérer les personnes autorisées").click()
        support.check_page(page)
        page.locator("main input[type=radio]").first.check()
        page.get_by_role("button", name="Suivant").click()
        support.check_page(page)
        page.get_by_text("Ajouter une nouvelle personne").first.click()
        support.check_page(page)
        field(page, "Nom de famille").fill("Roche")
        field(page, "Prénom").fill("Odile")
        field(page, "Téléphone").fill("06 12 34 56 78")
        page.get_by_role("button", name="Valider la demande").click()
        expect(page.locator("main")).to_contain_text("Odile Roche")
        expect(page.locator("main")).to_contain_text("Action")
        support.check_page(page)
        support.picture(page, f"personnes-{phone}")


@pytest.mark.parametrize("phone", [True, False], ids=["390", "1280"])
def test_my_data_are_asked_for_made_and_downloaded(
    browser: Browser, town: Montclair, phone: bool
) -> None:
    family = "lea.durand" if phone else "hugo.petit"
    with support.new_page(browser, phone=phone) as page:
        log_in(page, town, family)
        page.goto(f"{town.address}/profil/")
        page.get_by_role("link", name="Mes données").click()
        support.check_page(page)
        page.get_by_role("button", name="Demander mes données").click()
        support.check_page(page)
        town.job("exports")
        page.reload()
        support.check_page(page)
        with page.expect_download() as found:
            page.get_by_role("link", name="Télécharger mes données").click()
        assert found.value.suggested_filename.startswith("mes-donnees-")
