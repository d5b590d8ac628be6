"""Agents' pages of a household: what is known of it, and the verbs that change it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Response, current_app, flash, redirect, request, url_for
from flask_babel import gettext as _
from sqlalchemy.orm import Session
from wtforms import SelectChoice

from app.core import clock, hooks, pages
from app.core.admin_fields import row_number
from app.core.db import commit, db
from app.core.errors import Refusal
from app.core.pdf import render_pdf
from app.core.views import PageView, agent_page, current_actor
from app.households import desk, queries, services
from app.households.forms import (
    AdultForm,
    ChildForm,
    HouseholdForm,
    QuotientForm,
    ResidenceForm,
    TieForm,
)
from app.households.models import Household

Verb = Callable[[Session], str | None]
"""Does the thing and returns the sentence to show."""


class DeskView(PageView):
    """A page of agents whose form runs one verb."""

    def run(
        self, form: Any, verb: Verb, *, title: str, back: str, submit: str = "", **more: Any
    ) -> Any:
        """Show ``form``; once filled in, run ``verb``, commit and go ``back``.

        A refusal is said in the form, which keeps what was typed; what is not there is a 404.
        """
        shown = {"form": form, "title": title, "back": back, "submit": submit or _("Save"), **more}
        if not form.validate_on_submit():
            return self.page("households/desk_form.html", 400 if form.errors else 200, **shown)
        try:
            said = verb(db.session())
        except Refusal as error:
            db.session.rollback()
            if error.status == 404:
                raise
            pages.attach(form, None, error)
            return self.page("households/desk_form.html", error.status, **shown)
        commit(db.session())
        if said:
            flash(said, "success")
        return redirect(back)

    def do(self, verb: Verb, back: str) -> Any:
        """Run ``verb`` for a button without form; a refusal is said on the next page."""
        try:
            said = verb(db.session())
        except Refusal as error:
            db.session.rollback()
            if error.status == 404:
                raise
            pages.flash_refusal(error)
        else:
            commit(db.session())
            flash(said or _("Saved."), "success")
        return redirect(back)


class HouseholdDesk(DeskView):
    """« /agents/foyers/… »"""

    route_base = "/agents/foyers"
    default_view = "show"

    @agent_page("/<int:household_id>")
    def show(self, household_id: int) -> Any:
        """Members, children with their ties, dated facts, what waits, the journal."""
        file = desk.household_file(db.session(), household_id, clock.now())
        panels = [panel(db.session(), household_id) for panel in hooks.household_panels]
        return self.page(
            "households/desk_household.html",
            file=file,
            panels=[panel for panel in panels if panel],
            state=lambda tie: desk.tie_state(tie, clock.today()),
            schooling=desk.schooling_now,
            journal_word=desk.journal_word,
            may_change=_may_change(),
        )

    @agent_page("/<int:household_id>/modifier", methods=["GET", "POST"], right="change")
    def edit(self, household_id: int) -> Any:
        """Name and address for letters."""
        form = HouseholdForm(obj=_household(household_id))
        return self.run(
            form,
            lambda session: _saved(
                services.correct_household(session, current_actor(), household_id, **_typed(form))
            ),
            title=_("Name and address"),
            back=_url(household_id),
        )

    @agent_page("/<int:household_id>/titulaire", methods=["POST"], right="change")
    def holder(self, household_id: int) -> Any:
        """Choose the account holder."""
        account_id = request.form.get("account_id", 0, type=row_number)
        return self.do(
            lambda session: _saved(
                services.set_holder(session, current_actor(), household_id, account_id)
            ),
            _url(household_id),
        )

    @agent_page("/<int:household_id>/couverture", methods=["POST"], right="change")
    def cover(self, household_id: int) -> Any:
        """Exempt from the cover of bookings, or submit to it again."""
        exempt = request.form.get("exempt") == "1"
        return self.do(
            lambda session: _saved(
                services.set_cover_exemption(session, current_actor(), household_id, exempt)
            ),
            _url(household_id),
        )

    @agent_page("/<int:household_id>/quotient", methods=["GET", "POST"], right="change")
    def quotient(self, household_id: int) -> Any:
        """Record a quotient familial from a day on."""
        form = QuotientForm(data={"valid_from": clock.today()})
        return self.run(
            form,
            lambda session: _saved(
                services.record_quotient(
                    session, current_actor(), household_id, **_typed(form), now=clock.now()
                )
            ),
            title=_("Record a quotient"),
            back=_url(household_id),
            lead=_("Bookings not charged yet are priced again, and the family is told."),
        )

    @agent_page("/<int:household_id>/residence", methods=["GET", "POST"], right="change")
    def residence(self, household_id: int) -> Any:
        """Record the residence from a day on."""
        form = ResidenceForm(data={"valid_from": clock.today()})
        return self.run(
            form,
            lambda session: _saved(
                services.record_residence(
                    session,
                    current_actor(),
                    household_id,
                    form.is_resident.data == "yes",
                    form.valid_from.data,
                    now=clock.now(),
                )
            ),
            title=_("Record the residence"),
            back=_url(household_id),
            lead=_("Bookings not charged yet are priced again, and the family is told."),
        )

    @agent_page("/<int:household_id>/adultes/nouveau", methods=["GET", "POST"], right="change")
    def add_adult(self, household_id: int) -> Any:
        """An adult without account."""
        form = AdultForm()
        return self.run(
            form,
            lambda session: _saved(
                services.add_adult(
                    session,
                    current_actor(),
                    household_id,
                    first_name=form.first_name.data,
                    last_name=form.last_name.data,
                    contacts=form.contacts(),
                )
            ),
            title=_("Add an adult"),
            back=_url(household_id),
        )

    @agent_page(
        "/<int:household_id>/adultes/<int:adult_id>/modifier",
        methods=["GET", "POST"],
        right="change",
    )
    def edit_adult(self, household_id: int, adult_id: int) -> Any:
        """Name and contacts of an adult."""
        adult = services.adult_of(db.session(), household_id, adult_id)
        form = AdultForm(obj=adult)
        if adult.account_id is not None:
            del form.email
        return self.run(
            form,
            lambda session: _saved(
                services.correct_adult(
                    session,
                    current_actor(),
                    household_id,
                    adult_id,
                    first_name=form.first_name.data,
                    last_name=form.last_name.data,
                    contacts=form.contacts(),
                )
            ),
            title=str(adult),
            back=_url(household_id),
        )

    @agent_page(
        "/<int:household_id>/adultes/<int:adult_id>/retirer", methods=["POST"], right="change"
    )
    def remove_adult(self, household_id: int, adult_id: int) -> Any:
        """An adult without account is no member any more."""
        return self.do(
            lambda session: _saved(
                services.remove_adult(session, current_actor(), household_id, adult_id)
            ),
            _url(household_id),
        )

    @agent_page("/<int:household_id>/enfants/nouveau", methods=["GET", "POST"], right="change")
    def add_child(self, household_id: int) -> Any:
        """A new child; who is known already is proposed first, so that it is not made twice."""
        form = ChildForm()
        known = _known_children(form)
        if known and not request.form.get("sure"):
            return self.page(
                "households/desk_known_child.html", form=form, known=known, back=_url(household_id)
            )
        return self.run(
            form,
            lambda session: _saved(
                services.add_child(session, current_actor(), household_id, **_typed(form))
            ),
            title=_("Add a child"),
            back=_url(household_id),
        )

    @agent_page("/<int:household_id>/rattacher", methods=["GET", "POST"], right="change")
    def tie(self, household_id: int) -> Any:
        """Tie a child who is known already, of separated parents mostly (A12)."""
        words = request.values.get("q", "")
        found = desk.find_children(db.session(), words)
        form = TieForm(data={"starts_on": clock.today()} if request.method == "GET" else None)
        form.child_id.choices = [SelectChoice(child.id, _described(child)) for child in found]
        return self.run(
            form,
            lambda session: _saved(
                services.tie_child(
                    session,
                    current_actor(),
                    form.child_id.data,
                    household_id,
                    starts_on=form.starts_on.data,
                    **form.rights(),
                )
            ),
            title=_("Tie a child"),
            back=_url(household_id),
            submit=_("Tie to this household"),
            search=words,
            nothing=not found,
        )

    @agent_page("/<int:household_id>/code", methods=["POST"], right="change")
    def family_code(self, household_id: int) -> Any:
        """Make a « code famille » and show it, once (§3.9)."""
        code = services.make_family_code(db.session(), current_actor(), household_id)
        commit(db.session())
        return self._code_page(household_id, code)

    @agent_page("/<int:household_id>/code/envoyer", methods=["POST"], right="change")
    def send_family_code(self, household_id: int) -> Any:
        """E-mail the code that the page shows."""
        code, adult_id = (
            request.form.get("code", ""),
            request.form.get("adult_id", 0, type=row_number),
        )
        email = services.send_family_code(
            db.session(), current_actor(), household_id, code, adult_id
        )
        commit(db.session())
        flash(_("The code is on its way to %(email)s.", email=email), "success")
        return self._code_page(household_id, code)

    @agent_page("/<int:household_id>/code/lettre", methods=["POST"], right="change")
    def family_code_letter(self, household_id: int) -> Any:
        """The letter to print, with the code that the page shows."""
        code = request.form.get("code", "")
        household = services.household_with_code(db.session(), household_id, code)
        letter = render_pdf(
            "households/family_code_letter.html",
            household=household,
            code=code,
            number=household.number,
            date=pages.dates.day(clock.today()),
        )
        return Response(
            letter,
            mimetype="application/pdf",
            headers={
                "Content-Disposition": f'attachment; filename="code-famille-{household.number}.pdf"'
            },
        )

    def _code_page(self, household_id: int, code: str) -> Any:
        household = _household(household_id)
        adults = [one for one in queries.adults_of(db.session(), household_id) if one.email]
        return self.page(
            "households/desk_family_code.html", household=household, adults=adults, code=code
        )


def _may_change() -> bool:
    """The régisseur reads the page; its verbs are for agents."""
    return bool(current_app.appbuilder.sm.has_access("can_change", HouseholdDesk.__name__))  # type: ignore[attr-defined]


def _typed(form: Any) -> dict[str, Any]:
    """The values of a form, its token aside."""
    return {name: value for name, value in form.data.items() if name != "csrf_token"}


def _saved(_result: object) -> str:
    return _("Saved.")


def _household(household_id: int) -> Household:
    return queries.household(db.session(), household_id)


def _url(household_id: int) -> str:
    return url_for("HouseholdDesk.show", household_id=household_id)


def _described(child: Any) -> str:
    homes = ", ".join(tie.household.name for tie in child.guardianships)
    return _(
        "%(name)s, born on %(day)s (households: %(homes)s)",
        name=str(child),
        day=pages.dates.day(child.born_on),
        homes=homes or "–",
    )


def _known_children(form: ChildForm) -> list[Any]:
    if request.method != "POST" or not form.validate():
        return []
    return queries.same_children(
        db.session(), form.first_name.data, form.last_name.data, form.born_on.data
    )
