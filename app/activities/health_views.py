"""« Santé »: health data of the children, for the role Santé alone; each opening is written (§5.10)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from flask import request

from app.activities import health_queries, queries
from app.activities.health_queries import Pupil
from app.activities.models import Site
from app.core import clock
from app.core.admin_fields import row_number
from app.core.db import commit, db
from app.core.errors import NotFound
from app.core.views import PageView, agent_page, current_actor
from app.households.models import School, SchoolYear
from app.households.services import year_files


@dataclass(frozen=True)
class Shown:
    """What a page shows: a school year, and a school (« ecole-3 ») or a site (« site-2 »)."""

    year: SchoolYear
    years: Sequence[SchoolYear]
    schools: Sequence[School]
    sites: Sequence[Site]
    where: str
    marked: bool

    @property
    def school_id(self) -> int | None:
        """The school chosen."""
        return _number(self.where, "ecole-")

    @property
    def site_id(self) -> int | None:
        """The site chosen: the children enrolled there."""
        return _number(self.where, "site-")

    @property
    def name(self) -> str:
        """Of the school or site."""
        chosen = [one.name for one in self.schools if one.id == self.school_id]
        chosen += [one.name for one in self.sites if one.id == self.site_id]
        return chosen[0] if chosen else ""

    @property
    def asked(self) -> dict[str, Any]:
        """The same, for a link or a form."""
        found = {"annee": self.year.id, "ou": self.where}
        return {**found, "seulement": "1"} if self.marked else found


class HealthDesk(PageView):
    """« /agents/sante/ »."""

    route_base = "/agents/sante"

    @agent_page("/")
    def index(self) -> Any:
        """Children of a school or a site, with what stands out; nothing of the files is read."""
        shown = _shown(request.args)
        found = _pupils(shown)
        kept = [one for one in found if one.is_marked] if shown.marked else found
        return self.page("activities/health.html", shown=shown, pupils=kept, count=len(found))

    @agent_page("/enfant/<int:child_id>", methods=["POST"])
    def child(self, child_id: int) -> Any:
        """What the households said of one child: a reading that they see."""
        shown = _shown(request.form)
        pupil = next((one for one in _pupils(shown) if one.child_id == child_id), None)
        if pupil is None or not pupil.has_health:
            raise NotFound
        return self._opened("activities/health_child.html", shown, [pupil])

    @agent_page("/liste", methods=["POST"])
    def sheet(self) -> Any:
        """The children marked, with what their households said, to print: a reading of each."""
        shown = _shown(request.form)
        marked = [one for one in _pupils(shown) if one.is_marked]
        return self._opened("activities/health_sheet.html", shown, marked)

    def _opened(self, template: str, shown: Shown, pupils: list[Pupil]) -> Any:
        session, now = db.session(), clock.now()
        opened = year_files.open_children(
            session, current_actor(), shown.year.id, [one.child_id for one in pupils], now=now
        )
        page = self.page(template, shown=shown, pupils=pupils, opened=opened, now=now)
        commit(session)  # no page leaves without its readings written
        return page


def _pupils(shown: Shown) -> list[Pupil]:
    return health_queries.pupils(
        db.session(), shown.year.id, school_id=shown.school_id, site_id=shown.site_id
    )


def _shown(asked: Any) -> Shown:
    """What was asked; the year in course and the first school by default. NotFound: no year."""
    session = db.session()
    years, schools, sites = queries.years(session), queries.schools(session), queries.sites(session)
    wanted, today = asked.get("annee", type=row_number), clock.today()
    current = next((one for one in years if one.starts_on <= today), None)
    year = next((one for one in years if one.id == wanted), current)
    if year is None:
        raise NotFound
    offered = [*(f"ecole-{one.id}" for one in schools), *(f"site-{one.id}" for one in sites)]
    where = asked.get("ou", "")
    if where not in offered:
        where = offered[0] if offered else ""
    return Shown(year, years, schools, sites, where, asked.get("seulement") == "1")


def _number(where: str, kind: str) -> int | None:
    return int(where.removeprefix(kind)) if where.startswith(kind) else None
