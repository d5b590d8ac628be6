"""The outbox's sender: takes what is due, sends it outside any transaction, writes the outcome.

Two senders never take the same e-mail: each takes a few by one UPDATE that leaves a token and the
end of its lease (real time). What a killed sender held is taken again when the lease is over;
its Message-ID is the same, so that a mailbox can tell a second copy.
"""

from __future__ import annotations

import logging
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.core import clock
from app.notices import rules
from app.notices.mailer import Carrier, HungUp, Mail, Refused, Unreachable
from app.notices.models import MailState, OutboxMessage

log = logging.getLogger(__name__)

BATCH = 20
LEASE = timedelta(minutes=10)
"""Longer than ``BATCH`` messages to a server that answers slowly (20 seconds each at most)."""
RUN_FOR = timedelta(minutes=15)
"""A run ends by itself before the queue would stop its job."""
SERVER_DELAY = timedelta(minutes=1)
ERROR_LENGTH = 500

FIELDS = (
    OutboxMessage.id,
    OutboxMessage.to_address,
    OutboxMessage.reply_to,
    OutboxMessage.subject,
    OutboxMessage.text,
    OutboxMessage.html,
    OutboxMessage.message_id,
    OutboxMessage.attempts,
)


@dataclass
class Outcome:
    """How many e-mails a run sent, put off or gave up."""

    sent: int = 0
    put_off: int = 0
    dead: int = 0

    def __str__(self) -> str:
        return f"{self.sent} sent, {self.put_off} put off, {self.dead} given up"


@dataclass(frozen=True)
class Taken:
    """An e-mail that this sender holds; ``attempts`` counts this one."""

    mail: Mail
    attempts: int
    token: str


class Sender:
    """One run. ``now`` is business time; ``commit`` ends each short transaction."""

    def __init__(
        self,
        session: Session,
        carrier: Carrier,
        now: datetime,
        commit: Callable[[], None],
        from_address: str,
    ) -> None:
        self.session, self.carrier = session, carrier
        self.now, self.commit, self.from_address = now, commit, from_address
        self.outcome = Outcome()

    def run(self) -> Outcome:
        """Send all that is due; stop early when the mail server does not answer."""
        ends_at = clock.real_now() + RUN_FOR
        try:
            self._give_up_the_killers()
            while clock.real_now() < ends_at and (taken := self._take()):
                if not self._send_all(taken):
                    break
        finally:
            self.carrier.close()
        return self.outcome

    # ---- Taking ----------------------------------------------------------------------------------

    def _give_up_the_killers(self) -> None:
        """What was being sent each time that a sender died is not tried for ever."""
        lost = sa.and_(
            OutboxMessage.state == MailState.SENDING,
            OutboxMessage.lease_until < clock.real_now(),
            OutboxMessage.attempts >= rules.MAX_ATTEMPTS,
        )
        given_up = self.session.execute(
            sa.update(OutboxMessage)
            .where(lost)
            .values(state=MailState.DEAD, lease_token=None, lease_until=None)
            .returning(OutboxMessage.id)
            .execution_options(synchronize_session=False)
        )
        self.outcome.dead += len(given_up.all())
        self.commit()

    def _take(self) -> list[Taken]:
        """Hold some of what is due, in one statement."""
        token = uuid.uuid4().hex
        chosen = (
            sa.select(OutboxMessage.id)
            .where(self._due())
            .order_by(OutboxMessage.due_at, OutboxMessage.id)
            .limit(BATCH)
            .with_for_update(skip_locked=True)
        )
        rows: Sequence[Any] = self.session.execute(
            sa.update(OutboxMessage)
            .where(OutboxMessage.id.in_(chosen.scalar_subquery()))
            .values(
                state=MailState.SENDING,
                attempts=OutboxMessage.attempts + 1,
                lease_token=token,
                lease_until=clock.real_now() + LEASE,
            )
            .returning(*FIELDS)
            .execution_options(synchronize_session=False)
        ).all()
        self.commit()
        return [Taken(Mail(*row[:-1]), row[-1], token) for row in sorted(rows)]

    def _due(self) -> sa.ColumnElement[bool]:
        waiting = sa.and_(
            OutboxMessage.state == MailState.WAITING, OutboxMessage.due_at <= self.now
        )
        lost = sa.and_(
            OutboxMessage.state == MailState.SENDING,
            OutboxMessage.lease_until < clock.real_now(),
        )
        return sa.or_(waiting, lost)

    # ---- Sending -----------------------------------------------------------------------------------

    def _send_all(self, taken: Sequence[Taken]) -> bool:
        """Send them one by one; False when the mail server does not answer."""
        for index, one in enumerate(taken):
            try:
                self._send(one)
            except HungUp as error:
                # Counted: a message that breaks the server must not come first for ever.
                self._refused(one, error, code=0)
                self._release(taken[index + 1 :], error)
                return False
            except Unreachable as error:
                self._release(taken[index:], error)
                return False
        return True

    def _send(self, one: Taken) -> None:
        try:
            message = one.mail.message(self.from_address, clock.real_now())
            self.carrier.deliver(one.mail.id, message)
        except Refused as error:
            self._refused(one, error, error.code)
        else:
            self._sent(one)

    def _sent(self, one: Taken) -> None:
        self._write(one, state=MailState.SENT, sent_at=self.now, last_error="")
        wiped = sa.update(OutboxMessage).where(
            OutboxMessage.id == one.mail.id,
            OutboxMessage.confidential.is_(True),
            OutboxMessage.state == MailState.SENT,
        )
        self.session.execute(
            wiped.values(text="", html="").execution_options(synchronize_session=False)
        )
        self.commit()
        self.outcome.sent += 1

    def _refused(self, one: Taken, error: Exception, code: int) -> None:
        said = str(error)[:ERROR_LENGTH]
        if rules.is_given_up(one.attempts, code):
            self._write(one, state=MailState.DEAD, last_error=said)
            self.outcome.dead += 1
        else:
            due_at = self.now + rules.delay(one.attempts)
            self._write(one, state=MailState.WAITING, due_at=due_at, last_error=said)
            self.outcome.put_off += 1
        self.commit()

    def _release(self, taken: Sequence[Taken], error: Unreachable) -> None:
        """Give back what was not sent: the server is at fault, no attempt is counted."""
        log.warning("mail: the server does not answer (%s)", error)
        for one in taken:
            self._write(
                one,
                state=MailState.WAITING,
                attempts=one.attempts - 1,
                due_at=self.now + SERVER_DELAY,
                last_error=str(error)[:ERROR_LENGTH],
            )
        self.commit()
        self.outcome.put_off += len(taken)

    def _write(self, one: Taken, **values: object) -> None:
        """Only while it is ours: after a lease that ran out it may be another sender's."""
        self.session.execute(
            sa.update(OutboxMessage)
            .where(OutboxMessage.id == one.mail.id, OutboxMessage.lease_token == one.token)
            .values(lease_token=None, lease_until=None, **values)
            .execution_options(synchronize_session=False)
        )
