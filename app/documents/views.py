"""« Fournir mes nouveaux justificatifs » (D7, D8): what is asked of the household, and what it gives."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from typing import Any

from flask import Response, flash, redirect, request, url_for
from flask_babel import gettext as _
from sqlalchemy.orm import Session
from werkzeug.datastructures import FileStorage

from app.core import clock, pages
from app.core.actor import Actor
from app.core.admin_fields import row_number
from app.core.db import commit, db, write_intent
from app.core.errors import NotFound, Refusal
from app.core.pages import takes_uploads
from app.core.storage import storage
from app.core.views import PageView, current_actor, family_page
from app.documents import drawing, files, queries, rules, services
from app.documents.errors import FileRefused, NoFile, TooManyPages
from app.documents.forms import GiveForm
from app.documents.models import Document, DocumentPage
from app.documents.queries import DocumentState
from app.households.queries import ChildCard


class DocumentsView(PageView):
    """« /justificatifs/ »."""

    route_base = "/justificatifs"

    @family_page("/")
    def index(self) -> Any:
        """Each document needed with its state, and what can be done."""
        states = queries.states_of_household(
            db.session(), current_actor().household_id, clock.today()
        )
        return self.page("documents/index.html", states=states, words=rules.WORDS, tags=rules.TAGS)

    @takes_uploads
    @family_page("/<int:type_id>/fournir", methods=["GET", "POST"])
    def give(self, type_id: int) -> Any:
        """« Fournir le justificatif » … « Valider » for the household."""
        return self._give(type_id, None)

    @takes_uploads
    @family_page("/<int:type_id>/enfant/<int:child_id>/fournir", methods=["GET", "POST"])
    def give_for_child(self, type_id: int, child_id: int) -> Any:
        """« Fournir le justificatif » … « Valider » for a child."""
        return self._give(type_id, child_id)

    def _give(self, type_id: int, child_id: int | None) -> Any:
        actor = current_actor()
        state = queries.state_for(
            db.session(), actor.household_id, type_id, child_id, clock.today()
        )
        if not state.can_give:
            flash(_("This document does not have to be given."), "info")
            return redirect(url_for("DocumentsView.index"))
        # Files are read, checked and put away without any transaction open.
        db.session.rollback()
        form = GiveForm()
        if not form.validate_on_submit():
            return self._form_page(form, state, 400 if form.errors else 200)
        try:
            receive(actor, state, request.files.getlist("files"))
        except Refusal as error:
            if error.status == 404:
                raise
            pages.attach(form, "files" if isinstance(error, FileRefused) else None, error)
            return self._form_page(form, state, error.status)
        flash(_("Your document is sent. The service is going to look at it."), "success")
        return redirect(_back_url())

    def _form_page(self, form: GiveForm, state: DocumentState, status: int = 200) -> Any:
        return self.page("documents/give.html", status, form=form, state=state)

    @family_page("/fichier/<int:document_id>/<int:position>")
    def file(self, document_id: int, position: int) -> Any:
        """A file that this household gave, to keep a copy."""
        actor = current_actor()
        document = queries.document_for(
            db.session(), actor.household_id, document_id, clock.today()
        )
        return send(actor, document, queries.page_of(document, position))


def receive(actor: Actor, state: DocumentState, sent: Sequence[FileStorage]) -> int:
    """Check, put away, then tell the database: the id of the document. Nothing stays of what was refused.

    Called without a transaction: files are read and checked in none. Raises FileRefused, StillValid…
    """
    given = [one for one in sent if one.filename]
    if not given:
        raise NoFile
    if len(given) > services.MAX_FILES:
        raise TooManyPages(maximum=services.MAX_FILES)
    checked = [_checked(one) for one in given]
    store, session = storage(), db.session()
    kept = services.keep(store, checked, sealed=state.is_health)
    try:
        household, owner = actor.household_id, (state.type_id, state.child_id)
        document = services.give(session, actor, household, *owner, kept, now=clock.now())
        document_id = document.id
    except Exception:
        session.rollback()
        services.forget(store, [one.key for one in kept])
        raise
    # From here on the rows may be there: files that no row tells of go in the night.
    commit(session)
    return document_id


def _checked(sent: FileStorage) -> files.CheckedFile:
    """Read, then closed: a large one lies in a temporary file."""
    with closing(sent):
        return files.check(sent.filename, sent.stream.read())


def send(
    actor: Actor, document: Document, page: DocumentPage, *, preview: bool = False
) -> Response:
    """The content of one file, its opening logged first (D9). ``preview``: to look at, a PDF as a picture.

    Raises NotFound when a PDF cannot be drawn.
    """
    log_opening(actor, document)
    name, kind = page.name, page.content_type
    content = services.open_page(storage(), page)
    if preview and kind == files.PDF:
        db.session().rollback()  # no transaction stays open while it is drawn
        content, kind = drawing.draw(content), "image/jpeg"
    if content is None:
        raise NotFound
    answer = Response(content, content_type=kind)
    where = "inline" if preview else "attachment"
    answer.headers.set("Content-Disposition", where, filename=name)
    answer.headers["Content-Security-Policy"] = "default-src 'none'; frame-ancestors 'none'"
    answer.headers["Cache-Control"] = "no-store"
    return answer


def log_opening(actor: Actor, document: Document) -> None:
    """In a short session of its own: a GET takes no write lock for long (core/db.py)."""
    with write_intent(), Session(db.engine) as own:
        services.log_reading(own, actor, own.merge(document, load=False), now=clock.now())
        own.commit()


def states_for_profile(
    session: Session, household_id: int, children: Sequence[ChildCard]
) -> list[tuple[str, str, str]]:
    """(document, word of its state, kind of tag) for « Mon profil » (A11)."""
    return [
        (
            f"{one.name} ({one.child_name})" if one.child_name else one.name,
            _(rules.WORDS[one.status]),
            rules.TAGS[one.status],
        )
        for one in queries.states_of_household(session, household_id, clock.today(), children)
    ]


def _back_url() -> str:
    """The request from which the family came (« ?demande=12 »), else the list of documents."""
    asked = request.args.get("demande", type=row_number)
    if asked is None:
        return url_for("DocumentsView.index")
    return f"{request.script_root}/demandes/demarche/{asked}"
