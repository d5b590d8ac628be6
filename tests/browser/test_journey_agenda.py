"""FAQ chapter 5, « Agenda »: booking a day, what each colour says, two parents, no mouse, no script."""

from __future__ import annotations

import re
from datetime import date, timedelta

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.browser import support
from tests.browser.montclair import PASSWORD, Montclair, field, heading, log_in, tab

pytestmark = pytest.mark.browser

MARCH = 2
"""Months after January 2027: nothing is booked there yet, and no cover is asked for it."""
MONDAY = date(2027, 3, 8)
WEEKDAYS = ("Lundi", "Mardi", "Mercredi", "Jeudi", "Vendredi", "Samedi", "Dimanche")


def open_month(page: Page, child: str | None = None, months: int = MARCH) -> None:
    """« Agenda », the child in « Agenda de », so many months later."""
    tab(page, "Agenda")
    expect(page.get_by_role("heading", level=1)).to_have_text("Agenda")
    if child:
        page.get_by_role("navigation", name="Agenda de").get_by_role("link", name=child).click()
        chosen = page.get_by_role("navigation", name="Agenda de").locator("[aria-current]")
        expect(chosen).to_contain_text(child)
    for _ in range(months):
        shown = page.locator("#month-name").inner_text()
        page.get_by_role("link", name=re.compile("^Mois suivant")).click()
        expect(page.locator("#month-name")).not_to_have_text(shown)


def cell(page: Page, day: date) -> Locator:
    """The button of one day, « Lundi 8 Réservable »."""
    name = WEEKDAYS[day.weekday()]
    return page.get_by_role("button", name=re.compile(rf"^{name} {day.day}\b"))


def slot(page: Page, name: str) -> Locator:
    """A slot's box in the open day."""
    return page.get_by_role("checkbox", name=re.compile(rf"^{name}\b"))


def finish_day(page: Page, phone: bool) -> None:
    if phone:
        page.get_by_role("button", name="Terminer ce jour").click()


def save(page: Page, said: str) -> None:
    page.get_by_role("button", name="Enregistrer", exact=True).click()
    expect(page.get_by_role("status").filter(has_text=said)).to_be_visible()


def test_booking_a_green_day(browser: Browser, town: Montclair, phone: bool) -> None:
    child = "Rose" if phone else "Jules"
    with support.new_page(browser, phone=phone) as page:
        log_in(page, town, "camille.martin")
        open_month(page, child, 0)
        look_at_the_legend(page)
        look_at_grey_days(page, phone)
        open_month(page, child)
        expect(cell(page, MONDAY)).to_contain_text("Réservable")
        cell(page, MONDAY).click()
        expect(page.locator("p:visible", has_text="Modifiable jusqu’au")).to_be_visible()
        support.check_page(page)
        slot(page, "Restaurant scolaire").check()
        slot(page, "Accueil du soir 1").check()
        support.check_page(page)
        finish_day(page, phone)
        expect(cell(page, MONDAY)).to_contain_text("À enregistrer")
        support.check_page(page)
        stay_because_of_the_warning(page)
        save(page, "2 réservations ajoutées")
        expect(cell(page, MONDAY)).to_contain_text("Réservé")
        support.check_page(page)
        take_one_back(page, phone)


def look_at_the_legend(page: Page) -> None:
    """Each state of the FAQ has its word, and the rules are one click away."""
    legend = page.locator(".legend")
    for word in ("Réservable", "Réservé", "Complet", "Hors délai", "Jour fermé"):
        expect(legend.get_by_text(word, exact=True)).to_be_visible()
    expect(page.get_by_role("link", name=re.compile("^Règlement intérieur"))).to_be_visible()
    support.check_page(page)


def look_at_grey_days(page: Page, phone: bool) -> None:
    """A closed day cannot be opened; a day past its deadline says so and offers no box."""
    expect(cell(page, date(2027, 1, 1))).to_be_disabled()
    expect(cell(page, date(2027, 1, 1))).to_contain_text("Férié")
    today = cell(page, date(2027, 1, 12))
    today.click()
    expect(
        page.locator("p:visible", has_text="Il est trop tard pour modifier ce jour ici.")
    ).to_be_visible()
    expect(slot(page, "Restaurant scolaire")).to_have_count(0)
    support.check_page(page)
    finish_day(page, phone)


def stay_because_of_the_warning(page: Page) -> None:
    """Leaving with unsaved changes asks first; « stay » keeps the ticks."""
    asked: list[str] = []

    def stay(dialog: object) -> None:
        asked.append(dialog.type)  # type: ignore[attr-defined]
        dialog.dismiss()  # type: ignore[attr-defined]

    page.once("dialog", stay)
    page.get_by_role("link", name=re.compile("^Mois suivant")).click(no_wait_after=True)
    expect(cell(page, MONDAY)).to_contain_text("À enregistrer")
    assert asked == ["beforeunload"]


def take_one_back(page: Page, phone: bool) -> None:
    """What was cancelled stands under the calendar, the whole list one click further (B3)."""
    cell(page, MONDAY).click()
    slot(page, "Accueil du soir 1").uncheck()
    finish_day(page, phone)
    save(page, "1 réservation retirée")
    history = page.get_by_role("region", name="Historique des réservations")
    taken_back = page.get_by_role("row").filter(has_text=re.compile("Lun. 8 mars.*soir 1"))
    expect(history.locator(taken_back)).to_contain_text("Annulé")
    history.get_by_role("link", name="Afficher tout l’historique").click()
    rows = page.get_by_role("row").filter(has_text="Lun. 8 mars")
    expect(taken_back).to_contain_text("Annulé")
    expect(rows.filter(has_text="Restaurant scolaire")).to_contain_text("Réservé")
    support.check_page(page)


def test_booking_without_script(browser: Browser, town: Montclair, phone: bool) -> None:
    day = MONDAY + timedelta(days=1)
    with support.new_page(browser, phone=phone, java_script_enabled=False) as page:
        log_in(page, town, "camille.martin")
        open_month(page, "Rose" if phone else "Jules")
        cell(page, day).click()
        slot(page, "Restaurant scolaire").check()
        finish_day(page, phone)
        save(page, "1 réservation ajoutée")
        expect(cell(page, day)).to_contain_text("Réservé")


def test_a_slot_of_the_other_parent(browser: Browser, town: Montclair, phone: bool) -> None:
    day = MONDAY + timedelta(days=4 if phone else 3)
    with support.new_page(browser, phone=phone) as page:
        log_in(page, town, "camille.martin")
        open_month(page, "Noé")
        cell(page, day).click()
        slot(page, "Restaurant scolaire").check()
        finish_day(page, phone)
        save(page, "1 réservation ajoutée")
    with support.new_page(browser, phone=phone) as page:
        log_in(page, town, "yanis.benali")
        open_month(page)
        expect(cell(page, day)).to_contain_text("Autre parent")
        cell(page, day).click()
        line = page.locator(".slot:visible").filter(has_text="Restaurant scolaire")
        expect(line).to_contain_text("Réservé par l’autre parent")
        expect(line).not_to_contain_text("€")
        expect(line.get_by_role("checkbox")).to_have_count(0)
        support.check_page(page)


def focus(page: Page, wanted: Locator) -> None:
    """Press Tab until ``wanted`` has the focus."""
    for _ in range(80):
        if wanted.evaluate("element => element === document.activeElement"):
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"the keyboard does not reach {wanted}")


def test_a_whole_booking_with_the_keyboard_alone(browser: Browser, town: Montclair) -> None:
    with support.new_page(browser) as page:
        page.goto(f"{town.address}/login/")
        focus(page, field(page, "Identifiant ou e-mail"))
        page.keyboard.type("camille.martin")
        page.keyboard.press("Tab")
        page.keyboard.type(PASSWORD)
        page.keyboard.press("Enter")
        heading(page, "Bonjour Camille")
        press(page, page.get_by_role("navigation", name="Menu principal").get_by_text("Agenda"))
        press(
            page, page.get_by_role("navigation", name="Agenda de").get_by_role("link", name="Noé")
        )
        for month in ("Février 2027", "Mars 2027"):
            press(page, page.get_by_role("link", name=re.compile("^Mois suivant")))
            expect(page.locator("#month-name")).to_have_text(month)
        book_by_arrows(page)


def press(page: Page, wanted: Locator) -> None:
    """Go to it with Tab, press Enter, wait for the page it leads to."""
    focus(page, wanted)
    page.keyboard.press("Enter")
    page.wait_for_load_state()


def book_by_arrows(page: Page) -> None:
    """Arrows to Tuesday 16 March, Enter, Tab, Space, Escape, « Enregistrer »."""
    wanted = cell(page, date(2027, 3, 16))
    focus(page, page.locator("button.cell:not(:disabled)").first)
    page.keyboard.press("ArrowDown")
    for _ in range(12):
        if wanted.evaluate("element => element === document.activeElement"):
            break
        page.keyboard.press("ArrowRight")
    expect(wanted).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Mardi 16 mars")).to_be_focused()
    focus(page, slot(page, "Restaurant scolaire"))
    page.keyboard.press("Space")
    page.keyboard.press("Escape")
    expect(wanted).to_be_focused()
    focus(page, page.get_by_role("button", name="Enregistrer", exact=True))
    page.keyboard.press("Enter")
    expect(page.get_by_role("status").filter(has_text="1 réservation ajoutée")).to_be_visible()
