"""The thread of messages between the family and the service."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from app.core import clock
from app.core.actor import Actor
from app.core.errors import NotFound
from app.requests import notices, queries
from app.requests.errors import EmptyMessage
from app.requests.models import RequestMessage, Status
from app.requests.services.moving import locked

LONGEST = 5000


def say(
    session: Session, actor: Actor, request_id: int, text: str, *, now: datetime
) -> RequestMessage:
    """A line of the thread; what an agent writes is told to the family.

    Raises NotFound (another household's, a draft), EmptyMessage.
    """
    said = text.strip()
    if not said or len(said) > LONGEST or "\x00" in said:
        raise EmptyMessage
    if actor.is_agent:
        request = locked(session, request_id)
    else:
        day = clock.paris(now).date()
        request = queries.request_for(session, actor.household_id, request_id, day, lock=True)
    if request.status is Status.DRAFT:
        raise NotFound
    message = RequestMessage(
        request_id=request.id,
        at=now,
        author_id=actor.account_id,
        from_agent=actor.is_agent,
        text=said,
    )
    session.add(message)
    session.flush()
    if actor.is_agent:
        notices.said(session, request, message)
    return message
