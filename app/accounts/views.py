"""Pages of accounts: signing in, creating an account, lost passwords, options."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from flask import current_app, flash, g, redirect, request, session, url_for
from flask_babel import gettext
from flask_login import current_user, login_user, logout_user
from sqlalchemy.orm import Session
from werkzeug.exceptions import HTTPException

from app.accounts import errors, forms, limits, passwords, rules, services
from app.accounts.models import Account
from app.accounts.services.links import names_of
from app.core import clock, settings
from app.core.actor import NO_HOUSEHOLD
from app.core.db import commit, db
from app.core.errors import Refusal
from app.core.refusals import attach, sentence
from app.core.views import PageView, current_actor, public_page
from app.core.views import agent_page as account_page  # for whoever has « can_use », families too

SAME_TIME = 0.3
"""Seconds that asking for an e-mail takes, whether one is written or not."""


class SignInView(PageView):
    """« Connexion » and « Se déconnecter »."""

    route_base = ""
    limits = limits.sign_in_limits()

    @public_page("/login/", methods=("GET", "POST"))
    def login(self) -> Any:
        """Ask for the identifiant or e-mail and the password (A7, A8)."""
        if current_user.is_authenticated and request.method == "GET":
            return redirect(_next_page())
        if request.args.get("next"):
            session.pop("_flashes", None)  # the page asks to sign in, in its own words
        form, error = forms.SignInForm(), None
        if form.validate_on_submit():
            try:
                enter(_signed_in(form.username.data, form.password.data))
                return redirect(_next_page())
            except (errors.BadCredentials, errors.Blocked) as refused:
                limits.note_failure()
                attach(form, None, refused)
                error = refused
        return self.page(
            "accounts/login.html",
            _status(form),
            form=form,
            blocked=isinstance(error, errors.Blocked),
            asked=bool(request.args.get("next")),
        )

    @public_page("/logout/", methods=("POST",))
    def logout(self) -> Any:
        """End every session of the account, this one included."""
        if current_user.is_authenticated:
            web = db.session()
            services.sign_out(web, current_user.id)
            commit(web)
        logout_user()
        session.clear()
        flash(gettext("You are logged out."), "success")
        return redirect("/")


class RegistrationView(PageView):
    """« Mon compte »: the creation form, and the activation page behind the link (A3, A4)."""

    route_base = "/compte"
    limits = limits.per_address("20/minute", "100/hour")

    @public_page("/creer", methods=("GET", "POST"))
    def create(self) -> Any:
        """The creation form; the same answer whether the e-mail is known or not (A5)."""
        form = forms.RegistrationForm()
        form.minimum = _minimum()
        if request.method == "GET":
            form.family_code.data = request.args.get("code", "")
        if form.validate_on_submit():
            with same_time():
                _register(form)
            return redirect(url_for("RegistrationView.sent"))
        return self.page("accounts/register.html", _status(form), form=form, minimum=form.minimum)

    @public_page("/envoye")
    def sent(self) -> Any:
        """An e-mail is on its way."""
        return self.page("accounts/registered.html", hours=rules.ACTIVATION_HOURS)

    @public_page("/activation/<token>", methods=("GET", "POST"))
    def activate(self, token: str) -> Any:
        """Opening the link changes nothing; identifiant and password activate and sign in (A4)."""
        try:
            return self._activation(token)
        except errors.AlreadyActive as error:
            flash(sentence(error), "info")
            return redirect(url_for("SignInView.login"))
        except errors.LinkDead:
            return self.page("accounts/activation_dead.html", 410)

    def _activation(self, token: str) -> Any:
        pending, form = _read(services.pending_of, token), forms.ActivationForm()
        if form.validate_on_submit():
            try:
                enter(_activated(token, pending, form))
                return redirect("/")
            except errors.UsernameTaken as error:
                attach(form, "username", error)
            except errors.BadCredentials as error:
                attach(form, None, error)
        return self.page("accounts/activate.html", _status(form), form=form, pending=pending)


class LostView(PageView):
    """« Mot de passe ou identifiant oublié », and the links sent (A9, A11)."""

    route_base = "/compte"
    limits = limits.per_address("10/minute", "60/hour")

    @public_page("/oubli")
    def index(self) -> Any:
        """The two choices."""
        return self.page("accounts/lost.html")

    @public_page("/oubli/identifiant", methods=("GET", "POST"))
    def identifier(self) -> Any:
        """« J'ai perdu mon identifiant »."""
        return self._asked("accounts/lost_identifier.html", services.lost_identifier)

    @public_page("/oubli/mot-de-passe", methods=("GET", "POST"))
    def password(self) -> Any:
        """« J'ai perdu mon mot de passe »."""
        return self._asked("accounts/lost_password.html", services.lost_password)

    @public_page("/oubli/envoye")
    def sent(self) -> Any:
        """The same answer whether the address is known or not."""
        return self.page("accounts/lost_sent.html")

    @public_page("/nouveau-mot-de-passe/<token>", methods=("GET", "POST"))
    def new_password(self, token: str) -> Any:
        """The page behind the link: once, for one hour (a week for an invitation)."""
        try:
            person = _read(services.person_of_link, token)
            form = forms.NewPassword()
            form.minimum, form.names = _minimum(), person.names
            if form.validate_on_submit():
                _reset(token, form.password.data)
                flash(gettext("Your new password is saved. You can log in."), "success")
                return redirect(url_for("SignInView.login"))
        except errors.LinkDead:
            return self.page("accounts/link_dead.html", 410)
        return self.page(
            "accounts/new_password.html",
            _status(form),
            form=form,
            person=person,
            minimum=form.minimum,
        )

    @public_page("/courriel/<token>", methods=("GET", "POST"))
    def email(self, token: str) -> Any:
        """The page behind the link sent to a new address; its button confirms (A11)."""
        form = forms.EmptyForm()
        if form.validate_on_submit():
            web = db.session()
            try:
                services.confirm_email_change(web, token, clock.now())
                commit(web)
            except errors.LinkDead:
                web.rollback()
                return self.page("accounts/link_dead.html", 410)
            flash(gettext("Your new e-mail address is confirmed."), "success")
            return redirect("/")
        return self.page("accounts/confirm_email.html", form=form)

    def _asked(self, template: str, service: Any) -> Any:
        form = forms.LostForm()
        if form.validate_on_submit():
            web = db.session()
            with same_time():
                service(web, form.email.data, clock.now())
                commit(web)
            return redirect(url_for("LostView.sent"))
        return self.page(template, _status(form), form=form)


class OptionsView(PageView):
    """« Mon profil » → « Options » (A10)."""

    route_base = "/profil/options"
    limits = limits.per_address("30/minute")

    @account_page("")
    def index(self) -> Any:
        """Password, identifiant, theme."""
        return self.page("accounts/options.html")

    @account_page("/mot-de-passe", methods=("GET", "POST"))
    def password(self) -> Any:
        """« Modifier mon mot de passe »: closes every other session."""
        form = forms.ChangePasswordForm()
        form.minimum, form.names = _minimum(), names_of(current_user)
        if form.validate_on_submit():
            try:
                enter(_password_changed(form))
                flash(
                    gettext("Your new password is saved. Your other sessions are closed."),
                    "success",
                )
                return redirect(url_for("OptionsView.index"))
            except errors.WrongPassword as error:
                attach(form, "current", error)
        return self.page(
            "accounts/change_password.html",
            _status(form),
            form=form,
            minimum=form.minimum,
        )

    @account_page("/identifiant", methods=("GET", "POST"))
    def username(self) -> Any:
        """« Modifier mon identifiant »: the only page that may say « déjà pris » (A5)."""
        form = forms.ChangeUsernameForm()
        current = current_user.username
        if form.validate_on_submit():
            web = db.session()
            try:
                services.change_username(web, current_user.id, form.username.data, clock.now())
                commit(web)
                flash(gettext("Your new username is saved."), "success")
                return redirect(url_for("OptionsView.index"))
            except errors.UsernameTaken as error:
                web.rollback()
                attach(form, "username", error)
        return self.page("accounts/change_username.html", _status(form), form=form, current=current)


# ---- Hashing between two transactions ------------------------------------------------------------


def enter(account: Account) -> None:
    """Open a fresh session for this account; nothing of the visitor's session is kept."""
    kept = session.get("locale")
    session.clear()
    if kept:
        session["locale"] = kept
    login_user(account)
    for name in ("actor", "rights", "shell"):
        g.pop(name, None)


def _signed_in(username: str, password: str) -> Account:
    web = db.session()
    candidate = services.find_candidate(web, username)
    web.rollback()  # nothing stays open during the hash
    is_right = passwords.is_right(candidate.kept, password)
    try:
        account = services.sign_in(web, candidate, is_right, clock.real_now())
    except (errors.BadCredentials, errors.Blocked):
        commit(web)
        raise
    commit(web)
    return account


def _register(form: Any) -> None:
    web = db.session()
    web.rollback()
    wish = services.Wish(
        username=form.username.data,
        email=form.email.data,
        password_hash=passwords.hashed(form.password.data),
        first_name=form.first_name.data,
        last_name=form.last_name.data,
        phone=form.phone.data,
        family_code=form.family_code.data or "",
        invitation=request.args.get("invitation", ""),
    )
    services.register(web, wish, clock.now())
    commit(web)


def _activated(token: str, pending: services.Activation, form: Any) -> Account:
    is_right = passwords.is_right(pending.kept, form.password.data)
    web = db.session()
    try:
        account = services.activate(web, token, form.username.data, is_right, clock.now())
    except errors.BadCredentials:
        commit(web)
        raise
    except Refusal:
        web.rollback()
        raise
    commit(web)
    return account


def _reset(token: str, password: str) -> None:
    web = db.session()
    web.rollback()
    kept = passwords.hashed(password)
    services.reset_password(web, token, kept, clock.now())
    commit(web)


def _password_changed(form: Any) -> Account:
    web = db.session()
    account_id, kept = current_user.id, current_user.password
    web.rollback()
    if not passwords.is_right(kept, form.current.data):
        raise errors.WrongPassword
    new = passwords.hashed(form.password.data)
    account = services.change_password(web, account_id, kept, new, clock.now())
    commit(web)
    return account


@contextmanager
def same_time() -> Iterator[None]:
    """An answer that does not come sooner when there is nothing to write (A5)."""
    start = time.perf_counter()
    yield
    time.sleep(max(0.0, SAME_TIME - (time.perf_counter() - start)))


def _read(reader: Any, token: str) -> Any:
    """What a link leads to; the transaction is closed, a hash may follow."""
    web: Session = db.session()
    try:
        return reader(web, token, clock.now())
    finally:
        web.rollback()


def _status(form: Any) -> int:
    """400 for a form that comes back (``errors`` does not hold those of the whole form)."""
    return 400 if form.is_submitted() else 200


def _minimum() -> int:
    return settings.get(db.session(), settings.PASSWORD_MIN_LENGTH)


# ---- Where to go ---------------------------------------------------------------------------------


def _next_page() -> str:
    """The page that was asked before signing in when it is ours and can be opened, else home."""
    path = rules.safe_path(request.args.get("next", ""), request.host)
    if path and _can_be_opened(path):
        return path
    return "/" if current_actor().household_id != NO_HOUSEHOLD else "/agents/"


def _can_be_opened(path: str) -> bool:
    """Whether a GET leads somewhere: the address of a form sent too late does not."""
    bare = path.split("?")[0].removeprefix(request.script_root)
    try:
        endpoint, _ = current_app.url_map.bind(request.host).match(bare, method="GET")
    except HTTPException:
        return False
    return endpoint not in {"SignInView.login", "SignInView.logout"}
