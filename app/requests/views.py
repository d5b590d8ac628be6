"""« Mes demandes » (D1): the list, one request with its thread, cancelling, the receipt."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from sqlalchemy.orm import Session
from wtforms import TextAreaField

from app.core import clock, pages
from app.core.admin_fields import NoControlCharacters, row_number
from app.core.db import commit, db
from app.core.views import PageView, current_actor, family_page
from app.documents import rules as document_rules
from app.households.forms import ActionForm, mandatory
from app.requests import display, mine, naming, queries, receipts, services
from app.requests.errors import EmptyMessage, MovedOn
from app.requests.models import ProcedureState, Request, Status
from app.requests.services.family import answers_of
from app.requests.timeline import timeline


class MessageForm(FlaskForm):  # type: ignore[misc]
    """A line of the thread; how long it may be is checked by ``services.say``."""

    text = TextAreaField(_l("Your message to the service"), [mandatory(), NoControlCharacters()])


class RequestsView(PageView):
    """« /demandes »: requests of this household alone."""

    route_base = "/demandes"

    @family_page("/")
    def index(self) -> Any:
        """« En cours » and « Passées », the newest first."""
        session, household_id, day = db.session(), current_actor().household_id, clock.today()
        page = max(1, request.args.get("page", 1, type=row_number))
        past, count = mine.past(session, household_id, day, page)
        return self.page(
            "requests/mine.html",
            waiting=mine.in_progress(session, household_id, day),
            past=past,
            number=page,
            count=count,
        )

    @family_page("/demarche/<int:request_id>")
    def show(self, request_id: int) -> Any:
        """One request: where it stands, what was answered, its documents and its thread."""
        return self._show(_mine(request_id), MessageForm())

    def _show(self, asked: Request, form: MessageForm, status: int = 200) -> Any:
        session, day = db.session(), clock.today()
        definition = queries.definition_of(asked)
        return self.page(
            "requests/show.html",
            status,
            request_shown=asked,
            form=form,
            tag=display.STATUS_TAGS[asked.status],
            definition=definition,
            steps=timeline(asked, queries.moves_of(session, asked.id)),
            edit=mine.edit_path(asked),
            again=_can_ask_again(asked),
            is_late=mine.is_late(asked, day),
            words=document_rules.WORDS,
            tags=document_rules.TAGS,
            documents=mine.documents_of(session, asked, definition, day),
            sections=_said(session, asked),
            messages=queries.messages_of(session, asked.id),
        )

    @family_page("/demarche/<int:request_id>/recepisse")
    def receipt(self, request_id: int) -> Any:
        """Number, date, service in charge, what is missing (D3)."""
        return receipts.as_page(self._receipt(request_id))

    @family_page("/demarche/<int:request_id>/recepisse.pdf")
    def receipt_pdf(self, request_id: int) -> Any:
        """The same on paper; drawn without any transaction open."""
        found = self._receipt(request_id)
        db.session.rollback()
        return receipts.as_pdf(found)

    def _receipt(self, request_id: int) -> receipts.Receipt:
        return receipts.receipt(db.session(), _mine(request_id), clock.today())

    @family_page("/demarche/<int:request_id>/message", methods=["POST"])
    def message(self, request_id: int) -> Any:
        """A line of the thread."""
        form, session = MessageForm(), db.session()
        if not form.validate_on_submit():
            return self._show(_mine(request_id), form, 400)
        try:
            services.say(
                session, current_actor(), request_id, form.text.data or "", now=clock.now()
            )
        except EmptyMessage as error:
            session.rollback()
            pages.attach(form, "text", error)
            return self._show(_mine(request_id), form, error.status)
        commit(session)
        flash(_("Your message is sent to the service."), "success")
        return redirect(f"{url_for('RequestsView.show', request_id=request_id)}#messages")

    @family_page("/demarche/<int:request_id>/annuler", methods=["GET", "POST"])
    def cancel(self, request_id: int) -> Any:
        """« Annuler la demande », asked once more first; only while no agent has taken it (D2)."""
        if not ActionForm().validate_on_submit():
            return self._ask(request_id, Status.PENDING)
        return self._leave(
            services.cancel, request_id, _("Your request is cancelled."), now=clock.now()
        )

    @family_page("/demarche/<int:request_id>/supprimer", methods=["GET", "POST"])
    def discard(self, request_id: int) -> Any:
        """« Supprimer » a draft, asked once more first: its line is gone (D2)."""
        if not ActionForm().validate_on_submit():
            return self._ask(request_id, Status.DRAFT)
        return self._leave(services.abandon, request_id, _("The draft is deleted."))

    def _ask(self, request_id: int, status: Status) -> Any:
        """The page that asks « Are you sure », where it still makes sense."""
        asked = _mine(request_id)
        if asked.status is not status:
            pages.flash_refusal(MovedOn())
            return redirect(url_for("RequestsView.show", request_id=asked.id))
        return self.page("requests/leave.html", form=ActionForm(), request_shown=asked)

    def _leave(self, verb: Any, request_id: int, said: str, **more: Any) -> Any:
        session = db.session()
        try:
            verb(session, current_actor(), request_id, **more)
        except MovedOn as error:
            session.rollback()
            pages.flash_refusal(error)
            return redirect(url_for("RequestsView.show", request_id=request_id))
        commit(session)
        flash(said, "success")
        return redirect(url_for("RequestsView.index"))


def _can_ask_again(asked: Request) -> bool:
    """Refused or cancelled, and the démarche is still there."""
    is_open = asked.procedure.state is ProcedureState.PUBLISHED
    return is_open and asked.status in {Status.REFUSED, Status.CANCELLED}


def _mine(request_id: int) -> Request:
    return queries.request_for(
        db.session(), current_actor().household_id, request_id, clock.today()
    )


def _said(session: Session, asked: Request) -> list[display.Section]:
    """The answers in words, those of health too: for the household that gave them."""
    definition, answers = queries.definition_of(asked), answers_of(asked)
    known, files = naming.names_in(
        session, definition, answers, household_id=asked.household_id, day=clock.today()
    )
    return display.sections(definition, answers, known, files=files)
