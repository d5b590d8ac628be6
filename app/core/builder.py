"""The framework without the doors that it opens by itself."""

from __future__ import annotations

from flask_appbuilder import AppBuilder


class PortalBuilder(AppBuilder):  # type: ignore[misc]
    """Mounts the home page and the security manager's pages; no language switch by GET, no « back »
    kept in the cookie, no menu API, no OpenAPI page (facts.md, « Security to add »).
    """

    def _add_admin_views(self) -> None:
        self._indexview = self.add_view_no_menu(self.indexview)
        self.sm.register_views()
