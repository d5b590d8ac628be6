"""FAQ chapters 1 and 2 as they are written: an account from its creation to its lost password."""

from __future__ import annotations

import re
from dataclasses import dataclass
from uuid import uuid4

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser import support
from tests.browser.montclair import PASSWORD, Montclair, field, heading, log_in, tab, type_login

pytestmark = pytest.mark.browser


@dataclass(frozen=True)
class Newcomer:
    """Somebody whom the portal does not know yet."""

    username: str
    email: str
    password: str = "Tilleuls2027"


@pytest.fixture
def emma() -> Newcomer:
    name = f"emma.{uuid4().hex[:8]}"
    return Newcomer(name, f"{name}@montclair.example")


def create(page: Page, town: Montclair, emma: Newcomer) -> None:
    """Home page → « Connexion » → « Mon compte » → the form → « Valider »."""
    page.goto(town.address)
    support.check_page(page)
    page.get_by_role("banner").get_by_role("link", name="Connexion").click()
    heading(page, "Connexion")
    page.get_by_role("link", name="Mon compte").click()
    heading(page, "Créer mon compte")
    for label in ("Identifiant", "Mot de passe", "Prénom", "Nom de famille", "Adresse e-mail"):
        expect(page.locator("label", has_text=label).first).to_contain_text("*")
    page.get_by_role("button", name="Valider").click()
    expect(page.locator(".summary")).to_be_focused()
    heading(page, "Créer mon compte")
    for label, typed in {
        "Identifiant": emma.username,
        "Prénom": "Emma",
        "Nom de famille": "Rochat",
        "Adresse e-mail": emma.email.upper(),
        "Téléphone": "06 12 34 56 78",
    }.items():
        field(page, label).fill(typed)
    field(page, "Mot de passe").fill(emma.password)
    field(page, "Mot de passe, une seconde fois").fill(emma.password)
    page.get_by_label("J’accepte les conditions générales").check()
    page.get_by_role("button", name="Valider").click()
    heading(page, "Un e-mail vous attend")


def activate(page: Page, town: Montclair, emma: Newcomer) -> None:
    """The link of the e-mail asks for identifiant and password again, then logs in."""
    link = town.link(emma.email, "Activez votre compte")
    page.goto(link)
    heading(page, "Activer mon compte")
    field(page, "Identifiant").fill(emma.username)
    field(page, "Mot de passe").fill(emma.password)
    page.get_by_role("button", name="Activer mon compte").click()
    heading(page, "Bonjour Emma")


def log_out(page: Page) -> None:
    page.locator("header .tools summary").click()
    support.check_page(page)
    page.get_by_role("button", name="Se déconnecter").click()
    expect(page.get_by_text("La session est fermée.")).to_be_visible()


def test_creating_an_account_then_changing_it(
    browser: Browser, town: Montclair, emma: Newcomer, phone: bool
) -> None:
    with support.new_page(browser, phone=phone) as page:
        create(page, town, emma)
        activate(page, town, emma)
        update_profile(page)
        change_username(page, emma.username + "-2")
        change_password(page, emma.password, "Lac-d-Annecy-27")
        log_out(page)
        log_in(page, town, f" {emma.username.upper()}-2 ", "Lac-d-Annecy-27")
        page.goto(town.link(emma.email, "Activez votre compte"))
        expect(page.get_by_role("heading", level=1)).not_to_have_text("Activer mon compte")


def update_profile(page: Page) -> None:
    """« Mon profil » → « Mettre à jour » … « Enregistrer la demande »."""
    tab(page, "Mon profil")
    heading(page, "Mon profil")
    page.get_by_role("link", name="Mettre à jour", exact=True).click()
    heading(page, "Mettre à jour mon profil")
    field(page, "Téléphone mobile").fill("06 98 76 54 32")
    field(page, "Numéro et rue").fill("3 rue de la Forge")
    field(page, "Code postal").fill("74520")
    field(page, "Commune").fill("Montclair")
    page.get_by_role("button", name="Enregistrer la demande").click()
    heading(page, "Mon profil")
    expect(page.get_by_text("06 98 76 54 32").first).to_be_visible()
    expect(page.get_by_text("3 rue de la Forge").first).to_be_visible()


def options(page: Page, choice: str) -> None:
    tab(page, "Mon profil")
    page.get_by_role("main").get_by_role("link", name="Options").click()
    heading(page, "Options")
    page.get_by_role("link", name=choice).click()
    heading(page, choice)


def change_username(page: Page, wanted: str) -> None:
    options(page, "Modifier mon identifiant")
    field(page, "Nouvel identifiant").fill("camille.martin")
    page.get_by_role("button", name="Enregistrer").click()
    heading(page, "Modifier mon identifiant")
    expect(page.locator(".field-error")).to_be_visible()
    field(page, "Nouvel identifiant").fill(wanted)
    page.get_by_role("button", name="Enregistrer").click()
    expect(page.get_by_text("Votre nouvel identifiant est enregistré.")).to_be_visible()


def change_password(page: Page, current: str, wanted: str) -> None:
    options(page, "Modifier mon mot de passe")
    saved = page.get_by_text("Votre nouveau mot de passe est enregistré.")
    for typed, answer in (("faible", page.locator(".field-error").first), (wanted, saved)):
        field(page, "Mot de passe actuel").fill(current)
        field(page, "Nouveau mot de passe").fill(typed)
        field(page, "Nouveau mot de passe, une seconde fois").fill(typed)
        page.get_by_role("button", name="Enregistrer").click()
        expect(answer).to_be_visible()
        support.check_page(page)


def lost(page: Page, town: Montclair, choice: str, button: str, email: str) -> None:
    """« Mot de passe ou identifiant oublié » → one of the two → e-mail, any case → its button."""
    page.goto(town.address)
    page.get_by_role("banner").get_by_role("link", name="Connexion").click()
    page.get_by_role("link", name="Mot de passe ou identifiant oublié").click()
    heading(page, "Mot de passe ou identifiant oublié")
    page.get_by_role("link", name=choice).click()
    heading(page, choice)
    field(page, "Adresse e-mail").fill(email)
    page.get_by_role("button", name=button).click()
    heading(page, "Regardez vos e-mails")


def test_blocked_after_five_wrong_passwords_then_both_lost_things(
    browser: Browser, town: Montclair, phone: bool
) -> None:
    known = {False: "lea.durand", True: "hugo.petit"}[phone]
    email = f"{known}@montclair.example"
    with support.new_page(browser, phone=phone) as page:
        be_blocked(page, town, known)
        lost(page, town, "J’ai perdu mon identifiant", "Envoyer mon identifiant", email.upper())
        assert known in town.letter(email, "Votre identifiant")
        lost(
            page,
            town,
            "J’ai perdu mon mot de passe",
            "Envoyer le lien de réinitialisation",
            email.title(),
        )
        link = town.link(email, "Choisir un nouveau mot de passe")
        renew(page, link, PASSWORD)  # the demonstration's: other journeys sign in with it
        type_login(page, known, PASSWORD)
        expect(page.get_by_role("heading", level=1)).to_contain_text("Bonjour")
        page.goto(link)
        heading(page, "Ce lien ne fonctionne plus")


def be_blocked(page: Page, town: Montclair, known: str) -> None:
    """Five wrong passwords; the page reads the same for a name that nobody has."""
    page.goto(f"{town.address}/login/")
    said = {}
    for name in (known, f"nobody.{known}"):
        for _ in range(6):
            type_login(page, name, "Mauvais-Mot-9")
            expect(page.locator(".alert-err, .summary").first).to_be_visible()
        support.check_page(page)
        words = " ".join(page.get_by_role("main").inner_text().split())
        said[name] = re.sub(r"\d+ h \d\d", "… h …", words)  # a minute may pass between the two
        link = page.get_by_role("main").get_by_role("link", name="Nous contacter")
        expect(link).to_be_visible()
    one, other = said.values()
    assert one == other
    link.click()
    heading(page, "Nous contacter")
    for service in ("Service scolaire", "Service périscolaire", "Animations vacances"):
        expect(page.get_by_role("heading", name=service, exact=True)).to_be_visible()


def renew(page: Page, link: str, wanted: str) -> None:
    page.goto(link)
    heading(page, "Choisir un nouveau mot de passe")
    field(page, "Nouveau mot de passe").fill(wanted)
    field(page, "Nouveau mot de passe, une seconde fois").fill(wanted)
    page.get_by_role("button", name="Enregistrer").click()
    expect(page.get_by_text("Vous pouvez vous connecter.")).to_be_visible()
    support.check_page(page)
