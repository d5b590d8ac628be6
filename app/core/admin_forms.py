"""The form of a generated screen: one field per declared column, by the type of the column.

Nothing that is not declared gets in: no back-relation, no password, no household of another family.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import sqlalchemy as sa
from flask_appbuilder.fields import QuerySelectField, QuerySelectMultipleField
from flask_appbuilder.forms import DynamicForm
from flask_appbuilder.models.sqla.interface import SQLAInterface
from wtforms import BooleanField, StringField, TextAreaField, TimeField, validators

from app.core.admin_fields import (
    ChoiceField,
    DateField,
    MomentField,
    MoneyField,
    NoControlCharacters,
    RowField,
    WholeNumberField,
)
from app.core.db import UtcDateTime

MAX_CHOICES = 500
"""Rows that a list of choices may hold; a longer table needs a ``lookups`` entry."""


def form_class(view: Any, columns: Sequence[str], *, searching: bool = False) -> type[DynamicForm]:
    """The form of ``columns``; when ``searching`` nothing is mandatory."""
    extra = {} if searching else view.form_fields
    fields = {name: extra.get(name) or _field(view, name, searching) for name in columns}
    return type("GeneratedForm", (DynamicForm,), fields)


def _field(view: Any, name: str, searching: bool) -> Any:
    data: SQLAInterface = view.datamodel
    common = {
        "label": view.label_columns.get(name, name),
        "description": view.description_columns.get(name, ""),
    }
    if searching and name in view.finders:
        return StringField(**common)
    if data.is_relation(name):
        return _relation(view, name, searching, common)
    column = data.list_columns[name]
    rules = _rules(column, searching) + list(view.validators_columns.get(name, []))
    return _maker(view, name, column, searching)(validators=rules, **common)


def _rules(column: sa.Column[Any], searching: bool) -> list[Any]:
    """Mandatory when the column has neither NULL nor a default; never longer than the column."""
    if isinstance(column.type, sa.Boolean):
        return []
    needed = not (searching or column.nullable or column.default is not None)
    rules: list[Any] = [validators.InputRequired() if needed else validators.Optional()]
    length = getattr(column.type, "length", None)
    if isinstance(column.type, sa.String) and not isinstance(column.type, sa.Enum):
        rules.append(NoControlCharacters())
        if length:
            rules.append(validators.Length(max=length))
    return rules


def _maker(view: Any, name: str, column: sa.Column[Any], searching: bool) -> Callable[..., Any]:
    kind = column.type
    if isinstance(kind, sa.Enum) and kind.enum_class is not None:
        members = kind.enum_class
        return lambda **more: ChoiceField(
            kind=members,
            labels=view.choice_labels.get(name, {}),
            optional=searching or bool(column.nullable),
            default=_default(column),
            **more,
        )
    if isinstance(kind, sa.Integer) and name.endswith("_cents") and not searching:
        return lambda **more: MoneyField(default=_default(column), **more)
    for types, field in FIELDS:
        if isinstance(kind, types):
            return lambda **more: field(default=_default(column), **more)
    raise TypeError(f"no field for the type of {column}")


FIELDS: tuple[tuple[Any, Any], ...] = (
    (sa.Boolean, BooleanField),
    (sa.Integer, WholeNumberField),
    (UtcDateTime, MomentField),
    (sa.Date, DateField),
    (sa.Time, TimeField),
    (sa.Text, TextAreaField),
    (sa.String, StringField),
)


def _default(column: sa.Column[Any]) -> Any:
    default = column.default
    return default.arg if default is not None and default.is_scalar else None  # type: ignore[attr-defined]


def _relation(view: Any, name: str, searching: bool, common: dict[str, Any]) -> Any:
    """A list of choices, or a text that names the row when the table is long."""
    data: SQLAInterface = view.datamodel
    many = data.is_relation_many_to_many(name)
    needed = not (searching or many or data.is_nullable(name))
    rules = [
        validators.InputRequired() if needed and name in view.lookups else _choice_rule(needed)
    ]
    if name in view.lookups and not many:
        return RowField(validators=rules, **_lookup(view, name), **common)
    related = data.get_related_interface(name)
    kind = QuerySelectMultipleField if many else QuerySelectField
    blank = {} if many else {"allow_blank": not needed, "blank_text": "–"}
    return kind(
        query_func=lambda: choices(view, name),
        get_pk_func=related.get_pk_value,
        validators=rules,
        **blank,
        **common,
    )


def _choice_rule(needed: bool) -> Any:
    return validators.DataRequired() if needed else validators.Optional()


def choices(view: Any, name: str) -> list[Any]:
    """The rows that may be chosen for the relation ``name``: those of ``view.choice_filters``."""
    model = view.datamodel.get_related_interface(name).obj
    statement = sa.select(model)
    if name in view.choice_filters:
        statement = view.choice_filters[name](statement)
    rows = list(view.session.scalars(statement.limit(MAX_CHOICES + 1)))
    if len(rows) > MAX_CHOICES:
        raise LookupError(f"{type(view).__name__}.{name}: too many rows to choose, use lookups")
    return sorted(rows, key=str) if not statement._order_by_clauses else rows


def _lookup(view: Any, name: str) -> dict[str, Any]:
    model = view.datamodel.get_related_interface(name).obj
    column = getattr(model, view.lookups[name])

    def find(typed: str) -> Any:
        if "\0" in typed:
            return None
        statement = sa.select(model).where(column == typed)
        if name in view.choice_filters:
            statement = view.choice_filters[name](statement)
        return view.session.scalars(statement.limit(1)).first()

    return {"find": find, "shown": lambda row: str(getattr(row, view.lookups[name]))}
