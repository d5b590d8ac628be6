"""« Justificatifs manquants »: by school, level, activity and kind; exported, asked for in bulk."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext

from app.activities import missing
from app.activities.missing import Filter, Missing
from app.core import audit, clock
from app.core.admin_fields import row_number
from app.core.db import commit, db
from app.core.sheets import csv_response
from app.core.text import N_
from app.core.views import PageView, agent_page, current_actor
from app.documents import services
from app.documents.rules import TAGS, WORDS, Ask

EXPORTED = (
    N_("Household"),
    N_("Number"),
    N_("Child"),
    N_("School"),
    N_("Level"),
    N_("Document"),
    N_("State"),
)


class MissingDocumentsDesk(PageView):
    """« /agents/justificatifs/manquants/ »."""

    route_base = "/agents/justificatifs/manquants"

    @agent_page("/")
    def index(self) -> Any:
        """One page of what is missing, household by household."""
        session, asked, today = db.session(), Filter.read(request.args), clock.today()
        count = missing.count(session, asked, today)
        last = max(1, -(-count // missing.PAGE_SIZE))
        number = min(max(1, request.args.get("page", 1, type=row_number)), last)
        offset = (number - 1) * missing.PAGE_SIZE
        return self.page(
            "activities/missing.html",
            asked=asked,
            offered=missing.offered(session),
            rows=missing.rows(session, asked, today, limit=missing.PAGE_SIZE, offset=offset),
            count=count,
            number=number,
            last=last,
            words=WORDS,
            tags=TAGS,
        )

    @agent_page("/demander", methods=["POST"])
    def ask(self) -> Any:
        """Ask for the rows ticked, or for every row of the filter; one message a household."""
        session, asked, now = db.session(), Filter.read(request.args), clock.now()
        chosen = set(request.form.getlist("rowid"))
        whole = request.form.get("action") == "all"
        rows = missing.rows(session, asked, clock.today())
        asks = [_ask(row) for row in rows if whole or row.key in chosen]
        if not asks:
            flash(_("Choose at least one row."), "warning")
            return redirect(_url(asked))
        actor = current_actor()
        done = services.require_many(
            session,
            actor,
            asks,
            source=f"agent:{actor.account_id}",
            message=request.form.get("message", "").replace("\0", "").strip()[:1000],
            now=now,
        )
        commit(session)
        flash(_said(done), "success" if done else "info")
        return redirect(_url(asked))

    @agent_page("/export", methods=["POST"])
    def export(self) -> Any:
        """The filter as a file for a spreadsheet; who took it away is written down."""
        session, asked, today = db.session(), Filter.read(request.args), clock.today()
        rows = missing.rows(session, asked, today)
        details = {**asked.args(), "rows": len(rows)}
        audit.record(session, current_actor(), "export", "document", None, None, **details)
        commit(session)
        return csv_response(
            f"justificatifs-manquants-{today.isoformat()}.csv",
            [_(one) for one in EXPORTED],
            (_exported(row) for row in rows),
        )


def _ask(row: Missing) -> Ask:
    return Ask(row.household_id, row.type_id, row.child_id)


def _url(asked: Filter) -> str:
    return url_for("MissingDocumentsDesk.index", **asked.args())


def _said(done: int) -> str:
    if not done:
        return _("These documents have already been asked for today.")
    return str(ngettext("%(num)d document asked for.", "%(num)d documents asked for.", done))


def _exported(row: Missing) -> tuple[str, ...]:
    return (
        row.household,
        row.number,
        row.child,
        row.school,
        row.level,
        row.document,
        _(WORDS[row.status]),
    )
