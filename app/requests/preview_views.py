"""« Essayer comme une famille »: a draft as the wizard shows it, with an example family; nothing is kept.

What was answered travels in the page itself, cleaned again at each step.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import Any

from flask import redirect, request, url_for
from flask_babel import gettext as _

from app.core import clock
from app.core.actor import NO_HOUSEHOLD
from app.core.db import db
from app.core.views import PageView, agent_page, reads_only
from app.requests import editing, queries
from app.requests.answers import Answers, Nameable, clean, clean_all, shown_steps
from app.requests.definition import Definition, Kind, Step, holds
from app.requests.designer_queries import document_types
from app.requests.display import sections
from app.requests.draft_views import opened
from app.requests.drafts import Draft
from app.requests.forms import StepForm, shown, step_form
from app.requests.offered import filled
from app.requests.trail import Mark, Trail

CHILDREN = {1: "Jules Exemple", 2: "Rose Exemple"}
ADULTS = {1: "Camille Exemple", 2: "Yanis Exemple"}
MOST_ANSWERS = 200_000
"""Characters of answers that the page carries."""


@dataclass(frozen=True)
class Trial:
    """A draft tried by the example family, with what it answered so far."""

    draft: Draft
    definition: Definition
    known: Nameable
    answers: Answers

    def steps(self, step: Step) -> list[Step]:
        """Those that these answers show, and the one that is asked for."""
        shown_now = shown_steps(self.definition, self.answers)
        return [one for one in self.definition.steps if one in shown_now or one == step]

    def before(self, step: Step) -> Answers:
        """The answers of the other steps."""
        own = {field.key for field in step.fields}
        return {name: one for name, one in self.answers.items() if name not in own}

    def fresh(self, step: Step) -> StepForm:
        """The form of a step that was not sent, with what was answered in it before."""
        return step_form(step, self.known)(formdata=None, data=shown(step.fields, self.answers))

    def trail(self, step: Step) -> Trail:
        """The pages of the wizard, none of them a link."""
        steps = self.steps(step)
        marks = [*(Mark(one.key, one.title, "") for one in steps), Mark("", _("Check"), "")]
        return Trail(marks, steps.index(step) + 1)


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
        trial = _trial(procedure_id)
        step = editing.row(trial.definition, (), key)
        if "_answers" not in request.form:
            return self._step(trial, step, trial.fresh(step))
        form = step_form(step, trial.known)()
        add, remove = request.form.get("_add_row", ""), request.form.get("_remove_row", "")
        if add or remove:
            form.change_rows(add, remove)
            return self._step(trial, step, form)
        return self._answered(trial, step, form)

    def _answered(self, trial: Trial, step: Step, form: StepForm) -> Any:
        posted = {**form.answers(), **_files(step, trial.known)}
        answers, faults = clean(step.fields, posted, trial.before(step), trial.known)
        trial = replace(trial, answers=trial.before(step) | answers)
        steps = trial.steps(step)
        place = steps.index(step)
        if request.form.get("_go") == "back":
            other = steps[max(place - 1, 0)]
            return self._step(trial, other, trial.fresh(other))
        if faults:
            form.put(faults)
            return self._step(trial, step, form, 400)
        if place + 1 < len(steps):
            other = steps[place + 1]
            return self._step(trial, other, trial.fresh(other))
        return self.page(
            "requests/designer/preview_end.html",
            draft=trial.draft,
            sections=sections(trial.definition, trial.answers, trial.known),
            documents=_documents(trial),
        )

    def _step(self, trial: Trial, step: Step, form: StepForm, status: int = 200) -> Any:
        form.open_rows()
        return self.page(
            "requests/designer/preview.html",
            status,
            draft=trial.draft,
            step=step,
            form=form,
            before=trial.before(step),
            carried=json.dumps(trial.answers),
            trail=trial.trail(step),
        )


def _trial(procedure_id: int) -> Trial:
    """The draft, with the answers that the page carried, cleaned again."""
    draft = opened(procedure_id)
    definition = filled(db.session(), draft.definition)
    known = _known(definition)
    answers, _wrong = clean_all(definition, _carried(), known)
    return Trial(draft, definition, known, answers)


def _documents(trial: Trial) -> list[tuple[str, bool]]:
    """(name, whether it is mandatory) of what these answers make the portal ask for."""
    asked = [one for one in trial.definition.documents if holds(one.show_if, trial.answers)]
    names = document_types(db.session()) if asked else {}
    return [(names.get(one.document_type, one.document_type), one.required) for one in asked]


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
    codes = dict.fromkeys(one.document_type for one in fields if one.kind is Kind.FILE)
    files = dict(enumerate(codes, start=1))
    return replace(real, children=CHILDREN, adults=ADULTS, documents=files)


def _files(step: Step, known: Nameable) -> dict[str, int]:
    """Every file counts as given: nothing is sent in a preview."""
    numbers = {code: number for number, code in known.documents.items()}
    asked = (one for one in step.fields if one.kind is Kind.FILE)
    return {one.key: numbers[one.document_type] for one in asked}
