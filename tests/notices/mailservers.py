"""A real mail server for tests, on a free port of this machine."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from email import message_from_bytes, policy
from email.message import EmailMessage
from threading import Lock
from typing import Any

from aiosmtpd.controller import Controller

OK = "250 OK"


class MailServer:
    """Keeps what it receives. ``answer`` says what it replies to a message: 250, 451, 550…"""

    def __init__(self, answer: Callable[[str, str], str]) -> None:
        self.answer = answer
        self.received: list[EmailMessage] = []
        self.lock = Lock()

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        message = message_from_bytes(envelope.content, policy=policy.default)
        reply = self.answer(envelope.rcpt_tos[0], str(message["Message-ID"]))
        if reply.startswith("250"):
            with self.lock:
                self.received.append(message)
        return reply

    @property
    def addresses(self) -> list[str]:
        return [str(message["To"]) for message in self.received]


def accept(address: str, message_id: str) -> str:
    return OK


@contextmanager
def mail_server(
    answer: Callable[[str, str], str] = accept, port: int | None = None
) -> Iterator[tuple[str, MailServer]]:
    """(its ``SMTP_URL``, the server), while the block runs."""
    handler = MailServer(answer)
    port = port or free_port()
    controller = Controller(handler, hostname="127.0.0.1", port=port)
    controller.start()
    try:
        yield f"smtp://127.0.0.1:{port}", handler
    finally:
        controller.stop()


def free_port() -> int:
    import socket

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
