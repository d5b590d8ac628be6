"""What both agenda pages read of other rooms, in the shape they need."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from flask_babel import gettext
from sqlalchemy.orm import Session

from app.activities import queries as activity_queries
from app.activities.errors import NoPrice
from app.agenda.month import PriceOf, Viewer
from app.agenda.queries import SlotRow
from app.core import clock
from app.core.errors import NotFound
from app.core.money import euros
from app.households import queries as households
from app.households.queries import ChildCard
from app.wallet import queries as wallet_queries
from app.wallet.rules import Standing


@dataclass(frozen=True)
class PageNotice:
    """Something to know before booking, above the calendar."""

    text: str
    kind: str = "info"


def children(session: Session, household_id: int) -> list[ChildCard]:
    """The children that this household sees today."""
    return households.children_of(session, household_id, clock.today())


def one_of(cards: Sequence[ChildCard], child_id: int) -> ChildCard:
    """The child among the household's own; another household's child is NotFound (§5.8)."""
    for card in cards:
        if card.id == child_id:
            return card
    raise NotFound


def viewer(child: ChildCard, household_id: int) -> Viewer:
    """This household looking at this child, now."""
    return Viewer(household_id, child.can_book, child.can_see_other, clock.now())


def price_of(session: Session, household_id: int, rows: Collection[SlotRow]) -> PriceOf:
    """Prices of these rows for this household, by the facts in force on each day (§3.1)."""
    if not rows:
        return lambda row: None
    days = [row.day for row in rows]
    book = activity_queries.price_book(session, {row.slot.id for row in rows}, min(days), max(days))
    facts = households.pricing_facts(session, {(household_id, row.child_id) for row in rows})

    def price(row: SlotRow) -> int | None:
        try:
            return book.price(
                row.slot.id, row.day, facts.on(household_id, row.child_id, row.day)
            ).total
        except NoPrice:
            return None

    return price


def standing(session: Session, household_id: int) -> Standing:
    """Balance, required cover and available balance (B6)."""
    return wallet_queries.standing(session, household_id)


def notices(child: ChildCard, rows: Collection[SlotRow], standing: Standing) -> list[PageNotice]:
    """What keeps the family from booking, said before it tries."""
    found = []
    if standing.balance_cents < 0:
        found.append(
            PageNotice(
                gettext(
                    "Your balance is %(balance)s. Top up your account to book again; removing"
                    " bookings remains possible.",
                    balance=euros(standing.balance_cents),
                ),
                "warn",
            )
        )
    if not child.can_book:
        found.append(
            PageNotice(gettext("Your household cannot book for %(child)s.", child=child.first_name))
        )
    elif not rows:
        found.append(
            PageNotice(
                gettext(
                    "%(child)s has no activity open this month. An enrolment is needed to book.",
                    child=child.first_name,
                )
            )
        )
    return found
