"""The shape of what is typed on the public pages and in the settings."""

from __future__ import annotations

from typing import Any

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import BooleanField, EmailField, RadioField, StringField, TelField, TextAreaField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import (
    DataRequired,
    Email,
    InputRequired,
    Length,
    NumberRange,
    Optional,
    Regexp,
    ValidationError,
)

from app.core import settings
from app.core.admin_fields import MoneyField, NoControlCharacters, WholeNumberField
from app.core.models import ServiceCode
from app.core.money import euros
from app.core.settings import Declared
from app.core.text import N_
from app.portal.services import Written

REQUIRED = _l("This field is mandatory.")
SUBJECTS = {
    ServiceCode.SCHOOL: N_("School matters"),
    ServiceCode.CARE: N_("Canteen and after-school care"),
    ServiceCode.CAMPS: N_("Holiday camps"),
}
"""The three subjects of the form (A2)."""


def _trim(value: str | None) -> str | None:
    return value.strip() if isinstance(value, str) else value


def _text(
    label: Any, longest: int, *more: Any, kind: Any = StringField, needed: bool = True
) -> Any:
    first = DataRequired(REQUIRED) if needed else Optional()
    rules = [first, Length(max=longest), NoControlCharacters(), *more]
    return kind(label, validators=rules, filters=[_trim])


class ContactForm(FlaskForm):  # type: ignore[misc]
    """« Nous contacter »: one of three subjects (A2)."""

    subject = RadioField(
        _l("Your message is about"),
        choices=[SelectChoice(code.value, _l(label)) for code, label in SUBJECTS.items()],
        validators=[InputRequired(_l("Choose what your message is about."))],
    )
    name = _text(_l("Your first and last name"), 120)
    email = _text(
        _l("Your e-mail"),
        254,
        Email(_l("Enter an e-mail address, for example name@example.com.")),
        kind=EmailField,
    )
    phone = _text(_l("Your telephone"), 30, kind=TelField, needed=False)
    body = _text(_l("Your message"), 5000, Length(min=2), kind=TextAreaField)

    def written(self) -> Written:
        """What the service needs of a valid form."""
        return Written(
            service=ServiceCode(self.subject.data),
            name=self.name.data,
            email=self.email.data.lower(),
            phone=self.phone.data or "",
            body=self.body.data,
        )


LINK = Regexp(
    r"https?://\S+$",
    message=_l("Enter a whole address, for example https://www.example.fr/rules.pdf."),
)
"""What a page may link: without « https:// » it would lead nowhere."""


def _settings_field(declared: Declared[Any]) -> Any:
    """A setting as a field of its type, with its limits."""
    label, hint = _l(declared.label), _l(declared.hint) if declared.hint else ""
    common = {"label": label, "description": hint}
    if declared.kind is bool:
        return BooleanField(**common)
    needed = Optional() if declared.optional else InputRequired(REQUIRED)
    if declared.kind is str:
        rules = [needed, Length(max=300), NoControlCharacters()]
        rules += [LINK] if declared.key.endswith("_url") else []
        return StringField(validators=rules, filters=[_trim], **common)
    limits = NumberRange(min=declared.minimum, max=declared.maximum)
    kind = MoneyField if declared.key.endswith("_cents") else WholeNumberField
    if kind is MoneyField:
        limits = EuroRange(declared.minimum, declared.maximum)
    return kind(validators=[needed, limits], **common)


class EuroRange:
    """An amount in cents within limits, said in euros."""

    def __init__(self, minimum: int | None, maximum: int | None) -> None:
        self.minimum, self.maximum = minimum, maximum

    def __call__(self, form: Any, field: Any) -> None:
        low = self.minimum is not None and field.data is not None and field.data < self.minimum
        high = self.maximum is not None and field.data is not None and field.data > self.maximum
        if low:
            raise ValidationError(_l("At least %(amount)s.", amount=euros(self.minimum or 0)))
        if high:
            raise ValidationError(_l("At most %(amount)s.", amount=euros(self.maximum or 0)))


SettingsForm = type(
    "SettingsForm",
    (FlaskForm,),
    {declared.key: _settings_field(declared) for declared in settings.ALL},
)
"""One field per declared setting, named by its key."""


def values_of(form: Any) -> dict[str, Any]:
    """The settings of a valid form; an empty optional number is None, an empty text is empty."""
    return {
        one.key: form[one.key].data or "" if one.kind is str else form[one.key].data
        for one in settings.ALL
    }
