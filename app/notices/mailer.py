"""Handing one e-mail to what carries it: a mail server, or a folder when there is none."""

from __future__ import annotations

import os
import smtplib
import ssl
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from email import policy
from email.errors import MessageError
from email.message import EmailMessage
from email.utils import format_datetime
from pathlib import Path
from typing import Protocol
from urllib.parse import unquote, urlsplit

from app.notices.errors import BadMailServer

TIMEOUT_SECONDS = 20
PORTS = {"smtp": 25, "smtps": 465, "starttls": 587}
NOT_AN_ADDRESS = 553
"""« Mailbox name not allowed » (RFC 5321): what a server says of an address that is none."""

NOT_NOW = 421


class Unreachable(Exception):
    """What carries the mail does not answer: nothing is wrong with the message itself."""


class HungUp(Unreachable):
    """The connection broke while this message was being handed over: perhaps because of it."""


class Refused(Exception):
    """The message was refused; ``code`` is the SMTP reply (500 and more: for good)."""

    def __init__(self, code: int, text: str) -> None:
        super().__init__(f"{code} {text}")
        self.code = code


@dataclass(frozen=True)
class Mail:
    """One e-mail ready to go. ``sent_at`` is real time."""

    id: int
    to_address: str
    reply_to: str
    subject: str
    text: str
    html: str
    message_id: str

    def message(self, sender: str, sent_at: datetime) -> EmailMessage:
        """The MIME message. Raises Refused when an address cannot stand in a header."""
        message = EmailMessage(policy=policy.SMTP)
        try:
            message["From"], message["To"] = sender, self.to_address
            if self.reply_to:
                message["Reply-To"] = self.reply_to
            message["Subject"] = self.subject
            addresses = message["To"].addresses
        except (ValueError, IndexError, MessageError) as error:
            raise Refused(NOT_AN_ADDRESS, str(error)) from error
        if len(addresses) != 1 or not addresses[0].domain:
            raise Refused(NOT_AN_ADDRESS, f"not one address: {self.to_address!r}")
        message["Date"] = format_datetime(sent_at)
        message["Message-ID"] = self.message_id
        message["Auto-Submitted"] = "auto-generated"  # RFC 3834: no « out of office » in return
        message.set_content(self.text)
        if self.html:
            message.add_alternative(self.html, subtype="html")
        return message


class Carrier(Protocol):
    """Takes e-mails one by one. Raises Unreachable or Refused."""

    def deliver(self, mail_id: int, message: EmailMessage) -> None: ...

    def close(self) -> None: ...


def carrier_for(smtp_url: str, var: Path) -> Carrier:
    """The mail server of ``SMTP_URL``, or the folder ``mails`` of the local state.

    ``smtp://`` in clear (a relay of one's own), ``smtps://`` TLS, ``starttls://`` TLS asked for in
    the conversation; name and password percent-encoded. Raises BadMailServer.
    """
    if not smtp_url:
        return Folder(var / "mails")
    parts = urlsplit(smtp_url)
    try:
        port = parts.port
    except ValueError as error:
        raise BadMailServer from error
    if parts.scheme not in PORTS or not parts.hostname:
        raise BadMailServer
    return Server(
        parts.scheme,
        parts.hostname,
        port or PORTS[parts.scheme],
        unquote(parts.username or ""),
        unquote(parts.password or ""),
    )


class Server:
    """A mail server; one connection for all the e-mails of a run, opened again when it breaks."""

    def __init__(self, scheme: str, host: str, port: int, user: str, password: str) -> None:
        self.scheme, self.host, self.port = scheme, host, port
        self.user, self.password = user, password
        self._smtp: smtplib.SMTP | None = None

    def deliver(self, mail_id: int, message: EmailMessage) -> None:
        """Send it; « not now, nobody » (421) and a refused sender say nothing of the message."""
        smtp = self._connected()
        try:
            smtp.send_message(message)
        except smtplib.SMTPRecipientsRefused as error:
            self._refuse(*next(iter(error.recipients.values())))
        except smtplib.SMTPSenderRefused as error:
            raise Unreachable(f"{error.smtp_code} {error.smtp_error!r}") from error
        except smtplib.SMTPResponseException as error:
            self._refuse(error.smtp_code, error.smtp_error)
        except smtplib.SMTPNotSupportedError as error:
            raise Refused(NOT_AN_ADDRESS, str(error)) from error
        except (OSError, smtplib.SMTPException) as error:
            self.close()
            raise HungUp(f"{type(error).__name__}: {error}") from error

    def _refuse(self, code: int, text: bytes | str) -> None:
        said = text.decode(errors="replace") if isinstance(text, bytes) else text
        if code == NOT_NOW:
            self.close()
            raise Unreachable(f"{code} {said}")
        raise Refused(code, said)

    def _connected(self) -> smtplib.SMTP:
        if self._smtp is None:
            try:
                self._smtp = self._open()
            except (OSError, smtplib.SMTPException) as error:
                # A wrong password too: it is nobody's message, all wait until it is put right.
                raise Unreachable(f"{type(error).__name__}: {error}") from error
        return self._smtp

    def _open(self) -> smtplib.SMTP:
        context = ssl.create_default_context()
        smtp: smtplib.SMTP
        if self.scheme == "smtps":
            smtp = smtplib.SMTP_SSL(self.host, self.port, timeout=TIMEOUT_SECONDS, context=context)
        else:
            smtp = smtplib.SMTP(self.host, self.port, timeout=TIMEOUT_SECONDS)
        try:
            if self.scheme == "starttls":
                smtp.starttls(context=context)
            if self.user:
                smtp.login(self.user, self.password)
        except BaseException:
            smtp.close()
            raise
        return smtp

    def close(self) -> None:
        """Say goodbye, politely if it still listens."""
        smtp, self._smtp = self._smtp, None
        if smtp is not None:
            with suppress(OSError, smtplib.SMTPException):
                smtp.quit()


class Folder:
    """No mail server: one ``.eml`` file per message; the same message again replaces its file."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def deliver(self, mail_id: int, message: EmailMessage) -> None:
        """Write it whole or not at all."""
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            target = self.path / f"{mail_id:06d}.eml"
            passing = target.with_suffix(f".{os.getpid()}.part")
            passing.write_bytes(message.as_bytes())
            passing.replace(target)
        except OSError as error:
            raise Unreachable(str(error)) from error

    def close(self) -> None:
        """Nothing is held."""
