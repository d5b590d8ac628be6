"""What both agenda pages read of other rooms, in the shape they need."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache

import sqlalchemy as sa
from flask_babel import gettext
from sqlalchemy.orm import Session

from app.activities import queries as activity_queries
from app.activities.errors import NoPrice
from app.agenda import top_up
from app.agenda.month import Month, PriceOf, Viewer
from app.agenda.queries import SlotRow
from app.agenda.rules import State
from app.core import clock
from app.core.errors import NotFound
from app.core.money import euros
from app.core.pages import place
from app.households import queries as households
from app.households.models import Household
from app.households.queries import ChildCard
from app.reservations import queries as reservation_queries
from app.wallet import queries as wallet_queries
from app.wallet.rules import Standing


@dataclass(frozen=True)
class PageNotice:
    """Something to know before booking, above the calendar."""

    text: str
    kind: str = "info"
    url: str = ""
    action: str = ""
    """Where the way out leads, when there is one, and what its link says."""


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
    return Viewer(household_id, child.may_book, child.can_see_other, clock.now())


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


@dataclass(frozen=True)
class Means(Standing):
    """Where the household stands; ``limited``: a booking must be covered (B6).

    ``covered_until``: last day whose bookings must be covered, None when every day must.
    """

    limited: bool = True
    covered_until: date | None = None

    def covered_days(self, first: date) -> int:
        """How many days of the month that begins on ``first`` must be covered: 0 to 31."""
        if self.covered_until is None:
            return 31
        return min(max((self.covered_until - first).days + 1, 0), 31)


def means(session: Session, household_id: int) -> Means:
    """Balance, required cover, and whether they limit the household: one statement."""
    last_day = reservation_queries.last_covered_day(session, clock.today())
    asked = {"household": household_id, "last_day": last_day or date.max}
    balance, required, exempt = session.execute(_means(), asked).one()
    return Means(balance, required, not exempt, last_day)


@cache
def _means() -> sa.Select[int, int, bool]:
    household_id = sa.bindparam("household", type_=sa.Integer)
    return sa.select(
        wallet_queries.balance_of(household_id),
        reservation_queries.cover_of(household_id, sa.bindparam("last_day", type_=sa.Date)),
        Household.exempt_from_cover,
    ).where(Household.id == household_id)


def notices(
    child: ChildCard, rows: Collection[SlotRow], means: Means, month: Month
) -> list[PageNotice]:
    """What keeps the family from booking, said before it tries."""
    found = []
    if means.balance_cents < 0:
        found.append(
            PageNotice(
                gettext(
                    "Your balance is %(balance)s. Top up your account to book again; removing"
                    " bookings remains possible.",
                    balance=euros(means.balance_cents),
                ),
                "warn",
                top_up.url(-means.balance_cents),
                gettext("Top up my account"),
            )
        )
    if not (child.can_book and child.can_pay):
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
    elif any(line.state is State.NO_FILE for line in month.lines):
        found.append(_file_sent(child) if any(row.file_sent for row in rows) else _no_file(child))
    return found


def _file_sent(child: ChildCard) -> PageNotice:
    return PageNotice(
        gettext(
            "The yearly child file of %(child)s is with the service: you can book once it is"
            " closed, and you are told.",
            child=child.first_name,
        ),
        "info",
        place("requests"),
        gettext("Follow my requests"),
    )


def _no_file(child: ChildCard) -> PageNotice:
    return PageNotice(
        gettext(
            "To book for %(child)s, the yearly child file of this school year is needed."
            " Once you have sent it, the service checks it and closes it.",
            child=child.first_name,
        ),
        "warn",
        f"{place('year_file')}?enfant={child.id}",
        gettext("Fill in the yearly child file"),
    )
