"""The pages of « Gérer les personnes autorisées à récupérer mon enfant » (D6), in the steps of the FAQ."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import RadioField

from app.core import clock, pages
from app.core.admin_fields import row_number
from app.core.db import commit, db
from app.core.views import PageView, current_actor, family_page
from app.households import queries
from app.households.errors import AlreadyAllowed
from app.households.forms import ActionForm, mandatory, phone, text
from app.households.models import Child, PickupPerson
from app.households.services import pickup
from app.procedures.pickup import ALLOW, CODE, REMOVE, answers_of
from app.requests import services


class NewPersonForm(FlaskForm):  # type: ignore[misc]
    """« Nouvelle »."""

    last_name = text(_l("Last name"), 64, mandatory())
    first_name = text(_l("First name"), 64, mandatory())
    phone = phone(_l("Telephone"), mandatory())
    relation = text(_l("Relation to the child"), 60)


class KnownPersonForm(FlaskForm):  # type: ignore[misc]
    """« Existante dans le compte »; the choices are the household's."""

    person = RadioField(_l("Which person?"), [mandatory()], coerce=int)


class PickupView(PageView):
    """« /demarches/personnes-autorisees/ »."""

    route_base = "/demarches/personnes-autorisees"

    @family_page("/")
    def index(self) -> Any:
        """Choose the child, « Suivant »."""
        children = queries.children_of(db.session(), current_actor().household_id, clock.today())
        chosen = request.args.get("enfant", type=row_number)
        if chosen is not None:
            return redirect(url_for("PickupView.show", child_id=chosen))
        return self.page("procedures/pickup_child.html", children=children)

    @family_page("/<int:child_id>")
    def show(self, child_id: int) -> Any:
        """Whom this household allows, with the red cross of the column « Action »."""
        child = _child(child_id)
        rights = pickup.rights_of(db.session(), current_actor().household_id, child_id)
        return self.page("procedures/pickup_list.html", child=child, rights=rights)

    @family_page("/<int:child_id>/nouvelle", methods=["GET", "POST"])
    def add_new(self, child_id: int) -> Any:
        """« Ajouter une nouvelle personne », « Nouvelle »."""
        child, form = _child(child_id), NewPersonForm()
        if not form.validate_on_submit():
            return self._form_page(form, child, known=False)
        person = pickup.NewPerson(
            form.first_name.data, form.last_name.data, form.phone.data, form.relation.data
        )
        return _allow(child_id, person)

    @family_page("/<int:child_id>/existante", methods=["GET", "POST"])
    def add_known(self, child_id: int) -> Any:
        """« Ajouter une nouvelle personne », « Existante dans le compte »."""
        session, actor, child = db.session(), current_actor(), _child(child_id)
        form = KnownPersonForm()
        known = pickup.others_known(session, actor.household_id, child_id)
        form.person.choices = [(one.id, f"{one} ({one.phone})") for one in known]
        if not form.validate_on_submit():
            return self._form_page(form, child, known=True)
        chosen = next(one for one in known if one.id == form.person.data)
        return _allow(child_id, chosen)

    def _form_page(self, form: FlaskForm, child: Child, *, known: bool) -> Any:
        status = 400 if form.errors else 200
        return self.page("procedures/pickup_add.html", status, form=form, child=child, known=known)

    @family_page("/<int:child_id>/<int:right_id>/retirer", methods=["GET", "POST"])
    def remove(self, child_id: int, right_id: int) -> Any:
        """The red cross: asked once, then done at once."""
        session, actor, form = db.session(), current_actor(), ActionForm()
        right = pickup.right_for(session, actor.household_id, child_id, right_id, clock.today())
        if not form.validate_on_submit():
            return self.page("procedures/pickup_remove.html", form=form, right=right)
        if right.ended_at is None:
            _ask(answers_of(child_id, REMOVE, right.person))
        return _done(child_id, _("The person is no longer allowed."))


def _child(child_id: int) -> Child:
    return queries.child_for(db.session(), current_actor().household_id, child_id)


def _ask(answers: dict[str, Any]) -> None:
    """The request that closes itself: what it changes holds from now on."""
    services.ask_whole(db.session(), current_actor(), CODE, answers, now=clock.now())


def _allow(child_id: int, person: pickup.NewPerson | PickupPerson) -> Any:
    try:
        _ask(answers_of(child_id, ALLOW, person))
    except AlreadyAllowed as error:
        db.session.rollback()
        pages.flash_refusal(error)
        return redirect(url_for("PickupView.show", child_id=child_id))
    return _done(child_id, _("The person is allowed from now on."))


def _done(child_id: int, said: str) -> Any:
    commit(db.session())
    flash(said, "success")
    return redirect(url_for("PickupView.show", child_id=child_id))
