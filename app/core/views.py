"""Bases of the family's pages: who asks, what right it takes, how it answers."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any

from flask import abort, g, render_template
from flask_appbuilder import BaseView, expose, has_access
from flask_appbuilder.security.decorators import permission_name
from flask_login import current_user

from app.core.actor import NO_HOUSEHOLD, Actor

Page = Callable[..., Any]


def current_actor() -> Actor:
    """The account of this request, or the anonymous visitor (no account, no household)."""
    if not current_user or not current_user.is_authenticated:  # None outside a request
        return Actor(account_id=None)
    if "actor" not in g:
        g.actor = Actor(
            account_id=current_user.id,
            household_id=current_user.household_id or NO_HOUSEHOLD,
            roles=frozenset(role.name for role in current_user.roles),
        )
    return g.actor


def family_page(url: str, methods: Sequence[str] = ("GET",)) -> Callable[[Page], Page]:
    """A page for accounts of a household, with the right « can_use » on its view."""

    def decorate(page: Page) -> Page:
        def for_households_only(self: BaseView, *args: Any, **kwargs: Any) -> Any:
            if current_actor().household_id == NO_HOUSEHOLD:
                abort(403)
            return page(self, *args, **kwargs)

        functools.update_wrapper(for_households_only, page)
        return expose(url, methods)(has_access(permission_name("use")(for_households_only)))

    return decorate


def agent_page(
    url: str, methods: Sequence[str] = ("GET",), right: str = "use"
) -> Callable[[Page], Page]:
    """A hand-made page for agents, with the right « can_use », or « can_<right> », on its view."""

    def decorate(page: Page) -> Page:
        return expose(url, methods)(has_access(permission_name(right)(page)))

    return decorate


def public_page(url: str, methods: Sequence[str] = ("GET",)) -> Callable[[Page], Page]:
    """A page open to everybody; the house test lists them all."""

    def decorate(page: Page) -> Page:
        page.is_public = True  # type: ignore[attr-defined]
        return expose(url, methods)(page)

    return decorate


def reads_only(page: Page) -> Page:
    """A POST that only reads (a preview): it takes no write lock."""
    page.reads_only = True  # type: ignore[attr-defined]
    return page


class PageView(BaseView):  # type: ignore[misc]
    """A view whose templates live in ``app/templates`` and whose name is its right's name."""

    default_view = "index"

    def page(self, template: str, status: int = 200, **context: Any) -> tuple[str, int]:
        """Render ``template`` with ``status``."""
        return render_template(template, **context), status
