"""Documents given inside a démarche: what is there is not asked again (D7), the rest is received here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from flask_babel import gettext
from flask_wtf import FlaskForm
from werkzeug.datastructures import FileStorage
from wtforms import MultipleFileField

from app.core import clock
from app.core.actor import NO_HOUSEHOLD, Actor
from app.core.db import db
from app.core.errors import Refusal
from app.core.refusals import sentence
from app.documents import queries as documents
from app.documents.queries import DocumentState
from app.documents.rules import CAN_GIVE
from app.documents.views import receive
from app.requests import queries
from app.requests.answers import clean
from app.requests.definition import Field, Kind, Step, holds
from app.requests.errors import ChildFirst
from app.requests.forms import Mandatory
from app.requests.progress import Progress
from app.requests.queries import Needed

STEP = "vos-justificatifs"
"""Address of the page of the documents; no step has such a key (no hyphen in them)."""
Sent = Mapping[str, Sequence[FileStorage]]
"""Name of the control → the files sent in it."""


def states(
    actor: Actor, at: Progress, step: Step, child_id: int | None
) -> dict[str, DocumentState]:
    """Field → the household's document of its kind, for the fields of this step that take a file."""
    asked = [field for field in step.fields if field.kind is Kind.FILE]
    if not asked or actor.household_id == NO_HOUSEHOLD:
        return {}
    wanted = [(field.document_type, owner) for field in asked for owner in (None, child_id)]
    found = documents.states(db.session(), actor.household_id, wanted, clock.today())
    by_code = {one.code: one for one in found}
    return {
        field.key: by_code[field.document_type] for field in asked if field.document_type in by_code
    }


def received(
    actor: Actor, at: Progress, step: Step, posted: Mapping[str, Any], sent: Sent
) -> tuple[dict[str, int | None], dict[str, str]]:
    """(field → id of its document, field → why its file is refused) of a step that was sent.

    A document that is valid, or waits for an agent, answers by itself. Files are read, checked and
    put away without any transaction open.
    """
    typed, _ = clean(step.fields, posted, at.others(step), at.known)
    child = next((field.key for field in step.fields if field.kind is Kind.CHILD), "")
    found = states(actor, at, step, typed.get(child, at.request.child_id))
    answers = {
        field.key: _there(field, at, found) for field in step.fields if field.kind is Kind.FILE
    }
    refused = {}
    for field in step.fields:
        if not sent.get(field.key) or not holds(field.show_if, at.others(step) | typed):
            continue
        try:
            answers[field.key] = _receive(actor, found.get(field.key), sent[field.key])
        except Refusal as error:
            refused[field.key] = sentence(error)
    return answers, refused


def _there(field: Field, at: Progress, found: Mapping[str, DocumentState]) -> int | None:
    state = found.get(field.key)
    if state is not None and not state.can_give:
        return state.document_id
    before: int | None = at.kept.get(field.key)
    return before


def _receive(actor: Actor, state: DocumentState | None, sent: Sequence[FileStorage]) -> int:
    if state is None:
        raise ChildFirst
    db.session.rollback()
    return receive(actor, state, sent)


# ---- The page of the documents -------------------------------------------------------------------


def are_asked(at: Progress) -> bool:
    """Whether the wizard has a page for them, with these answers."""
    asked = any(holds(one.show_if, at.answers) for one in at.definition.documents)
    return asked and at.request.household_id is not None


def needed(actor: Actor, at: Progress) -> list[Needed]:
    """The documents asked, as the household has them."""
    if not are_asked(at):
        return []
    about = (actor.household_id, at.request.child_id, at.definition, at.answers)
    return queries.documents_needed(db.session(), *about, clock.today())


def received_documents(actor: Actor, wanted: Sequence[Needed], sent: Sent) -> dict[str, str]:
    """Control → why its file is refused; the others are given."""
    refused = {}
    for one in wanted:
        files = sent.get(name_of(one), ())
        if not files:
            continue
        try:
            _receive(actor, one.state, files)
        except Refusal as error:
            refused[name_of(one)] = sentence(error)
    return refused


def still_missing(wanted: Sequence[Needed]) -> dict[str, str]:
    """Control → what is said of a required document that was never given."""
    said = gettext("Give this document to go on.")
    return {name_of(one): said for one in wanted if one.is_missing}


def documents_form(wanted: Sequence[Needed], refused: Mapping[str, str]) -> FlaskForm:
    """One control for each document that can be given here."""
    controls = {
        name_of(one): MultipleFileField(
            f"{one.state.name} ({one.state.child_name})"
            if one.state.child_name
            else one.state.name,
            [Mandatory()] if one.is_missing else [],
        )
        for one in wanted
        if one.state.status in CAN_GIVE
    }
    form = type("DocumentsForm", (FlaskForm,), controls)(formdata=None)
    for name, said in refused.items():
        if name in form:
            form[name].errors = [said]
    return form


def name_of(one: Needed) -> str:
    """Name of its control."""
    return f"document_{one.state.type_id}_{one.state.child_id or 0}"
