"""The agenda's month page (B1–B3). Reads, asks ``reservations``, answers."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from flask import abort, flash, redirect, request, url_for
from flask_babel import gettext
from werkzeug.wrappers import Response

from app.agenda import month as months
from app.agenda import queries, reading, texts, top_up
from app.agenda.refused import Refused, said
from app.agenda.rules import CHANGEABLE, choice_of, copied_ticks
from app.core import clock, settings, tokens
from app.core.admin_fields import whole_number
from app.core.db import commit, db
from app.core.errors import NotFound, Refusal
from app.core.pages import place
from app.core.views import PageView, current_actor, family_page
from app.reservations import queries as reservation_queries
from app.reservations import services as reservations

HISTORY_ROWS = 8


@dataclass(frozen=True)
class Bar:
    """The save bar before any script counts."""

    title: str = ""
    detail: str = ""
    total_cents: int = 0
    missing: bool = False


class AgendaView(PageView):
    """« Agenda »: one child, one month."""

    route_base = "/agenda"

    @family_page("/")
    def index(self) -> Any:
        """The first child's current month, or what to do when there is no child."""
        children = reading.children(db.session, current_actor().household_id)
        if not children:
            return self.page("agenda/no_child.html")
        return self._show(children, children[0].id, clock.today().replace(day=1))

    @family_page("/choisir")
    def choose(self) -> Response:
        """The select of a family with many children, without script."""
        child_id = request.args.get("child", type=int) or 0
        return redirect(url_for(".month", child_id=child_id, month=request.args.get("month", "")))

    @family_page("/<int:child_id>/<month>", methods=["GET", "POST"])
    def month(self, child_id: int, month: str) -> Any:
        """Show a month, or save what differs from what was shown (B2)."""
        first = _first_of(month)
        children = reading.children(db.session, current_actor().household_id)
        if request.method == "POST":
            return self._save(children, child_id, first)
        ticked = self._copied(children, child_id, first, request.args.get("fill", ""))
        return self._show(children, child_id, first, ticked=ticked)

    def _save(self, children: Any, child_id: int, first: date) -> Any:
        child = reading.one_of(children, child_id)
        ticked = _ids(request.form.getlist("o"))
        choice = choice_of(_ids(request.form.get("shown", "").split(",")), ticked)
        wishes = [reservations.Wish(child.id, opening, True) for opening in choice.adds]
        wishes += [reservations.Wish(child.id, opening, False) for opening in choice.removes]
        actor = current_actor()
        try:
            report = reservations.save(
                db.session,
                actor,
                actor.household_id,
                wishes,
                now=clock.now(),
                form_token=tokens.of_form(
                    request.form.get("token", ""),
                    child.id,
                    sorted(choice.adds),
                    sorted(choice.removes),
                ),
                origin=reservations.ChangeOrigin.MONTH,
            )
            commit(db.session)
        except Refusal as error:
            db.session.rollback()
            refused = said(error)
            return self._show(children, child_id, first, ticked, refused, error.status)
        flash(texts.saved(report.added, report.removed), "success")
        return redirect(url_for(".month", child_id=child_id, month=f"{first:%Y-%m}"), 303)

    def _copied(
        self, children: Any, child_id: int, first: date, fill: str
    ) -> Collection[int] | None:
        """Boxes to tick for « Comme la semaine dernière » and « Comme l’an dernier »."""
        if fill not in {"week", "year"}:
            return None
        child, actor = reading.one_of(children, child_id), current_actor()
        start, end = months.bounds(first)
        rows = queries.slot_rows(db.session, actor.household_id, [child.id], start, end)
        viewer = reading.viewer(child, actor.household_id)
        targets = {
            row.opening_id: (row.slot.id, row.day)
            for row in rows
            if months.state_of(row, viewer) in CHANGEABLE
        }
        monday = clock.today() - timedelta(days=clock.today().weekday())
        model = (monday - timedelta(days=7), monday - timedelta(days=1))
        year = (start - timedelta(weeks=52), end - timedelta(weeks=52))
        past = queries.own_bookings(
            db.session, actor.household_id, [child.id], *(model if fill == "week" else year)
        )
        ours = {row.opening_id for row in rows if row.booked_by == actor.household_id}
        return ours | copied_ticks(past, targets, by_weekday=fill == "week")

    def _show(
        self,
        children: Any,
        child_id: int,
        first: date,
        ticked: Collection[int] | None = None,
        refused: Refused | None = None,
        status: int = 200,
    ) -> Any:
        actor = current_actor()
        child = reading.one_of(children, child_id)
        start, end = months.bounds(first)
        rows = queries.slot_rows(db.session, actor.household_id, [child.id], start, end)
        month = months.build(
            first,
            rows,
            queries.closures(db.session, start, end),
            reading.viewer(child, actor.household_id),
            reading.price_of(db.session, actor.household_id, rows),
            ticked,
        )
        history = reservation_queries.history(
            db.session,
            actor.household_id,
            child.id,
            limit=HISTORY_ROWS + 1,
            until=clock.today(),
            cancelled_until=max(end, clock.today()),
        )
        standing = reading.means(db.session, actor.household_id)
        return self.page(
            "agenda/month.html",
            status,
            child=child,
            children=children,
            month=month,
            who=", ".join(filter(None, [child.first_name, child.school])),
            today=clock.today(),
            words=texts.MonthWords(),
            texts=texts,
            hours={slot.id: texts.hours(slot) for slot in {row.slot for row in rows}},
            history=history[:HISTORY_ROWS],
            more_history=len(history) > HISTORY_ROWS,
            standing=standing,
            notices=reading.notices(child, rows, standing, month),
            refusal=refused,
            token=tokens.new_token(),
            bar=Bar(missing=bool(refused and refused.recharge), title=refused.title)
            if refused
            else Bar(gettext("Tick the slots, then save")),
            rules_url=settings.get(db.session, settings.RULES_URL) or place("rules"),
            recharge_url=refused.recharge if refused and refused.recharge else top_up.url(),
        )

    @family_page("/<int:child_id>/historique")
    def history(self, child_id: int) -> Any:
        """Every booking of the child that this household may see, by pages (B3)."""
        actor = current_actor()
        child = reading.one_of(reading.children(db.session, actor.household_id), child_id)
        page = max(request.args.get("page", 1, type=int), 1)
        found, pages = reservation_queries.history_page(
            db.session, actor.household_id, child.id, page
        )
        return self.page(
            "agenda/history.html", child=child, history=found, page=page, pages=pages, texts=texts
        )


def _first_of(month: str) -> date:
    """« 2027-01 » → 1 January 2027; anything else is no page."""
    try:
        first = date.fromisoformat(f"{month}-01")
    except ValueError as error:
        raise NotFound from error
    if not 2000 < first.year < 2100:
        abort(404)
    return first


def _ids(values: Collection[str]) -> set[int]:
    """Ids among ``values``; what is no positive number was not sent by our form."""
    return {
        number for value in values if (number := whole_number(value)) is not None and number > 0
    }
