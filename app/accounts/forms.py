"""The shape of what is typed on the pages of accounts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import BooleanField, EmailField, PasswordField, StringField, TelField
from wtforms.validators import (
    DataRequired,
    Email,
    EqualTo,
    InputRequired,
    Length,
    Optional,
    Regexp,
    StopValidation,
)

from app.accounts import errors, rules
from app.core.admin_fields import NoControlCharacters
from app.core.refusals import sentence

MANDATORY = _l("This field is mandatory.")
REQUIRED = InputRequired(MANDATORY)


def _trim(value: str | None) -> str | None:
    return value.strip() if isinstance(value, str) else value


def text_field(
    label: Any, longest: int, *more: Any, required: bool = True, kind: Any = StringField
) -> Any:
    """A line of text without spaces around."""
    first = DataRequired(MANDATORY) if required else Optional(strip_whitespace=True)
    rules_ = [first, Length(max=longest), NoControlCharacters(), *more]
    return kind(label, validators=rules_, filters=[_trim])


def email_field(label: Any) -> Any:
    """An e-mail address, in any case."""
    return text_field(
        label,
        254,
        Email(_l("Enter an e-mail address, for example name@example.com.")),
        kind=EmailField,
    )


def password_field(label: Any, *more: Any) -> Any:
    """A password; its spaces are kept."""
    return PasswordField(label, validators=[REQUIRED, Length(max=1000), *more])


class Username:
    """The same rule as the services, said beside the field."""

    def __call__(self, form: Any, field: Any) -> None:
        try:
            rules.check_username(field.data or "")
        except errors.BadUsername as error:
            raise StopValidation(sentence(error)) from error


class SignInForm(FlaskForm):  # type: ignore[misc]
    """« Connexion » (A7)."""

    username = text_field(_l("Username or e-mail"), 320)
    password = password_field(_l("Password"))


class NewPassword(FlaskForm):  # type: ignore[misc]
    """A new password typed twice; ``names`` and ``minimum`` are set by the page (A6)."""

    password = password_field(_l("New password"))
    again = password_field(
        _l("New password, again"), EqualTo("password", _l("The two passwords are not the same."))
    )
    minimum: int = 8
    names: Sequence[str] = ()

    def validate_password(self, field: Any) -> None:
        try:
            rules.check_password(field.data or "", [*self.names, *self.typed_names()], self.minimum)
        except errors.WeakPassword as error:
            raise StopValidation(sentence(error)) from error

    def typed_names(self) -> Sequence[str]:
        """Names that stand in the same form."""
        return ()


class RegistrationForm(NewPassword):
    """« Créer mon compte » (A3)."""

    username = text_field(_l("Username"), 64, Username())
    password = password_field(_l("Password"))
    again = password_field(
        _l("Password, again"), EqualTo("password", _l("The two passwords are not the same."))
    )
    first_name = text_field(_l("First name"), 64)
    last_name = text_field(_l("Last name"), 64)
    email = email_field(_l("E-mail"))
    phone = text_field(
        _l("Telephone"),
        30,
        Regexp(
            r"[+0-9][0-9 ().-]{5,28}",
            message=_l("Enter a telephone number, for example 06 12 34 56 78."),
        ),
        kind=TelField,
    )
    family_code = text_field(_l("Family code"), 30, required=False)
    terms = BooleanField(
        _l("I accept the general terms of use"),
        validators=[InputRequired(_l("The general terms must be accepted to create an account."))],
    )

    def typed_names(self) -> Sequence[str]:
        fields = (self.username, self.first_name, self.last_name, self.email)
        return [field.data or "" for field in fields]


class ActivationForm(FlaskForm):  # type: ignore[misc]
    """The identifiant and the password chosen, asked again (A4)."""

    username = text_field(_l("Username"), 64, Username())
    password = password_field(_l("Password"))


class LostForm(FlaskForm):  # type: ignore[misc]
    """The e-mail given when the account was created (A9)."""

    email = email_field(_l("E-mail"))


class ChangePasswordForm(NewPassword):
    """« Modifier mon mot de passe » (A10)."""

    current = password_field(_l("Current password"))


class ChangeUsernameForm(FlaskForm):  # type: ignore[misc]
    """« Modifier mon identifiant » (A10)."""

    username = text_field(_l("New username"), 64, Username())


class EmptyForm(FlaskForm):  # type: ignore[misc]
    """A button and its token."""
