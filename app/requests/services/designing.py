"""What agents do to démarches in the designer: drafts changed under their lock, order, copies, import."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.core.actor import Actor
from app.core.audit import record
from app.core.errors import NotFound
from app.core.text import N_
from app.requests import rules
from app.requests.definition import Definition
from app.requests.editing import slug
from app.requests.errors import BadDefinition, DraftOutdated, InUse, Reason
from app.requests.models import Procedure, ProcedureState, ProcedureVersion
from app.requests.services.publishing import locked, new_draft

IMPORT_BYTES = 256_000
"""The longest definition that is read from a file."""
OF_OWN_PAGE = ("title", "summary", "text", "service", "opens_on", "closes_on")
"""What may change of a démarche that has a page of its own: its code does the rest."""
OF_CODE = ("effect", "closes_itself", "page")
"""What stays of a démarche that comes with the portal."""

Change = Callable[[Definition], Definition]


def create(session: Session, actor: Actor, definition: Definition, *, now: datetime) -> Procedure:
    """A new démarche, not published. Two made at once under one title get a code each."""
    # Who waits for the first row reads the codes afterwards: the statement that waited does not see them.
    session.scalar(sa.select(Procedure.id).order_by(Procedure.id).limit(1).with_for_update())
    codes = set(session.scalars(sa.select(Procedure.code)))
    return new_draft(session, actor, slug(definition.title, codes, "-"), definition, now=now)


def edit(
    session: Session,
    actor: Actor,
    procedure_id: int,
    edition: int | None,
    change: Change,
    *,
    now: datetime,
) -> Procedure:
    """Apply ``change`` to the draft of this edition.

    Raises NotFound, DraftOutdated, and BadDefinition for what could not be read again.
    """
    procedure = locked(session, procedure_id)
    if procedure.draft_edition != edition:
        raise DraftOutdated
    before = Definition.read(procedure.draft)
    after = _kept(procedure, before, change(before))
    if after == before:
        return procedure
    Definition.read(after.as_json())
    return new_draft(session, actor, procedure.code, after, edition, now=now)


def _kept(procedure: Procedure, before: Definition, after: Definition) -> Definition:
    """What is the portal's own stays, whatever was sent."""
    if before.page:
        return replace(before, **{name: getattr(after, name) for name in OF_OWN_PAGE})
    if procedure.is_builtin:
        return replace(after, **{name: getattr(before, name) for name in OF_CODE})
    return after


def copy(
    session: Session, actor: Actor, procedure_id: int, title: str, *, now: datetime
) -> Procedure:
    """Another démarche with the same draft under this title. Not of one with its own page."""
    procedure = session.get(Procedure, procedure_id)
    if procedure is None:
        raise NotFound
    definition = Definition.read(procedure.draft)
    if definition.page:
        raise NotFound
    return create(session, actor, replace(definition, title=title), now=now)


def reorder(session: Session, actor: Actor, procedure_id: int, by: int) -> None:
    """One place up (-1) or down (1) among those of its theme; at the ends it stays."""
    ordered = session.scalars(
        sa.select(Procedure).order_by(Procedure.position, Procedure.id).with_for_update()
    ).all()
    moved = next((one for one in ordered if one.id == procedure_id), None)
    if moved is None:
        raise NotFound
    theme = [one for one in ordered if one.theme == moved.theme]
    place = theme.index(moved)
    other = theme[min(max(place + by, 0), len(theme) - 1)]
    for position, one in enumerate(ordered, start=1):
        one.position = position  # two may have had the same
    moved.position, other.position = other.position, moved.position
    session.flush()
    record(session, actor, "reorder", "procedure", procedure_id, None, by=by)


def import_file(session: Session, actor: Actor, content: bytes, *, now: datetime) -> Procedure:
    """A new démarche from an exported file. Raises BadDefinition: nothing half-read is kept."""
    return create(session, actor, readable(content), now=now)


def readable(content: bytes) -> Definition:
    """The definition of a file that anybody may have written. Raises BadDefinition."""
    if len(content) > IMPORT_BYTES:
        facts = {"max": IMPORT_BYTES // 1000}
        raise BadDefinition([Reason("", N_("This file is above %(max)d kB."), facts)])
    definition = Definition.read(_json(content))
    faults = list(rules.key_faults(definition))
    if definition.page:
        faults.append(Reason("page", N_("Only for requests that come with the portal.")))
    if not definition.title:
        faults.append(Reason("title", N_("Give a title.")))
    if faults:
        raise BadDefinition(faults)
    return definition


def _json(content: bytes) -> Any:
    try:
        found = json.loads(content.decode("utf-8-sig"), object_pairs_hook=_once_each)
        json.dumps(found, ensure_ascii=False).encode()  # half a character (« \\ud800 ») is no text
    except RecursionError:
        raise BadDefinition([Reason("", N_("This file is nested too deeply."))]) from None
    except ValueError:  # not UTF-8, not JSON, a number of thousands of digits
        raise BadDefinition([Reason("", N_("This file is not readable JSON."))]) from None
    return found


def _once_each(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise BadDefinition([Reason("", N_("The same name occurs twice in this file."))])
    return found


def back_to(
    session: Session,
    actor: Actor,
    procedure_id: int,
    number: int,
    edition: int | None,
    *,
    now: datetime,
) -> Procedure:
    """The draft is again what was published under this number."""
    published = session.scalar(
        sa.select(ProcedureVersion.definition).where(
            ProcedureVersion.procedure_id == procedure_id, ProcedureVersion.number == number
        )
    )
    if published is None:
        raise NotFound
    definition = Definition.read(published)
    return edit(session, actor, procedure_id, edition, lambda before: definition, now=now)


def remove(session: Session, actor: Actor, procedure_id: int) -> None:
    """A démarche that was never published is gone. Raises InUse for another."""
    procedure = locked(session, procedure_id)
    if procedure.state is not ProcedureState.DRAFT or procedure.is_builtin:
        raise InUse
    session.delete(procedure)
    session.flush()
    record(session, actor, "remove", "procedure", procedure_id, None)
