"""What is said once, to whom, and what of it a family sees."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy import event
from sqlalchemy.orm import Session

from app.core import clock
from app.core.actor import Actor
from app.core.db import commit, db
from app.core.errors import NotFound
from app.notices import services
from app.notices.errors import NotWaiting
from app.notices.models import MailState, Notice, OutboxMessage
from app.notices.services import Recipient, tell, tell_many
from tests.factories import Cast

FACTS = {"balance_cents": -640, "threshold_cents": None}


def recipient(account: object) -> Recipient:
    return Recipient(account.id, account.email, account.household_id)  # type: ignore[attr-defined]


def count(session: Session, model: type) -> int:
    return session.scalar(sa.select(sa.func.count()).select_from(model)) or 0


def test_a_parent_gets_a_message_and_an_email(session: Session, cast: Cast) -> None:
    tell(
        session,
        "balance_negative",
        [recipient(cast.lea)],
        FACTS,
        dedupe="negative:1",
        url="/paiements/",
    )
    notice, mail = (
        session.scalars(sa.select(Notice)).one(),
        session.scalars(sa.select(OutboxMessage)).one(),
    )
    assert notice.account_id == cast.lea.id
    assert "−\u00a06,40\u00a0€" in notice.body
    assert "http" not in notice.body
    assert notice.url == "/paiements/"
    assert notice.read_at is None
    assert mail.to_address == "lea.durand@exemple.fr"
    assert "http://127.0.0.1:8000/paiements/" in mail.text
    assert "http://127.0.0.1:8000/paiements/" in mail.html
    assert mail.state is MailState.WAITING
    assert "\n" not in mail.subject
    assert mail.message_id.startswith("<")


def test_the_same_fact_is_told_once_to_each_person(session: Session, cast: Cast) -> None:
    people = [recipient(cast.camille), recipient(cast.yanis)]
    for _ in range(2):
        tell(session, "balance_negative", people, FACTS, dedupe="negative:1")
    assert count(session, Notice) == 2
    assert count(session, OutboxMessage) == 2


def test_a_message_is_forgotten_with_what_it_tells(session: Session, cast: Cast) -> None:
    commit(session)
    tell(session, "balance_negative", [recipient(cast.lea)], FACTS, dedupe="negative:1")
    session.rollback()
    assert count(session, Notice) == count(session, OutboxMessage) == 0


def test_an_address_without_account_gets_only_the_email(session: Session, cast: Cast) -> None:
    tell(session, "balance_negative", [Recipient(None, "x@exemple.fr")], FACTS, dedupe="n:1")
    assert count(session, Notice) == 0
    assert count(session, OutboxMessage) == 1


def test_a_confidential_message_never_stands_in_the_space(session: Session, cast: Cast) -> None:
    tell(
        session,
        "balance_negative",
        [recipient(cast.lea)],
        FACTS,
        dedupe="n:1",
        confidential=True,
    )
    assert count(session, Notice) == 0
    assert session.scalars(sa.select(OutboxMessage)).one().confidential


def test_long_addresses_and_long_keys_still_fit(session: Session) -> None:
    long = Recipient(None, "a" * 60 + "@" + "b" * 200 + ".fr")
    tell(session, "balance_negative", [long], FACTS, dedupe="x" * 149)
    tell(session, "balance_negative", [long], FACTS, dedupe="x" * 149)
    assert count(session, OutboxMessage) == 1


def test_a_thousand_rows_take_as_many_statements_as_ten(session: Session, cast: Cast) -> None:
    assert statements(session, 10) == statements(session, 400)
    assert count(session, OutboxMessage) == 410


def statements(session: Session, size: int) -> int:
    """Statements of telling ``size`` households."""
    seen: list[str] = []
    rows = [
        (Recipient(None, f"p{number}@exemple.fr"), FACTS, f"{size}:{number}")
        for number in range(size)
    ]

    def note(*args: object) -> None:
        seen.append(str(args[2]))

    session.info.pop("settings", None)
    event.listen(db.engine, "before_cursor_execute", note)
    try:
        tell_many(session, "balance_negative", rows)
    finally:
        event.remove(db.engine, "before_cursor_execute", note)
    return len(seen)


def test_saying_much_kicks_the_sender_once_and_only_after_the_commit(
    session: Session, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    kicks: list[str] = []
    monkeypatch.setattr("app.core.queue.kick", kicks.append)
    for number in range(3):
        tell(session, "balance_negative", [recipient(cast.lea)], FACTS, dedupe=f"n:{number}")
    assert kicks == []
    commit(session)
    assert kicks == ["send"]


def test_another_accounts_message_is_not_there(session: Session, cast: Cast) -> None:
    tell(session, "balance_negative", [recipient(cast.camille)], FACTS, dedupe="n:1")
    notice = session.scalars(sa.select(Notice)).one()
    with pytest.raises(NotFound):
        services.mark_read(session, cast.yanis.id, notice.id, clock.now())
    services.mark_read(session, cast.camille.id, notice.id, clock.now())
    assert notice.read_at == clock.now()


def test_all_read_at_once_is_mine_alone(session: Session, cast: Cast) -> None:
    people = [recipient(cast.camille), recipient(cast.yanis)]
    tell(session, "balance_negative", people, FACTS, dedupe="n:1")
    services.mark_all_read(session, cast.camille.id, clock.now())
    unread = session.scalars(sa.select(Notice.account_id).where(Notice.read_at.is_(None))).all()
    assert unread == [cast.yanis.id]


def test_an_agent_sends_again_what_was_given_up_not_what_was_sent(
    session: Session, cast: Cast
) -> None:
    tell(session, "balance_negative", [recipient(cast.lea)], FACTS, dedupe="n:1")
    mail = session.scalars(sa.select(OutboxMessage)).one()
    agent = Actor(cast.agent.id)
    mail.state, mail.attempts = MailState.DEAD, 8
    services.resend(session, agent, mail, clock.now())
    assert (mail.state, mail.attempts) == (MailState.WAITING, 0)
    mail.state = MailState.SENT
    with pytest.raises(NotWaiting):
        services.resend(session, agent, mail, clock.now())


def test_a_name_with_a_line_break_makes_no_header(app: Flask, session: Session) -> None:
    from app.notices.rendering import _one_line

    assert _one_line("Bonjour\r\nBcc: x@exemple.fr\u00a0!") == "Bonjour Bcc: x@exemple.fr\u00a0!"
