"""The hand-made pages of services in a real browser, at both widths, in each state."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import sqlalchemy as sa
from flask import Flask
from playwright.sync_api import Browser
from sqlalchemy.orm import Session

from app.activities.models import Enrolment, PriceGrid
from tests.browser import support
from tests.factories import Cast

pytestmark = pytest.mark.browser


@pytest.fixture
def address(app: Flask, cast: Cast, session: Session) -> Iterator[str]:
    session.commit()
    with support.served(app) as address:
        yield address


@pytest.mark.parametrize("phone", [False, True], ids=["wide", "phone"])
def test_pages_of_services(
    browser: Browser, app: Flask, address: str, cast: Cast, session: Session, phone: bool
) -> None:
    grid = session.scalars(sa.select(PriceGrid.id)).first()
    enrolment = session.scalars(sa.select(Enrolment.id)).first()
    session.commit()
    with support.new_page(browser, phone=phone) as page:
        support.sign_in(page, app, cast.agent, address)
        for path in (
            "/agents/ouvertures/rouvrir",
            "/agents/ouvertures/places",
            "/agents/annees/",
            f"/agents/annees/{cast.year.id}/copier",
            "/agents/inscriptions/nouvelle?q=jules",
            "/agents/inscriptions/classe",
            f"/agents/inscriptions/terminer?id={enrolment}",
            f"/agents/inscriptions/{enrolment}/site",
            f"/agents/tarifs/{grid}",
        ):
            page.goto(f"{address}{path}")
            support.check_page(page)


@pytest.mark.parametrize("phone", [False, True], ids=["wide", "phone"])
def test_closing_says_what_it_concerns(
    browser: Browser, app: Flask, address: str, cast: Cast, session: Session, phone: bool
) -> None:
    day = max(day for _slot, day in cast.openings).isoformat()
    with support.new_page(browser, phone=phone) as page:
        support.sign_in(page, app, cast.agent, address)
        session.commit()  # the server writes: nobody else may hold SQLite's write lock
        page.goto(f"{address}/agents/ouvertures/fermer")
        page.get_by_role("textbox", name="Du").fill(day)
        page.get_by_role("button", name="Fermer", exact=True).click()
        support.check_page(page)
        page.get_by_label("Au (inclus)").fill(day)
        page.get_by_label("Motif, lu par les familles").fill("Grève")
        page.get_by_role("button", name="Fermer", exact=True).click()
        page.get_by_text("Cela concerne 3").wait_for()
        support.check_page(page)
        page.get_by_role("button", name="Confirmer").last.click()
        page.get_by_text("3\u00a0ouvertures sont fermées.").wait_for()
