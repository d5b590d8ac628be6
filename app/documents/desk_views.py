"""Agents' pages of documents: the queue, and one document beside its review."""

from __future__ import annotations

import re
from typing import Any

from flask import flash, redirect, request, url_for
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from app.core import clock, pages
from app.core.admin_fields import whole_number
from app.core.db import commit, db
from app.core.errors import Refusal
from app.core.views import PageView, agent_page, current_actor
from app.documents import queries, services
from app.documents.errors import NeedsChild, NeedsReason, NeedsType
from app.documents.forms import AskForm, ReviewForm
from app.documents.models import Document
from app.documents.views import send
from app.households import queries as households

PAGE_SIZE = 50


class DocumentDesk(PageView):
    """« /agents/justificatifs/ »."""

    route_base = "/agents/justificatifs"

    @agent_page("/")
    def index(self) -> Any:
        """What waits, the oldest first."""
        with_health = _opens_health()
        page = max(1, request.args.get("page", 1, type=int))
        count = queries.count_waiting(db.session(), with_health=with_health)
        waiting = queries.waiting(
            db.session(),
            with_health=with_health,
            limit=PAGE_SIZE,
            offset=(min(page, 1_000_000) - 1) * PAGE_SIZE,
        )
        last = max(1, -(-count // PAGE_SIZE))
        return self.page("documents/queue.html", waiting=waiting, count=count, at=page, last=last)

    @agent_page("/foyer/<int:household_id>", methods=["GET", "POST"])
    def ask(self, household_id: int) -> Any:
        """Ask one household for a document, outside of any request."""
        session, form = db.session(), AskForm()
        household = households.household(session, household_id)
        children = households.children_of(session, household_id, clock.today())
        form.document_type.choices = [("", _("Choose")), *queries.types_to_ask(session)]
        form.child_id.choices = [
            ("", _("The household (no child)")),
            *((str(one.id), f"{one.first_name} {one.last_name}") for one in children),
        ]
        if not form.validate_on_submit():
            status = 400 if form.errors else 200
            return self.page("documents/ask.html", status, form=form, household=household)
        try:
            _asked(session, household_id, form)
        except Refusal as error:
            session.rollback()
            pages.attach(form, ASK_FIELDS.get(type(error)), error)
            household = households.household(session, household_id)
            return self.page("documents/ask.html", error.status, form=form, household=household)
        commit(session)
        flash(_("The document is asked of the family."), "success")
        return redirect(url_for("HouseholdDesk.show", household_id=household_id))

    @agent_page("/<int:document_id>", methods=["GET", "POST"])
    def show(self, document_id: int) -> Any:
        """The files and the decision, side by side."""
        session, form = db.session(), ReviewForm()
        document = queries.document_file(session, document_id)
        services.check_may_open(current_actor(), document.document_type)
        if request.method == "GET" and document.reviewed_at is None:
            form.valid_until.data = services.proposed_end(session, document)
        if not form.validate_on_submit():
            return self._review(form, document, 400 if form.errors else 200)
        try:
            said = _decide(session, document_id, form)
        except Refusal as error:
            session.rollback()
            pages.attach(form, _field(error), error)
            return self._review(form, queries.document_file(session, document_id), error.status)
        following = queries.next_waiting(session, document, with_health=_opens_health())
        commit(session)
        flash(said, "success")
        if _back():
            return redirect(_back())
        if following is None:
            return redirect(url_for("DocumentDesk.index"))
        return redirect(url_for("DocumentDesk.show", document_id=following))

    def _review(self, form: ReviewForm, document: Document, status: int = 200) -> Any:
        return self.page(
            "documents/review.html", status, form=form, document=document, back=_back()
        )

    @agent_page("/<int:document_id>/apercu/<int:position>")
    def preview(self, document_id: int, position: int) -> Any:
        """A picture or a PDF, shown in the page of its review."""
        return self._file(document_id, position, preview=True)

    @agent_page("/<int:document_id>/fichier/<int:position>")
    def file(self, document_id: int, position: int) -> Any:
        """A file to open with another program."""
        return self._file(document_id, position, preview=False)

    def _file(self, document_id: int, position: int, *, preview: bool) -> Any:
        document = queries.document_file(db.session(), document_id)
        actor = current_actor()
        services.check_may_open(actor, document.document_type)
        return send(actor, document, queries.page_of(document, position), preview=preview)


def _back() -> str:
    """The agents' page of the request from which the document was opened, else nothing."""
    asked = request.args.get("retour", "")
    return asked if re.fullmatch(r"/agents/demandes/[0-9]{1,9}(\?[\w=&%.+-]*)?", asked) else ""


def _opens_health() -> bool:
    return services.HEALTH in current_actor().roles


def _decide(session: Session, document_id: int, form: ReviewForm) -> str:
    actor, now = current_actor(), clock.now()
    if request.form.get("decision") == "accept":
        services.accept(session, actor, document_id, form.valid_until.data, now=now)
        return _("The document is accepted.")
    services.refuse(session, actor, document_id, form.reason.data or "", now=now)
    return _("The document is refused.")


def _asked(session: Session, household_id: int, form: AskForm) -> None:
    if not form.document_type.data:
        raise NeedsType
    actor = current_actor()
    services.require(
        session,
        actor,
        household_id,
        form.document_type.data,
        whole_number(form.child_id.data or ""),
        source=f"agent:{actor.account_id}",
        message=form.message.data or "",
        now=clock.now(),
    )


ASK_FIELDS: dict[type[Refusal], str] = {NeedsType: "document_type", NeedsChild: "child_id"}
"""Refusal → the field at fault."""


def _field(error: Refusal) -> str | None:
    """The field that is at fault."""
    if isinstance(error, NeedsReason):
        return "reason"
    return "valid_until" if error.status == 400 else None
