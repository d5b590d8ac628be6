"""The démarches that come with the portal: installed once, in French, publishable."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa
from flask_babel import force_locale
from sqlalchemy.orm import Session

from app.core import clock
from app.procedures import builtin
from app.requests import queries
from app.requests.definition import Definition
from app.requests.models import Procedure, ProcedureState, ProcedureVersion
from app.requests.services.publishing import reasons_against

CODES = list(builtin.builtin())


def texts(value: Any) -> list[str]:
    """Every text that people read in a definition's JSON."""
    if isinstance(value, list):
        return [text for one in value for text in texts(one)]
    if not isinstance(value, dict):
        return []
    own = [one for name, one in value.items() if name in builtin.SAID and isinstance(one, str)]
    return own + [text for one in value.values() for text in texts(one)]


def test_they_are_there_from_the_release_on_and_a_second_one_does_nothing(
    session: Session,
) -> None:
    assert [one.code for one in queries.offers(session, clock.today())] == CODES
    versions = session.scalar(sa.select(sa.func.count()).select_from(ProcedureVersion))
    seen: list[str] = []
    sa.event.listen(session.get_bind(), "before_cursor_execute", lambda *args: seen.append(args[2]))
    assert builtin.install(session, now=clock.now()) == []
    assert len(seen) == 1, "\n".join(seen)
    assert session.scalar(sa.select(sa.func.count()).select_from(ProcedureVersion)) == versions


def test_what_agents_changed_stays_and_what_is_missing_comes_back(session: Session) -> None:
    renamed, gone = (session.scalars(sa.select(Procedure).where(Procedure.code == code)).one()
                     for code in CODES[:2])  # fmt: skip
    renamed.title, renamed.state = "Mon foyer", ProcedureState.CLOSED
    session.execute(sa.delete(ProcedureVersion).where(ProcedureVersion.procedure_id == gone.id))
    session.delete(gone)
    session.flush()
    assert builtin.install(session, now=clock.now()) == [CODES[1]]
    session.refresh(renamed)
    assert (renamed.title, renamed.state) == ("Mon foyer", ProcedureState.CLOSED)


@pytest.mark.parametrize("code", CODES)
def test_each_is_sound_and_in_french(session: Session, code: str) -> None:
    version = queries.published(session, code)
    definition = Definition.read(version.definition)
    assert reasons_against(session, definition) == []
    english = texts(builtin.builtin()[code].as_json())
    assert english
    for text in english:
        assert text not in texts(version.definition)


def test_the_language_of_who_installs_does_not_matter(session: Session) -> None:
    procedure = session.scalars(sa.select(Procedure).where(Procedure.code == CODES[0])).one()
    french = procedure.title
    session.execute(
        sa.delete(ProcedureVersion).where(ProcedureVersion.procedure_id == procedure.id)
    )
    session.delete(procedure)
    session.flush()
    with force_locale("en"):
        builtin.install(session, now=clock.now())
    assert session.scalar(sa.select(Procedure.title).where(Procedure.code == CODES[0])) == french
