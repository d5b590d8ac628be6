"""The prepaid account on the agents' page of a household (hook ``household_panels``)."""

from __future__ import annotations

from flask import current_app, url_for
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from app.core.hooks import Panel
from app.core.money import euros
from app.wallet import queries


def panel(session: Session, household_id: int) -> Panel:
    """Balance, what bookings need, what is left; where money is taken, for who may."""
    standing = queries.standing(session, household_id)
    may_receive = current_app.appbuilder.sm.has_access("can_use", "CounterView")  # type: ignore[attr-defined]
    receive = (_("Credit the account"), url_for("CounterView.receive", household_id=household_id))
    return Panel(
        title=_("Prepaid account"),
        rows=[
            (_("Balance"), euros(standing.balance_cents)),
            (_("Reserved"), euros(standing.required_cents)),
            (_("Available"), euros(standing.available_cents)),
        ],
        links=[receive] if may_receive else [],
        has_total=True,
    )
