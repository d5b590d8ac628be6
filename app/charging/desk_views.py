"""Agents' pages that ask for a reason: reverse a charge, stop a coverage case."""

from __future__ import annotations

from typing import Any

from flask import url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy.orm import Session

from app.charging import coverage, services
from app.core import clock
from app.core.views import agent_page, current_actor
from app.households.desk_views import DeskView
from app.reservations.desk_views import ids_asked
from app.reservations.forms import ReasonForm


class ChargeDesk(DeskView):
    """« /agents/debits/… »"""

    route_base = "/agents/debits"
    default_view = "reverse"

    @agent_page("/contre-passer", methods=["GET", "POST"], right="reverse")
    def reverse(self) -> Any:
        """Give back what the charges that the list sent took (§5.2)."""
        ids = ids_asked()
        form = ReasonForm()

        def verb(session: Session) -> str:
            for charge_id in sorted(ids):
                services.reverse_charge(
                    session, current_actor(), charge_id, reason=form.reason.data, now=clock.now()
                )
            return ngettext(
                "%(num)d charge is reversed.", "%(num)d charges are reversed.", len(ids)
            )

        return self.run(
            form,
            verb,
            title=ngettext("Reverse %(num)d charge", "Reverse %(num)d charges", len(ids)),
            back=url_for("ChargeAdmin.list"),
            submit=_("Reverse"),
            lead=_("The money goes back to the prepaid account; the booking stays as it is."),
        )

    @agent_page("/couverture/arreter", methods=["GET", "POST"], right="stop")
    def stop(self) -> Any:
        """Nothing is removed for these households until they are covered and fall again (B9)."""
        ids = ids_asked()
        form = ReasonForm()

        def verb(session: Session) -> str:
            for case_id in sorted(ids):
                coverage.stop(
                    session, current_actor(), case_id, reason=form.reason.data, now=clock.now()
                )
            return _("No booking will be removed for it.")

        return self.run(
            form,
            verb,
            title=ngettext("Stop %(num)d case", "Stop %(num)d cases", len(ids)),
            back=url_for("CoverageCaseAdmin.list"),
            submit=_("Stop"),
        )
