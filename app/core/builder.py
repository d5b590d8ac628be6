"""The framework without the doors that it opens by itself."""

from __future__ import annotations

import logging

from flask import Flask, current_app
from flask_appbuilder import AppBuilder
from sqlalchemy.orm import Session

# It has no filter for a time of the day and says so for every such column at every start.
logging.getLogger("flask_appbuilder.models.filters").setLevel(logging.ERROR)


class PortalBuilder(AppBuilder):  # type: ignore[misc]
    """Mounts the home page and the security manager's pages; no language switch by GET, no « back »
    kept in the cookie, no menu API, no OpenAPI page (facts.md, « Security to add »).
    """

    def init_app(self, app: Flask, session: Session) -> None:
        super().init_app(app, session)
        # The framework's own selector writes the language into every visitor's session cookie.
        app.extensions["babel"].locale_selector = _language

    def _add_admin_views(self) -> None:
        self._indexview = self.add_view_no_menu(self.indexview)
        self.sm.register_views()


def _language() -> str:
    """The commune's language."""
    return str(current_app.config["BABEL_DEFAULT_LOCALE"])
