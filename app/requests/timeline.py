"""What happened to a request and what comes next, as the family reads it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from flask_babel import gettext

from app.core.dates import day as said_day
from app.requests.models import Request, RequestMove, Status


@dataclass(frozen=True)
class Point:
    """One point; ``at`` is None for what is still to come."""

    text: str
    at: datetime | None = None
    detail: str = ""


def timeline(request: Request, moves: Sequence[RequestMove]) -> list[Point]:
    """From the first draft to the answer. Several changes in a row make one point, the last one."""
    points = [Point(gettext("Begun by you"), request.created_at)]
    for place, move in enumerate(moves):
        is_change = move.from_status is move.to_status
        if is_change and any(one.to_status is move.to_status for one in moves[place + 1 :][:1]):
            continue
        points.append(Point(gettext("Changed by you") if is_change else _words(move), move.at))
    return [*points, *_to_come(request)]


def _words(move: RequestMove) -> str:
    words = {
        Status.PENDING: gettext("Sent: it waits for an agent"),
        Status.PROCESSING: gettext("Taken by the service"),
        Status.CLOSED: gettext("Accepted and closed"),
        Status.REFUSED: gettext("Refused"),
        Status.CANCELLED: gettext("Cancelled by you"),
    }
    return words.get(move.to_status, gettext("Begun by you"))


def _to_come(request: Request) -> Iterator[Point]:
    if request.status is Status.DRAFT:
        yield Point(gettext("To be sent by you"))
    if request.status in {Status.DRAFT, Status.PENDING}:
        yield Point(gettext("Taken by the service"))
    if request.status in {Status.DRAFT, Status.PENDING, Status.PROCESSING}:
        yield Point(gettext("Answer of the service"), detail=_until(request.due_on))


def _until(due_on: date | None) -> str:
    return gettext("at the latest on %(day)s", day=said_day(due_on)) if due_on else ""
