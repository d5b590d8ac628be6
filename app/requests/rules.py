"""How a request goes from one status to the next (D2): one written table, nothing beside it."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from app.requests.models import Status


class Who(StrEnum):
    """Who acts on a request. The portal acts on what needs no agent, and on what went wrong."""

    FAMILY = "family"
    AGENT = "agent"
    PORTAL = "portal"


class Action(StrEnum):
    """What is done to a request."""

    SUBMIT = "submit"
    EDIT = "edit"
    CANCEL = "cancel"
    TAKE = "take"
    CLOSE = "close"
    REFUSE = "refuse"


MOVES: Mapping[tuple[Status, Who, Action], Status] = {
    (Status.DRAFT, Who.FAMILY, Action.SUBMIT): Status.PENDING,
    (Status.PENDING, Who.FAMILY, Action.EDIT): Status.PENDING,
    (Status.PENDING, Who.FAMILY, Action.CANCEL): Status.CANCELLED,
    (Status.PENDING, Who.AGENT, Action.TAKE): Status.PROCESSING,
    (Status.PENDING, Who.PORTAL, Action.TAKE): Status.PROCESSING,
    (Status.PROCESSING, Who.AGENT, Action.CLOSE): Status.CLOSED,
    (Status.PROCESSING, Who.PORTAL, Action.CLOSE): Status.CLOSED,
    (Status.PROCESSING, Who.AGENT, Action.REFUSE): Status.REFUSED,
    (Status.PROCESSING, Who.PORTAL, Action.REFUSE): Status.REFUSED,
}
"""(status, who, action) → next status. A draft is deleted, not moved: then its row is gone."""

IN_PROGRESS = frozenset({Status.DRAFT, Status.PENDING, Status.PROCESSING})
"""« En cours »; the others are « Passées » (D1)."""
EDITABLE = frozenset({Status.DRAFT, Status.PENDING})
"""The blue pencil; the others have the blue « i » (D1)."""


def next_status(status: Status, who: Who, action: Action) -> Status | None:
    """Where this action leads, None when it is not in the table."""
    return MOVES.get((status, who, action))
