"""The editable profile (A11): « Mettre à jour » … « Enregistrer la demande »."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask import flash, redirect, request, url_for
from flask_babel import gettext as _
from sqlalchemy.orm import Session
from wtforms import SelectChoice

from app.accounts import limits
from app.accounts import services as accounts
from app.core import clock, dates, pages
from app.core.db import commit, db
from app.core.errors import NotFound, Refusal
from app.core.hooks import ProfileCard
from app.core.pages import PLACES
from app.core.views import PageView, current_actor, family_page
from app.households import queries, services
from app.households.asked import Address, Asked
from app.households.forms import ProfileForm
from app.households.models import Adult
from app.procedures.household_update import CODE, answers_of, asked_in
from app.requests import display, naming
from app.requests import queries as requests
from app.requests import services as engine
from app.requests.display import STATUS_TAGS
from app.requests.errors import Outdated
from app.requests.models import Request, Status


@dataclass(frozen=True)
class _Shown:
    """What the form starts from. ``living``: the request that an agent has not decided yet."""

    profile: queries.Profile
    me: Adult
    living: Request | None

    @property
    def locked(self) -> bool:
        """An agent has taken the request: address and members wait for the answer (D2)."""
        return self.living is not None and self.living.status is Status.PROCESSING

    @property
    def asked(self) -> Asked:
        return asked_in(self.living.answers) if self.living else Asked()

    @property
    def address(self) -> Address:
        home = self.profile.household
        return Address(home.street, home.postcode, home.city)


class HouseholdUpdateView(PageView):
    """« /profil/mettre-a-jour »: the page of the démarche « Mettre à jour mon foyer »."""

    route_base = "/profil"
    default_view = "update"
    limits = limits.per_address("30/minute", "300/hour")

    @family_page("/mettre-a-jour", methods=["GET", "POST"])
    def update(self) -> Any:
        """Contacts at once, the rest to an agent; a save is whole or not at all."""
        shown = _shown()
        form = _form(shown)
        if request.method == "POST" and _adds_a_row(form):
            return self._page(form, shown)
        if not form.validate_on_submit():
            return self._page(form, shown, 400 if form.errors else 200)
        try:
            said = _save(db.session(), form, shown)
        except NotFound:
            raise
        except Refusal as error:
            db.session.rollback()
            pages.attach(form, None, error)
            return self._page(form, _shown(), error.status)
        commit(db.session())
        for sentence in said:
            flash(sentence, "success")
        return redirect(url_for("ProfileView.index"))

    def _page(self, form: ProfileForm, shown: _Shown, status: int = 200) -> Any:
        return self.page("procedures/household_update.html", status, form=form, locked=shown.locked)


def _shown() -> _Shown:
    session, actor = db.session(), current_actor()
    profile = queries.profile(session, actor.household_id, clock.now())
    me = profile.adult_with(actor.account_id)
    if me is None:
        raise NotFound
    return _Shown(profile, me, requests.living(session, actor.household_id, CODE))


def _form(shown: _Shown) -> ProfileForm:
    """Filled in with the household as it is and what is already asked."""
    me, asked = shown.me, shown.asked
    form = ProfileForm(
        data={
            "edition": shown.living.edition if shown.living else None,
            "mobile_phone": me.mobile_phone,
            "home_phone": me.home_phone,
            "work_phone": me.work_phone,
            "email": me.email,
            **(asked.address or shown.address)._asdict(),
            "children": [child._asdict() for child in asked.children],
            "adults": [adult._asdict() for adult in asked.adults],
            "leaving_children": asked.leaving_children,
            "leaving_adults": asked.leaving_adults,
            "comment": asked.comment,
        }
    )
    form.leaving_children.choices = [
        SelectChoice(child.id, f"{child.first_name} {child.last_name}")
        for child in shown.profile.children
    ]
    form.leaving_adults.choices = [
        SelectChoice(adult.id, str(adult))
        for adult in shown.profile.adults
        if adult.account_id is None
    ]
    if shown.locked:
        form.keep_contacts_only()
    return form


def _adds_a_row(form: ProfileForm) -> bool:
    """« Ajouter un enfant », « Ajouter un adulte »: one more row, nothing is saved."""
    asked = request.form.get("add", "")
    if asked not in {"children", "adults"} or asked not in form:
        return False
    rows = form[asked]
    if len(rows) < (rows.max_entries or 0):
        rows.append_entry()
    return True


def _save(session: Session, form: ProfileForm, shown: _Shown) -> list[str]:
    """What to tell the parent. The request first: its lock comes before the others."""
    actor, me = current_actor(), shown.me
    said = []
    if not shown.locked:
        said = _ask(session, form.asked(shown.address), form.edition.data, shown.living)
    services.set_contacts(session, actor, actor.household_id, me.id, form.contacts())
    return [_("Your contact details are saved."), *_ask_email(session, form, me), *said]


def _ask(session: Session, asked: Asked, edition: int | None, living: Request | None) -> list[str]:
    """The request is begun, changed while it waits (D2), or cancelled when nothing is asked."""
    actor, now = current_actor(), clock.now()
    if asked == (asked_in(living.answers) if living else Asked()):
        return []
    if living is None and edition is None:
        made = engine.ask_whole(session, actor, CODE, answers_of(asked), now=now)
        return [_("Your request is saved under the number %(number)s.", number=made.number)]
    if living is None or living.edition != edition:
        raise Outdated
    if not asked:
        engine.cancel(session, actor, living.id, now=now)
        return [_("Your request is cancelled.")]
    engine.change_whole(session, actor, living.id, answers_of(asked), living.edition, now=now)
    return [_("Your request is changed.")]


def _ask_email(session: Session, form: ProfileForm, me: Adult) -> list[str]:
    """A changed e-mail is confirmed by a link sent to the new address (A11)."""
    address = form.email.data.lower()
    if address == me.email.lower():
        return []
    accounts.ask_email_change(session, me.account_id or 0, address, clock.now())
    return [_("Open the link sent to %(email)s to confirm it.", email=address)]


def waiting_card(session: Session, household_id: int) -> ProfileCard | None:
    """On « Mon profil »: what was asked and is not decided, in words."""
    living = requests.living(session, household_id, CODE)
    if living is None:
        return None
    definition = requests.definition_of(living)
    known, _files = naming.names_in(
        session, definition, living.answers, household_id=household_id, day=clock.today()
    )
    word, kind, icon = STATUS_TAGS[living.status]
    change = (_("Change the request"), PLACES["household_update"], "pencil")
    see = (_("See the request"), f"/demandes/demarche/{living.id}", "info-circle")
    return ProfileCard(
        title=_("Your request to the service"),
        tag=(_(word), kind, icon),
        lead=_(
            "Asked on %(day)s. The service answers you here and by e-mail.",
            day=dates.day(living.submitted_at or living.created_at),
        ),
        rows=[
            (line.label, line.text)
            for section in display.sections(definition, living.answers, known)
            for line in section.lines
        ],
        links=[change, see] if living.status is Status.PENDING else [see],
    )
