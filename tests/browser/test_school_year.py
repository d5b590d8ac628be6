"""What hangs on the yearly file, in a real browser: Santé, who collects, the family's file, the agenda."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask
from playwright.sync_api import Browser, Page, expect
from sqlalchemy.orm import Session

from app.activities.models import SiteStaff
from app.core import clock, settings
from app.core.actor import SYSTEM, Actor
from app.households.services import pickup, ties, year_files
from app.households.services.year_files import NewFile, YearFileValues
from app.reservations.models import Booking, BookingChange, ChangeOrigin
from tests.browser import support
from tests.factories import Cast, Factory

pytestmark = [
    pytest.mark.browser,
    pytest.mark.parametrize("phone", [False, True], ids=["wide", "phone"]),
    pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"]),
]


@pytest.fixture
def staff(session: Session, make: Factory, cast: Cast) -> dict[str, Any]:
    """A nurse and an animator; Noé has a file, a booking, persons allowed and a restriction."""
    nurse = make.account("marie.sante", role="Agent")
    nurse.roles = [make.role("Agent"), make.role("Santé")]
    leader = make.account("sam.leroy", role="Animateur")
    make.add(SiteStaff(account_id=leader.id, site_id=cast.site.id))
    values = YearFileValues(
        contacts=[{"name": "Odile Roux", "phone": "0601020304", "relation": "Grand-parent"}],
        authorisations={"hospital": True, "leave_alone": True},
    )
    health = {"pai": True, "allergies": "Arachide", "doctor": "Dr Blanc"}
    file = NewFile(cast.home.id, cast.noe.id, cast.year.id, values, health)
    year_files.close_many(session, SYSTEM, [file], now=clock.now())
    camille = Actor(cast.camille.id, cast.home.id)
    person = pickup.NewPerson("Odile", "Roux", "06 01 02 03 04", "Grand-parent")
    pickup.add_person(session, camille, cast.home.id, cast.noe.id, person, now=clock.now())
    ties.restrict(
        session, SYSTEM, cast.noe.id, cast.other_home.id,
        keep_bookings=True, reason="", do_not_hand_to="Yanis Benali", now=clock.now(),
    )  # fmt: skip
    change = make.add(
        BookingChange(household_id=cast.home.id, origin=ChangeOrigin.MONTH, created_at=clock.now())
    )
    opening = next(iter(cast.openings.values()))
    make.add(
        Booking(
            child_id=cast.noe.id, opening_id=opening.id, household_id=cast.home.id,
            day=opening.day, care_cents=100, created_at=clock.now(), created_in=change.id,
        )
    )  # fmt: skip
    session.flush()
    return {"nurse": nurse, "leader": leader, "day": opening.day}


@pytest.fixture
def address(app: Flask, staff: dict[str, Any], session: Session) -> Iterator[str]:
    session.commit()
    with support.served(app) as address:
        yield address


def signed_in(page: Page, app: Flask, session: Session, account: Any, address: str) -> None:
    support.sign_in(page, app, account, address)
    session.commit()  # reading the account took SQLite's write lock


def test_the_nurse_opens_a_child_and_the_list(
    browser: Browser,
    app: Flask,
    session: Session,
    address: str,
    staff: dict[str, Any],
    phone: bool,
    dark: bool,
) -> None:
    with support.new_page(browser, phone=phone, dark=dark) as page:
        signed_in(page, app, session, staff["nurse"], address)
        page.goto(f"{address}/agents/sante/")
        support.check_page(page)
        page.get_by_role("button", name="Ouvrir les données de santé de Noé Martin").click()
        expect(page.get_by_text("Arachide")).to_be_visible()
        support.check_page(page)
        page.get_by_role("link", name="Santé", exact=True).last.click()
        page.get_by_role("button", name="Liste à imprimer").click()
        expect(page.get_by_role("heading", name="Santé : École des Tilleuls")).to_be_visible()
        support.check_page(page)
        page.goto(f"{address}/agents/dossiers-annuels/list/")
        support.check_page(page)


def test_the_animator_reads_who_collects(
    browser: Browser,
    app: Flask,
    session: Session,
    address: str,
    staff: dict[str, Any],
    phone: bool,
    dark: bool,
) -> None:
    with support.new_page(browser, phone=phone, dark=dark) as page:
        signed_in(page, app, session, staff["leader"], address)
        page.goto(f"{address}/agents/sorties/?jour={staff['day'].isoformat()}")
        expect(page.get_by_text("Ne pas remettre à Yanis Benali")).to_be_visible()
        expect(page.get_by_text("Odile Roux (Grand-parent)")).to_be_visible()
        support.check_page(page)


def test_the_family_reads_its_file_and_who_opened_it(
    browser: Browser,
    app: Flask,
    session: Session,
    address: str,
    cast: Cast,
    phone: bool,
    dark: bool,
) -> None:
    with support.new_page(browser, phone=phone, dark=dark) as page:
        signed_in(page, app, session, cast.camille, address)
        page.goto(f"{address}/profil/")
        page.get_by_role("link", name="Dossier annuel enfant 2026-2027 : Noé").click()
        expect(page.get_by_text("Arachide")).to_be_visible()
        support.check_page(page)
        expect(page.get_by_role("link", name="Mettre à jour le dossier annuel")).to_be_visible()
        page.goto(f"{address}/profil/dossiers-annuels/{cast.rose.id}")
        support.check_page(page)


def test_the_agenda_says_that_the_file_is_missing_and_leads_to_it(
    browser: Browser,
    app: Flask,
    session: Session,
    address: str,
    cast: Cast,
    phone: bool,
    dark: bool,
) -> None:
    settings.put(session, settings.YEAR_FILE_REQUIRED, True)
    jules = cast.jules.id
    session.commit()
    month = max(one.day for one in cast.openings.values()).strftime("%Y-%m")
    session.commit()
    with support.new_page(browser, phone=phone, dark=dark) as page:
        signed_in(page, app, session, cast.camille, address)
        page.goto(f"{address}/agenda/{jules}/{month}")
        expect(page.get_by_text("Pour réserver pour Jules")).to_be_visible()
        page.locator(".cell.st-no-file").first.click()
        expect(page.get_by_text("Dossier annuel manquant").first).to_be_visible()
        support.check_page(page)
        page.goto(f"{address}/agenda/{jules}/{month}")
        page.get_by_role("link", name="Remplir le dossier annuel").click()
        expect(page.get_by_role("heading", name="Dossier annuel enfant", level=1)).to_be_visible()
