"""What waits for an agent, as figures: beside the entries of the menu, and on the dashboard."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import NamedTuple

import sqlalchemy as sa
from flask import url_for
from flask_babel import gettext
from sqlalchemy.orm import Session

from app.accounts.admin import blocked_figure
from app.accounts.security import rights_of_request
from app.charging.models import CaseState, CoverageCase
from app.core import clock
from app.core.views import current_actor
from app.documents import queries as documents
from app.documents.services import HEALTH
from app.households import incomplete
from app.notices import queries as notices
from app.payments.models import Payment, PaymentState
from app.portal import queries
from app.procedures import refund_desk
from app.requests import queue
from app.requests.queue import Tab
from app.wallet import queries as wallets


class Tile(NamedTuple):
    """One figure: who may see it (a view), how it is counted (built when it is), the list it leads to.

    ``menu``: the entry of the menu that shows it too; ``is_alarm``: it should be nought.
    """

    view: str
    icon: str
    title: str
    asked: Callable[[], sa.Select[int]]
    url: Callable[[], str]
    menu: str = ""
    is_alarm: bool = False


class Shown(NamedTuple):
    """A tile with its figure."""

    icon: str
    title: str
    count: int
    url: str
    is_alarm: bool


class Group(NamedTuple):
    """Tiles under one heading."""

    title: str
    tiles: Sequence[Shown]


def may(view: str) -> bool:
    """Whether the account opens this view, generated or hand-made."""
    return bool({("can_list", view), ("can_use", view)} & rights_of_request())


def of_menu(session: Session) -> dict[str, int]:
    """Entry of the menu → what waits there, in one statement; nothing for families and visitors."""
    if not current_actor().is_agent:
        return {}
    found = _seen(tile for tiles in (_requests(), _families()) for tile in tiles)
    return queries.figures(session, {tile.menu: tile.asked() for tile in found if tile.menu})


def of_morning(session: Session) -> list[Group]:
    """Every figure of this account by job, in one statement; a job without any is left out."""
    groups = [
        (gettext("Requests and documents"), _seen(_requests())),
        (gettext("Families"), _seen(_families())),
        (gettext("Money"), _seen(_money())),
    ]
    everything = [tile for _, tiles in groups for tile in tiles]
    counted = queries.figures(session, {tile.title: tile.asked() for tile in everything})
    return [
        Group(title, [_shown(tile, counted[tile.title]) for tile in tiles])
        for title, tiles in groups
        if tiles
    ]


def _seen(tiles: Iterator[Tile]) -> list[Tile]:
    return [tile for tile in tiles if may(tile.view)]


def _shown(tile: Tile, count: int) -> Shown:
    return Shown(tile.icon, tile.title, count, tile.url(), tile.is_alarm and count > 0)


def _requests() -> Iterator[Tile]:
    desk, today = "RequestDeskView", clock.today()
    me = current_actor().account_id or 0
    for tab, icon, title, menu in (
        (Tab.TO_TAKE, "card-checklist", gettext("Requests to take"), "Requests"),
        (Tab.LATE, "exclamation-triangle", gettext("Late requests"), ""),
        (Tab.MINE, "person-check", gettext("My requests being processed"), ""),
    ):
        yield Tile(
            desk,
            icon,
            title,
            partial(queue.figure, tab, me, today),
            lambda tab=tab: url_for("RequestDeskView.index", onglet=tab.value),
            menu,
            tab is Tab.LATE,
        )
    yield Tile(
        "DocumentDesk",
        "file-earmark-check",
        gettext("Documents to look at"),
        partial(documents.waiting_figure, with_health=HEALTH in current_actor().roles),
        lambda: url_for("DocumentDesk.index"),
        "Documents",
    )


def _families() -> Iterator[Tile]:
    yield Tile(
        "ContactMessageAdmin",
        "envelope",
        gettext("Messages to handle"),
        queries.contact_messages_waiting,
        lambda: url_for("ContactMessageAdmin.list", vue="a-traiter"),
        "Messages received",
    )
    yield Tile(
        "ChildDesk",
        "mortarboard",
        gettext("Children without a class"),
        lambda: incomplete.figure(incomplete.without_class()),
        lambda: url_for("ChildAdmin.list", vue="sans-classe"),
    )
    yield Tile(
        "ChildDesk",
        "journal-text",
        gettext("Children without a yearly file"),
        lambda: incomplete.figure(incomplete.without_year_file()),
        lambda: url_for("ChildAdmin.list", vue="sans-dossier"),
    )
    yield Tile(
        "FamilyAccountAdmin",
        "lock",
        gettext("Blocked accounts (figure)"),
        blocked_figure,
        lambda: url_for("FamilyAccountAdmin.list", vue="bloques"),
    )
    yield Tile(
        "OutboxAdmin",
        "envelope-x",
        gettext("E-mails that could not be sent"),
        notices.dead_mails,
        lambda: url_for("OutboxAdmin.list", _flt_0_state="dead"),
        "E-mails",
        True,
    )


def _money() -> Iterator[Tile]:
    yield Tile(
        "CounterView",
        "wallet2",
        gettext("Negative balances"),
        wallets.negative_figure,
        lambda: url_for("WalletAdmin.list", vue="negatifs"),
        is_alarm=True,
    )
    yield Tile(
        "CoverageCaseAdmin",
        "calendar-x",
        gettext("Bookings not covered"),
        partial(_count, CoverageCase, CoverageCase.state == CaseState.OPEN),
        lambda: url_for("CoverageCaseAdmin.list", _flt_0_state=CaseState.OPEN.value),
    )
    yield Tile(
        "CounterView",
        "credit-card",
        gettext("Payments to be checked"),
        partial(_count, Payment, Payment.state == PaymentState.TO_REVIEW),
        lambda: url_for("PaymentAdmin.list", _flt_0_state=PaymentState.TO_REVIEW.value),
        is_alarm=True,
    )

    yield Tile(
        "RefundDesk",
        "arrow-counterclockwise",
        gettext("Refunds asked for"),
        refund_desk.figure,
        lambda: url_for("RefundDesk.index"),
    )


def _count(
    model: type[CoverageCase] | type[Payment], is_it: sa.ColumnElement[bool]
) -> sa.Select[int]:
    return sa.select(sa.func.count(model.id)).where(is_it)
