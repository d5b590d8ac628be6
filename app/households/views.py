"""« Mon profil » and the ways into a household (A11, §3.8, §3.9)."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, request, url_for
from flask_babel import gettext as _
from flask_login import current_user
from sqlalchemy.orm import Session
from wtforms import SelectChoice

from app.accounts import limits
from app.accounts import services as accounts
from app.core import clock, hooks, pages
from app.core.db import commit, db
from app.core.errors import NotFound
from app.core.views import PageView, current_actor, family_page, public_page
from app.households import queries, services
from app.households.asked import Address, Asked
from app.households.errors import (
    AlreadyDecided,
    AlreadyInHousehold,
    BornLater,
    CodeRefused,
    TooManyInvitations,
)
from app.households.forms import ActionForm, CodeForm, InviteForm, ProfileForm
from app.households.models import Adult
from app.households.services import year_files


class ProfileView(PageView):
    """« /profil »: what the portal knows of the household."""

    route_base = "/profil"
    limits = limits.per_address("30/minute", "300/hour")

    @family_page("/")
    def index(self) -> Any:
        """Identity, addresses, members, contacts (A11)."""
        profile = _profile()
        waiting = Asked.from_json(profile.waiting.asked) if profile.waiting else None
        return self.page(
            "households/profile.html",
            profile=profile,
            me=_my_adult(profile),
            asked=waiting,
            names=member_names(profile),
            documents=_documents(profile.household.id),
            readings=year_files.readings_of(db.session(), profile.household.id),
        )

    @family_page("/mettre-a-jour", methods=["GET", "POST"])
    def update(self) -> Any:
        """« Mettre à jour » … « Enregistrer la demande »."""
        profile = _profile()
        me = _my_adult(profile)
        form = _profile_form(profile, me)
        if request.method == "POST" and _adds_a_row(form):
            return self._update_page(form, profile)
        if not form.validate_on_submit():
            return self._update_page(form, profile, 400 if form.errors else 200)
        try:
            said = _save_profile(db.session(), form, profile, me)
        except BornLater as error:
            db.session.rollback()
            pages.attach(form, None, error)
            return self._update_page(form, _profile(), error.status)
        commit(db.session())
        for sentence in said:
            flash(sentence, "success")
        return redirect(url_for("ProfileView.index"))

    def _update_page(self, form: ProfileForm, profile: queries.Profile, status: int = 200) -> Any:
        return self.page("households/profile_edit.html", status, form=form, profile=profile)

    @family_page("/demande/<int:change_id>/annuler", methods=["POST"])
    def cancel_change(self, change_id: int) -> Any:
        """Take back what waits for an agent."""
        actor = current_actor()
        try:
            services.cancel_profile_change(
                db.session(), actor, actor.household_id, change_id, now=clock.now()
            )
        except AlreadyDecided as error:
            db.session.rollback()
            pages.flash_refusal(error)
        else:
            commit(db.session())
            flash(_("Your request is cancelled."), "success")
        return redirect(url_for("ProfileView.index"))

    @family_page("/inviter", methods=["GET", "POST"])
    def invite(self) -> Any:
        """Invite a second adult by e-mail."""
        form = InviteForm()
        if not form.validate_on_submit():
            return self.page("households/invite.html", 400 if form.errors else 200, form=form)
        actor = current_actor()
        try:
            services.invite_adult(
                db.session(), actor, actor.household_id, form.email.data, now=clock.now()
            )
        except TooManyInvitations as error:
            db.session.rollback()
            pages.attach(form, "email", error)
            return self.page("households/invite.html", error.status, form=form)
        commit(db.session())
        flash(_("The invitation is on its way to %(email)s.", email=form.email.data), "success")
        return redirect(url_for("ProfileView.index"))

    @family_page("/invitation/<int:invitation_id>/annuler", methods=["POST"])
    def cancel_invitation(self, invitation_id: int) -> Any:
        """The link sent stops working."""
        actor = current_actor()
        services.cancel_invitation(
            db.session(), actor, actor.household_id, invitation_id, now=clock.now()
        )
        commit(db.session())
        flash(_("The invitation is cancelled."), "success")
        return redirect(url_for("ProfileView.index"))

    @family_page("/code-famille", methods=["GET", "POST"])
    def family_code(self) -> Any:
        """Join the household of a « code famille » with an account that exists."""
        form = CodeForm()
        if not form.validate_on_submit():
            return self.page("households/code.html", 400 if form.errors else 200, form=form)
        try:
            services.use_family_code(db.session(), _account(), form.code.data)
        except (CodeRefused, AlreadyInHousehold) as error:
            db.session.rollback()
            pages.attach(form, "code", error)
            return self.page("households/code.html", error.status, form=form)
        commit(db.session())
        flash(_("Your account is now linked to your household."), "success")
        return redirect(url_for("ProfileView.index"))


class InvitationView(PageView):
    """« /invitation/… »: the link that a second adult received."""

    route_base = "/invitation"

    @public_page("/<token>", methods=["GET", "POST"])
    def index(self, token: str) -> Any:
        """Opening the link changes nothing; the button does, once logged in."""
        session = db.session()
        invitation = services.open_invitation(session, token, now=clock.now())
        profile = queries.profile(session, invitation.household_id, clock.now())
        inviter = profile.adult_with(invitation.invited_by)
        context = {
            "invitation": invitation,
            "inviter": inviter,
            "register_url": url_for("RegistrationView.create", invitation=token),
            "login_url": url_for("SignInView.login", next=request.path),
        }
        form = ActionForm()
        if not (current_user.is_authenticated and form.validate_on_submit()):
            return self.page("households/invitation.html", form=form, **context)
        try:
            services.accept_invitation(session, _account(), token)
        except AlreadyInHousehold as error:
            session.rollback()
            pages.flash_refusal(error)
            return redirect(url_for("InvitationView.index", token=token))
        commit(session)
        flash(_("You are now a member of the household."), "success")
        return redirect(url_for("ProfileView.index"))


def _account() -> Any:
    """The account of this request; staff have no household to join or leave."""
    account = current_user._get_current_object()
    if account.household_id is None:
        raise NotFound
    return account


def _profile() -> queries.Profile:
    return queries.profile(db.session(), current_actor().household_id, clock.now())


def _my_adult(profile: queries.Profile) -> Adult:
    me = profile.adult_with(current_actor().account_id)
    if me is None:
        raise NotFound
    return me


def member_names(profile: queries.Profile) -> dict[str, dict[int, str]]:
    """First names of the members that a request may name."""
    return {
        "children": {child.id: child.first_name for child in profile.children},
        "adults": {adult.id: adult.first_name for adult in profile.adults},
    }


def _documents(household_id: int) -> list[Any]:
    states = [handler(db.session(), household_id) for handler in hooks.document_states]
    return [line for lines in states for line in lines]


def _profile_form(profile: queries.Profile, me: Adult) -> ProfileForm:
    """The form, filled in with the household as it is and what already waits."""
    asked = Asked.from_json(profile.waiting.asked) if profile.waiting else Asked()
    address = asked.address or Address(*_address(profile))
    form = ProfileForm(
        data={
            "mobile_phone": me.mobile_phone,
            "home_phone": me.home_phone,
            "work_phone": me.work_phone,
            "email": me.email,
            **address._asdict(),
            "children": [child._asdict() for child in asked.children],
            "adults": [adult._asdict() for adult in asked.adults],
            "leaving_children": asked.leaving_children,
            "leaving_adults": asked.leaving_adults,
            "comment": asked.comment,
        }
    )
    form.leaving_children.choices = [
        SelectChoice(child.id, f"{child.first_name} {child.last_name}")
        for child in profile.children
    ]
    form.leaving_adults.choices = [
        SelectChoice(adult.id, str(adult)) for adult in profile.adults if adult.account_id is None
    ]
    return form


def _address(profile: queries.Profile) -> tuple[str, str, str]:
    household = profile.household
    return household.street, household.postcode, household.city


def _adds_a_row(form: ProfileForm) -> bool:
    """« Ajouter un enfant », « Ajouter un adulte »: one more row, nothing is saved."""
    asked = request.form.get("add", "")
    if asked not in {"children", "adults"}:
        return False
    rows = form[asked]
    if len(rows) < (rows.max_entries or 0):
        rows.append_entry()
    return True


def _save_profile(
    session: Session, form: ProfileForm, profile: queries.Profile, me: Adult
) -> list[str]:
    """Contacts at once, the rest to an agent; what to tell the parent."""
    actor = current_actor()
    said = [_("Your contact details are saved.")]
    services.set_contacts(session, actor, actor.household_id, me.id, form.contacts())
    said += _ask_email(session, form, me)
    asked = form.asked(Address(*_address(profile)))
    before = profile.waiting.asked if profile.waiting else {}
    services.ask_profile_change(session, actor, actor.household_id, asked, now=clock.now())
    if asked and asked.as_json() != before:
        said.append(_("Your request is sent to the service, which will answer you."))
    if before and not asked:
        said.append(_("Your request is cancelled."))
    return said


def _ask_email(session: Session, form: ProfileForm, me: Adult) -> list[str]:
    """A changed e-mail is confirmed by a link sent to the new address (A11)."""
    address = form.email.data.lower()
    if address == me.email.lower():
        return []
    accounts.ask_email_change(session, me.account_id or 0, address, clock.now())
    return [_("Open the link sent to %(email)s to confirm it.", email=address)]
