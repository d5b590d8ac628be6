"""The safe base of every generated agents' screen.

Flask-AppBuilder's own ModelView shares its filters between threads, ignores its base filters in
actions, offers every column to forms and to sorting, and commits what was refused (facts.md).
``AgentView`` keeps its look and its declarations, and does reading and saving itself:

    class SchoolAdmin(AgentView):
        datamodel = SQLAInterface(School)
        list_title, add_title, edit_title, show_title = …        (lazy_gettext)
        label_columns = {"name": lazy_gettext("Name")}
        list_columns = ["name"]                 shown; the same in the detail unless show_columns
        search_columns = ["name"]               filters offered; none by default
        add_columns = edit_columns = ["name"]   none by default: no such page
        finders = {"child": ("first_name", "last_name")}    relation searched by a text
        lookups = {"household": "number"}       relation typed, not chosen in a list
        choice_filters = {"site": lambda statement: statement.where(…)}
        choice_labels = {"kind": {Kind.CASH: N_("Cash")}}

        @agent_action("close", N_("Close"), confirm=N_("Close these schools?"))
        def close(self, rows: Sequence[School]) -> str:
            services.close(self.session, self.actor, rows)
            return gettext("Closed.")

A save or an action is one transaction: commit at its end, whole rollback when it is refused. An action
returns the sentence to show, a ready response (a page that asks more), or None.
"""

# The framework has no types: its decorators and its attributes are taken as they come.
# mypy: disallow-untyped-decorators=False

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar

import sqlalchemy as sa
from flask import abort, flash, redirect, request, url_for
from flask_appbuilder import ModelView, expose, has_access
from flask_appbuilder.actions import action as fab_action
from flask_babel import gettext, lazy_gettext
from flask_login import current_user
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from app.core import admin_lists, audit
from app.core.actor import Actor
from app.core.admin_fields import MoneyField as MoneyField
from app.core.admin_fields import whole_number
from app.core.admin_forms import choices, form_class
from app.core.db import commit, db
from app.core.errors import Refusal
from app.core.refusals import attach, flash_refusal
from app.core.text import N_
from app.core.views import current_actor

ActionMethod = Callable[..., Any]


class Conflict(Refusal):
    """The database refused: a value that must be unique, or a row that something still needs."""

    text = N_("This value already exists, or something else still depends on this record.")


def agent_action(
    name: str,
    text: str,
    confirm: str = "",
    icon: str = "",
    multiple: bool = True,
    single: bool = True,
) -> Callable[[ActionMethod], ActionMethod]:
    """A method (self, rows) as a button on the list and on the detail; ``name`` is its right."""
    return fab_action(name, text, confirm or None, icon or None, multiple, single)


class AgentView(ModelView):  # type: ignore[misc]
    """Declarations in, list, detail, add, edit and actions out."""

    deletable: ClassVar[bool] = False
    lookups: ClassVar[Mapping[str, str]] = {}
    """relation → column of the other table by which a row is typed."""
    finders: ClassVar[Mapping[str, Sequence[str]]] = {}
    """relation among the search columns → columns of the other table that a search reads."""
    choice_filters: ClassVar[Mapping[str, Callable[[Any], Any]]] = {}
    """relation → narrows the rows that may be chosen: takes and gives a select."""
    choice_labels: ClassVar[Mapping[str, Mapping[Any, str]]] = {}
    """enumeration column → label (N_) of each member."""
    choice_tags: ClassVar[Mapping[str, Mapping[Any, tuple[str, str]]]] = {}
    """enumeration column → member → (kind of tag, icon): the list shows its label as a tag."""
    saved: ClassVar[Mapping[str, admin_lists.SavedList]] = {}
    """« vue » in the address → a filter with a name, a tab above the list."""
    computed: ClassVar[Mapping[str, admin_lists.Computed]] = {}
    """name → a column after the others, read for the whole page in one statement."""
    form_fields: ClassVar[Mapping[str, Any]] = {}
    """name → a WTForms field that replaces or joins the generated ones."""
    audit_subject: ClassVar[str] = ""
    """What the trail calls a row; the table's name by default."""

    label_columns: Any = None
    add_columns: Any = None
    edit_columns: Any = None
    list_columns: Any = None
    show_columns: Any = None
    search_columns: Any = None
    order_columns: Any = None
    add_form: Any = None
    edit_form: Any = None
    search_form: Any = None
    page_size = 25
    base_order: Any = ("id", "desc")
    add_row_message = lazy_gettext("Saved.")
    edit_row_message = lazy_gettext("Saved.")
    delete_row_message = lazy_gettext("Deleted.")

    def __init__(self, **more: Any) -> None:
        self.include_route_methods = self._routes()
        super().__init__(**more)

    def _routes(self) -> set[str]:
        """Only the pages that the declarations call for; never a download."""
        routes = {"list", "show"}
        routes |= {"add"} if self.add_columns or self.add_fieldsets else set()
        routes |= {"edit"} if self.edit_columns or self.edit_fieldsets else set()
        routes |= {"delete"} if self.deletable else set()
        own = {name for name in dir(type(self)) if hasattr(getattr(type(self), name), "_urls")}
        standard = {"list", "show", "add", "edit", "delete", "download", "action", "action_post"}
        has_actions = any(hasattr(getattr(type(self), name), "_action") for name in dir(type(self)))
        return routes | (own - standard) | ({"action", "action_post"} if has_actions else set())

    # ---- Declarations: what is not declared is not there ------------------------------------------

    def _init_properties(self) -> None:
        """The framework would take every column, back-relations included, for an empty list."""
        declared = {name: list(getattr(self, name) or []) for name in COLUMN_LISTS}
        self.label_columns = dict(self.label_columns or {})
        super()._init_properties()
        for name, columns in declared.items():
            fieldsets = getattr(self, name.replace("columns", "fieldsets"), None)
            if not fieldsets:
                setattr(self, name, columns)
        self.show_columns = self.show_columns or list(self.list_columns)
        # The framework offers relations too, and then cannot sort by them.
        own = self.datamodel.list_columns
        self.order_columns = [name for name in self.order_columns if name in own]
        filters = self.datamodel.get_filters(self.search_columns)
        admin_lists.keep_useful(filters)
        for name in self.finders:
            filters._search_filters[name] = [admin_lists.Named(name, self.datamodel)]
        self._filters = filters

    def _init_forms(self) -> None:
        self.add_form = self.add_form or form_class(self, self.add_columns)
        self.edit_form = self.edit_form or form_class(self, self.edit_columns)
        self.search_form = self.search_form or form_class(self, self.search_columns, searching=True)

    # ---- Who and where ------------------------------------------------------------------------------

    @property
    def session(self) -> Session:
        """The session of this request."""
        session: Session = db.session()
        return session

    @property
    def actor(self) -> Actor:
        """Who asks."""
        return current_actor()

    @property
    def _filters(self) -> Any:
        return admin_lists.request_filters(self, self._prototype)

    @_filters.setter
    def _filters(self, prototype: Any) -> None:
        self._prototype = prototype

    def filters_offered(self) -> Mapping[str, Any]:
        """Column → the operators that the list may be filtered by, in their order."""
        offered: Mapping[str, Any] = self._prototype.get_search_filters()
        return offered

    def update_redirect(self) -> None:
        """The framework keeps the last addresses in the cookie; the way back is the list."""

    def get_redirect(self) -> str:
        """Where a save or an action leads: the list."""
        return url_for(f"{self.endpoint}.list")

    # ---- Reading ------------------------------------------------------------------------------------

    @expose("/list/")
    @has_access
    def list(self) -> Any:
        """The list, filtered, ordered and paged as its address asks."""
        cleaned = admin_lists.clean(request.args, self, self.appbuilder.baseviews)
        if len(cleaned) != len(request.args) or cleaned != request.args:
            return redirect(self._address("list", cleaned))
        admin_lists.apply_filters(self._filters, self, request.args)
        return self.render_template(
            self.list_template,
            title=self.list_title,
            widgets=self._list(),
            saved=admin_lists.tabs(self),
        )

    def _list(self, **more: Any) -> Any:
        name = type(self).__name__
        column = request.args.get(f"_oc_{name}", "")
        widgets = self._get_list_widget(
            filters=self._filters,
            order_column=column,
            order_direction=request.args.get(f"_od_{name}", "asc") if column else "",
            page=request.args.get(f"page_{name}", 0, type=int),
            page_size=request.args.get(f"psize_{name}", self.page_size, type=int),
            **more,
        )
        return self._get_search_widget(form=self.search_form.refresh(), widgets=widgets)

    @expose("/show/<pk>", methods=["GET"])
    @has_access
    def show(self, pk: str) -> Any:
        """One row and the lists of what belongs to it."""
        cleaned = admin_lists.clean(request.args, self, self.appbuilder.baseviews)
        if cleaned != request.args:
            return redirect(self._address("show", cleaned, pk=pk))
        row = self.row(pk)
        return self.render_template(
            self.show_template,
            pk=row.id,
            title=self.show_title,
            widgets=self._show(row.id),
            related_views=self._related_views,
        )

    def _address(self, page: str, args: Any, **values: Any) -> str:
        asked: dict[str, Any] = {**args.to_dict(flat=False), **values}
        return url_for(f"{self.endpoint}.{page}", **asked)

    def row(self, pk: str | int) -> Any:
        """The row of this view with this key; 404 when the view does not show it."""
        return self.rows([str(pk)])[0]

    def rows(self, keys: Sequence[str]) -> Sequence[Any]:
        """The rows of these keys by key, all within the base filters; 404 when one is not."""
        ids = {number for key in keys if (number := whole_number(key)) is not None}
        if not ids or len(ids) != len(set(keys)) or len(ids) > admin_lists.MAX_PAGE_SIZE:
            abort(404)
        model = self.datamodel.obj
        query = self._base_filters.apply_all(self.session.query(model))
        found: Sequence[Any] = query.filter(model.id.in_(ids)).order_by(model.id).all()
        if len(found) != len(ids):
            abort(404)
        return found

    # ---- Saving -------------------------------------------------------------------------------------

    @expose("/add", methods=["GET", "POST"])
    @has_access
    def add(self) -> Any:
        """The form of a new row; keeps what was typed when it is refused."""
        form = self.add_form.refresh()
        if request.method == "GET":
            self._prefill(form)
        elif form.validate() and self._saved(form, lambda: self._create(form)):
            flash(self.add_row_message, "success")
            return redirect(self.get_redirect())
        widgets = self._get_add_widget(form=form)
        return self._form_page(self.add_template, self.add_title, widgets)

    @expose("/edit/<pk>", methods=["GET", "POST"])
    @has_access
    def edit(self, pk: str) -> Any:
        """The form of a row; keeps what was typed when it is refused."""
        row = self.row(pk)
        key, form = row.id, self.edit_form.refresh(obj=row)
        if request.method == "GET":
            self.prefill_form(form, key)
        elif form.validate() and self._saved(form, lambda: self._update(row, form)):
            flash(self.edit_row_message, "success")
            return redirect(self.get_redirect())
        widgets = self._get_edit_widget(form=form)
        widgets = self._get_related_views_widgets(
            self.row(key), orders={}, pages={}, page_sizes={}, widgets=widgets
        )
        return self._form_page(
            self.edit_template, self.edit_title, widgets, related_views=self._related_views
        )

    @expose("/delete/<pk>", methods=["POST"])
    @has_access
    def delete(self, pk: str) -> Any:
        """Delete a row that nothing needs."""
        row = self.row(pk)
        try:
            self._delete_row(row)
            commit(self.session)
            flash(self.delete_row_message, "success")
        except (Refusal, IntegrityError) as error:
            self.session.rollback()
            flash_refusal(_named(error))
        return redirect(self.get_redirect())

    def create(self, form: Any) -> Any:
        """A new row from a valid form. Override to call a service."""
        row = self.datamodel.obj()
        with self.session.no_autoflush:
            form.populate_obj(row)
        self.session.add(row)
        return row

    def update(self, row: Any, form: Any) -> None:
        """Put a valid form into the row. Override to call a service."""
        with self.session.no_autoflush:
            form.populate_obj(row)

    def _create(self, form: Any) -> None:
        row = self.create(form)
        self.pre_add(row)
        self.session.flush()
        self.post_add(row)
        self._note("create", row)

    def _update(self, row: Any, form: Any) -> None:
        self.update(row, form)
        self.pre_update(row)
        changed = sorted(attr.key for attr in sa.inspect(row).attrs if attr.history.has_changes())
        self.session.flush()
        self.post_update(row)
        self._note("change", row, fields=changed)

    def _delete_row(self, row: Any) -> None:
        self.pre_delete(row)
        self._note("delete", row)
        self.session.delete(row)
        self.session.flush()
        self.post_delete(row)

    def _note(self, verb: str, row: Any, **details: Any) -> None:
        subject = self.audit_subject or row.__table__.name
        household = row.id if subject == "household" else getattr(row, "household_id", None)
        audit.record(self.session, self.actor, verb, subject, row.id, household, **details)

    def _saved(self, form: Any, save: Callable[[], None]) -> bool:
        """Whether ``save`` went through; when refused, nothing of it is left and the form says why."""
        try:
            save()
            commit(self.session)
        except (Refusal, IntegrityError) as error:
            self.session.rollback()
            attach(form, None, _named(error))
            return False
        return True

    def _form_page(self, template: str, title: Any, widgets: Any, **more: Any) -> Any:
        page = self.render_template(template, title=title, widgets=widgets, **more)
        return page, 400 if request.method == "POST" else 200

    def _prefill(self, form: Any) -> None:
        """« Add » from the page of another row brings that row: « _flt_0_household=12 »."""
        for name in self.add_columns:
            number = whole_number(request.args.get(f"_flt_0_{name}", ""))
            if number is None or not self.datamodel.is_relation(name):
                continue
            model = self.datamodel.get_related_interface(name).obj
            row = self.session.get(model, number)
            if row is not None and (name in self.lookups or row in choices(self, name)):
                form[name].process_data(row) if name in self.lookups else _choose(form[name], row)

    # ---- Actions ------------------------------------------------------------------------------------

    @expose("/action/<string:name>/<pk>", methods=["POST"])
    def action(self, name: str, pk: str) -> Any:
        """An action on one row."""
        return self._act(name, [pk])

    @expose("/action_post", methods=["POST"])
    def action_post(self) -> Any:
        """An action on the rows ticked in the list."""
        keys = request.form.getlist("rowid")
        if not keys:
            flash(gettext("Choose at least one row."), "warning")
            return redirect(self.get_redirect())
        return self._act(request.form.get("action", ""), keys)

    def _act(self, name: str, keys: Sequence[str]) -> Any:
        chosen = self.actions.get(name)
        if chosen is None:
            abort(404)
        right = self.get_action_permission_name(name)
        if not self.appbuilder.sm.has_access(right, self.class_permission_name):
            if not current_user.is_authenticated:
                return redirect(self.appbuilder.get_url_for_login)
            abort(403)
        back = self._way_back()
        try:
            answer = chosen.func(self.rows(keys))
            commit(self.session)
        except (Refusal, IntegrityError) as error:
            self.session.rollback()
            flash_refusal(_named(error))
            return redirect(back)
        if isinstance(answer, str) or answer is None:
            if answer:
                flash(answer, "success")
            return redirect(back)
        return answer

    def _way_back(self) -> str:
        """The page of this view where the button was, else its list."""
        page = (request.referrer or "").removeprefix(request.host_url.rstrip("/"))
        return page if page.startswith(f"{self.route_base}/") else self.get_redirect()

    # ---- Statements: one per relation shown, never one per row --------------------------------------

    def _get_list_widget(self, filters: Any, **more: Any) -> Any:
        wanted = admin_lists.with_relations(filters, self._relations_shown())
        widgets = super()._get_list_widget(filters=wanted, **more)
        admin_lists.compute(self, widgets["list"])
        return widgets

    def _relations_shown(self) -> Sequence[str]:
        roots = dict.fromkeys(column.split(".")[0] for column in self.list_columns)
        return [name for name in roots if self.datamodel.is_relation(name)]


COLUMN_LISTS = ("add_columns", "edit_columns", "show_columns", "search_columns")


def _choose(item: Any, row: Any) -> None:
    item.data = row


def _named(error: Refusal | IntegrityError) -> Refusal:
    return error if isinstance(error, Refusal) else Conflict()


__all__ = ["AgentView", "Conflict", "MoneyField", "Response", "agent_action"]
