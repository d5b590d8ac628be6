"""Agents' page of a price grid: its bands, all at once."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext

from app.activities import queries, services
from app.activities.forms import GridForm, typed_bands
from app.activities.models import PriceGrid
from app.activities.services import Saved
from app.core import dates, pages
from app.core.db import commit, db
from app.core.errors import NotFound, Refusal
from app.core.money import euros
from app.core.views import PageView, agent_page, current_actor
from app.households.rules import PriceFacts


class PriceDesk(PageView):
    """« /agents/tarifs/… »"""

    route_base = "/agents/tarifs"
    default_view = "edit"

    @agent_page("/<int:grid_id>", methods=["GET", "POST"])
    def edit(self, grid_id: int) -> Any:
        """The bands of a grid; saved together, so that families are told once (§3.1)."""
        session = db.session()
        grid = session.get(PriceGrid, grid_id)
        if grid is None:
            raise NotFound
        form = _form(grid)
        if "more" in request.form:
            form.add_blank_rows()
            return self._page(form, grid)
        if not form.validate_on_submit():
            form.add_blank_rows()
            return self._page(form, grid, 400 if form.errors else 200)
        try:
            saved = services.save_bands(
                session, current_actor(), grid_id, form.facts(), form.cost_cents.data
            )
            commit(session)
        except Refusal as error:
            session.rollback()
            pages.attach(form, None, error)
            return self._page(form, session.get(PriceGrid, grid_id), error.status)
        _tell(saved)
        return redirect(url_for("PriceDesk.edit", grid_id=grid_id))

    def _page(self, form: GridForm, grid: Any, status: int = 200) -> Any:
        title = _(
            "Prices of %(slot)s from %(day)s",
            slot=grid.slot.name,
            day=dates.day(grid.valid_from),
        )
        return self.page("activities/grid.html", status, form=form, title=title)


def _form(grid: PriceGrid) -> GridForm:
    if request.method == "POST":
        return GridForm()
    bands = typed_bands(queries.bands_of(db.session(), grid.id))
    return GridForm(data={"cost_cents": grid.cost_cents, "bands": bands})


def _tell(saved: Saved) -> None:
    """What was done, then what the agent should look at again."""
    flash(_("The prices are saved."), "success")
    if saved.repriced:
        flash(
            ngettext(
                "%(num)d booking has another price; the families are told.",
                "%(num)d bookings have another price; the families are told.",
                saved.repriced,
            ),
            "info",
        )
    for band in saved.above_cost:
        flash(
            _(
                "“%(band)s” (%(price)s) is above what the service costs the commune.",
                band=band.name,
                price=euros(band.total_cents),
            ),
            "warning",
        )
    for hole in saved.unpriced:
        flash(_hole(hole), "warning")


def _hole(hole: PriceFacts) -> str:
    if hole.resident:
        return _(
            "Residents with a quotient of %(quotient)s have no price: they cannot book.",
            quotient=hole.quotient,
        )
    return _(
        "Families of other communes with a quotient of %(quotient)s have no price: they cannot"
        " book.",
        quotient=hole.quotient,
    )
