"""« À faire »: what a family has to do, said by readers that each know one subject.

A room that comes later adds its reader to ``READERS`` (documents to provide, drafts…).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import sqlalchemy as sa
from flask_babel import gettext
from sqlalchemy.orm import Session

from app.charging.models import CaseState, CoverageCase
from app.core import dates
from app.core.money import euros
from app.statements.views import MISSING
from app.wallet import queries as wallets
from app.wallet.rules import Standing

TOP_UP = "/paiements/"


@dataclass(frozen=True)
class Family:
    """What the readers may need; read once for the page."""

    household_id: int
    standing: Standing
    has_children: bool


@dataclass(frozen=True)
class Todo:
    """One tile: ``kind`` is err, warn or info (macros/ui.html, todo)."""

    kind: str
    icon: str
    subject: str
    title: str
    detail: str
    url: str
    action: str


def todos(session: Session, family: Family) -> list[Todo]:
    """What there is to do, the most urgent first."""
    order = ("err", "warn", "info")
    found = [one for reader in READERS for one in reader(session, family)]
    return sorted(found, key=lambda one: order.index(one.kind))


def _account(session: Session, family: Family) -> Iterator[Todo]:
    """The prepaid account is negative (B8), not covering (B9), or low."""
    standing = family.standing
    if standing.balance_cents < 0:
        yield _top_up(
            "err",
            gettext("Negative balance: %(balance)s", balance=euros(standing.balance_cents)),
            gettext("No new booking is possible until the account is topped up."),
            -standing.balance_cents,
        )
    elif case := _open_case(session, family.household_id):
        yield _top_up(
            "warn",
            gettext("%(amount)s missing", amount=euros(-standing.available_cents))
            if standing.available_cents < 0
            else gettext("Bookings not covered"),
            gettext(
                "Without a top-up, bookings will be removed from %(moment)s.",
                moment=dates.moment(case.grace_until),
            ),
            -standing.available_cents,
        )
    elif wallet := _low_wallet(session, family.household_id):
        yield _top_up(
            "warn",
            gettext("Low balance: %(available)s", available=euros(standing.available_cents)),
            gettext(
                "Available to book. You asked to be told below %(threshold)s.",
                threshold=euros(wallet),
            ),
        )


def _top_up(kind: str, title: str, detail: str, missing_cents: int = 0) -> Todo:
    missing = f"?{MISSING}={missing_cents / 100:.2f}" if missing_cents > 0 else ""
    return Todo(
        kind,
        "exclamation-triangle",
        gettext("Prepaid account"),
        title,
        detail,
        f"{TOP_UP}{missing}#recharger",
        gettext("Top up my account"),
    )


def _open_case(session: Session, household_id: int) -> CoverageCase | None:
    return session.scalar(
        sa.select(CoverageCase).where(
            CoverageCase.household_id == household_id, CoverageCase.state == CaseState.OPEN
        )
    )


def _low_wallet(session: Session, household_id: int) -> int | None:
    """The threshold that the parent chose, when the balance is below it."""
    wallet = wallets.wallet_of(session, household_id)
    return wallet.low_threshold_cents if wallet and wallet.low_since else None


def _children(session: Session, family: Family) -> Iterator[Todo]:
    """An account whose household has no child can do nothing yet (§3.9)."""
    if not family.has_children:
        yield Todo(
            "info",
            "people",
            gettext("My household"),
            gettext("No child is tied to your household"),
            gettext("A letter or an e-mail of the service gave you a family code."),
            "/profil/code-famille",
            gettext("Enter my family code"),
        )


Reader = Callable[[Session, Family], Iterator[Todo]]

READERS: list[Reader] = [_account, _children]
