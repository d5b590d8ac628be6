"""« Sorties »: whom a child leaves with, whom never, for the sites of who asks (§3.5, §3.6, D6)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from app.accounts.models import Account
from app.activities.models import SiteStaff
from app.attendance import queries
from app.attendance.queries import Leaving
from app.core import clock
from app.core.actor import Actor
from app.households.models import Child, Guardianship, Household
from app.households.services import pickup
from app.reservations.models import Booking, BookingChange, BookingState, ChangeOrigin
from tests.agenda.test_budgets import statements
from tests.factories import Cast, Factory

SignIn = Callable[[Any], FlaskClient]
Book = Callable[..., Booking]
MONDAY = date(2027, 1, 18)
URL = "/agents/sorties/"


@pytest.fixture
def book(make: Factory, cast: Cast) -> Book:
    """A booking of Monday, straight in the table."""
    change = make.add(
        BookingChange(household_id=cast.home.id, origin=ChangeOrigin.MONTH, created_at=clock.now())
    )

    def booking(child: Child, slot: Any, **more: Any) -> Booking:
        values = {"household_id": cast.home.id, "state": BookingState.LIVE, "care_cents": 100}
        row: Booking = make.add(
            Booking(
                child_id=child.id,
                opening_id=cast.opening(slot, MONDAY).id,
                day=MONDAY,
                created_at=clock.now(),
                created_in=change.id,
                **values | more,
            )
        )
        return row

    return booking


@pytest.fixture
def leader(make: Factory) -> Account:
    account: Account = make.account("sam.leroy", role="Animateur")
    return account


def allow(session: Session, home: Household, child: Child, name: str) -> None:
    person = pickup.NewPerson(name, "Roux", "06 01 02 03 04", "Grand-mère")
    pickup.add_person(
        session, Actor(home.holder_id, home.id), home.id, child.id, person, now=clock.now()
    )


def restrict(session: Session, home: Household, child: Child, names: str = "") -> None:
    session.execute(
        sa.update(Guardianship)
        .where(Guardianship.household_id == home.id, Guardianship.child_id == child.id)
        .values(restricted_at=clock.now(), do_not_hand_to=names)
    )


def of(session: Session, cast: Cast, child: Child) -> Leaving:
    return next(
        one for one in queries.leaving(session, cast.site.id, MONDAY) if one.child_id == child.id
    )


def test_a_child_leaves_with_the_persons_of_both_households(
    session: Session, cast: Cast, book: Book
) -> None:
    book(cast.noe, cast.midi)
    book(cast.noe, cast.soir1)
    allow(session, cast.home, cast.noe, "Odile")
    allow(session, cast.other_home, cast.noe, "Basile")
    one = of(session, cast, cast.noe)
    assert [person.first_name for person in one.collectors] == ["Basile", "Odile"]
    assert [parent.name for parent in one.parents] == ["Camille Martin", "Yanis Benali"]
    assert one.parents[0].phones == ["06 12 34 56 78"]
    assert (one.until.isoformat(), [stay.name for stay in one.stays]) == (
        "17:30:00",
        ["midi", "soir 1"],
    )
    assert one.level == "CE1"
    assert one.never == ()


@pytest.mark.parametrize(
    ("written", "said"),
    [("Yanis Benali et ses parents", "Yanis Benali et ses parents"), ("", "Yanis Benali")],
)
def test_a_restriction_takes_the_household_off_and_warns(
    session: Session, cast: Cast, book: Book, written: str, said: str
) -> None:
    book(cast.noe, cast.midi)
    allow(session, cast.home, cast.noe, "Odile")
    allow(session, cast.other_home, cast.noe, "Basile")
    restrict(session, cast.other_home, cast.noe, written)
    one = of(session, cast, cast.noe)
    assert [person.first_name for person in one.collectors] == ["Odile"]
    assert [parent.name for parent in one.parents] == ["Camille Martin"]
    assert list(one.never) == [said]


@pytest.mark.parametrize(
    ("camille", "yanis", "alone"),
    [
        (None, None, None),
        (True, None, True),
        (True, True, True),
        (True, False, False),
        (None, False, False),
    ],
)
def test_one_household_that_refuses_is_enough_to_keep_the_child(
    session: Session,
    cast: Cast,
    make: Factory,
    book: Book,
    camille: bool | None,
    yanis: bool | None,
    alone: bool | None,
) -> None:
    book(cast.noe, cast.midi)
    for home, answer in ((cast.home, camille), (cast.other_home, yanis)):
        if answer is not None:
            make.year_file(cast.noe, home, authorisations={"leave_alone": answer})
    assert of(session, cast, cast.noe).alone is alone


def test_the_word_of_a_restricted_household_does_not_count(
    session: Session, cast: Cast, make: Factory, book: Book
) -> None:
    book(cast.noe, cast.midi)
    make.year_file(cast.noe, cast.other_home, authorisations={"leave_alone": True})
    restrict(session, cast.other_home, cast.noe)
    assert of(session, cast, cast.noe).alone is None


def test_only_what_is_booked_there_that_day(
    session: Session, cast: Cast, make: Factory, book: Book
) -> None:
    book(cast.jules, cast.midi)
    book(cast.rose, cast.midi, state=BookingState.CANCELLED)
    found = queries.leaving(session, cast.site.id, MONDAY)
    assert [one.first_name for one in found] == ["Jules"]
    assert queries.leaving(session, make.site("Cabane du Lac").id, MONDAY) == []
    assert queries.leaving(session, cast.site.id, date(2027, 1, 19)) == []


def test_an_animator_reads_his_own_sites_alone(
    session: Session, cast: Cast, make: Factory, book: Book, leader: Account, sign_in: SignIn
) -> None:
    book(cast.noe, cast.midi)
    restrict(session, cast.other_home, cast.noe)
    other = make.site("Cabane du Lac")
    session.commit()
    here, there = cast.site.id, other.id
    client = sign_in(leader)
    page = f"{URL}?jour=2027-01-18"
    assert "Aucun site ne vous est affecté" in client.get(page).text
    assert client.get(f"{page}&site={here}").status_code == 404
    session.add(SiteStaff(account_id=leader.id, site_id=here))
    session.commit()
    html = client.get(page).text
    assert "Martin Noé" in html
    assert "Ne pas remettre à Yanis Benali" in html
    assert "Cabane du Lac" not in html
    assert client.get(f"{page}&site={there}").status_code == 404


@pytest.mark.parametrize(("who", "status"), [("agent", 200), ("admin", 200), ("regie", 403)])
def test_who_reads_it(
    session: Session, cast: Cast, book: Book, sign_in: SignIn, who: str, status: int
) -> None:
    book(cast.noe, cast.midi)
    session.commit()
    answer = sign_in(getattr(cast, who)).get(f"{URL}?jour=2027-01-18&site={cast.site.id}")
    assert answer.status_code == status
    assert ("Martin Noé" in answer.text) is (status == 200)


@pytest.mark.parametrize("typed", ["", "hier", "9999-99-99"])
def test_what_is_no_day_is_today(session: Session, cast: Cast, sign_in: SignIn, typed: str) -> None:
    session.commit()
    assert "mardi 12 janvier" in sign_in(cast.agent).get(f"{URL}?jour={typed}").text


def test_statements_do_not_grow_with_the_children(
    app: Flask, session: Session, cast: Cast, make: Factory, book: Book, sign_in: SignIn
) -> None:
    book(cast.noe, cast.midi)
    session.commit()
    client, path, counts = sign_in(cast.agent), f"{URL}?jour=2027-01-18&site={cast.site.id}", []
    client.get(path)  # the rights of the role are read once per process
    for more in (0, 15):
        for rank in range(more):
            child = make.child(f"Lou{rank}", cast.home)
            allow(session, cast.home, child, f"Odile{rank}")
            book(child, cast.midi)
        session.commit()
        with statements(app) as seen:
            client.get(path)
        counts.append(len(seen))
    assert counts[0] == counts[1] <= 10


def test_an_agent_gives_a_site_to_an_animator(
    session: Session, cast: Cast, leader: Account, sign_in: SignIn
) -> None:
    session.commit()
    site, account, agent = cast.site.id, leader.id, sign_in(cast.agent)
    form = agent.get("/agents/animateurs/add").text
    assert "Sam Leroy" in form
    assert "Camille Martin" not in form
    answer = agent.post("/agents/animateurs/add", data={"account": account, "site": site})
    assert answer.status_code == 302
    assert session.scalars(sa.select(SiteStaff.account_id)).all() == [account]
