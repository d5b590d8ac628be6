"""The designer of démarches (D5): list, order, new ones, files, publishing, versions."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import closing
from typing import Any

from flask import current_app, flash, redirect, request, url_for
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from app.core import clock, pages
from app.core.db import commit, db
from app.core.errors import NotFound, Refusal
from app.core.pages import takes_uploads
from app.core.views import PageView, agent_page, current_actor
from app.requests import designer_queries as queries
from app.requests import editing, services
from app.requests.definition import Definition
from app.requests.designer_forms import ImportForm, NewForm
from app.requests.errors import BadDefinition
from app.requests.models import Procedure
from app.requests.schema import schema
from app.requests.services import designing
from app.requests.words import THEMES, changes_between, said

MOST_FAULTS = 50
"""As many lines of what is wrong as anybody reads."""


class DesignerView(PageView):
    """« /agents/demarches/ »; the pages of one draft are those of ``DraftView``."""

    route_base = "/agents/demarches"

    @agent_page("/")
    def index(self) -> Any:
        """Every démarche by theme."""
        listed = queries.listed(db.session())
        themes = [
            (_(word), [one for one in listed if one.theme == theme])
            for theme, word in THEMES.items()
        ]
        return self.page("requests/designer/index.html", themes=[one for one in themes if one[1]])

    @agent_page("/ordre", methods=["POST"])
    def order(self) -> Any:
        """One place up or down in its theme; the focus goes back to the button."""
        way, _sep, number = request.form.get("do", "").partition(":")
        if way not in {"up", "down"} or not number.isdecimal():
            raise NotFound
        session = db.session()
        designing.reorder(session, current_actor(), int(number[:9]), -1 if way == "up" else 1)
        commit(session)
        return redirect(url_for("DesignerView.index", _anchor=_way_left(way, int(number[:9]))))

    @agent_page("/nouvelle", methods=["GET", "POST"])
    def new(self) -> Any:
        """A title, a theme, a service: then its first step."""
        form = NewForm()
        if not form.validate_on_submit():
            return self.page("requests/designer/new.html", 400 if form.errors else 200, form=form)
        session, first = db.session(), _("Your request")
        made = designing.create(session, current_actor(), form.definition(first), now=clock.now())
        commit(session)
        return redirect(url_for("DraftView.show", procedure_id=made.id))

    @agent_page("/importer", methods=["GET", "POST"])
    @takes_uploads
    def import_file(self) -> Any:
        """A démarche from an exported file; what is wrong with it is listed, nothing is kept."""
        form, faults = ImportForm(), list[str]()
        if not form.validate_on_submit():
            return self._import(form, faults, 400 if form.errors else 200)
        session, content = db.session(), _sent(form)
        try:
            made = designing.import_file(session, current_actor(), content, now=clock.now())
        except BadDefinition as error:
            session.rollback()
            pages.attach(form, "file", error)
            return self._import(form, fault_lines(content, error), error.status)
        commit(session)
        flash(_("The procedure is imported as a draft."), "success")
        return redirect(url_for("DraftView.show", procedure_id=made.id))

    def _import(self, form: ImportForm, faults: list[str], status: int) -> Any:
        return self.page("requests/designer/import.html", status, form=form, faults=faults)

    @agent_page("/schema.json")
    def schema(self) -> Any:
        """What a definition may hold, for those who write one with another program."""
        return _json(schema(_), "schema")

    @agent_page("/<int:procedure_id>/exporter")
    def export(self, procedure_id: int) -> Any:
        """The draft as a file that « Importer » reads."""
        one = queries.procedure(db.session(), procedure_id)
        return _json(one.draft, one.code)

    @agent_page("/<int:procedure_id>/copier", methods=["POST"])
    def copy(self, procedure_id: int) -> Any:
        """Another draft, of the same content."""
        session = db.session()
        title = _("%(title)s (copy)", title=queries.procedure(session, procedure_id).title[:100])
        made = designing.copy(session, current_actor(), procedure_id, title, now=clock.now())
        commit(session)
        flash(_("Here is the copy: give it a title of its own."), "success")
        return redirect(url_for("DraftView.settings", procedure_id=made.id))

    @agent_page("/<int:procedure_id>/publier", methods=["POST"])
    def publish(self, procedure_id: int) -> Any:
        """What stands in the draft is what families see from now on."""
        return _done(
            procedure_id,
            lambda session: services.publish(
                session, current_actor(), procedure_id, _edition(), now=clock.now()
            ),
            _("Published: families see it from now on."),
        )

    @agent_page("/<int:procedure_id>/fermer", methods=["POST"])
    def close(self, procedure_id: int) -> Any:
        """Nobody begins it any more."""
        return _done(
            procedure_id,
            lambda session: services.close_procedure(
                session, current_actor(), procedure_id, now=clock.now()
            ),
            _("Closed: nobody begins it any more, the requests begun go on."),
        )

    @agent_page("/<int:procedure_id>/supprimer", methods=["POST"])
    def remove(self, procedure_id: int) -> Any:
        """A draft that was never published is gone."""
        session = db.session()
        designing.remove(session, current_actor(), procedure_id)
        commit(session)
        flash(_("The draft is removed."), "success")
        return redirect(url_for("DesignerView.index"))

    @agent_page("/<int:procedure_id>/versions/<int:number>")
    def version(self, procedure_id: int, number: int) -> Any:
        """What changed with this version, in words."""
        session = db.session()
        one = queries.procedure(session, procedure_id)
        found = {each.number: each for each in queries.versions(session, procedure_id)}
        if number not in found:
            raise NotFound
        before = found.get(number - 1)
        changes = changes_between(
            Definition.read(before.definition) if before else None,
            Definition.read(found[number].definition),
        )
        return self.page(
            "requests/designer/version.html",
            procedure=one,
            version=found[number],
            changes=changes,
        )

    @agent_page("/<int:procedure_id>/versions/<int:number>/reprendre", methods=["POST"])
    def back_to(self, procedure_id: int, number: int) -> Any:
        """The draft is again what this version says."""
        return _done(
            procedure_id,
            lambda session: designing.back_to(
                session, current_actor(), procedure_id, number, _edition(), now=clock.now()
            ),
            _("The draft is again what version %(number)d says.", number=number),
        )


def _way_left(way: str, procedure_id: int) -> str:
    """The id of the button that moved it, or of the other one at an end of its theme."""
    listed = queries.listed(db.session())
    theme = next(one.theme for one in listed if one.id == procedure_id)
    ids = [one.id for one in listed if one.theme == theme]
    return f"{editing.way_left(way, ids.index(procedure_id), len(ids))}-{procedure_id}"


def _sent(form: ImportForm) -> bytes:
    """The file, or as much of it as says that it is too long; closed, because a large one lies open."""
    if not form.file.data:
        return b""
    with closing(form.file.data) as file:
        return bytes(file.read(designing.IMPORT_BYTES + 1))


def _edition() -> int | None:
    return request.form.get("edition", type=int)


def _done(procedure_id: int, verb: Callable[[Session], Procedure], said_then: str) -> Any:
    """Do it, and go back to the démarche with what came of it."""
    session = db.session()
    try:
        verb(session)
        commit(session)
    except NotFound:
        raise
    except Refusal as error:
        session.rollback()
        pages.flash_refusal(error)
    else:
        flash(said_then, "success")
    return redirect(url_for("DraftView.show", procedure_id=procedure_id))


def _json(values: Any, name: str) -> Any:
    text = json.dumps(values, ensure_ascii=False, indent=2)
    answer = current_app.response_class(f"{text}\n", mimetype="application/json")
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}.json"'
    return answer


def fault_lines(content: bytes, error: BadDefinition) -> list[str]:
    """What is wrong with a file, in an agent's words."""
    try:
        raw = json.loads(content)
    except (ValueError, RecursionError):  # that is what the fault says
        raw = None
    return [said(raw, one) for one in error.faults[:MOST_FAULTS]]
