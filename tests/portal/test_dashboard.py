"""The agents' morning page: each role its own figures, each figure its list, few statements."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from app.activities.models import Opening
from app.core import clock
from app.households.models import Schooling, YearFile
from app.notices.models import MailState, OutboxMessage
from app.wallet.models import Wallet
from tests.agenda.test_budgets import statements
from tests.factories import Cast, Factory

SignIn = Callable[[Any], FlaskClient]
STATEMENTS = 14


def figures(client: FlaskClient) -> dict[str, tuple[int, str]]:
    """Title of each tile → (its figure, its address)."""
    text = client.get("/agents/").get_data(as_text=True)
    found = re.findall(
        r'<a class="figure[^"]*" href="([^"]+)">.*?<strong>([^<]+)</strong><span>([^<]+)</span>',
        text,
    )
    return {
        title: (int(number.replace("\u00a0", "")), url.replace("&amp;", "&"))
        for url, number, title in found
    }


def test_each_role_sees_its_own_figures(
    session: Session, cast: Cast, make: Factory, sign_in: SignIn
) -> None:
    leader = make.account("anim", role="Animateur")
    nurse = make.account("sante", role="Santé")
    session.commit()
    agent, regie = figures(sign_in(cast.agent)), figures(sign_in(cast.regie))
    assert {"Demandes à prendre", "Enfants sans classe", "Justificatifs à traiter"} <= set(agent)
    assert "Soldes négatifs" not in agent
    assert "Soldes négatifs" in regie
    assert not {"Demandes à prendre", "Enfants sans classe"} & set(regie)
    assert {"Demandes à prendre", "Soldes négatifs"} <= set(figures(sign_in(cast.admin)))
    assert figures(sign_in(leader)) == figures(sign_in(nurse)) == {}
    assert "Places aujourd" in sign_in(leader).get("/agents/").get_data(as_text=True)
    assert "Places aujourd" not in sign_in(cast.regie).get("/agents/").get_data(as_text=True)
    assert sign_in(cast.camille).get("/agents/").status_code == 403


@pytest.mark.parametrize("who", ["agent", "regie", "admin"])
def test_every_figure_leads_to_a_list_of_as_many_rows(
    session: Session, cast: Cast, sign_in: SignIn, who: str
) -> None:
    session.execute(sa.delete(Schooling).where(Schooling.child_id == cast.rose.id))
    session.add(
        YearFile(
            child_id=cast.jules.id,
            household_id=cast.home.id,
            school_year_id=cast.year.id,
            closed_at=clock.now(),
        )
    )
    session.execute(
        sa.update(Wallet)
        .where(Wallet.household_id == cast.home.id)
        .values(negative_since=clock.now())
    )
    cast.lea.locked_until = clock.real_now() + timedelta(hours=1)
    session.add(
        OutboxMessage(
            dedupe_key="x",
            to_address="a@b.fr",
            template="account_known",
            subject="S",
            text="T",
            message_id="<x@y>",
            state=MailState.DEAD,
            created_at=clock.now(),
            due_at=clock.now(),
        )
    )
    session.commit()
    client = sign_in(getattr(cast, who))
    found = figures(client)
    wanted = {
        "Enfants sans classe": 1,
        "Enfants sans dossier annuel": 2,
        "Comptes bloqués": 1,
        "Courriels qui n’ont pas pu partir": 1,
        "Soldes négatifs": 1,
    }
    for title, number in wanted.items():
        assert title not in found or found[title][0] == number, (title, found)
    for title, (number, url) in found.items():
        page = client.get(url)
        assert page.status_code == 200, (title, url)
        rows = page.get_data(as_text=True).split("<tbody>")[-1].count("<tr")
        assert not number or rows == number, (title, url)


def test_the_morning_costs_the_same_however_full(
    app: Flask, session: Session, cast: Cast, sign_in: SignIn
) -> None:
    session.commit()
    client = sign_in(cast.admin)
    client.get("/agents/")
    with statements(app) as empty:
        client.get("/agents/")
    session.execute(sa.update(Opening).values(taken=Opening.capacity))
    session.commit()
    with statements(app) as full:
        page = client.get("/agents/").get_data(as_text=True)
    assert len(empty) == len(full) <= STATEMENTS, full
    assert "50 sur 50" in page
    assert page.count("Complet") > 8


def test_lists_show_what_agents_look_for(
    session: Session, cast: Cast, sign_in: SignIn, make: Factory
) -> None:
    session.commit()
    children = sign_in(cast.agent).get("/agents/enfants/list/").get_data(as_text=True)
    assert "École des Tilleuls, CE1" in children
    both = rf'<a href="/agents/foyers/{cast.home.id}">Martin</a>, <a href="[^"]+">Benali</a>'
    assert re.search(both, children)
    wallets = sign_in(cast.regie).get("/agents/comptes-d-avance/list/").get_data(as_text=True)
    assert "100,00\u00a0€" in wallets
    assert "vue=zzz" not in sign_in(cast.regie).get(
        "/agents/comptes-d-avance/list/?vue=zzz", follow_redirects=True
    ).get_data(as_text=True)


def test_the_menu_opens_the_group_of_the_page(
    session: Session, cast: Cast, sign_in: SignIn
) -> None:
    session.commit()
    client = sign_in(cast.admin)

    def groups(path: str) -> dict[str, bool]:
        text = client.get(path).get_data(as_text=True)
        found = re.findall(
            r'<details class="side-group"( open)?>.*?<span id="side-\d">([^<]+)</span>', text
        )
        return {label: bool(is_open) for is_open, label in found}

    assert groups("/agents/") == {
        "Familles": True,
        "Services": False,
        "Régie": False,
        "Réglages": False,
    }
    assert groups("/agents/comptes-d-avance/list/")["Régie"]
    assert not groups("/agents/comptes-d-avance/list/")["Familles"]
