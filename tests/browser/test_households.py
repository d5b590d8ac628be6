"""« Mon profil » and the agents' pages of a household in a real browser, at both widths."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask
from playwright.sync_api import Browser, Page, expect
from sqlalchemy.orm import Session

from app.core import clock
from app.core.actor import Actor
from app.households import services
from app.procedures import erasure, household_update, refund
from app.requests import services as engine
from tests.browser import support
from tests.factories import Cast, Factory

pytestmark = pytest.mark.browser


@pytest.fixture
def address(app: Flask, cast: Cast, session: Session) -> Iterator[str]:
    session.commit()
    with support.served(app) as address:
        yield address


def signed_in(page: Page, app: Flask, session: Session, account: Any, address: str) -> None:
    support.sign_in(page, app, account, address)
    session.commit()  # reading the account took SQLite's write lock


def opened(page: Page, url: str) -> None:
    answer = page.goto(url)
    assert answer is not None
    assert answer.status == 200, url
    support.check_page(page)


@pytest.mark.parametrize("phone", [False, True], ids=["wide", "phone"])
def test_a_parent_updates_the_profile(
    browser: Browser, app: Flask, session: Session, address: str, cast: Cast, phone: bool
) -> None:
    with support.new_page(browser, phone=phone) as page:
        signed_in(page, app, session, cast.camille, address)
        opened(page, f"{address}/profil/")
        page.get_by_role("link", name="Mettre à jour", exact=True).click()
        support.check_page(page)
        page.get_by_label("Code postal").fill("7")
        page.get_by_role("button", name="Enregistrer la demande").click()
        expect(page.get_by_text("Saisissez un code postal.").first).to_be_visible()
        support.check_page(page)
        page.get_by_label("Code postal").fill("74520")
        page.get_by_label("Numéro et rue").fill("1 rue Neuve")
        page.get_by_role("button", name="Ajouter un enfant").click()
        page.get_by_label("Prénom").fill("Zoé")
        page.get_by_label("Nom de famille").fill("Martin")
        page.get_by_label("Date de naissance").fill("2022-02-02")
        support.check_page(page)
        page.get_by_role("button", name="Enregistrer la demande").click()
        expect(page.get_by_text("Votre demande est enregistrée sous le numéro")).to_be_visible()
        expect(page.get_by_text("Zoé, Martin, 2 février 2022")).to_be_visible()
        support.check_page(page)
        page.get_by_role("link", name="Modifier la demande").click()
        expect(page.get_by_label("Numéro et rue")).to_have_value("1 rue Neuve")
        page.get_by_label("Numéro et rue").fill("2 rue Neuve")
        page.get_by_role("button", name="Enregistrer la demande").click()
        expect(page.get_by_text("Votre demande est modifiée.")).to_be_visible()
        page.get_by_role("link", name="Voir la demande").click()
        expect(page.get_by_role("heading", name="Mettre à jour mon foyer")).to_be_visible()
        support.check_page(page)


@pytest.mark.parametrize("phone", [False, True], ids=["wide", "phone"])
def test_what_is_asked_of_the_service_and_who_sees_it(
    browser: Browser, app: Flask, session: Session, address: str, cast: Cast, phone: bool
) -> None:
    """The profile while an agent has the request; the régisseur's list; the list of the purge."""
    camille = Actor(cast.camille.id, cast.home.id, frozenset({"Parent"}))
    lea = Actor(cast.lea.id, cast.stranger_home.id, frozenset({"Parent"}))
    agent, now = Actor(cast.agent.id, roles=frozenset({"Agent"})), clock.now()
    move = {"address": {"street": "1 rue Neuve", "postcode": "74520", "city": "Montclair"}}
    moving = engine.ask_whole(session, camille, household_update.CODE, move, now=now)
    engine.take(session, agent, moving.id, now=now)
    money = {
        "whole": False,
        "amount": 1250,
        "reason": "Trop versé",
        "account_holder": "Camille Martin",
        "iban": "FR7630006000011234567890189",
    }
    engine.ask_whole(session, camille, refund.CODE, money, now=now)
    Factory(session).money(cast.stranger_home, -10_000)
    leaving = engine.ask_whole(session, lea, erasure.CODE, {"understood": True}, now=now)
    engine.take(session, agent, leaving.id, now=now)
    engine.close(session, agent, leaving.id, now=now)
    session.commit()
    for account, path, text in (
        (cast.camille, "/profil/mettre-a-jour", "Le service traite votre demande"),
        (cast.camille, "/profil/", "Votre demande au service"),
        (cast.regie, "/agents/remboursements-demandes/", "FR76 3000 6000"),
        (cast.regie, f"/agents/foyers/{cast.home.id}", "Remboursement demandé"),
        (cast.admin, "/agents/conservation/", "à la demande de la famille"),
    ):
        with support.new_page(browser, phone=phone) as page:
            signed_in(page, app, session, account, address)
            opened(page, f"{address}{path}")
            expect(page.get_by_text(text).first).to_be_visible()


@pytest.mark.parametrize("phone", [False, True], ids=["wide", "phone"])
@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_the_other_pages_of_the_profile(
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
        for path in (
            "/profil/",
            "/profil/mettre-a-jour",
            "/profil/inviter",
            "/profil/code-famille",
        ):
            opened(page, f"{address}{path}")


@pytest.mark.parametrize("phone", [False, True], ids=["wide", "phone"])
def test_the_agents_pages(
    browser: Browser, app: Flask, address: str, session: Session, cast: Cast, phone: bool
) -> None:
    services.restrict(
        session,
        Actor(cast.agent.id),
        cast.noe.id,
        cast.other_home.id,
        keep_bookings=True,
        reason="",
        note="Jugement du 4 janvier",
        do_not_hand_to="Yanis Benali",
        now=clock.now(),
    )
    session.commit()
    home = f"/agents/foyers/{cast.home.id}"
    noe = f"/agents/foyers/{cast.other_home.id}/enfants/{cast.noe.id}"
    paths = [home, noe, f"{home}/rattacher?q=jules"]
    paths += [
        f"{home}/{page}"
        for page in ("modifier", "quotient", "residence", "adultes/nouveau", "enfants/nouveau")
    ]
    paths += [f"{noe}/{page}" for page in ("modifier", "ecole", "droits", "fin", "depart")]
    with support.new_page(browser, phone=phone) as page:
        signed_in(page, app, session, cast.agent, address)
        for path in paths:
            opened(page, f"{address}{path}")
        page.goto(f"{address}{home}")
        page.get_by_role("button", name="Créer un code famille").click()
        expect(page.get_by_role("button", name="Télécharger le courrier")).to_be_visible()
        support.check_page(page)
