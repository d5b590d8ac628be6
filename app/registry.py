"""The one list of views, menus, jobs, providers and hooks."""

from __future__ import annotations

from typing import Any

from flask_appbuilder import AppBuilder

from app.accounts import models as _accounts  # noqa: F401  (tables known to one metadata)
from app.activities import models as _activities  # noqa: F401
from app.charging import models as _charging  # noqa: F401
from app.core import hooks
from app.core import models as _core  # noqa: F401
from app.core.scheduling import Job
from app.households import models as _households  # noqa: F401
from app.notices import models as _notices  # noqa: F401
from app.payments import models as _payments  # noqa: F401
from app.portal import models as _portal  # noqa: F401
from app.portal.views import HomeView
from app.reservations import models as _reservations  # noqa: F401
from app.wallet import models as _wallet  # noqa: F401

JOBS: tuple[Job, ...] = ()
"""What the schedule runs; one line each, by the business clock."""


def index_view() -> type[Any]:
    """The view at « / »."""
    return HomeView


def fill_hooks() -> None:
    """Let low rooms reach high ones (architecture.md)."""
    hooks.reset()


def add_views(appbuilder: AppBuilder) -> None:
    """Family pages first, then the agents' screens with their place in the menu."""
