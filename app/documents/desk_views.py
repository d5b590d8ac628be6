"""Agents' pages of documents: the queue, and one document beside its review."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, request, url_for
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from app.core import clock, pages
from app.core.db import commit, db
from app.core.errors import Refusal
from app.core.views import PageView, agent_page, current_actor
from app.documents import queries, services
from app.documents.errors import NeedsReason
from app.documents.forms import ReviewForm
from app.documents.models import Document
from app.documents.views import send

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
        if following is None:
            return redirect(url_for("DocumentDesk.index"))
        return redirect(url_for("DocumentDesk.show", document_id=following))

    def _review(self, form: ReviewForm, document: Document, status: int = 200) -> Any:
        return self.page("documents/review.html", status, form=form, document=document)

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


def _opens_health() -> bool:
    return services.HEALTH in current_actor().roles


def _decide(session: Session, document_id: int, form: ReviewForm) -> str:
    actor, now = current_actor(), clock.now()
    if request.form.get("decision") == "accept":
        services.accept(session, actor, document_id, form.valid_until.data, now=now)
        return _("The document is accepted.")
    services.refuse(session, actor, document_id, form.reason.data or "", now=now)
    return _("The document is refused.")


def _field(error: Refusal) -> str | None:
    """The field that is at fault."""
    if isinstance(error, NeedsReason):
        return "reason"
    return "valid_until" if error.status == 400 else None
