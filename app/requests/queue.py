"""The agents' queue of requests: filters kept in the address, one page of rows, what follows.

Whatever the number of requests, a page is a constant number of statements that each walk one index.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased

from app.accounts.models import Account
from app.core import clock
from app.core.text import N_
from app.households.models import Adult, Child, Household, Schooling, SchoolYear
from app.requests.definition import Theme
from app.requests.models import Procedure, Request, Status

PAGE_SIZE = 30
MOST_COUNTED = 1_000
"""Above this, a filter says « more than 1,000 » and asks to be narrowed."""
MOST_WORDS = 4
AGES = (7, 15, 30, 60)
WAITING = (Status.PENDING, Status.PROCESSING)
PAST = (Status.CLOSED, Status.REFUSED, Status.CANCELLED)


class Tab(StrEnum):
    """A saved filter; its value stands in the address."""

    TO_TAKE = "a-prendre"
    PROCESSING = "en-traitement"
    MINE = "les-miennes"
    LATE = "en-retard"
    DONE = "closes"
    ALL = "toutes"


TAB_WORDS: Mapping[Tab, str] = {
    Tab.TO_TAKE: N_("To take"),
    Tab.PROCESSING: N_("Being processed"),
    Tab.MINE: N_("Mine"),
    Tab.LATE: N_("Late"),
    Tab.DONE: N_("Closed requests"),
    Tab.ALL: N_("All requests"),
}
THEME_WORDS: Mapping[Theme, str] = {
    Theme.SCHOOL: N_("School"),
    Theme.CARE: N_("Canteen and care"),
    Theme.HOLIDAYS: N_("Holidays"),
    Theme.UPDATES: N_("Update of my information"),
    Theme.OTHER: N_("Other requests"),
}


@dataclass(frozen=True)
class Filter:
    """What the address asks for; ``agent_id`` says whose « mine » is."""

    tab: Tab = Tab.TO_TAKE
    procedure_id: int | None = None
    theme: Theme | None = None
    status: Status | None = None
    age: int | None = None
    late: bool = False
    school_id: int | None = None
    words: str = ""
    agent_id: int = 0

    @classmethod
    def read(cls, args: Mapping[str, str], agent_id: int) -> Filter:
        """The filter of an address; what makes no sense is passed over."""
        return cls(
            tab=_member(Tab, args.get("onglet")) or Tab.TO_TAKE,
            procedure_id=_number(args.get("demarche")),
            theme=_member(Theme, args.get("theme")),
            status=_member(Status, args.get("statut")),
            age=_age(args.get("age")),
            late=args.get("retard") == "1",
            school_id=_number(args.get("ecole")),
            words=args.get("q", "").replace("\0", "")[:80].strip(),
            agent_id=agent_id,
        )

    def args(self, **more: Any) -> dict[str, Any]:
        """The same filter for an address; ``more`` changes or adds, None removes."""
        asked = {
            "onglet": self.tab.value,
            "demarche": self.procedure_id,
            "theme": self.theme and self.theme.value,
            "statut": self.status and self.status.value,
            "age": self.age,
            "retard": 1 if self.late else None,
            "ecole": self.school_id,
            "q": self.words or None,
        }
        return {key: value for key, value in {**asked, **more}.items() if value is not None}

    @property
    def is_narrowed(self) -> bool:
        """Whether it says more than its tab."""
        return len(self.args()) > 1


@dataclass(frozen=True)
class Row:
    """One request of the queue, with what an agent must see without opening it."""

    id: int
    number: str
    procedure: str
    household_id: int | None
    household: str
    child_id: int | None
    child: str
    email: str
    status: Status
    submitted_at: datetime
    changed_at: datetime
    due_on: date | None
    taken_by: str
    version_id: int
    answers: Mapping[str, Any]

    def age(self, today: date) -> int:
        """Days since it was submitted, on the commune's calendar."""
        return (today - clock.paris(self.submitted_at).date()).days

    def is_late(self, today: date) -> bool:
        """Past its legal delay, and not decided."""
        return self.status in WAITING and self.due_on is not None and self.due_on < today


def page(session: Session, asked: Filter, number: int, today: date) -> list[Row]:
    """Page ``number`` (from 1) of the filter, the oldest first, what is past the newest first."""
    found = session.execute(
        _columns(with_answers=True)
        .where(*_conditions(asked, today))
        .order_by(*_order(asked))
        .limit(PAGE_SIZE)
        .offset((number - 1) * PAGE_SIZE)
    )
    return [_row(*row) for row in found]


def rows_of(session: Session, asked: Filter, today: date) -> Iterator[Row]:
    """Every row of the filter, for an export, without its answers: read as it is written."""
    found = session.execute(
        _columns(with_answers=False).where(*_conditions(asked, today)).order_by(*_order(asked)),
        execution_options={"yield_per": 500},
    )
    for row in found:
        yield _row(*row)


def counts(session: Session, asked: Filter, today: date) -> tuple[dict[Tab, int], int]:
    """(how many requests each tab holds, how many this filter finds), in one statement.

    The tabs of what is past are not counted: they only grow.
    """
    tabs = [Tab.TO_TAKE, Tab.PROCESSING, Tab.MINE, Tab.LATE]
    filters = [Filter(tab, agent_id=asked.agent_id) for tab in tabs]
    figures = session.execute(
        sa.select(*(_counted(one, today).scalar_subquery() for one in [*filters, asked]))
    ).one()
    return dict(zip(tabs, figures, strict=False)), figures[-1]


def figure(tab: Tab, agent_id: int, today: date) -> sa.Select[int]:
    """How many requests a tab holds, as a part of another statement."""
    return _counted(Filter(tab, agent_id=agent_id), today)


def following(session: Session, asked: Filter, request: Request, today: date) -> int | None:
    """The request that comes after this one in the filter, else its first one; None without any."""
    place = _place(asked)
    order = (place, Request.id)
    here = sa.tuple_(sa.literal(getattr(request, place.key), place.type), sa.literal(request.id))
    rest = sa.select(Request.id).join(Request.procedure).where(*_conditions(asked, today))
    others = rest.where(Request.id != request.id).order_by(*_order(asked)).limit(1)
    later = sa.tuple_(*order) < here if _newest_first(asked) else sa.tuple_(*order) > here
    return session.scalar(others.where(later)) or session.scalar(others)


def _columns(*, with_answers: bool) -> sa.Select[*tuple[Any, ...]]:
    agent = aliased(Account)
    return (
        sa.select(
            Request.id,
            Request.number,
            Procedure.title,
            Household.id,
            Household.name,
            Child.id,
            Child.first_name,
            Child.last_name,
            Request.email,
            Request.status,
            Request.submitted_at,
            Request.changed_at,
            Request.due_on,
            agent.first_name,
            agent.last_name,
            Request.version_id,
            Request.answers if with_answers else sa.null(),
        )
        .select_from(Request)
        .join(Request.procedure)
        .outerjoin(Request.household)
        .outerjoin(Request.child)
        .outerjoin(agent, agent.id == Request.taken_by)
    )


def _row(
    request_id: int,
    number: str | None,
    procedure: str,
    household_id: int | None,
    household: str | None,
    child_id: int | None,
    first_name: str | None,
    last_name: str | None,
    *facts: Any,
) -> Row:
    email, status, submitted_at, changed_at, due_on, first, last, version_id, answers = facts
    return Row(
        id=request_id,
        number=number or "",
        procedure=procedure,
        household_id=household_id,
        household=household or "",
        child_id=child_id,
        child=f"{first_name} {last_name}" if child_id else "",
        email=email,
        status=status,
        submitted_at=submitted_at or changed_at,
        changed_at=changed_at,
        due_on=due_on,
        taken_by=f"{first} {last}" if last is not None else "",
        version_id=version_id,
        answers=answers or {},
    )


def _counted(asked: Filter, today: date) -> sa.Select[int]:
    some = sa.select(sa.literal(1)).select_from(Request)
    if asked.theme is not None:
        some = some.join(Request.procedure)
    limited = some.where(*_conditions(asked, today)).limit(MOST_COUNTED + 1).subquery()
    return sa.select(sa.func.count()).select_from(limited)


def _newest_first(asked: Filter) -> bool:
    return asked.tab in {Tab.DONE, Tab.ALL}


def _place(asked: Filter) -> Any:
    """What the filter is ordered by; an index holds it."""
    places = {Tab.DONE: Request.changed_at, Tab.LATE: Request.due_on}
    return places.get(asked.tab, Request.submitted_at)


def _order(asked: Filter) -> list[sa.ColumnElement[Any]]:
    order = (_place(asked), Request.id)
    return [one.desc() if _newest_first(asked) else one.asc() for one in order]


def _conditions(asked: Filter, today: date) -> list[sa.ColumnElement[bool]]:
    """SQL of the filter, on Request joined with its Procedure when a theme is asked."""
    found = _of_tab(asked, today)
    if asked.procedure_id is not None:
        found.append(Request.procedure_id == asked.procedure_id)
    if asked.theme is not None:
        found.append(Procedure.theme == asked.theme.value)
    if asked.status is not None:
        found.append(Request.status == asked.status)
    if asked.age is not None:
        found.append(Request.submitted_at <= _instant(today, asked.age))
    if asked.late:
        found += _late(today)
    if asked.school_id is not None:
        found.append(_is_pupil(asked.school_id, today))
    return found + [_says(word, today) for word in asked.words.split()[:MOST_WORDS]]


def _of_tab(asked: Filter, today: date) -> list[sa.ColumnElement[bool]]:
    if asked.tab is Tab.TO_TAKE:
        return [Request.status == Status.PENDING]
    if asked.tab is Tab.PROCESSING:
        return [Request.status == Status.PROCESSING]
    if asked.tab is Tab.MINE:
        return [Request.status == Status.PROCESSING, Request.taken_by == asked.agent_id]
    if asked.tab is Tab.LATE:
        return _late(today)
    if asked.tab is Tab.DONE:
        # Nearly all of them are past: SQLite walks the index of the order, not that of statuses.
        return [sa.func.coalesce(Request.status, "").in_([one.value for one in PAST])]
    return [Request.submitted_at.is_not(None)]


def _late(today: date) -> list[sa.ColumnElement[bool]]:
    """Only what waits for an answer has a last day: one index holds them in order."""
    return [Request.due_on < today]


def _instant(today: date, days: int) -> datetime:
    """The end of the day ``days`` before ``today``."""
    return datetime.combine(today - timedelta(days=days - 1), time(), tzinfo=clock.PARIS)


def _is_pupil(school_id: int, today: date) -> sa.ColumnElement[bool]:
    """The child goes to this school in the school year of ``today``, the next one in summer.

    Asked of each request in turn: SQLite would else read every request of every pupil.
    """
    year = (
        sa.select(SchoolYear.id)
        .where(SchoolYear.ends_on >= today)
        .order_by(SchoolYear.ends_on)
        .limit(1)
        .scalar_subquery()
    )
    return sa.exists().where(
        Schooling.child_id == Request.child_id,
        Schooling.school_year_id == year,
        Schooling.school_id == school_id,
    )


def _says(word: str, today: date) -> sa.ColumnElement[bool]:
    """The request's number, its child, its household or an adult of it is called like ``word``."""
    households = sa.select(Household.id).where(
        sa.or_(_like(Household.name, word), Household.number == word.upper())
    )
    adults = sa.select(Adult.household_id).where(_named(Adult, word))
    children = sa.select(Child.id).where(_named(Child, word))
    ways = [
        Request.number.in_(numbers_like(word, today)),
        Request.household_id.in_(households),
        Request.household_id.in_(adults),
        Request.child_id.in_(children),
        sa.and_(Request.household_id.is_(None), Request.email == word.lower()),
    ]
    return Request.id.in_(sa.union_all(*(sa.select(Request.id).where(way) for way in ways)))


def numbers_like(word: str, today: date) -> Collection[str]:
    """« D-2027-000123 », or « 123 » of this year or of the two before."""
    if re.fullmatch(r"[0-9]{1,6}", word):
        return [f"D-{today.year - back}-{int(word):06d}" for back in range(3)]
    return [word.upper()]


def _named(person: type[Child] | type[Adult], word: str) -> sa.ColumnElement[bool]:
    return sa.or_(_like(person.first_name, word), _like(person.last_name, word))


def _like(column: Any, word: str) -> sa.ColumnElement[bool]:
    beginning: sa.ColumnElement[bool] = column.istartswith(word, autoescape=True)
    return beginning


def _number(text: str | None) -> int | None:
    return int(text) if text and re.fullmatch(r"[0-9]{1,9}", text) else None


def _age(text: str | None) -> int | None:
    """Days; more than ten years is passed over, there may be no such day."""
    days = _number(text)
    return days if days is not None and days <= 3650 else None


def _member(kind: type[Any], text: str | None) -> Any:
    return next((one for one in kind if one.value == text), None)
