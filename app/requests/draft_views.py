"""The pages of one draft: what it holds, then one small page for each step, field and document.

Every button is a submit that saves what was typed first, then does its work and comes back to where
it stood (« #up-key », which has the focus): nothing here needs a script. What was typed outlives a refusal.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from flask import flash, redirect, request, url_for
from flask_babel import gettext as _

from app.core import clock, pages
from app.core.db import commit, db
from app.core.errors import NotFound
from app.core.views import PageView, agent_page, current_actor
from app.requests import designer_queries as queries
from app.requests import editing
from app.requests.definition import Definition, Kind, NeededDocument
from app.requests.designer_forms import (
    AddForm,
    DocumentForm,
    FieldForm,
    NewStepForm,
    SettingsForm,
    StepForm,
)
from app.requests.drafts import (
    Draft,
    changes_since,
    effects_for,
    faults_of,
    needed_keys,
    offers,
    url_of,
)
from app.requests.errors import BadDefinition, DraftOutdated
from app.requests.services import designing
from app.requests.words import said

Change = Callable[[Definition], Definition]


def opened(procedure_id: int, *, with_steps: bool = True) -> Draft:
    """Raises NotFound, also for the steps of a démarche that has its own page."""
    procedure = queries.procedure(db.session(), procedure_id)
    draft = Draft(procedure, Definition.read(procedure.draft))
    if with_steps and draft.definition.page:
        raise NotFound
    return draft


class DraftView(PageView):
    """« /agents/demarches/12/… »"""

    route_base = "/agents/demarches"
    default_view = "show"

    @agent_page("/<int:procedure_id>", methods=["GET", "POST"])
    def show(self, procedure_id: int) -> Any:
        """What the draft holds, what is wrong with it, its steps, documents and versions."""
        draft, form = opened(procedure_id, with_steps=False), NewStepForm()
        if form.validate_on_submit() and not draft.definition.page:
            answer = _row_action(draft, form, (), lambda definition: definition)
            if answer is not None:
                return answer
        session = db.session()
        draft = opened(procedure_id, with_steps=False)
        return self.page(
            "requests/designer/show.html",
            400 if form.errors or form.form_errors else 200,
            draft=draft,
            form=form,
            faults=faults_of(draft),
            versions=queries.versions(session, procedure_id),
            changes=changes_since(draft),
            kinds=queries.document_types(session),
            needed=needed_keys(draft.definition),
        )

    @agent_page("/<int:procedure_id>/reglages", methods=["GET", "POST"])
    def settings(self, procedure_id: int) -> Any:
        """Title, texts, service, dates; how often, effect and delay unless the portal decides."""
        draft = opened(procedure_id, with_steps=False)
        form = SettingsForm.for_draft(
            draft.definition,
            builtin=draft.procedure.is_builtin,
            effects=effects_for(draft.definition),
        )
        if form.validate_on_submit() and _saved(draft, form, form.applied):
            return _back_up(draft, "settings")
        return self._page("settings.html", opened(procedure_id, with_steps=False), form)

    @agent_page("/<int:procedure_id>/pieces/<code>", methods=["GET", "POST"])
    def document(self, procedure_id: int, code: str) -> Any:
        """Whether a document is mandatory, and when it is asked for."""
        draft, kinds = opened(procedure_id), queries.document_types(db.session())
        found = next((one for one in draft.definition.documents if one.document_type == code), None)
        if found is None and code not in kinds:
            raise NotFound
        candidates = list(editing.earlier(draft.definition, None))
        form = DocumentForm.for_draft(found or NeededDocument(code), candidates)
        if form.validate_on_submit():
            if request.form.get("do") == "remove":
                change: Change = lambda one: editing.drop_document(one, code)  # noqa: E731
            else:
                change = lambda one: editing.set_document(one, form.needed(code))  # noqa: E731
            if _saved(draft, form, change):
                return _back_up(draft, "asked")
        name = kinds.get(code, code)
        return self._page("document.html", opened(procedure_id), form, name=name, found=found)

    @agent_page("/<int:procedure_id>/etapes/<key>", methods=["GET", "POST"])
    def step(self, procedure_id: int, key: str) -> Any:
        """Title, help, condition of a step, and its fields."""
        draft = opened(procedure_id)
        step = editing.row(draft.definition, (), key)
        form = StepForm.for_draft(step, list(editing.earlier(draft.definition, key)))
        if form.validate_on_submit():
            answer = _row_action(
                draft, form, (key,), lambda one: editing.change(one, (), key, **form.changes())
            )
            if answer is not None:
                return answer
        draft = opened(procedure_id)
        step = editing.row(draft.definition, (), key)
        return self._page("step.html", draft, form, step=step, needed=needed_keys(draft.definition))

    @agent_page("/<int:procedure_id>/etapes/<step>/champs/<key>", methods=["GET", "POST"])
    def field(self, procedure_id: int, step: str, key: str) -> Any:
        """A question; a group's columns stand under it."""
        draft = opened(procedure_id)
        field = editing.row(draft.definition, (step,), key)
        form = FieldForm.for_draft(
            field, list(editing.earlier(draft.definition, step, key)), offers(draft, step)
        )
        if form.validate_on_submit():
            answer = _row_action(draft, form, (step, key), _field_change(form, (step,), key))
            if answer is not None:
                return answer
        draft = opened(procedure_id)
        field = editing.row(draft.definition, (step,), key)
        return self._page(
            "field.html", draft, form, field=field, step=editing.row(draft.definition, (), step)
        )

    @agent_page(
        "/<int:procedure_id>/etapes/<step>/champs/<group>/colonnes/<key>", methods=["GET", "POST"]
    )
    def column(self, procedure_id: int, step: str, group: str, key: str) -> Any:
        """A column of a group: a question without condition."""
        draft, path = opened(procedure_id), (step, group)
        field = editing.row(draft.definition, path, key)
        form = FieldForm.for_draft(field, [], offers(draft, step, in_group=True))
        if form.validate_on_submit() and _saved(draft, form, _field_change(form, path, key)):
            if form.kind.data != field.kind.value:
                return _same_page("kind")
            return redirect(
                url_for(
                    "DraftView.field",
                    procedure_id=draft.id,
                    step=step,
                    key=group,
                    _anchor=f"open-{key}",
                )
            )
        draft = opened(procedure_id)
        return self._page(
            "field.html",
            draft,
            form,
            field=editing.row(draft.definition, path, key),
            step=editing.row(draft.definition, (), step),
            group=editing.row(draft.definition, (step,), group),
        )

    def _page(self, template: str, draft: Draft, form: Any, **more: Any) -> Any:
        status = 400 if form.errors or form.form_errors else 200
        return self.page(f"requests/designer/{template}", status, draft=draft, form=form, **more)


# ---- Saving --------------------------------------------------------------------------------------


def _saved(draft: Draft, form: Any, change: Change) -> bool:
    """Whether the draft was changed; when somebody else was faster, the form says so."""
    session = db.session()
    edition = request.form.get("edition", type=int)
    try:
        designing.edit(session, current_actor(), draft.id, edition, change, now=clock.now())
        commit(session)
    except DraftOutdated as error:
        session.rollback()
        pages.attach(form, None, error)
        return False
    except BadDefinition as error:
        session.rollback()
        raw = change(draft.definition).as_json()
        form.form_errors = [*form.form_errors, *(said(raw, one) for one in error.faults)]
        return False
    flash(_("Saved in the draft."), "success")
    return True


def _field_change(form: FieldForm, path: editing.Path, key: str) -> Change:
    def change(definition: Definition) -> Definition:
        field = form.applied(editing.row(definition, path, key))
        changed = editing.put(definition, path, field)
        stays = "step" not in form or request.form.get("do")
        other = path[0] if stays else form.step.data
        return editing.move_to(changed, path[0], key, other) if other != path[0] else changed

    return change


ROW_ACTIONS: Mapping[str, Callable[[Definition, editing.Path, str], Definition]] = {
    "up": lambda definition, path, key: editing.move(definition, path, key, -1),
    "down": lambda definition, path, key: editing.move(definition, path, key, 1),
    "remove": editing.remove,
    "copy": lambda definition, path, key: editing.copy(
        definition, path, key, _copy_label(editing.row(definition, path, key))
    ),
    "open": lambda definition, path, key: definition,
}


def _copy_label(row: Any) -> str:
    title = getattr(row, "title", None) or row.label
    return str(_("%(title)s (copy)", title=title[:100]))


def _row_action(draft: Draft, form: Any, path: editing.Path, change: Change) -> Any:
    """Save the page, then do what its button says to a row of the list at ``path``. None: refused.

    ``do``: « add », « up:key », « down:key », « copy:key », « remove:key », « open:key » or nothing.
    """
    asked = request.form.get("do", "")
    verb, _sep, key = asked.partition(":")
    adding = isinstance(form, AddForm) and "new_label" in form and form.is_adding(asked)
    if adding and not form.check_new(asked, len(editing.rows(draft.definition, path))):
        return None
    if verb in ROW_ACTIONS:
        if verb == "remove" and key in needed_keys(draft.definition) and len(path) == 1:
            raise NotFound  # no such button
        editing.row(draft.definition, path, key)

    def whole(definition: Definition) -> Definition:
        changed = change(definition)
        if adding:
            kind = Kind(form.new_kind.data) if path and form.new_kind.data else Kind.TEXT
            return editing.add(changed, path, form.new_label.data, kind)
        return ROW_ACTIONS[verb](changed, path, key) if verb in ROW_ACTIONS else changed

    if not _saved(draft, form, whole):
        return None
    return _after(draft.id, path, "add" if adding else verb, key)


def _after(procedure_id: int, path: editing.Path, verb: str, key: str) -> Any:
    """Where a button leads once the draft is saved."""
    shown = request.form.get("kind_shown")
    now = opened(procedure_id).definition
    if verb == "add":
        return redirect(url_of(procedure_id, (*path, editing.rows(now, path)[-1].key)))
    if verb == "open":
        return redirect(url_of(procedure_id, (*path, key)))
    if verb in ROW_ACTIONS:
        return redirect(url_of(procedure_id, path, _anchor=_focus(now, path, verb, key)))
    if len(path) == 2 and request.form.get("kind", shown) != shown:
        return _same_page("kind")
    if not path:  # no button was pressed
        return redirect(url_of(procedure_id, path))
    return redirect(url_of(procedure_id, path[:-1], _anchor=f"open-{path[-1]}"))


def _focus(definition: Definition, path: editing.Path, verb: str, key: str) -> str:
    """The id of the button that has the focus after a row moved, or went."""
    keys = [one.key for one in editing.rows(definition, path)]
    if verb == "copy":
        return f"open-{keys[keys.index(key) + 1]}"
    if verb == "remove":
        return f"open-{keys[0]}" if keys else "new_label"
    return f"{editing.way_left(verb, keys.index(key), len(keys))}-{key}"


def _back_up(draft: Draft, focus: str) -> Any:
    return redirect(url_for("DraftView.show", procedure_id=draft.id, _anchor=focus))


def _same_page(focus: str) -> Any:
    return redirect(f"{request.path}#{focus}")
