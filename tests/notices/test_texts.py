"""The texts of every e-mail, and the job that the schedule calls."""

from __future__ import annotations

from pathlib import Path

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import Session

from app.core import clock, scheduling
from app.core.db import commit
from app.notices.models import MailState, OutboxMessage
from app.notices.services import Recipient, tell

FOLDER = Path(__file__).parents[2] / "app" / "templates" / "emails"
TEMPLATES = sorted(path.name for path in FOLDER.iterdir() if path.is_dir())


@pytest.mark.parametrize("name", TEMPLATES)
def test_every_email_has_its_three_texts_and_the_common_layout(app: Flask, name: str) -> None:
    """Their words are checked where they are said; here, that each can be said at all."""
    files = {path.name for path in (FOLDER / name).iterdir()}
    assert files >= {"subject.txt", "body.txt", "body.html"}
    for file in sorted(files):
        assert app.jinja_env.get_template(f"emails/{name}/{file}")
    assert '{% extends "emails/layout.html" %}' in (FOLDER / name / "body.html").read_text()
    assert '{% extends "emails/layout.txt" %}' in (FOLDER / name / "body.txt").read_text()


def test_the_schedule_sends_what_waits(
    app: Flask, session: Session, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(app.config, "PORTAIL_VAR", tmp_path)
    facts = {"balance_cents": -640, "threshold_cents": None}
    tell(session, "balance_negative", [Recipient(None, "x@exemple.fr")], facts, dedupe="n:1")
    commit(session)
    asked: list[str] = []
    scheduling.tick(session, clock.now(), asked.append)
    assert "send" in asked
    scheduling.execute(session, scheduling.find("send"))
    assert session.scalars(sa.select(OutboxMessage.state)).one() is MailState.SENT
    assert len(list((tmp_path / "mails").iterdir())) == 1
