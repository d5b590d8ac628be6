"""What the régisseur sees of refunds that families ask for: the list, and a card of the household."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from flask_babel import gettext as _
from sqlalchemy.orm import Session, joinedload

from app.accounts.security import rights_of_request
from app.core import hooks
from app.core.db import db
from app.core.hooks import Panel
from app.core.money import euros
from app.core.views import PageView, agent_page
from app.procedures.refund import CODE
from app.requests import queries
from app.requests.display import STATUS_TAGS, StatusTag
from app.requests.models import Procedure, Request, Status
from app.wallet.queries import balances

MOST = 200
WAITING = (Status.PENDING, Status.PROCESSING)


@dataclass(frozen=True)
class Line:
    """One refund asked for. ``amount_cents``: None for everything available."""

    number: str
    household_id: int
    household: str
    at: datetime
    tag: StatusTag
    amount_cents: int | None
    available_cents: int
    holder: str
    iban: str


class RefundDesk(PageView):
    """« /agents/remboursements-demandes/ »."""

    route_base = "/agents/remboursements-demandes"

    @agent_page("/")
    def index(self) -> Any:
        """What is not decided, the oldest first, with the bank account to transfer to."""
        return self.page("procedures/refunds.html", lines=lines(db.session()))


def figure() -> sa.Select[int]:
    """How many wait."""
    return _waiting(sa.select(sa.func.count(Request.id)))


def lines(session: Session) -> list[Line]:
    """In a constant number of statements."""
    found = session.scalars(
        _waiting(sa.select(Request))
        .options(joinedload(Request.household, innerjoin=True))
        .order_by(Request.submitted_at, Request.id)
        .limit(MOST)
    ).all()
    available = _available(session, [one.household_id or 0 for one in found])
    return [_line(one, available[one.household_id or 0]) for one in found]


def panel(session: Session, household_id: int) -> Panel | None:
    """On the household's page, for who may open the list."""
    if ("can_use", RefundDesk.__name__) not in rights_of_request():
        return None
    asked = session.scalar(
        _waiting(sa.select(Request)).where(Request.household_id == household_id).limit(1)
    )
    if asked is None:
        return None
    line = _line(asked, 0)
    amount = _("everything available") if line.amount_cents is None else euros(line.amount_cents)
    return Panel(
        title=_("Refund asked for"),
        rows=[
            (_("Request"), line.number),
            (_("Amount to refund"), amount),
            (_("Name of the account holder"), line.holder),
            (_("Account number (IBAN)"), line.iban),
        ],
        links=[],
    )


def _waiting(asked: sa.Select[Any]) -> sa.Select[Any]:
    return asked.join(Request.procedure).where(Procedure.code == CODE, Request.status.in_(WAITING))


def _available(session: Session, household_ids: Sequence[int]) -> dict[int, int]:
    required = [asked(session, household_ids) for asked in hooks.committed_cents]
    return {
        household_id: cents - sum(one.get(household_id, 0) for one in required)
        for household_id, cents in balances(session, household_ids).items()
    }


def _line(request: Request, available_cents: int) -> Line:
    case = queries.case_of(request)
    return Line(
        number=request.number or "",
        household_id=case.household,
        household=request.household.name if request.household else "",
        at=request.submitted_at or request.created_at,
        tag=STATUS_TAGS[request.status],
        amount_cents=None if case.answer("whole") else case.answer("amount"),
        available_cents=available_cents,
        holder=case.answer("account_holder") or "",
        iban=_in_fours(case.answer("iban") or ""),
    )


def _in_fours(iban: str) -> str:
    return " ".join(iban[start : start + 4] for start in range(0, len(iban), 4))
