"""Démarches: a draft that agents edit, versions that families see."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.core.actor import SYSTEM, Actor
from app.core.audit import record
from app.core.errors import NotFound
from app.documents.models import DocumentType
from app.requests import rules
from app.requests.definition import Definition
from app.requests.effects import EFFECTS
from app.requests.errors import BadDefinition, DraftOutdated, Reason
from app.requests.models import Procedure, ProcedureState, ProcedureVersion
from app.requests.prefill import PREFILLS


def reasons_against(session: Session, definition: Definition) -> list[Reason]:
    """Why it cannot be published; nothing when it can."""
    codes = session.scalars(sa.select(DocumentType.code).where(DocumentType.is_active.is_(True)))
    effects = {name: effect.needs for name, effect in EFFECTS.items()}
    alone = {name for name, effect in EFFECTS.items() if effect.alone}
    offered = rules.Offered(frozenset(codes), effects, frozenset(PREFILLS), alone)
    return rules.checks(definition, offered)


def publish(
    session: Session,
    actor: Actor,
    procedure_id: int,
    edition: int | None = None,
    *,
    now: datetime,
) -> Procedure:
    """Families see the draft from now on; requests begun keep their version.

    ``edition``: the draft that the agent saw. Raises BadDefinition, DraftOutdated.
    """
    procedure = locked(session, procedure_id)
    if edition is not None and procedure.draft_edition != edition:
        raise DraftOutdated
    definition = Definition.read(procedure.draft)
    reasons = reasons_against(session, definition)
    if reasons:
        raise BadDefinition(reasons)
    last = session.scalar(
        sa.select(sa.func.max(ProcedureVersion.number)).where(
            ProcedureVersion.procedure_id == procedure.id
        )
    )
    version = ProcedureVersion(
        procedure_id=procedure.id,
        number=(last or 0) + 1,
        definition=definition.as_json(),
        published_at=now,
        published_by=actor.account_id,
    )
    session.add(version)
    procedure.published_number, procedure.state = version.number, ProcedureState.PUBLISHED
    procedure.title, procedure.theme = definition.title, definition.theme.value
    procedure.changed_at = now
    session.flush()
    record(session, actor, "publish", "procedure", procedure.id, None)
    return procedure


def new_draft(
    session: Session,
    actor: Actor,
    code: str,
    definition: Definition,
    edition: int | None = None,
    *,
    now: datetime,
) -> Procedure:
    """Keep this definition as the draft of the démarche ``code``, made if it does not exist.

    ``edition``: the one that was edited; DraftOutdated when another one was saved meanwhile.
    """
    procedure = session.scalar(sa.select(Procedure).where(Procedure.code == code).with_for_update())
    if procedure is None:
        last = session.scalar(sa.select(sa.func.max(Procedure.position)))
        procedure = Procedure(code=code, position=(last or 0) + 1, draft_edition=0)
        session.add(procedure)
    elif edition is not None and procedure.draft_edition != edition:
        raise DraftOutdated
    procedure.draft, procedure.draft_edition = definition.as_json(), procedure.draft_edition + 1
    if procedure.published_number is None:  # families go on reading the title that was published
        procedure.title, procedure.theme = definition.title, definition.theme.value
    procedure.changed_at = now
    session.flush()
    record(session, actor, "draft", "procedure", procedure.id, None)
    return procedure


def close_procedure(
    session: Session, actor: Actor, procedure_id: int, *, now: datetime
) -> Procedure:
    """Nobody begins it any more; requests begun go on."""
    procedure = locked(session, procedure_id)
    procedure.state, procedure.changed_at = ProcedureState.CLOSED, now
    session.flush()
    record(session, actor, "close", "procedure", procedure.id, None)
    return procedure


def install_builtin(
    session: Session, definitions: Mapping[str, Definition], *, now: datetime
) -> list[str]:
    """Publish the built-in démarches that are not there yet; the codes installed.

    Those that are there are left as the commune made them: called twice, it changes nothing.
    """
    known = set(session.scalars(sa.select(Procedure.code)))
    new = [code for code in definitions if code not in known]
    for code in new:
        procedure = new_draft(session, SYSTEM, code, definitions[code], now=now)
        procedure.is_builtin = True
        publish(session, SYSTEM, procedure.id, now=now)
    return new


def locked(session: Session, procedure_id: int) -> Procedure:
    """The démarche, its row locked. Raises NotFound."""
    procedure = session.get(Procedure, procedure_id, with_for_update=True, populate_existing=True)
    if procedure is None:
        raise NotFound
    return procedure
