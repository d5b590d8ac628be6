"""Family codes, invitations, and the household of a new account."""

from __future__ import annotations

from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.core import clock, hooks, tokens
from app.core.actor import Actor
from app.core.errors import NotFound
from app.households import notices, queries, services
from app.households.errors import AlreadyInHousehold, CodeRefused, InvitationRefused
from app.households.models import Adult, Household, Invitation
from tests.factories import Cast, Factory
from tests.households.conftest import mails


def registration(**more: Any) -> Any:
    """What accounts keeps of a person who registers."""
    values = {"phone": "06 01 02 03 04", "family_code_hash": None, "invitation_hash": None}
    return SimpleNamespace(first_name="Zoé", last_name="Petit", **values | more)


def newcomer(make: Factory, username: str = "zoe.petit") -> Any:
    return make.account(username)


@pytest.fixture
def sent_tokens(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Tokens of the invitations sent: the database keeps only their hash."""
    kept: list[str] = []
    invited = notices.invited

    def remember(session: Session, household: Household, row: Invitation, token: str) -> None:
        kept.append(token)
        invited(session, household, row, token)

    monkeypatch.setattr(notices, "invited", remember)
    return kept


def test_a_new_account_starts_its_own_household(session: Session, make: Factory) -> None:
    zoe = newcomer(make)
    services.attach_registered(session, zoe.id, registration())
    household = session.get_one(Household, zoe.household_id)
    assert (household.name, household.holder_id) == ("Petit", zoe.id)
    adult = queries.adults_of(session, household.id)[0]
    assert (adult.account_id, adult.email, adult.mobile_phone) == (
        zoe.id,
        "zoe.petit@exemple.fr",
        "06 01 02 03 04",
    )


def test_a_family_code_links_the_account_to_its_household(
    session: Session, make: Factory, as_agent: Actor
) -> None:
    household = make.household("Petit")
    known = make.add(
        Adult(household_id=household.id, first_name="Zoe", last_name="PETIT", work_phone="04 5")
    )
    code = services.make_family_code(session, as_agent, household.id)
    zoe = newcomer(make)
    services.attach_registered(
        session, zoe.id, registration(family_code_hash=tokens.hashed_code(code.lower()))
    )
    assert zoe.household_id == household.id
    assert household.holder_id == zoe.id
    assert (known.account_id, known.work_phone) == (zoe.id, "04 5")
    assert len(queries.adults_of(session, household.id)) == 1


def test_a_family_code_works_once(
    session: Session, cast: Cast, make: Factory, as_agent: Actor
) -> None:
    code = services.make_family_code(session, as_agent, cast.home.id)
    services.attach_account(session, newcomer(make), "Zoé", "Petit", "", family_code=code)
    with pytest.raises(CodeRefused):
        services.attach_account(
            session, newcomer(make, "max.petit"), "Max", "Petit", "", family_code=code
        )


def test_a_new_code_replaces_the_one_before(
    session: Session, cast: Cast, make: Factory, as_agent: Actor
) -> None:
    old = services.make_family_code(session, as_agent, cast.home.id)
    new = services.make_family_code(session, as_agent, cast.home.id)
    with pytest.raises(CodeRefused):
        services.attach_account(session, newcomer(make), "Z", "P", "", family_code=old)
    assert services.household_with_code(session, cast.home.id, new) is cast.home


def test_a_wrong_code_does_not_stop_the_activation(session: Session, make: Factory) -> None:
    zoe = newcomer(make)
    services.attach_registered(session, zoe.id, registration(family_code_hash="0" * 64))
    assert session.get_one(Household, zoe.household_id).name == "Petit"
    assert mails(session) == [("family_code_refused", zoe.email)]


def test_those_of_the_household_learn_who_joined(
    session: Session, cast: Cast, make: Factory, as_agent: Actor
) -> None:
    code = services.make_family_code(session, as_agent, cast.home.id)
    services.attach_account(session, newcomer(make), "Zoé", "Petit", "", family_code=code)
    assert mails(session) == [("adult_joined", cast.camille.email)]
    assert cast.home.holder_id == cast.camille.id


def test_a_code_is_sent_to_an_adult_of_the_household_only(
    session: Session, cast: Cast, as_agent: Actor
) -> None:
    code = services.make_family_code(session, as_agent, cast.home.id)
    adult = queries.adults_of(session, cast.home.id)[0]
    other = queries.adults_of(session, cast.other_home.id)[0]
    assert services.send_family_code(session, as_agent, cast.home.id, code, adult.id) == adult.email
    assert mails(session) == [("family_code", adult.email)]
    with pytest.raises(NotFound):
        services.send_family_code(session, as_agent, cast.home.id, code, other.id)
    with pytest.raises(CodeRefused):
        services.send_family_code(session, as_agent, cast.home.id, "AAAA-AAAA-AAAA", adult.id)


def test_an_account_with_an_empty_household_may_still_use_its_code(
    session: Session, cast: Cast, make: Factory, as_agent: Actor
) -> None:
    zoe = newcomer(make)
    services.attach_registered(session, zoe.id, registration())
    empty = session.get_one(Household, zoe.household_id)
    code = services.make_family_code(session, as_agent, cast.home.id)
    services.use_family_code(session, zoe, code)
    assert zoe.household_id == cast.home.id
    assert empty.closed_at is not None
    assert queries.adults_of(session, empty.id) == []


@pytest.mark.parametrize("holds", ["a child", "another account", "money"])
def test_an_account_cannot_leave_what_its_household_holds(
    session: Session,
    cast: Cast,
    make: Factory,
    as_agent: Actor,
    monkeypatch: pytest.MonkeyPatch,
    holds: str,
) -> None:
    mine = make.household("Petit")
    zoe = make.parent("zoe.petit", mine)
    if holds == "a child":
        make.child("Tom", mine)
    elif holds == "another account":
        make.parent("max.petit", mine)
    else:
        monkeypatch.setattr(hooks, "household_in_use", [lambda _, one: one == mine.id])
    code = services.make_family_code(session, as_agent, cast.home.id)
    with pytest.raises(AlreadyInHousehold):
        services.use_family_code(session, zoe, code)
    assert zoe.household_id == mine.id


def test_a_second_adult_joins_by_the_link(
    session: Session, cast: Cast, make: Factory, as_camille: Actor, sent_tokens: list[str]
) -> None:
    services.invite_adult(session, as_camille, cast.home.id, " Zoe@Exemple.FR ", now=clock.now())
    assert mails(session) == [("adult_invited", "zoe@exemple.fr")]
    zoe = newcomer(make)
    services.attach_registered(
        session, zoe.id, registration(invitation_hash=tokens.hashed(sent_tokens[0]))
    )
    assert zoe.household_id == cast.home.id
    assert cast.home.holder_id == cast.camille.id
    with pytest.raises(InvitationRefused):
        services.accept_invitation(session, newcomer(make, "max.petit"), sent_tokens[0])


def test_the_link_lives_seven_days(
    session: Session,
    cast: Cast,
    make: Factory,
    as_camille: Actor,
    sent_tokens: list[str],
    frozen_clock: Any,
) -> None:
    services.invite_adult(session, as_camille, cast.home.id, "zoe@exemple.fr", now=clock.now())
    frozen_clock.shift(timedelta(days=7, seconds=-1))
    assert services.open_invitation(session, sent_tokens[0], now=clock.now())
    frozen_clock.shift(timedelta(seconds=1))
    with pytest.raises(InvitationRefused):
        services.open_invitation(session, sent_tokens[0], now=clock.now())
    with pytest.raises(InvitationRefused):
        services.accept_invitation(session, newcomer(make), sent_tokens[0])


def test_a_newer_invitation_of_the_same_address_ends_the_older(
    session: Session, cast: Cast, as_camille: Actor, sent_tokens: list[str]
) -> None:
    for _ in range(2):
        services.invite_adult(session, as_camille, cast.home.id, "z@exemple.fr", now=clock.now())
    with pytest.raises(InvitationRefused):
        services.open_invitation(session, sent_tokens[0], now=clock.now())
    assert services.open_invitation(session, sent_tokens[1], now=clock.now())


def test_an_invitation_is_cancelled_by_its_household_alone(
    session: Session, cast: Cast, as_camille: Actor, sent_tokens: list[str]
) -> None:
    row = services.invite_adult(session, as_camille, cast.home.id, "z@exemple.fr", now=clock.now())
    with pytest.raises(NotFound):
        services.cancel_invitation(session, as_camille, cast.other_home.id, row.id, now=clock.now())
    services.cancel_invitation(session, as_camille, cast.home.id, row.id, now=clock.now())
    with pytest.raises(InvitationRefused):
        services.open_invitation(session, sent_tokens[0], now=clock.now())


def test_the_database_keeps_neither_codes_nor_tokens(
    session: Session, cast: Cast, as_camille: Actor, as_agent: Actor, sent_tokens: list[str]
) -> None:
    services.invite_adult(session, as_camille, cast.home.id, "z@exemple.fr", now=clock.now())
    code = services.make_family_code(session, as_agent, cast.home.id)
    kept = session.scalars(sa.select(Invitation.token_hash)).all()
    assert kept == [tokens.hashed(sent_tokens[0])]
    assert sent_tokens[0] not in kept
    assert cast.home.family_code_hash not in {code, code.replace("-", "")}
