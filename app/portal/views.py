"""Home page and the pages that everybody may read."""

from __future__ import annotations

from typing import Any

from app.core.views import PageView, public_page


class HomeView(PageView):
    """« / » (A1)."""

    route_base = ""

    @public_page("/")
    def index(self) -> Any:
        """Home page, with or without login."""
        return self.page("portal/home.html")
