"""What « Mes demandes » reads (D1): the household's requests, with what it can do about each."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload

from app.documents import queries as documents
from app.documents.queries import DocumentState
from app.documents.rules import CAN_GIVE
from app.households.models import Child, Guardianship
from app.households.queries import holding
from app.requests.definition import Definition, holds
from app.requests.display import STATUS_TAGS, StatusTag
from app.requests.models import Request, Status
from app.requests.rules import EDITABLE, IN_PROGRESS

PAGE = 20
MOST = 100
"""Requests in progress on one page: a family has a handful, drafts are purged."""
ANSWERABLE = frozenset({Status.PENDING, Status.PROCESSING})


@dataclass(frozen=True)
class Row:
    """One line of the list. ``edit``: the path of the blue pencil, empty where there is an « i »;
    ``show`` that of its page, ``discard`` that of « Supprimer »."""

    request_id: int
    number: str
    title: str
    child: str
    at: datetime
    status: Status
    show: str
    edit: str = ""
    discard: str = ""
    due_on: date | None = None
    is_late: bool = False
    asked: tuple[DocumentState, ...] = ()

    @property
    def tag(self) -> StatusTag:
        """Colour, icon and word."""
        return STATUS_TAGS[self.status]


def in_progress(session: Session, household_id: int, day: date) -> list[Row]:
    """« En cours », the newest first; the documents asked in their course are read together."""
    found = session.scalars(
        _of_household(household_id, day, IN_PROGRESS)
        .options(joinedload(Request.version, innerjoin=True))
        .limit(MOST)
    ).all()
    answerable = [one.id for one in found if one.status in ANSWERABLE]
    asked = _asked(session, household_id, answerable, day)
    return [_row(one, day, asked.get(one.id, ())) for one in found]


def drafts(session: Session, household_id: int, day: date) -> list[Row]:
    """Begun and not sent, the newest first, in one statement."""
    found = session.scalars(
        _of_household(household_id, day, [Status.DRAFT])
        .options(joinedload(Request.version, innerjoin=True))
        .limit(MOST)
    )
    return [_row(one, day) for one in found]


def past(session: Session, household_id: int, day: date, page: int) -> tuple[list[Row], int]:
    """(a page of « Passées », how many pages), in one statement."""
    done = frozenset(Status) - IN_PROGRESS
    total = sa.func.count().over()
    found = session.execute(
        _of_household(household_id, day, done)
        .add_columns(total)
        .limit(PAGE)
        .offset((page - 1) * PAGE)
    ).all()
    pages = -(-found[0][1] // PAGE) if found else 1
    return [_row(request, day) for request, _ in found], pages


def edit_path(request: Request) -> str:
    """Where the pencil leads: the démarche's own page, else the wizard; empty when it is locked.

    A draft goes on where it was left, what was submitted is read again from its first step.
    """
    if request.status not in EDITABLE:
        return ""
    definition = request.version.definition
    if page := str(definition.get("page", "")):
        return page
    is_draft = request.status is Status.DRAFT and request.step
    step = request.step if is_draft else definition["steps"][0]["key"]
    return f"/demarches/demande/{request.id}/{step}"


def is_late(request: Request, day: date) -> bool:
    """The service has let the legal delay pass."""
    return request.status in ANSWERABLE and request.due_on is not None and request.due_on < day


def documents_of(
    session: Session, request: Request, definition: Definition, day: date
) -> list[DocumentState]:
    """What the démarche needs and what was asked in its course, each with its state."""
    if request.household_id is None:
        return []
    wanted = [
        (one.document_type, child_id)
        for one in definition.documents
        if holds(one.show_if, request.answers)
        for child_id in (None, request.child_id)
    ]
    return documents.states_for(session, request.household_id, wanted, source_of(request.id), day)


def source_of(request_id: int) -> str:
    """How a requirement names the request that asks."""
    return f"request:{request_id}"


def _of_household(household_id: int, day: date, statuses: Iterable[Status]) -> sa.Select[Request]:
    """Those of a child that the household may no longer see are left out (§3.5)."""
    seen = (
        sa.select(Guardianship.child_id)
        .join(Child, Guardianship.child_id == Child.id)
        .where(Guardianship.household_id == household_id, holding(day))
    )
    return (
        sa.select(Request)
        .options(joinedload(Request.procedure, innerjoin=True), joinedload(Request.child))
        .where(
            Request.household_id == household_id,
            Request.status.in_(sorted(statuses)),
            sa.or_(Request.child_id.is_(None), Request.child_id.in_(seen)),
        )
        .order_by(Request.created_at.desc(), Request.id.desc())
    )


def _asked(
    session: Session, household_id: int, request_ids: Sequence[int], day: date
) -> dict[int, tuple[DocumentState, ...]]:
    """Request → the documents asked for in its course and still to give."""
    if not request_ids:
        return {}
    sources = {source_of(one): one for one in request_ids}
    found = documents.states_by_source(session, household_id, sources, day)
    return {
        sources[source]: tuple(one for one in states if one.status in CAN_GIVE)
        for source, states in found.items()
    }


def _row(request: Request, day: date, asked: tuple[DocumentState, ...] = ()) -> Row:
    show = f"/demandes/demarche/{request.id}"
    return Row(
        request_id=request.id,
        number=request.number or "",
        title=request.procedure.title,
        child=str(request.child) if request.child else "",
        at=request.submitted_at or request.created_at,
        status=request.status,
        show=show,
        edit=edit_path(request),
        discard=f"{show}/supprimer" if request.status is Status.DRAFT else "",
        due_on=request.due_on if request.status in ANSWERABLE else None,
        is_late=is_late(request, day),
        asked=asked,
    )
