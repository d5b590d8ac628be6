"""« Messages », the outbox's screen and the e-mails of the demonstration."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import Session

from app.core import clock
from app.core.db import commit
from app.notices import jobs
from app.notices.models import MailState, Notice, OutboxMessage
from app.notices.services import Recipient, tell
from tests.factories import Cast


def told(session: Session, account: Any, number: int = 1, **more: Any) -> None:
    """``number`` messages to this account."""
    recipient = Recipient(account.id, account.email, account.household_id)
    facts = {"balance_cents": -640, "threshold_cents": None}
    for index in range(number):
        tell(
            session,
            "balance_negative",
            [recipient],
            facts,
            dedupe=f"{account.id}:{index}",
            url="/paiements/",
            **more,
        )
    commit(session)


def body(page: Any) -> str:
    assert page.status_code == 200
    return str(page.get_data(as_text=True))


def test_the_bell_counts_and_opening_a_message_reads_it(
    session: Session, cast: Cast, sign_in: Any
) -> None:
    told(session, cast.camille, 2)
    client = sign_in(cast.camille)
    assert "2 messages non lus" in body(client.get("/messages/"))
    notice_id = session.scalars(sa.select(Notice.id).order_by(Notice.id)).first()
    session.commit()
    opened = body(client.get(f"/messages/{notice_id}"))
    assert "1 message non lu" in opened
    assert 'href="/paiements/"' in opened
    assert "1 message non lu" in body(client.get("/messages/"))


def test_all_are_read_by_one_button(session: Session, cast: Cast, sign_in: Any) -> None:
    told(session, cast.camille, 3)
    client = sign_in(cast.camille)
    assert "Tout marquer comme lu" in body(client.get("/messages/"))
    page = body(client.post("/messages/lus", follow_redirects=True))
    assert "non lu" not in page
    assert "Tout marquer comme lu" not in page


def test_another_familys_message_is_not_found(session: Session, cast: Cast, sign_in: Any) -> None:
    told(session, cast.camille)
    notice_id = session.scalars(sa.select(Notice.id)).one()
    session.commit()
    assert sign_in(cast.yanis).get(f"/messages/{notice_id}").status_code == 404
    assert session.scalars(sa.select(Notice.read_at)).one() is None


def test_many_messages_come_by_pages(session: Session, cast: Cast, sign_in: Any) -> None:
    told(session, cast.camille, 41)
    client = sign_in(cast.camille)
    first, last = body(client.get("/messages/")), body(client.get("/messages/?page=3"))
    assert first.count('class="row-link"') == 20
    assert last.count('class="row-link"') == 1
    assert body(client.get("/messages/?page=99")).count('class="row-link"') == 1
    assert body(client.get("/messages/?page=abc")).count('class="row-link"') == 20


def test_a_visitor_is_asked_to_sign_in(client: Any) -> None:
    answer = client.get("/messages/")
    assert answer.status_code == 302
    assert "/login/" in answer.location


def test_an_agent_sees_what_was_given_up_and_sends_it_again(
    session: Session, cast: Cast, sign_in: Any
) -> None:
    told(session, cast.lea)
    session.execute(
        sa.update(OutboxMessage).values(state=MailState.DEAD, last_error="550 no such user")
    )
    session.commit()
    agent = sign_in(cast.agent)
    page = body(agent.get("/agents/courriels/list/?_flt_0_state=dead"))
    assert "lea.durand@exemple.fr" in page
    assert "Abandonné" in page
    mail_id = session.scalars(sa.select(OutboxMessage.id)).one()
    session.commit()
    agent.post(f"/agents/courriels/action/resend/{mail_id}")
    session.expire_all()
    assert session.scalars(sa.select(OutboxMessage.state)).one() is MailState.WAITING


def test_no_agent_reads_a_confidential_text(session: Session, cast: Cast, sign_in: Any) -> None:
    told(session, cast.lea, confidential=True)
    mail = session.scalars(sa.select(OutboxMessage)).one()
    mail.text = mail.html = "https://secret-link"
    commit(session)
    for account in (cast.agent, cast.admin):
        page = body(sign_in(account).get(f"/agents/courriels/show/{mail.id}"))
        assert "secret-link" not in page


def test_in_demonstration_agents_read_the_files(
    app: Flask, session: Session, cast: Cast, sign_in: Any, tmp_path: Path, monkeypatch: Any
) -> None:
    monkeypatch.setitem(app.config, "PORTAIL_VAR", tmp_path)
    told(session, cast.lea)
    jobs.send(session, clock.now(), partial(commit, session))
    agent = sign_in(cast.agent)
    assert "lea.durand@exemple.fr" in body(agent.get("/agents/courriels-demonstration/"))
    letter = body(agent.get("/agents/courriels-demonstration/1"))
    assert 'href="http://127.0.0.1:8000/paiements/"' in letter
    assert agent.get("/agents/courriels-demonstration/2").status_code == 404


@pytest.mark.parametrize("setting", [{"SMTP_URL": "smtp://relay"}, {"PRODUCTION": True}])
def test_with_real_families_there_is_no_such_page(
    app: Flask,
    session: Session,
    cast: Cast,
    sign_in: Any,
    monkeypatch: Any,
    setting: dict[str, Any],
) -> None:
    session.commit()
    for name, value in setting.items():
        monkeypatch.setitem(app.config, name, value)
    assert sign_in(cast.admin).get("/agents/courriels-demonstration/").status_code == 404
