"""What the generated back-office screens need to be drawn with the portal's own markup.

Flask-AppBuilder's widgets are Bootstrap 3, jQuery and Select2; ours are plain controls, so that
the same macros, style sheets and accessibility rules serve families and agents.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from enum import Enum
from typing import Any, NamedTuple
from urllib.parse import urlencode

from flask import Flask, current_app, redirect, request
from flask_appbuilder import fieldwidgets as fab
from flask_babel import gettext
from markupsafe import Markup, escape
from wtforms import widgets

from app.core import dates
from app.core.money import euros

PLAIN_WIDGETS: dict[type, Any] = {
    fab.BS3TextFieldWidget: widgets.TextInput(),
    fab.BS3TextAreaFieldWidget: widgets.TextArea(),
    fab.BS3PasswordFieldWidget: widgets.PasswordInput(),
    fab.Select2Widget: widgets.Select(),
    fab.Select2ManyWidget: widgets.Select(multiple=True),
    fab.DatePickerWidget: widgets.DateInput(),
    fab.DateTimePickerWidget: widgets.TextInput(),
}


def init_app(app: Flask) -> None:
    """Register the templates' helpers."""
    app.jinja_env.globals.update(
        plain=plain,
        agent_menu=agent_menu,
        crumbs=crumbs,
        filter_rows=filter_rows,
        count_pages=count_pages,
        shown=shown,
        tag_of=tag_of,
    )
    app.jinja_env.filters["cell"] = cell
    app.before_request(_drop_empty_filters)


def plain(item: Any) -> Any:
    """The field with a plain control in place of the framework's widget."""
    item.widget = PLAIN_WIDGETS.get(type(item.widget), item.widget)
    return item


def word(value: Any) -> str:
    """An enum's member or its value in the reader's language (the catalogue knows the values)."""
    if value is None:
        return "–"
    return gettext(str(value.value if isinstance(value, Enum) else value))


# ---- Values ------------------------------------------------------------------------------------


def cell(value: Any) -> Any:
    """A value of a list or of a detail, the French way."""
    if value is None or value == "":
        return "–"
    if isinstance(value, bool):
        return gettext("Yes") if value else gettext("No")
    if isinstance(value, datetime):
        return f"{dates.day(value, 'digits')} {dates.hour(value)}"
    if isinstance(value, date):
        return dates.day(value, "digits")
    if isinstance(value, list | tuple | set):
        return Markup(", ").join(escape(cell(one)) for one in value) or "–"
    return word(value) if isinstance(value, Enum) else value


def shown(view_name: str, column: str, value: Any) -> Any:
    """The value of a column of a generated screen: its label when the view gives one, else ``cell``."""
    labels = getattr(_view(view_name), "choice_labels", {}).get(column, {})
    for member, label in labels.items():
        if value in (member, getattr(member, "value", member)):
            return gettext(label)
    if column.endswith("_cents") and isinstance(value, int):
        return cents(value)
    return cell(value)


def tag_of(view_name: str, column: str, value: Any) -> tuple[str, str] | None:
    """(kind, icon) of the tag that shows this value, when the view gives one."""
    tags: dict[Any, tuple[str, str]] = getattr(_view(view_name), "choice_tags", {}).get(column, {})
    return tags.get(value) if tags else None


def _view(name: str | None) -> Any:
    """The view whose class, so whose endpoint, has this name."""
    views = current_app.appbuilder.baseviews  # type: ignore[attr-defined]
    return next((view for view in views if view.endpoint == name), None)


def cents(value: int | None) -> Any:
    """For ``formatters_columns``: an amount kept in cents."""
    return Markup('<span class="amount">{}</span>').format("–" if value is None else euros(value))


# ---- Menu --------------------------------------------------------------------------------------


class Entry(NamedTuple):
    """A link of the side bar."""

    label: str
    url: str
    icon: str
    name: str
    current: bool


class Section(NamedTuple):
    """Entries under one heading; an empty heading for those that stand alone.

    ``is_open``: the page stands in it, or it is the first one and the page stands in none.
    """

    label: str
    entries: list[Entry]
    is_open: bool = False

    def waiting(self, counts: Mapping[str, int]) -> int:
        """What waits behind its heading."""
        return sum(counts.get(entry.name, 0) for entry in self.entries)


SECTIONS = ("Families", "Services", "Money", "Settings")
"""Categories of the menu in the order of the side bar, whatever the order of registration."""


def agent_menu() -> list[Section]:
    """The menu this account may see, by job; the registry writes it (icons: tools/icons.txt)."""
    sections: list[Section] = []
    for item in sorted(current_app.appbuilder.menu.get_data(), key=_rank):  # type: ignore[attr-defined]
        if item == "-":
            continue
        inner = [one for one in item.get("childs", [item]) if one != "-"]
        label = str(item["label"]) if "childs" in item else ""
        if inner:
            sections.append(Section(label, [_entry(one) for one in inner]))
    return _opened(sections)


def _opened(sections: list[Section]) -> list[Section]:
    """The same, the one of the page open."""
    named = [one for one in sections if one.label]
    here = [one for one in named if any(entry.current for entry in one.entries)] or named[:1]
    return [one._replace(is_open=one in here) for one in sections]


def _rank(item: Any) -> int:
    """Single entries first (the dashboard), unknown categories last."""
    if item == "-" or "childs" not in item:
        return -1
    return SECTIONS.index(item["name"]) if item["name"] in SECTIONS else len(SECTIONS)


def _entry(item: dict[str, Any]) -> Entry:
    url = item["url"]
    path = url.split("?")[0]
    folder = path.removesuffix("list/")
    current = request.path == path or (folder != path and request.path.startswith(folder))
    icon = item["icon"] if item["icon"] and not item["icon"].startswith("fa") else "list-ul"
    return Entry(str(item["label"]), url, icon, item["name"], current)


def crumbs() -> list[tuple[str, str]]:
    """(title, url) of the list above a generated add, edit or show page."""
    view = _view(request.blueprint)
    if view is None or not hasattr(view, "list_title") or request.path.endswith("/list/"):
        return []
    return [(str(view.list_title), view.get_default_url())]


# ---- Filters of a list ---------------------------------------------------------------------------


class FilterRow(NamedTuple):
    """One column that can be searched.

    ``operators``: (parameter name, word, chosen); ``control``: the field, named after the chosen one.
    """

    label: str
    id: str
    operators: list[tuple[str, str, bool]]
    control: Markup
    active: bool


def filter_rows(form: Any, columns: list[str], filters: Any) -> list[FilterRow]:
    """What the search form of a list offers, with what is applied now."""
    return [_filter_row(form[name], name, filters.get_search_filters()[name]) for name in columns]


def _filter_row(item: Any, name: str, offered: list[Any]) -> FilterRow:
    parameters = [f"_flt_{index}_{name}" for index in range(len(offered))]
    given = next((one for one in parameters if request.args.get(one)), None)
    chosen = given or parameters[_usual(offered)]
    control = _filter_control(item, f"filter-{name}", chosen, request.args.get(chosen, ""))
    operators = [
        (one, str(flt.name), one == chosen) for one, flt in zip(parameters, offered, strict=True)
    ]
    return FilterRow(str(item.label.text), f"filter-{name}", operators, control, given is not None)


def _usual(offered: list[Any]) -> int:
    """The operator to propose: « contains » for a text, else the first."""
    names = [type(flt).__name__ for flt in offered]
    return names.index("FilterContains") if "FilterContains" in names else 0


def _filter_control(item: Any, element_id: str, name: str, value: str) -> Markup:
    if item.type == "BooleanField":
        choices = [("y", gettext("Yes")), ("n", gettext("No"))]
    elif hasattr(item, "iter_choices"):
        choices = [(str(choice[0]), str(choice[1])) for choice in item.iter_choices()]
    else:
        kind = "date" if item.type in {"DateField", "MomentField"} else "text"
        attrs = widgets.html_params(id=element_id, name=name, value=value, type=kind)
        return Markup(f'<input class="form-control" {attrs}>')  # noqa: S704  (html_params escapes)
    return _select(element_id, name, choices, value)


def _select(element_id: str, name: str, choices: list[tuple[str, str]], value: str) -> Markup:
    options = [("", gettext("All")), *(pair for pair in choices if pair[0] not in {"", "__None"})]
    return Markup('<select class="form-select" id="{}" name="{}">{}</select>').format(
        element_id,
        name,
        Markup("").join(
            Markup('<option value="{}"{}>{}</option>').format(
                key, Markup(" selected") if key == value else "", text
            )
            for key, text in options
        ),
    )


def _drop_empty_filters() -> Any:
    """A search form sends its empty fields too: « contains nothing » is no filter."""
    if request.url_rule is None or request.method != "GET":
        return None  # an address that is no page of ours would lead anywhere, « /\autre.site/ »
    if not any(_empty_filter(*pair) for pair in request.args.items()):
        return None
    kept = [pair for pair in request.args.items(multi=True) if not _empty_filter(*pair)]
    query = f"?{urlencode(kept)}" if kept else ""
    return redirect(f"{request.script_root}{request.path}{query}")


def _empty_filter(name: str, value: str) -> bool:
    return name.startswith("_flt_") and not value.strip()


def count_pages(count: int, size: int) -> int:
    """Pages of a list of ``count`` rows."""
    return max(1, -(-count // max(1, size)))
