"""The sender against real mail servers: dead, moody, refusing; two at once; one that is killed."""

from __future__ import annotations

import threading
import zlib
from collections import Counter
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import Session

from app.core import clock
from app.core.db import commit, db, write_intent
from app.notices import jobs
from app.notices.errors import BadMailServer
from app.notices.mailer import Folder, Server, Unreachable, carrier_for
from app.notices.models import MailState, OutboxMessage
from app.notices.sender import BATCH, LEASE, Outcome, Sender
from tests.notices.mailservers import OK, free_port, mail_server

FROM = "Portail famille <portail@montclair.example>"


def fill(session: Session, number: int, **more: Any) -> None:
    """``number`` e-mails due now."""
    rows = [
        {
            "dedupe_key": f"test:{index}",
            "to_address": f"parent{index}@exemple.fr",
            "template": "test",
            "subject": f"Réservation n° {index}",
            "text": "Bonjour,\n\nÀ bientôt.\n",
            "html": "<p>Bonjour</p>",
            "message_id": f"<{index}@montclair.example>",
            "state": MailState.WAITING,
            "created_at": clock.now(),
            "due_at": clock.now(),
        }
        | more
        for index in range(number)
    ]
    session.execute(sa.insert(OutboxMessage), rows)
    session.commit()


def run(session: Session, url: str) -> Outcome:
    """One run of the sender."""
    carrier = carrier_for(url, Path("/nonexistent"))
    return Sender(session, carrier, clock.now(), partial(commit, session), FROM).run()


def states(session: Session) -> Counter[str]:
    return Counter(session.scalars(sa.select(OutboxMessage.state)))


def one(session: Session) -> OutboxMessage:
    session.expire_all()
    return session.scalars(sa.select(OutboxMessage)).one()


def test_what_is_due_leaves_with_both_texts_and_its_own_id(session: Session) -> None:
    fill(session, 1, reply_to="famille@exemple.fr")
    with mail_server() as (url, server):
        assert run(session, url) == Outcome(sent=1)
        assert run(session, url) == Outcome()
    message = server.received[0]
    assert message["Message-ID"] == "<0@montclair.example>"
    assert message["Subject"] == "Réservation n° 0"
    assert message["Reply-To"] == "famille@exemple.fr"
    assert message["Auto-Submitted"] == "auto-generated"
    assert [part.get_content_type() for part in message.walk()] == [
        "multipart/alternative",
        "text/plain",
        "text/html",
    ]
    assert "À bientôt." in message.get_body(("plain",)).get_content()  # type: ignore[union-attr]
    assert one(session).sent_at == clock.now()


def test_what_is_due_later_waits(session: Session) -> None:
    fill(session, 1, due_at=clock.now() + timedelta(seconds=1))
    with mail_server() as (url, server):
        assert run(session, url) == Outcome()
    assert server.received == []


def test_a_dead_server_loses_nothing_and_costs_no_attempt(
    session: Session, frozen_clock: Any
) -> None:
    fill(session, 3)
    port = free_port()
    for _ in range(12):
        assert run(session, f"smtp://127.0.0.1:{port}").sent == 0
        frozen_clock.shift(timedelta(minutes=2))
    assert states(session) == {MailState.WAITING: 3}
    assert session.scalar(sa.select(sa.func.max(OutboxMessage.attempts))) == 0
    with mail_server(port=port) as (url, server):
        assert run(session, url) == Outcome(sent=3)
    assert sorted(server.addresses) == [f"parent{index}@exemple.fr" for index in range(3)]


def test_a_refused_address_is_given_up_at_once_with_the_reason(session: Session) -> None:
    fill(session, 1)
    with mail_server(lambda *_: "550 no such user") as (url, _):
        assert run(session, url) == Outcome(dead=1)
    assert one(session).state is MailState.DEAD
    assert "no such user" in one(session).last_error


def test_not_now_is_tried_later_and_later_then_given_up(
    session: Session, frozen_clock: Any
) -> None:
    fill(session, 1)
    waits = []
    with mail_server(lambda *_: "451 greylisted") as (url, _):
        while one(session).state is MailState.WAITING:
            before = clock.now()
            run(session, url)
            waits.append(one(session).due_at - before)
            frozen_clock.move_to(one(session).due_at)
    assert len(waits) == 8
    assert waits[:3] == [timedelta(minutes=1), timedelta(minutes=4), timedelta(minutes=16)]
    assert one(session).state is MailState.DEAD


@pytest.mark.parametrize(
    "address", ["pas une adresse", "a@b\nBcc: x@y.fr", "jérôme@exemple.fr", ""]
)
def test_an_impossible_address_does_not_stop_the_others(session: Session, address: str) -> None:
    fill(session, 2)
    session.execute(
        sa.update(OutboxMessage)
        .where(OutboxMessage.dedupe_key == "test:0")
        .values(to_address=address)
    )
    session.commit()
    with mail_server() as (url, server):
        outcome = run(session, url)
    assert "parent1@exemple.fr" in server.addresses
    assert outcome.sent + outcome.dead == 2
    assert not any(message["Bcc"] for message in server.received)


def test_a_message_that_breaks_the_server_lets_the_others_pass(
    session: Session, frozen_clock: Any
) -> None:
    """The server hangs up on one message, each time: the rest leaves, that one is given up."""
    fill(session, 5)
    with mail_server(lambda to, _: HANG_UP if to == "parent0@exemple.fr" else OK) as (url, server):
        for _ in range(10):
            run(session, url)
            frozen_clock.shift(timedelta(hours=7))
    assert states(session) == {MailState.SENT: 4, MailState.DEAD: 1}
    assert len(server.received) == 4


HANG_UP = "not an SMTP reply\r\n" * 3


def test_a_thousand_with_failures_all_arrive_once(session: Session, frozen_clock: Any) -> None:
    """One message in twenty is put off at its first try."""
    fill(session, 1000)
    seen: Counter[str] = Counter()

    def moody(to: str, message_id: str) -> str:
        seen[message_id] += 1
        first_of_unlucky = zlib.crc32(message_id.encode()) % 20 == 0 and seen[message_id] == 1
        return "451 try later" if first_of_unlucky else OK

    with mail_server(moody) as (url, server):
        first = run(session, url)
        frozen_clock.shift(timedelta(minutes=5))
        second = run(session, url)
    assert first.put_off > 20
    assert (first.sent + second.sent, second.put_off) == (1000, 0)
    assert Counter(server.addresses).most_common(1)[0][1] == 1
    assert states(session) == {MailState.SENT: 1000}


def test_two_senders_at_once_send_each_message_once(app: Flask, session: Session) -> None:
    fill(session, 200)
    session.close()
    outcomes: list[Outcome] = []
    failures: list[BaseException] = []
    start = threading.Barrier(2)

    def work(url: str) -> None:
        try:
            with app.app_context(), write_intent():
                start.wait()
                outcomes.append(run(db.session(), url))
                db.session.remove()
        except BaseException as error:
            failures.append(error)

    with mail_server() as (url, server):
        threads = [threading.Thread(target=work, args=(url,)) for _ in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
    assert failures == []
    assert sum(outcome.sent for outcome in outcomes) == 200
    assert all(outcome.sent > 0 for outcome in outcomes)
    assert Counter(server.addresses).most_common(1)[0][1] == 1
    assert len(server.received) == 200


class Killed(BaseException):
    """The sender's process ends here."""


def test_what_a_killed_sender_held_leaves_when_its_lease_is_over(
    session: Session, frozen_clock: Any
) -> None:
    """At most the message that it was handing over arrives twice, with the same Message-ID."""
    fill(session, BATCH)
    with mail_server() as (url, server):
        carrier = carrier_for(url, Path("/nonexistent"))
        assert isinstance(carrier, Server)
        deliver = carrier.deliver

        def deliver_then_die(mail_id: int, message: Any) -> None:
            deliver(mail_id, message)
            if len(server.received) == 5:
                raise Killed

        carrier.deliver = deliver_then_die  # type: ignore[method-assign]
        with pytest.raises(Killed):
            Sender(session, carrier, clock.now(), partial(commit, session), FROM).run()
        session.rollback()
        assert run(session, url) == Outcome()
        frozen_clock.shift(LEASE + timedelta(seconds=1))
        assert run(session, url).sent == BATCH - 4
    copies = Counter(str(message["Message-ID"]) for message in server.received)
    assert sorted(copies.values()) == [1] * (BATCH - 1) + [2]
    assert states(session) == {MailState.SENT: BATCH}


def test_a_message_that_kills_its_sender_each_time_is_given_up(
    session: Session, frozen_clock: Any
) -> None:
    class Deadly(Folder):
        def deliver(self, mail_id: int, message: Any) -> None:
            raise Killed

    fill(session, 1)
    for _ in range(8):
        with pytest.raises(Killed):
            Sender(session, Deadly(Path("/x")), clock.now(), partial(commit, session), FROM).run()
        session.rollback()
        frozen_clock.shift(LEASE + timedelta(seconds=1))
    with mail_server() as (url, server):
        assert run(session, url) == Outcome(dead=1)
    assert server.received == []


def test_a_confidential_text_is_wiped_once_sent_and_not_before(session: Session) -> None:
    fill(session, 1, confidential=True)
    run(session, f"smtp://127.0.0.1:{free_port()}")
    assert one(session).text
    session.execute(sa.update(OutboxMessage).values(due_at=clock.now()))
    session.commit()
    with mail_server() as (url, _):
        run(session, url)
    assert (one(session).text, one(session).html) == ("", "")


def test_without_a_mail_server_each_message_is_a_file(
    app: Flask, session: Session, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(app.config, "PORTAIL_VAR", tmp_path)
    fill(session, 2)
    said = jobs.send(session, clock.now(), partial(commit, session))
    assert said == "2 sent, 0 put off, 0 given up"
    files = sorted((tmp_path / "mails").iterdir())
    assert [path.suffix for path in files] == [".eml", ".eml"]
    assert b"Message-ID: <0@montclair.example>" in files[0].read_bytes()


def test_a_folder_that_cannot_be_written_keeps_the_messages(
    session: Session, tmp_path: Path
) -> None:
    (tmp_path / "mails").write_text("in the way")
    fill(session, 1)
    carrier = carrier_for("", tmp_path)
    assert Sender(session, carrier, clock.now(), partial(commit, session), FROM).run().put_off == 1
    assert one(session).attempts == 0


@pytest.mark.parametrize(
    "url", ["http://example.org", "smtp://", "mail.example.org", "smtp://host:port", "ftp://x:25"]
)
def test_an_address_that_is_no_mail_server_is_said(url: str) -> None:
    with pytest.raises(BadMailServer):
        carrier_for(url, Path("/x"))


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("smtp://relay.example", ("smtp", "relay.example", 25, "", "")),
        ("smtps://u%40x:p%2Fw@host.example", ("smtps", "host.example", 465, "u@x", "p/w")),
        ("starttls://u:p@host.example:2525", ("starttls", "host.example", 2525, "u", "p")),
    ],
)
def test_addresses_of_mail_servers(url: str, expected: tuple[Any, ...]) -> None:
    server = carrier_for(url, Path("/x"))
    assert isinstance(server, Server)
    assert (server.scheme, server.host, server.port, server.user, server.password) == expected


def test_starttls_is_demanded_not_hoped_for() -> None:
    """A server without TLS gets neither the password nor the mail."""
    with mail_server() as (url, _):
        server = carrier_for(url.replace("smtp://", "starttls://u:p@"), Path("/x"))
        assert isinstance(server, Server)
        with pytest.raises(Unreachable):
            server._connected()
