"""What a save did and what it left out, grouped for reading (B5)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import groupby

from flask_babel import gettext, ngettext

from app.core import dates
from app.households.queries import ChildCard
from app.reservations.plan import LeftOut
from app.reservations.rules import Refused

DAYS_NAMED = 12
"""Days named one by one under a reason; beyond, « et 31 autres »."""


@dataclass(frozen=True)
class ChildLeftOut:
    """One child and, per reason, the days left out."""

    child_id: int
    name: str
    lines: Sequence[str]


@dataclass(frozen=True)
class ChildReport:
    """One card of the report: what was done for a child, then what was not."""

    name: str
    added: int
    removed: int
    lines: Sequence[str]


def reason(refused: Refused) -> str:
    """Why a slot cannot be booked or removed."""
    return {
        Refused.CLOSED: gettext("closed"),
        Refused.TOO_LATE: gettext("past the deadline"),
        Refused.FULL: gettext("full"),
        Refused.OTHER_PARENT: gettext("already booked by the other parent"),
        Refused.NOT_ENROLLED: gettext("not enrolled"),
        Refused.NO_RIGHT: gettext("your household cannot book for this child"),
        Refused.ALREADY_BOOKED: gettext("already booked"),
        Refused.NOT_BOOKED: gettext("not booked"),
        Refused.CHARGED: gettext("already charged"),
        Refused.NO_FILE: gettext("yearly child file missing"),
        Refused.NO_PRICE: gettext("no price set by the commune"),
    }[refused]


def reasons(left: Iterable[LeftOut]) -> list[str]:
    """« lundi 18 janvier : complet », one line per day and reason."""
    found = sorted({(line.day, line.reason) for line in left})
    return [
        gettext(
            "%(day)s: %(reason)s", day=dates.capfirst(dates.day(day, "weekday")), reason=reason(why)
        )
        for day, why in found
    ]


def left_out(left: Iterable[LeftOut], children: Sequence[ChildCard]) -> list[ChildLeftOut]:
    """Per child, in the order of the family, one line per reason with its days."""
    by_child: dict[int, list[LeftOut]] = {}
    for line in left:
        by_child.setdefault(line.child_id, []).append(line)
    return [
        ChildLeftOut(child.id, child.first_name, _lines(by_child[child.id]))
        for child in children
        if child.id in by_child
    ]


def _lines(left: Sequence[LeftOut]) -> list[str]:
    ordered = sorted(left, key=lambda line: (line.reason, line.day))
    return [
        _line(why, sorted({line.day for line in found}))
        for why, found in groupby(ordered, key=lambda line: line.reason)
    ]


def _line(why: Refused, days: Sequence[date]) -> str:
    """« Complet, 3 jours : lun. 9 mars, mar. 10 mars, jeu. 12 mars »."""
    named = [dates.day(day, "medium") for day in days[:DAYS_NAMED]]
    if len(days) > DAYS_NAMED:
        named.append(gettext("and %(num)d others", num=len(days) - DAYS_NAMED))
    return dates.capfirst(
        gettext(
            "%(reason)s, %(days)s: %(named)s",
            reason=reason(why),
            days=ngettext("%(num)d day", "%(num)d days", len(days)),
            named=", ".join(named),
        )
    )


def of(
    added: Mapping[int, int],
    removed: Mapping[int, int],
    left: Iterable[LeftOut],
    children: Sequence[ChildCard],
) -> list[ChildReport]:
    """Cards of a save's report, one per child concerned. ``added``, ``removed``: by child id."""
    lines = {card.child_id: card.lines for card in left_out(left, children)}
    concerned = added.keys() | removed.keys() | lines.keys()
    return [
        ChildReport(
            child.first_name,
            added.get(child.id, 0),
            removed.get(child.id, 0),
            lines.get(child.id, ()),
        )
        for child in children
        if child.id in concerned
    ]
