"""Agents' pages that book and cancel for a family, at any time, with a reason (§3.2)."""

from __future__ import annotations

from typing import Any

from flask import request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy.orm import Session

from app.core import clock
from app.core.admin_fields import row_number
from app.core.db import db
from app.core.errors import NotFound
from app.core.views import agent_page, current_actor
from app.households import desk
from app.households.desk_views import DeskView
from app.reservations import queries, services
from app.reservations.errors import NotOpen
from app.reservations.forms import BookForm, ReasonForm
from app.reservations.services import Wish

MOST_IDS = 100
"""Bookings that the list may send here at once: a page of it."""


class BookingDesk(DeskView):
    """« /agents/reservations/… »"""

    route_base = "/agents/reservations"
    default_view = "new"

    @agent_page("/nouvelle", methods=["GET", "POST"])
    def new(self) -> Any:
        """Book a day for a child found by its name; the deadline does not count."""
        words = request.values.get("q", "")[:80]
        found = desk.find_children(db.session(), words)
        form = BookForm()
        form.tie.choices = [
            (f"{child.id}-{tie.household_id}", f"{child} – {tie.household}")
            for child in found
            for tie in child.guardianships
            if tie.restricted_at is None
        ]
        form.slot.choices = [
            (slot.id, f"{slot.activity} – {slot}") for slot in queries.bookable_slots(db.session())
        ]
        return self.run(
            form,
            lambda session: _book(session, form),
            title=_("Book for a family"),
            back=_back(),
            submit=_("Book"),
            lead=_("The deadline does not count here; places and money do."),
            search=words,
            nothing=not found,
        )

    @agent_page("/annuler", methods=["GET", "POST"])
    def cancel(self) -> Any:
        """Cancel the bookings that the list sent."""
        ids = ids_asked()
        form = ReasonForm()
        return self.run(
            form,
            lambda session: _cancelled(
                services.agent_cancel(
                    session, current_actor(), ids, reason=form.reason.data, now=clock.now()
                )
            ),
            title=ngettext("Cancel %(num)d booking", "Cancel %(num)d bookings", len(ids)),
            back=_back(),
            submit=_("Cancel these bookings"),
            lead=_("What was debited is given back, and the families are told with the reason."),
        )


def ids_asked() -> list[int]:
    """The rows that a list sent in the address; NotFound without any."""
    ids = request.args.getlist("id", type=row_number)
    if not 0 < len(ids) <= MOST_IDS:
        raise NotFound
    return ids


def _book(session: Session, form: BookForm) -> str:
    child_id, household_id = map(int, form.tie.data.split("-"))
    opening_id = queries.opening_for(session, child_id, form.slot.data, form.day.data)
    if opening_id is None:
        raise NotOpen
    services.agent_book(
        session,
        current_actor(),
        household_id,
        [Wish(child_id, opening_id, True)],
        reason=form.reason.data,
        now=clock.now(),
    )
    return _("The booking is made and the family is told.")


def _back() -> str:
    return url_for("BookingAdmin.list")


def _cancelled(count: int) -> str:
    if not count:
        return _("These bookings were cancelled already.")
    return ngettext(
        "%(num)d booking is cancelled and the family is told.",
        "%(num)d bookings are cancelled and the families are told.",
        count,
    )
