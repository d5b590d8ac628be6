"""« Saisie groupée » (B4, B5): one page for choosing, previewing and saving one plan."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from flask import redirect, request, url_for
from flask_babel import gettext
from werkzeug.datastructures import MultiDict
from wtforms import SelectChoice

from app.agenda import grouped, queries, reading, report, texts, top_up
from app.agenda.forms import GroupedForm
from app.agenda.grouped import Pattern, Period, Span
from app.agenda.month import state_of
from app.agenda.queries import SlotRow
from app.agenda.refused import Refused, said
from app.core import clock, tokens
from app.core.dates import day_from
from app.core.db import commit, db
from app.core.errors import Refusal
from app.core.views import PageView, current_actor, family_page, reads_only
from app.households.queries import ChildCard
from app.reservations import services as reservations


@dataclass(frozen=True)
class Choices:
    """What the family can choose from, worked out once per request."""

    children: Sequence[ChildCard]
    slots: Sequence[queries.SlotOffer]
    quick: dict[Period, Span]


class GroupedView(PageView):
    """Several children, a period, several slots, many days at once."""

    route_base = "/agenda/saisie-groupee"

    @family_page("/")
    def index(self) -> Any:
        """The empty form: every child of the family chosen when there is only one."""
        choices = self._choices()
        if not choices.children:
            return self.page("agenda/no_child.html")
        form = self._form(choices, None)
        if len(choices.children) == 1:
            form.children.data = [choices.children[0].id]
        return self._page(form, choices)

    @family_page("/apercu", methods=["POST"])
    @reads_only
    def preview(self) -> Any:
        """The plan, its total and what is left out; nothing is written."""
        choices = self._choices()
        form = self._form(choices, request.form)
        return self._page(form, choices, status=200 if form.validate() else 400)

    @family_page("/enregistrer", methods=["POST"])
    def save(self) -> Any:
        """Save exactly the plan previewed; if it changed, show the new one (B5)."""
        choices = self._choices()
        form = self._form(choices, request.form)
        if not form.validate():
            return self._page(form, choices, status=400)
        actor, group = current_actor(), self._group(form, choices)
        try:
            saved = reservations.save(
                db.session,
                actor,
                actor.household_id,
                group,
                now=clock.now(),
                form_token=tokens.of_form(request.form.get("token", ""), *group.asked),
                fingerprint=request.form.get("fingerprint", "")[:64],
                origin=reservations.ChangeOrigin.GROUPED,
            )
            commit(db.session)
        except Refusal as error:
            db.session.rollback()
            refused = said(error)
            return self._page(form, choices, refused, error.status)
        return redirect(url_for(".result", change_id=saved.change_id), 303)

    @family_page("/resultat/<int:change_id>")
    def result(self, change_id: int) -> Any:
        """What the save did, child by child, and what it left out with the reasons (B5)."""
        actor = current_actor()
        change = queries.change_of(db.session, actor.household_id, change_id)
        children = reading.children(db.session, actor.household_id)
        added, removed = queries.moved(db.session, change.id)
        cards = report.of(added, removed, reservations.left_out_of(change), children)
        return self.page("agenda/result.html", report=cards)

    def _choices(self) -> Choices:
        children = reading.children(db.session, current_actor().household_id)
        today = clock.today()
        year_end, holidays = queries.next_landmarks(db.session, today)
        offers = queries.offers(db.session, {child.id for child in children}, today)
        return Choices(children, offers, grouped.spans(today, year_end or today, holidays))

    def _form(self, choices: Choices, sent: MultiDict[str, str] | None) -> GroupedForm:
        form = GroupedForm(formdata=sent)
        form.children.choices = [
            SelectChoice(child.id, child.first_name) for child in choices.children
        ]
        form.slots.choices = [
            SelectChoice(offer.slot.id, offer.slot.name) for offer in choices.slots
        ]
        form.weekdays.choices = [SelectChoice(*day) for day in enumerate(texts.weekdays())]
        form.period.choices = [
            SelectChoice(period.value, texts.period(period))
            for period in (*choices.quick, Period.DATES)
        ]
        return form

    def _days(self, form: GroupedForm, choices: Choices) -> tuple[Pattern, frozenset[date]]:
        weekdays = frozenset(form.weekdays.data or ())
        pattern = Pattern(form.span(choices.quick), weekdays, form.rhythm.data == "2")
        was = grouped.pattern_from(request.form.get("was", ""))
        shown = _dates(request.form.get("shown", "").split(","))
        ticked = _dates(request.form.getlist("day"))
        return pattern, grouped.chosen_days(pattern, was, shown, ticked)

    def _group(self, form: GroupedForm, choices: Choices) -> reservations.GroupRequest:
        return reservations.GroupRequest(
            child_ids=tuple(sorted(form.children.data)),
            create=form.mode.data == "create",
            slot_ids=frozenset(form.slots.data),
            days=self._days(form, choices)[1],
        )

    def _page(
        self,
        form: GroupedForm,
        choices: Choices,
        refused: Refused | None = None,
        status: int = 200,
    ) -> Any:
        ready = request.method == "POST" and not form.errors
        preview = self._preview(form, choices) if ready else None
        return self.page(
            "agenda/grouped.html",
            status,
            form=form,
            choices=choices,
            refusal=refused,
            preview=preview,
            standing=reading.means(db.session, current_actor().household_id),
            token=tokens.new_token(),
            texts=texts,
            recharge_url=top_up.url(preview.plan.missing_cents if preview else 0),
        )

    def _preview(self, form: GroupedForm, choices: Choices) -> Preview:
        actor = current_actor()
        pattern, days = self._days(form, choices)
        group = self._group(form, choices)
        plan = reservations.plan_group(db.session, actor.household_id, group, clock.now())
        cards = {child.id: child for child in choices.children if child.id in group.child_ids}
        rows = [
            row
            for row in queries.slot_rows(
                db.session, actor.household_id, cards, pattern.span.first, pattern.span.last
            )
            if row.slot.id in group.slot_ids
        ]

        def state(row: SlotRow) -> Any:
            return state_of(row, reading.viewer(cards[row.child_id], actor.household_id))

        lines = plan.adds or plan.removes
        months = grouped.calendars(
            pattern.span,
            rows,
            state,
            days,
            ((line.child_id, line.day) for line in lines),
            group.create,
        )
        return Preview(
            pattern, months, plan, len(cards), report.left_out(plan.left_out, choices.children)
        )


@dataclass(frozen=True)
class Preview:
    """What the page shows of a plan."""

    pattern: Pattern
    months: Sequence[grouped.GroupedMonth]
    plan: Any
    children: int
    left_out: Sequence[report.ChildLeftOut]

    @property
    def shown(self) -> list[str]:
        """Days that have a box, for the hidden field."""
        return [
            cell.day.isoformat()
            for month in self.months
            for week in month.weeks
            for cell in week
            if cell and cell.selectable
        ]

    @property
    def covered_now(self) -> int:
        """Cents of the plan that must be covered now: what lies inside the horizon (B6)."""
        return self.plan.available_cents - self.plan.available_after_cents  # type: ignore[no-any-return]

    @property
    def needs_file(self) -> bool:
        """Whether a yearly child file would let more be booked."""
        return any(one.reason is reservations.Refused.NO_FILE for one in self.plan.left_out)

    @property
    def lines(self) -> Sequence[Any]:
        return self.plan.adds or self.plan.removes  # type: ignore[no-any-return]

    @property
    def summary(self) -> str:
        """« 22 jours pour 2 enfants, 88 créneaux »."""
        if not self.lines:
            return gettext("No day to save with these choices.")
        return texts.planned(
            days=len({line.day for line in self.lines}),
            children=len({line.child_id for line in self.lines}),
            slots=len(self.lines),
        )


def _dates(values: Collection[str]) -> set[date]:
    """Days among ``values``; the form sends ISO days, anything else is dropped as not ours."""
    found = set()
    for value in values:
        try:
            found.add(day_from(value))
        except ValueError:
            continue
    return found
