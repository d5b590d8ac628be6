"""The search box at the top of the agents' pages."""

from __future__ import annotations

from typing import Any

from flask import request

from app.core import hooks
from app.core.db import db
from app.core.views import PageView, agent_page
from app.households import search


class SearchView(PageView):
    """« /agents/recherche »: households by number, adult or child; a request by its number."""

    route_base = "/agents/recherche"

    @agent_page("/")
    def index(self) -> Any:
        """What was found, each leading to its household page."""
        typed = request.args.get("q", "")[:80].strip()
        session = db.session()
        found = search.households_like(session, typed)
        numbered = [one for finder in hooks.found_by_number for one in finder(session, typed)]
        return self.page("households/search.html", typed=typed, found=found, numbered=numbered)
