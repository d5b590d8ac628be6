"""Why an account cannot be made, opened or changed. No text says whether an account exists (A5)."""

from __future__ import annotations

from app.core.errors import Refusal
from app.core.text import N_


class BadCredentials(Refusal):
    """Unknown name, wrong password or inactive account: one text for all."""

    status = 400
    text = N_("The username or the password is not right.")


class Blocked(Refusal):
    """Too many wrong passwords for this name, known or not (A8)."""

    status = 400
    text = N_("After several wrong passwords, this account is blocked until %(until)s.")


class WeakPassword(Refusal):
    """Base of the reasons to refuse a new password (A6)."""

    status = 400
    text = N_("Choose another password.")


class TooShort(WeakPassword):
    """Fewer characters than the setting asks."""

    text = N_("The password must have at least %(minimum)s characters.")


class TooLong(WeakPassword):
    """Longer than what is worth hashing."""

    text = N_("The password must have at most %(maximum)s characters.")


class TooSimple(WeakPassword):
    """Lacks a kind of character."""

    text = N_("The password must hold an upper-case letter, a lower-case letter and a digit.")


class TooCommon(WeakPassword):
    """On the list of passwords that everybody tries first."""

    text = N_("This password is among the most used, so the first to be tried. Choose another one.")


class HoldsName(WeakPassword):
    """Contains the username or the person's name."""

    text = N_("The password must hold neither your username nor your name.")


class BadUsername(Refusal):
    """Not a username."""

    status = 400
    text = N_(
        "A username has 3 to 64 characters: letters without accent, digits, dot, dash and underscore."
    )


class UsernameTaken(Refusal):
    """Said only once signed in, or on the activation page (A4, A5)."""

    text = N_("This username is already taken. Choose another one.")


class WrongPassword(Refusal):
    """The current password asked before a change is wrong."""

    status = 400
    text = N_("The current password is not right.")


class LinkDead(Refusal):
    """Expired, used, replaced or unknown: one text for all."""

    status = 410
    text = N_("This link no longer works.")


class AlreadyActive(Refusal):
    """This registration was activated before."""

    text = N_("This account is already active. You can log in.")


class AccountExists(Refusal):
    """Said to administrators only."""

    text = N_("An account already has this username or this e-mail address.")


class BadRoles(Refusal):
    """Not roles of the staff."""

    status = 400
    text = N_("Choose at least one role; “Santé” is added to another one.")


class NotYourself(Refusal):
    """An administrator would shut the door behind them."""

    text = N_("You cannot do this to your own account.")


class StillActive(Refusal):
    """Only a deactivated account is pseudonymised."""

    text = N_("Deactivate this account first.")


class Pseudonymised(Refusal):
    """Nobody is behind this account any more."""

    text = N_("This account was pseudonymised: it cannot be opened again.")
