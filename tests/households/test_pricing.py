"""What prices depend on, and who is told when it changes."""

from __future__ import annotations

from datetime import date

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.core import clock
from app.core.actor import Actor
from app.core.errors import NotFound
from app.households import queries, services
from app.households.errors import BadDates, BadQuotient, HouseholdClosed
from app.households.models import QuotientRecord
from app.households.rules import PriceFacts
from tests.factories import Cast, Factory
from tests.households.conftest import Calls

TODAY = date(2027, 1, 12)


def test_two_households_price_one_child_by_their_own_facts(session: Session, cast: Cast) -> None:
    pairs = [(cast.home.id, cast.noe.id), (cast.other_home.id, cast.noe.id)]
    facts = queries.pricing_facts(session, pairs)
    assert [facts.on(*pair, TODAY) for pair in pairs] == [
        PriceFacts(845, True, 1),
        PriceFacts(400, True, 1),
    ]


def test_rank_follows_the_age_in_the_household(session: Session, cast: Cast) -> None:
    children = [cast.noe, cast.jules, cast.rose]
    facts = queries.pricing_facts(session, [(cast.home.id, child.id) for child in children])
    ranks = [facts.on(cast.home.id, child.id, TODAY).sibling_rank for child in children]
    assert ranks == [1, 2, 3]


def test_a_household_without_facts_pays_the_most(session: Session, make: Factory) -> None:
    household = make.household("Sans")
    child = make.child("Zoé", household)
    facts = queries.pricing_facts(session, [(household.id, child.id)])
    assert facts.on(household.id, child.id, TODAY) == PriceFacts(None, False, 1)


def test_facts_of_many_households_take_one_statement(session: Session, make: Factory) -> None:
    homes = [make.household(f"Foyer {number}") for number in range(30)]
    pairs = [(home.id, make.child("Zoé", home).id) for home in homes]
    for home in homes:
        make.quotient(home, 500 + home.id)
    session.flush()
    seen: list[str] = []
    engine = session.get_bind()
    sa.event.listen(engine, "before_cursor_execute", lambda *args: seen.append(args[2]))
    facts = queries.pricing_facts(session, pairs)
    assert len(seen) == 1
    assert [facts.on(*pair, TODAY).quotient for pair in pairs] == [500 + one.id for one in homes]


def test_a_recorded_quotient_prices_bookings_again_from_its_day(
    session: Session, cast: Cast, as_agent: Actor, prices_changed: Calls
) -> None:
    start, end = date(2027, 1, 1), date(2027, 12, 31)
    record = services.record_quotient(
        session, as_agent, cast.home.id, 612, start, end, now=clock.now()
    )
    assert (record.recorded_by, record.valid_until) == (cast.agent.id, end)
    assert prices_changed == [([cast.home.id], start)]
    facts = queries.pricing_facts(session, [(cast.home.id, cast.jules.id)])
    days = [date(2026, 12, 31), start, end, date(2028, 1, 1)]
    assert [facts.on(cast.home.id, cast.jules.id, day).quotient for day in days] == [
        845,
        612,
        612,
        None,
    ]


def test_a_quotient_of_the_same_day_is_corrected(
    session: Session, cast: Cast, as_agent: Actor, prices_changed: Calls
) -> None:
    for quotient in (612, 621):
        services.record_quotient(session, as_agent, cast.home.id, quotient, TODAY, now=clock.now())
    kept = session.scalars(
        sa.select(QuotientRecord.quotient).where(
            QuotientRecord.household_id == cast.home.id, QuotientRecord.valid_from == TODAY
        )
    ).all()
    assert kept == [621]
    assert len(prices_changed) == 2


@pytest.mark.parametrize("quotient", [-1, 100_000])
def test_an_impossible_quotient_is_refused(
    session: Session, cast: Cast, as_agent: Actor, quotient: int
) -> None:
    with pytest.raises(BadQuotient):
        services.record_quotient(session, as_agent, cast.home.id, quotient, TODAY, now=clock.now())


def test_a_quotient_cannot_end_before_it_starts(
    session: Session, cast: Cast, as_agent: Actor
) -> None:
    with pytest.raises(BadDates):
        services.record_quotient(
            session, as_agent, cast.home.id, 612, TODAY, date(2027, 1, 11), now=clock.now()
        )


def test_a_closed_or_unknown_household_takes_nothing(
    session: Session, cast: Cast, as_agent: Actor
) -> None:
    cast.home.closed_at = clock.now()
    session.flush()
    with pytest.raises(HouseholdClosed):
        services.record_residence(session, as_agent, cast.home.id, True, TODAY, now=clock.now())
    with pytest.raises(NotFound):
        services.record_residence(session, as_agent, 10**9, True, TODAY, now=clock.now())


def test_a_recorded_residence_prices_bookings_again(
    session: Session, cast: Cast, as_agent: Actor, prices_changed: Calls
) -> None:
    services.record_residence(session, as_agent, cast.home.id, False, TODAY, now=clock.now())
    assert prices_changed == [([cast.home.id], TODAY)]
    facts = queries.pricing_facts(session, [(cast.home.id, cast.jules.id)])
    assert facts.on(cast.home.id, cast.jules.id, TODAY).resident is False
    assert facts.on(cast.home.id, cast.jules.id, date(2027, 1, 11)).resident is True
