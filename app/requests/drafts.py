"""What the pages of one draft show: its words, what is wrong with it, where that is corrected."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from flask import url_for
from flask_babel import gettext as _
from flask_babel import ngettext

from app.core import dates
from app.core.db import db
from app.requests import designer_queries as queries
from app.requests import editing
from app.requests.definition import Audience, Condition, Definition, Field, Step
from app.requests.designer_forms import Offers
from app.requests.effects import EFFECTS
from app.requests.errors import Reason
from app.requests.models import Procedure
from app.requests.services import publishing
from app.requests.words import (
    AUDIENCES,
    KEYS,
    KINDS,
    ONCE,
    SERVICES,
    SILENCE,
    THEMES,
    changes_between,
    said,
)


@dataclass(frozen=True)
class Draft:
    """A démarche and its draft, read."""

    procedure: Procedure
    definition: Definition

    @property
    def id(self) -> int:
        """Of the démarche."""
        return self.procedure.id

    def facts(self) -> list[tuple[str, str]]:
        """The general settings, name and value, those that say nothing left out."""
        return [(_(KEYS[name]), value) for name, value in _facts(self.definition) if value]

    def about(self, row: Step | Field) -> str:
        """What a row of a list is, in a few words."""
        words = _field_words(row) if isinstance(row, Field) else [_count(row)]
        return ", ".join([*words, *self.only_if(row.show_if)])

    def only_if(self, condition: Condition | None) -> Sequence[str]:
        """« seulement selon « Régime » », nothing without a condition."""
        if condition is None:
            return ()
        labels = {one.key: one.label for one in self.definition.fields()}
        return (_("only depending on “%(name)s”", name=labels.get(condition.field, "?")),)


def _facts(definition: Definition) -> Iterator[tuple[str, str]]:
    yield "theme", _(THEMES[definition.theme])
    yield "summary", definition.summary
    yield "text", definition.text
    yield "service", _(SERVICES.get(definition.service, definition.service))
    yield "opens_on", dates.day(definition.opens_on) if definition.opens_on else ""
    yield "closes_on", dates.day(definition.closes_on) if definition.closes_on else ""
    if definition.page:
        return
    yield "audience", _(AUDIENCES[definition.audience])
    yield "once", _(ONCE[definition.once])
    yield "delay_days", str(definition.delay_days or "")
    yield "silence", _(SILENCE[definition.silence]) if definition.silence else ""
    effect = EFFECTS.get(definition.effect)
    yield "effect", _(effect.label) if effect else definition.effect
    yield "closes_itself", _("Yes") if definition.closes_itself else ""


def _count(step: Step) -> str:
    return str(ngettext("%(num)d field", "%(num)d fields", len(step.fields)))


def _field_words(field: Field) -> list[str]:
    words = [_(KINDS[field.kind])]
    if field.required:
        words.append(_("mandatory"))
    if field.private:
        words.append(_("health"))
    return words


PAGES = (
    ("show", ()),
    ("step", ("key",)),
    ("field", ("step", "key")),
    ("column", ("step", "group", "key")),
)


def url_of(procedure_id: int, path: editing.Path, **more: str) -> str:
    """The page of a démarche, of a step, a field or a column."""
    name, names = PAGES[len(path)]
    keys = dict(zip(names, path, strict=True))
    return str(url_for(f"DraftView.{name}", procedure_id=procedure_id, **keys, **more))


def changes_since(draft: Draft) -> list[str]:
    """What differs from what families see; nothing when it was never published."""
    published = queries.published(db.session(), draft.id)
    return changes_between(published, draft.definition) if published else []


@dataclass(frozen=True)
class FaultLink:
    """What has to be corrected before publishing, and the page where that is done."""

    text: str
    url: str


def faults_of(draft: Draft) -> list[FaultLink]:
    """Every reason against publishing."""
    reasons = publishing.reasons_against(db.session(), draft.definition)
    raw = draft.definition.as_json()
    return [FaultLink(said(raw, one), _page_of(draft, one)) for one in reasons]


RANKS = re.compile(r"steps\[(\d+)\](?:\.fields\[(\d+)\])?(?:\.fields\[(\d+)\])?")


def _page_of(draft: Draft, reason: Reason) -> str:
    found, path, definition = RANKS.match(reason.place), (), draft.definition
    for rank in [int(one) for one in found.groups() if one] if found else ():
        path = (*path, editing.rows(definition, path)[rank].key)
    if path:
        return url_of(draft.id, path)
    if rank := re.match(r"documents\[(\d+)\]", reason.place):
        code = definition.documents[int(rank[1])].document_type
        return str(url_for("DraftView.document", procedure_id=draft.id, code=code))
    if reason.place == "steps":
        return url_of(draft.id, (), _anchor="new_label")
    return str(url_for("DraftView.settings", procedure_id=draft.id))


def needed_keys(definition: Definition) -> frozenset[str]:
    """Fields that the effect cannot do without."""
    effect = EFFECTS.get(definition.effect)
    return frozenset(effect.needs if effect else ())


def effects_for(definition: Definition) -> dict[str, str]:
    """Effects that may be chosen: this one's own, and those that need no field of a given key.

    The others come with the démarche that is copied.
    """
    free = {
        name: _(effect.label)
        for name, effect in EFFECTS.items()
        if not effect.needs or name == definition.effect
    }
    unknown = {definition.effect: definition.effect} if definition.effect not in free else {}
    return {"": _("None: an agent answers"), **(unknown if definition.effect else {}), **free}


def offers(draft: Draft, step: str, *, in_group: bool = False) -> Offers:
    """What the form of a field of this step may name."""
    steps = [(one.key, one.title) for one in draft.definition.steps]
    steps.sort(key=lambda one: one[0] != step)  # its own first
    return Offers(
        documents=list(queries.document_types(db.session()).items()),
        steps=[] if in_group else steps,
        is_public=draft.definition.audience is Audience.PUBLIC,
        in_group=in_group,
        needed=needed_keys(draft.definition),
    )
