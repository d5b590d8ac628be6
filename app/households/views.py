"""« Mon profil » and the ways into a household (A11, §3.8, §3.9)."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, request, url_for
from flask_babel import gettext as _
from flask_login import current_user

from app.accounts import limits
from app.core import clock, hooks, pages
from app.core.db import commit, db
from app.core.errors import NotFound
from app.core.views import PageView, current_actor, family_page, public_page
from app.households import queries, services
from app.households.errors import (
    AlreadyInHousehold,
    CodeRefused,
    TooManyInvitations,
)
from app.households.forms import ActionForm, CodeForm, InviteForm
from app.households.models import Adult
from app.households.services import year_files
from app.households.year_file_words import AUTHORISATIONS, MEALS


class ProfileView(PageView):
    """« /profil »: what the portal knows of the household."""

    route_base = "/profil"
    limits = limits.per_address("30/minute", "300/hour")

    @family_page("/")
    def index(self) -> Any:
        """Identity, addresses, members, contacts (A11)."""
        profile = _profile()
        return self.page(
            "households/profile.html",
            profile=profile,
            me=_my_adult(profile),
            cards=_cards(profile.household.id),
            documents=_documents(profile),
            readings=year_files.readings_of(db.session(), profile.household.id),
            files=year_files.years_closed(db.session(), profile.household.id),
        )

    @family_page("/dossiers-annuels/<int:child_id>")
    def year_files(self, child_id: int) -> Any:
        """What the household gave for a child, year by year, health included: it is its own."""
        session, household_id = db.session(), current_actor().household_id
        child = queries.child_for(session, household_id, child_id)
        found = year_files.files_of(session, household_id, child.id)
        return self.page(
            "households/year_files.html",
            child=child,
            files=[(one, year_files.own_health(one)) for one in found],
            meals=MEALS,
            authorisations=AUTHORISATIONS,
        )

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


def _documents(profile: queries.Profile) -> list[Any]:
    states = [
        handler(db.session(), profile.household.id, profile.children)
        for handler in hooks.document_states
    ]
    return [line for lines in states for line in lines]


def _cards(household_id: int) -> list[Any]:
    cards = [handler(db.session(), household_id) for handler in hooks.profile_cards]
    return [card for card in cards if card is not None]
