"""Agents' pages that change many openings at once, prepare a school year, or write a grid."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Any

from flask import flash, redirect, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy.orm import Session

from app.activities import queries, services
from app.activities.errors import NothingChosen
from app.activities.forms import ChoiceForm, CloseForm, CopyForm, ReopenForm, ResizeForm, choices
from app.activities.services import Copied, Generated, Loaded
from app.core import pages
from app.core.admin_fields import row_number
from app.core.db import commit, db
from app.core.errors import NotFound, Refusal
from app.core.views import agent_page, current_actor
from app.households.desk_views import DeskView

MOST_IDS = 100
"""Openings that the list may send here at once: a page of it."""

BulkVerb = Callable[[Session, Collection[int]], str]
"""Does the thing to openings and returns the sentence to show."""


class OpeningDesk(DeskView):
    """« /agents/ouvertures/… »: close, open again, resize; counted before it is done."""

    route_base = "/agents/ouvertures"
    default_view = "close"

    @agent_page("/fermer", methods=["GET", "POST"])
    def close(self) -> Any:
        """A strike closes a site, a day, a slot (§3.7)."""
        form = CloseForm()

        def verb(session: Session, ids: Collection[int]) -> str:
            done = services.close_openings(session, current_actor(), ids, form.reason.data)
            return _two(_closed_openings(done.openings), _cancelled(done.bookings))

        return self._bulk(
            form,
            verb,
            title=_("Close openings"),
            submit=_("Close"),
            lead=_(
                "Their bookings are cancelled, the money is free again, and the families are told"
                " with the reason."
            ),
        )

    @agent_page("/rouvrir", methods=["GET", "POST"])
    def reopen(self) -> Any:
        """No booking comes back (§3.7)."""

        def verb(session: Session, ids: Collection[int]) -> str:
            return _open_again(services.reopen_openings(session, current_actor(), ids))

        return self._bulk(
            ReopenForm(),
            verb,
            title=_("Open again"),
            submit=_("Open again"),
            lead=_("Cancelled bookings do not come back: families book again."),
            closed=True,
        )

    @agent_page("/places", methods=["GET", "POST"])
    def resize(self) -> Any:
        """Below what is booked it shows full (§3.4)."""
        form = ResizeForm()

        def verb(session: Session, ids: Collection[int]) -> str:
            return _resized(
                services.set_capacity(session, current_actor(), ids, form.capacity.data)
            )

        return self._bulk(
            form,
            verb,
            title=_("Change the number of places"),
            submit=_("Change"),
            lead=_("Below what is booked, the slot shows full and nobody loses a place."),
        )

    def _bulk(
        self,
        form: ChoiceForm,
        verb: BulkVerb,
        *,
        title: str,
        submit: str,
        lead: str,
        closed: bool = False,
    ) -> Any:
        """Ask which openings (unless the list said so), say how many they are, then do it."""
        session, chosen = db.session(), _ids_asked()
        if chosen:
            for name in ("first", "last", "sites", "slots"):
                delattr(form, name)
        else:
            form.lists(queries.sites(session), queries.slots(session))
        shown = {"form": form, "title": title, "submit": submit, "lead": lead}
        shown["chosen"] = queries.count(session, chosen) if chosen else None
        if not form.validate_on_submit():
            return self.page("activities/bulk.html", 400 if form.errors else 200, **shown)
        ids = chosen or queries.opening_ids(session, form.choice(), closed=closed)
        try:
            return self._ask_or_do(ids, verb, shown)
        except Refusal as error:
            session.rollback()
            pages.attach(form, None, error)
            return self.page("activities/bulk.html", error.status, **shown)

    def _ask_or_do(self, ids: Collection[int], verb: BulkVerb, shown: dict[str, Any]) -> Any:
        """Done only when what it concerns is what was said."""
        if not ids:
            raise NothingChosen
        count = queries.count(db.session(), ids)
        sure = f"{count.openings}-{count.bookings}"
        if request.form.get("sure") != sure:
            return self.page("activities/bulk.html", **shown, count=count, sure=sure)
        said = verb(db.session(), ids)
        commit(db.session())
        flash(said, "success")
        return redirect(url_for("OpeningAdmin.list"))


class YearDesk(DeskView):
    """« /agents/annees/… »: what makes a school year bookable, in order."""

    route_base = "/agents/annees"
    default_view = "index"

    @agent_page("/")
    def index(self) -> Any:
        """School years and what is ready of each."""
        return self.page("activities/years.html", states=queries.year_states(db.session()))

    @agent_page("/<int:year_id>/calendrier", methods=["POST"])
    def load(self, year_id: int) -> Any:
        """School holidays of the zone and public holidays."""
        return self.do(
            lambda session: _loaded(
                services.load_calendar(session, current_actor(), year_id),
                queries.school_year(session, year_id).label,
            ),
            url_for("YearDesk.index"),
        )

    @agent_page("/<int:year_id>/ouvertures", methods=["POST"])
    def generate(self, year_id: int) -> Any:
        """Openings follow patterns and calendar."""
        return self.do(
            lambda session: generated_text(
                services.generate_openings(session, current_actor(), year_id)
            ),
            url_for("YearDesk.index"),
        )

    @agent_page("/<int:year_id>/copier", methods=["GET", "POST"])
    def copy(self, year_id: int) -> Any:
        """Patterns and prices of another year."""
        years = queries.years(db.session())
        year = next((one for one in years if one.id == year_id), None)
        if year is None:
            raise NotFound
        form = CopyForm()
        form.source.choices = choices(one for one in years if one.id != year_id)
        return self.run(
            form,
            lambda session: _copied(
                services.copy_year(
                    session,
                    current_actor(),
                    form.source.data,
                    year_id,
                    with_prices=form.prices.data,
                )
            ),
            title=_("Prepare %(year)s from another year", year=year.label),
            back=url_for("YearDesk.index"),
            submit=_("Copy"),
            lead=_("Opening patterns that the year already has are left as they are."),
        )


def _ids_asked() -> list[int]:
    ids = request.args.getlist("id", type=row_number)
    if len(ids) > MOST_IDS:
        raise NotFound
    return ids


# ---- Sentences -----------------------------------------------------------------------------------


def _two(first: str, second: str) -> str:
    return f"{first} {second}".strip()


def _closed_openings(count: int) -> str:
    return ngettext("%(num)d opening is closed.", "%(num)d openings are closed.", count)


def _cancelled(count: int) -> str:
    if not count:
        return ""
    return ngettext(
        "%(num)d booking is cancelled and the families are told.",
        "%(num)d bookings are cancelled and the families are told.",
        count,
    )


def _open_again(count: int) -> str:
    return ngettext("%(num)d opening is open again.", "%(num)d openings are open again.", count)


def _resized(count: int) -> str:
    return ngettext(
        "%(num)d opening has another number of places.",
        "%(num)d openings have another number of places.",
        count,
    )


def generated_text(report: Generated) -> str:
    """What generating did, in as many sentences as there are things to say."""
    said = [
        ngettext("%(num)d opening is added.", "%(num)d openings are added.", report.added)
        if report.added
        else "",
        _resized(report.resized) if report.resized else "",
        _closed_openings(report.closed) if report.closed else "",
        _open_again(report.reopened) if report.reopened else "",
        ngettext(
            "%(num)d opening should be closed but is booked: close it with a reason.",
            "%(num)d openings should be closed but are booked: close them with a reason.",
            report.booked,
        )
        if report.booked
        else "",
    ]
    return " ".join(filter(None, said)) or _("The openings were up to date.")


def _loaded(report: Loaded, label: str) -> str:
    said = (
        ngettext("%(num)d period is added.", "%(num)d periods are added.", report.added)
        if report.added
        else _("The calendar was up to date.")
    )
    if report.complete:
        return said
    return _two(
        said,
        _(
            "The school holidays of %(year)s are not published in full yet: enter them in the"
            " calendar by hand.",
            year=label,
        ),
    )


def _copied(report: Copied) -> str:
    patterns = ngettext(
        "%(num)d pattern is copied.", "%(num)d patterns are copied.", report.patterns
    )
    grids = ngettext("%(num)d price grid too.", "%(num)d price grids too.", report.grids)
    return _two(patterns, grids if report.grids else "")
