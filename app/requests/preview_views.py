"""« Essayer comme une famille »: a draft as the wizard shows it, with an example family; nothing is kept.

What was answered travels in the page itself, cleaned again at each step.
"""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

from flask import redirect, request, url_for

from app.core import clock
from app.core.actor import NO_HOUSEHOLD
from app.core.db import db
from app.core.errors import NotFound
from app.core.views import PageView, agent_page, reads_only
from app.requests import queries
from app.requests.answers import Answers, Nameable, clean, clean_all, shown_steps
from app.requests.definition import Definition, Field, Kind, Step
from app.requests.display import sections
from app.requests.draft_views import opened
from app.requests.drafts import Draft
from app.requests.forms import StepForm, shown, step_form
from app.requests.offered import filled

CHILDREN = {1: "Jules Exemple", 2: "Rose Exemple"}
ADULTS = {1: "Camille Exemple", 2: "Yanis Exemple"}
MOST_ANSWERS = 200_000
"""Characters of answers that the page carries."""


class PreviewView(PageView):
    """« /agents/demarches/12/essayer »."""

    route_base = "/agents/demarches"
    default_view = "start"

    @agent_page("/<int:procedure_id>/essayer")
    def start(self, procedure_id: int) -> Any:
        """From the first step."""
        steps = opened(procedure_id).definition.steps
        if not steps:
            return redirect(url_for("DraftView.show", procedure_id=procedure_id))
        return redirect(url_for(".step", procedure_id=procedure_id, key=steps[0].key))

    @agent_page("/<int:procedure_id>/essayer/<key>", methods=["GET", "POST"])
    @reads_only
    def step(self, procedure_id: int, key: str) -> Any:
        """A step: what is wrong is said as a family reads it; then the next one, then the check."""
        draft = opened(procedure_id)
        definition = filled(db.session(), draft.definition)
        step = definition.step(key)
        if step is None:
            raise NotFound
        known = _known(definition)
        carried, _faults = clean_all(definition, _carried(), known)
        if request.method == "GET" or "_answers" not in request.form:
            return self._step(draft, definition, step, _fresh(step, known, carried), carried)
        return self._answered(draft, definition, step, known, carried)

    def _answered(
        self, draft: Draft, definition: Definition, step: Step, known: Nameable, carried: Answers
    ) -> Any:
        form, add, remove = _form(step, known), *(request.form.get(name, "") for name in ROWS)
        if add or remove:
            form.change_rows(add, remove)
            return self._step(draft, definition, step, form, carried)
        before = _before(definition, step, carried)
        posted = {**form.answers(), **_files(step, known)}
        answers, faults = clean(step.fields, posted, before, known)
        own = {field.key for field in step.fields}
        carried = {name: one for name, one in carried.items() if name not in own} | answers
        steps = shown_steps(definition, carried)
        place = steps.index(step)
        if request.form.get("_go") == "back":
            other = steps[max(place - 1, 0)]
            return self._step(draft, definition, other, _fresh(other, known, carried), carried)
        if faults:
            form.put(faults)
            return self._step(draft, definition, step, form, carried, 400)
        if place + 1 < len(steps):
            following = steps[place + 1]
            return self._step(
                draft, definition, following, _fresh(following, known, carried), carried
            )
        return self.page(
            "requests/designer/preview_end.html",
            draft=draft,
            sections=sections(definition, carried, known),
        )

    def _step(
        self,
        draft: Draft,
        definition: Definition,
        step: Step,
        form: StepForm,
        carried: Answers,
        status: int = 200,
    ) -> Any:
        form.open_rows()
        steps = shown_steps(definition, carried)
        return self.page(
            "requests/designer/preview.html",
            status,
            draft=draft,
            step=step,
            form=form,
            before=_before(definition, step, carried),
            carried=json.dumps(carried),
            number=(steps.index(step) if step in steps else definition.steps.index(step)) + 1,
            count=max(len(steps), 1),
        )


ROWS = ("_add_row", "_remove_row")


def _form(step: Step, known: Nameable) -> StepForm:
    return step_form(step, known)()


def _fresh(step: Step, known: Nameable, carried: Answers) -> StepForm:
    """The form of a step that was not sent, with what was answered in it before."""
    return step_form(step, known)(formdata=None, data=shown(step.fields, carried))


def _before(definition: Definition, step: Step, carried: Answers) -> Answers:
    """The answers of the other steps."""
    own = {field.key for field in step.fields}
    return {name: one for name, one in carried.items() if name not in own}


def _carried() -> dict[str, Any]:
    """What the page carried, whoever wrote it."""
    text = request.form.get("_answers", "")
    try:
        found = json.loads(text) if len(text) <= MOST_ANSWERS else {}
    except (ValueError, RecursionError):
        found = {}
    return found if isinstance(found, dict) else {}


def _known(definition: Definition) -> Nameable:
    """An example family, with the commune's own schools, levels and years."""
    fields = list(definition.fields())
    real = queries.nameable(db.session(), NO_HOUSEHOLD, fields, clock.today())
    files = dict(enumerate(_codes(fields), start=1))
    return replace(real, children=CHILDREN, adults=ADULTS, documents=files)


def _codes(fields: list[Field]) -> list[str]:
    return list(dict.fromkeys(one.document_type for one in fields if one.kind is Kind.FILE))


def _files(step: Step, known: Nameable) -> dict[str, int]:
    """Every file counts as given: nothing is sent in a preview."""
    numbers = {code: number for number, code in known.documents.items()}
    asked = (one for one in step.fields if one.kind is Kind.FILE)
    return {one.key: numbers[one.document_type] for one in asked}
