"""The household, its adults, and who is told what."""

from __future__ import annotations

import pytest
from sqlalchemy.orm import Session

from app.core import hooks
from app.core.actor import Actor
from app.core.errors import NotFound
from app.households import queries, services
from app.households.errors import LastAdult, NotAMember
from app.households.models import Adult
from app.households.services import Contacts
from app.wallet import queries as wallets
from tests.factories import Cast, Factory


def addresses(session: Session, household_id: int, *, money: bool) -> list[str]:
    told = queries.recipients(session, [household_id], money=money)[household_id]
    return [recipient.email for recipient in told]


def test_a_new_household_gets_its_number_and_what_others_give(
    session: Session, as_agent: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    given: list[int] = []
    monkeypatch.setattr(hooks, "household_created", [lambda _, number: given.append(number)])
    household = services.create_household(session, as_agent, " Petit ", city="Montclair")
    assert household.number == f"F-{household.id:04d}"
    assert (household.name, household.city, given) == ("Petit", "Montclair", [household.id])


def test_money_is_told_to_the_holder_and_the_rest_to_everyone(
    session: Session, cast: Cast, make: Factory
) -> None:
    make.parent("paul.martin", cast.home)
    assert addresses(session, cast.home.id, money=True) == [cast.camille.email]
    assert addresses(session, cast.home.id, money=False) == [
        cast.camille.email,
        "paul.martin@exemple.fr",
    ]


def test_without_an_active_holder_everyone_is_told_about_money(
    session: Session, cast: Cast, make: Factory
) -> None:
    make.parent("paul.martin", cast.home)
    cast.camille.active = False
    session.flush()
    assert addresses(session, cast.home.id, money=True) == ["paul.martin@exemple.fr"]


def test_a_family_without_account_is_told_by_the_adults_address(
    session: Session, make: Factory
) -> None:
    household = make.household("Papier")
    make.add(
        Adult(household_id=household.id, first_name="Ada", last_name="P", email="ada@exemple.fr")
    )
    make.add(Adult(household_id=household.id, first_name="Bob", last_name="P"))
    told = queries.recipients(session, [household.id], money=True)[household.id]
    assert [(one.account_id, one.email) for one in told] == [(None, "ada@exemple.fr")]


def test_every_household_asked_about_is_answered(session: Session, cast: Cast) -> None:
    ids = [cast.home.id, cast.other_home.id, cast.stranger_home.id]
    told = queries.recipients(session, ids, money=True)
    assert {key: [one.account_id for one in value] for key, value in told.items()} == {
        cast.home.id: [cast.camille.id],
        cast.other_home.id: [cast.yanis.id],
        cast.stranger_home.id: [cast.lea.id],
    }


def test_the_holder_is_an_account_of_the_household(
    session: Session, cast: Cast, as_agent: Actor, make: Factory
) -> None:
    paul = make.parent("paul.martin", cast.home)
    services.set_holder(session, as_agent, cast.home.id, paul.id)
    assert cast.home.holder_id == paul.id
    with pytest.raises(NotAMember):
        services.set_holder(session, as_agent, cast.home.id, cast.yanis.id)


def test_contacts_change_at_once_but_not_the_account_e_mail(
    session: Session, cast: Cast, as_camille: Actor
) -> None:
    me = queries.adults_of(session, cast.home.id)[0]
    contacts = Contacts(" 06 00 00 00 01 ", "", "04 50 00 00 02", "autre@exemple.fr")
    services.set_contacts(session, as_camille, cast.home.id, me.id, contacts)
    assert (me.mobile_phone, me.work_phone) == ("06 00 00 00 01", "04 50 00 00 02")
    assert me.email == cast.camille.email


def test_contacts_of_another_household_cannot_be_reached(
    session: Session, cast: Cast, as_camille: Actor
) -> None:
    theirs = queries.adults_of(session, cast.other_home.id)[0]
    with pytest.raises(NotFound):
        services.set_contacts(session, as_camille, cast.home.id, theirs.id, Contacts())


def test_an_adult_without_account_comes_and_goes(
    session: Session, cast: Cast, as_agent: Actor
) -> None:
    adult = services.add_adult(
        session,
        as_agent,
        cast.home.id,
        first_name="Paul",
        last_name="Martin",
        contacts=Contacts(email="Paul@Exemple.fr"),
    )
    assert adult.email == "paul@exemple.fr"
    services.remove_adult(session, as_agent, cast.home.id, adult.id)
    assert len(queries.adults_of(session, cast.home.id)) == 1


def test_an_adult_with_an_account_stays(session: Session, cast: Cast, as_agent: Actor) -> None:
    me = queries.adults_of(session, cast.home.id)[0]
    with pytest.raises(NotAMember):
        services.remove_adult(session, as_agent, cast.home.id, me.id)


def test_a_household_keeps_one_adult(session: Session, make: Factory, as_agent: Actor) -> None:
    household = make.household("Papier")
    adult = services.add_adult(session, as_agent, household.id, first_name="Ada", last_name="P")
    with pytest.raises(LastAdult):
        services.remove_adult(session, as_agent, household.id, adult.id)


def test_exempting_from_cover_is_undone(session: Session, cast: Cast, as_agent: Actor) -> None:
    services.set_cover_exemption(session, as_agent, cast.home.id, True)
    assert cast.home.exempt_from_cover is True
    services.set_cover_exemption(session, as_agent, cast.home.id, False)
    assert cast.home.exempt_from_cover is False


def test_a_new_household_has_its_prepaid_account(session: Session, as_agent: Actor) -> None:
    household = services.create_household(session, as_agent, "Petit")
    assert wallets.wallet_of(session, household.id) is not None
    assert wallets.has_history(session, household.id) is False


def test_money_is_a_history(session: Session, cast: Cast) -> None:
    assert wallets.has_history(session, cast.home.id) is True
