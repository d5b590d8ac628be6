"""What the address of a generated list may ask for: page, size, order, filters.

Whatever is not offered, or not readable, is left out: the list shows its defaults.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any, NamedTuple

import sqlalchemy as sa
from flask import g, has_request_context, request, url_for
from flask_appbuilder.models.filters import BaseFilter, Filters
from flask_appbuilder.models.sqla.filters import (
    FilterEndsWith,
    FilterIn,
    FilterNotEndsWith,
    FilterNotIn,
    FilterNotStartsWith,
    FilterRelationOneToManyEqual,
    FilterRelationOneToManyNotEqual,
)
from flask_babel import gettext, lazy_gettext
from sqlalchemy.orm import Session, selectinload
from werkzeug.datastructures import MultiDict

from app.core import clock, dates
from app.core.admin_fields import whole_number
from app.core.db import UtcDateTime
from app.core.text import N_

MAX_PAGE = 100_000
MAX_PAGE_SIZE = 100
MAX_TEXT = 200
MOST_WORDS = 4
LEFT_OUT = {FilterEndsWith, FilterIn, FilterNotEndsWith, FilterNotIn, FilterNotStartsWith}
"""Of the framework's ten ways to compare a text, two of which it names in English."""


def clean(args: MultiDict[str, str], view: Any, views: Iterable[Any]) -> MultiDict[str, str]:
    """The arguments that are fit to be used; ``views`` are those whose lists may be on the page."""
    by_name = {type(one).__name__: one for one in views}
    kept = [
        (key, value) for key, value in args.items(multi=True) if _fit(key, value, view, by_name)
    ]
    return MultiDict(kept)


def _fit(key: str, value: str, view: Any, views: Mapping[str, Any]) -> bool:
    if key.startswith("page_"):
        return _between(value, 0, MAX_PAGE)
    if key.startswith("psize_"):
        return _between(value, 1, MAX_PAGE_SIZE)
    if key.startswith("_oc_"):
        asked = views.get(key.removeprefix("_oc_"))
        return asked is not None and value in (getattr(asked, "order_columns", None) or ())
    if key.startswith("_od_"):
        return value in {"asc", "desc"}
    if key == "vue":
        return value in view.saved
    return filter_of(view, key, value) is not None if key.startswith("_flt_") else True


def _between(value: str, low: int, high: int) -> bool:
    number = whole_number(value)
    return number is not None and low <= number <= high


def request_filters(view: Any, prototype: Filters) -> Filters:
    """The filters of this request: the framework's own object is shared by every thread."""
    if not has_request_context():
        return prototype
    kept = g.setdefault("list_filters", {})
    if type(view) not in kept:
        kept[type(view)] = copy.copy(prototype)
        kept[type(view)].clear_filters()
    filters: Filters = kept[type(view)]
    return filters


def keep_useful(filters: Filters) -> None:
    """Leave out the operators that nobody reads at a glance; the others keep their order."""
    for name, offered in filters.get_search_filters().items():
        kept = [one for one in offered if type(one) not in LEFT_OUT]
        filters.get_search_filters()[name] = kept


def apply_filters(filters: Filters, view: Any, args: MultiDict[str, str]) -> None:
    """Add what the address asks to ``filters``, values in the type of their column."""
    saved = view.saved.get(args.get("vue", ""))
    if saved is not None:
        filters._add_filter(Saved("id", view.datamodel), saved)
    for key, value in args.items(multi=True):
        found = filter_of(view, key, value) if key.startswith("_flt_") else None
        if found is not None:
            filters._add_filter(*found)


def filter_of(view: Any, key: str, value: str) -> tuple[Any, Any] | None:
    """(filter, typed value) asked by « _flt_<operator>_<column> », or None when it is not offered."""
    index, _, name = key.removeprefix("_flt_").partition("_")
    offered = view.filters_offered().get(name) if name in view.search_columns else None
    number = whole_number(index)
    if not offered or number is None or not 0 <= number < len(offered):
        return None
    chosen = offered[number]
    if isinstance(chosen, Named):
        return named(view, name, value)
    typed = typed_value(view.datamodel, name, value)
    if typed is None:
        return None
    if view.datamodel.is_relation(name):
        refused = isinstance(chosen, FilterRelationOneToManyNotEqual)
        return (NotRelated if refused else Related)(name, view.datamodel), typed
    return chosen, typed


class Related(BaseFilter):  # type: ignore[misc]
    """Rows tied to the row of this key: one statement, no row read first."""

    refused = False

    def apply(self, query: Any, value: int) -> Any:
        relation = getattr(self.model, self.column_name)
        is_it = relation.property.mapper.class_.id == value
        found = relation.any(is_it) if relation.property.uselist else relation.has(is_it)
        return query.filter(~found if self.refused else found)


class NotRelated(Related):
    """The others."""

    refused = True


class Named(BaseFilter):  # type: ignore[misc]
    """Rows tied to a row named like this: each word typed stands in one of its columns.

    For tables too long for a list of choices: households, children. The framework makes filters
    anew from their class alone: the columns go with the words.
    """

    name = lazy_gettext("Contains")

    def apply(self, query: Any, value: tuple[Sequence[str], Sequence[str]]) -> Any:
        columns, words = value
        relation = getattr(self.model, self.column_name)
        texts = [getattr(relation.property.mapper.class_, column) for column in columns]
        held = [
            sa.or_(*(text.icontains(word, autoescape=True) for text in texts)) for word in words
        ]
        return query.filter(relation.has(sa.and_(*held)))


def named(view: Any, name: str, value: str) -> tuple[Any, Any] | None:
    """(filter, value) for a text typed about a relation; a whole number is the key of a link."""
    if len(value) > MAX_TEXT or "\0" in value:
        return None
    number = whole_number(value)
    if number is not None:
        return Related(name, view.datamodel), number
    words = value.split()[:MOST_WORDS]
    return (Named(name, view.datamodel), (view.finders[name], words)) if words else None


class SavedList(NamedTuple):
    """A filter that has a name: a tab above the list, « ?vue=… » in its address."""

    label: str
    condition: Callable[[], sa.ColumnElement[bool]]


class Saved(BaseFilter):  # type: ignore[misc]
    """The rows of a saved list."""

    def apply(self, query: Any, value: SavedList) -> Any:
        return query.filter(value.condition())


class Computed(NamedTuple):
    """A column that is read for all the rows of a page at once: (session, keys) → key → value."""

    label: Any
    read: Callable[[Session, Sequence[int]], Mapping[int, Any]]


def compute(view: Any, widget: Any) -> None:
    """Add the computed columns of ``view`` to the table that its list is going to show."""
    args = widget.template_args
    rows = list(args["value_columns"])
    keys = list(args["pks"])
    labels = dict(args["label_columns"])
    for name, column in view.computed.items():
        found = column.read(view.session, keys) if keys else {}
        labels[name] = column.label
        rows = [{**row, name: found.get(key)} for key, row in zip(keys, rows, strict=True)]
    args["value_columns"], args["label_columns"] = rows, labels
    args["include_columns"] = [*args["include_columns"], *view.computed]


def tabs(view: Any) -> list[tuple[str, str, str, bool]]:
    """(address, words, icon, current) of the saved lists, « all » first; none without any."""
    if not view.saved:
        return []
    asked = request.args.get("vue", "")
    whole = ("", SavedList(N_("All rows"), sa.true))
    return [
        (url_for(f"{view.endpoint}.list", vue=key or None), gettext(one.label), "", key == asked)
        for key, one in (whole, *view.saved.items())
    ]


class Eager(BaseFilter):  # type: ignore[misc]
    """Not a filter: loads a relation with the rows, in one statement for all of them."""

    def apply(self, query: Any, value: Any) -> Any:
        return query.options(selectinload(getattr(self.model, self.column_name)))


def with_relations(filters: Filters, names: Sequence[str]) -> Filters:
    """The same filters, which load these relations too."""
    copied = copy.copy(filters)
    copied.filters = [_plainly(one) for one in filters.filters]
    copied.values = list(filters.values)
    for name in names:
        copied.add_filter(name, Eager, "")
    return copied


def _plainly(asked: BaseFilter) -> BaseFilter:
    """The framework's own filter of a related list reads the row it belongs to first."""
    if isinstance(asked, FilterRelationOneToManyEqual):
        return Related(asked.column_name, asked.datamodel)
    return asked


def typed_value(datamodel: Any, name: str, value: str) -> Any:
    """``value`` in the type of the column ``name``; None when it cannot be."""
    if len(value) > MAX_TEXT or "\0" in value:
        return None
    if datamodel.is_relation(name):
        return whole_number(value)
    kind = datamodel.list_columns[name].type
    for types, reader in READERS:
        if isinstance(kind, types):
            return reader(kind, value)
    return value


def _member(kind: Any, value: str) -> str | None:
    return value if value in {member.value for member in kind.enum_class} else None


def _yes_or_no(kind: Any, value: str) -> bool | None:
    return {"y": True, "n": False}.get(value)


def _integer(kind: Any, value: str) -> int | None:
    return whole_number(value)


def _day(kind: Any, value: str) -> date | None:
    try:
        return dates.day_from(value)
    except ValueError:
        return None


def _moment(kind: Any, value: str) -> datetime | None:
    """An hour without zone is the commune's; a day alone is its first instant."""
    try:
        moment = datetime.fromisoformat(value)
    except ValueError:
        return None
    if not dates.is_meant(moment.date()):
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=clock.PARIS)


READERS: tuple[tuple[Any, Any], ...] = (
    (sa.Enum, _member),
    (sa.Boolean, _yes_or_no),
    (sa.Integer, _integer),
    (sa.Date, _day),
    (UtcDateTime, _moment),
)
