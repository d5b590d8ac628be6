"""« À faire »: what a family has to do, said by readers that each know one subject.

A room that comes later adds its reader to ``READERS``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import sqlalchemy as sa
from flask_babel import gettext, ngettext
from sqlalchemy.orm import Session

from app.charging.models import CaseState, CoverageCase
from app.core import clock, dates
from app.core.dates import capfirst
from app.core.money import euros
from app.documents import queries as documents
from app.documents import rules as document_rules
from app.documents.rules import Status as DocumentStatus
from app.requests import mine
from app.statements.views import MISSING
from app.wallet import queries as wallets
from app.wallet.rules import Standing

TOP_UP, REQUESTS, DOCUMENTS = "/paiements/", "/demandes/", "/justificatifs/"
NAMED = 3
"""How many documents a tile names."""
URGENT = frozenset({DocumentStatus.ASKED, DocumentStatus.INVALID, DocumentStatus.EXPIRED})


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


def _drafts(session: Session, family: Family) -> Iterator[Todo]:
    """Requests begun and not sent (D2): the one to go on with, or the list."""
    drafts = mine.drafts(session, family.household_id, clock.today())
    if not drafts:
        return
    newest = drafts[0]
    alone = len(drafts) == 1
    yield Todo(
        "info",
        "pencil-square",
        gettext("My requests"),
        gettext("To finish: %(request)s", request=newest.title)
        if alone
        else ngettext("%(num)d request to finish", "%(num)d requests to finish", len(drafts)),
        gettext("Begun on %(day)s, not sent yet.", day=dates.day(newest.at)),
        newest.edit if alone else REQUESTS,
        gettext("Go on with the request") if alone else gettext("My requests"),
    )


def _documents(session: Session, family: Family) -> Iterator[Todo]:
    """Documents asked for, refused, out of date or never given (D7)."""
    states = documents.states_of_household(session, family.household_id, clock.today())
    wanted = [one for one in states if one.status in document_rules.CAN_GIVE]
    if not wanted:
        return
    first, alone = wanted[0], len(wanted) == 1
    names = [f"{one.name} ({one.child_name})" if one.child_name else one.name for one in wanted]
    more = ", …" if len(wanted) > NAMED else ""
    child = f"enfant/{first.child_id}/" if first.child_id else ""
    yield Todo(
        "err" if any(one.status in URGENT for one in wanted) else "warn",
        "file-earmark-arrow-up",
        gettext("Supporting documents"),
        names[0]
        if alone
        else ngettext("%(num)d document to give", "%(num)d documents to give", len(wanted)),
        capfirst(gettext(document_rules.WORDS[first.status]))
        if alone
        else ", ".join(names[:NAMED]) + more,
        f"{DOCUMENTS}{first.type_id}/{child}fournir" if alone else DOCUMENTS,
        gettext("Give the document") if alone else gettext("Give the documents"),
    )


Reader = Callable[[Session, Family], Iterator[Todo]]

READERS: list[Reader] = [_account, _documents, _drafts, _children]
