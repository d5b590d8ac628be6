"""The shape of what families and agents type about households."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from wtforms import (
    BooleanField,
    FieldList,
    Form,
    FormField,
    IntegerField,
    RadioField,
    SelectChoice,
    SelectField,
    SelectMultipleField,
    StringField,
    TextAreaField,
)
from wtforms.validators import (
    Email,
    InputRequired,
    Length,
    NumberRange,
    Optional,
    Regexp,
    StopValidation,
)
from wtforms.widgets import CheckboxInput, HiddenInput, ListWidget

from app.core.admin_fields import DateField, NoControlCharacters
from app.households.asked import Address, Asked, NewAdult, NewChild
from app.households.services import Contacts
from app.households.services.facts import MAX_QUOTIENT

MOST_NEW_MEMBERS = 6


def stripped(value: str | None) -> str:
    """What was typed, without the spaces around."""
    return (value or "").strip()


def mandatory() -> InputRequired:
    """The field carries « * »."""
    return InputRequired(_("Fill in this field."))


def text(label: Any, longest: int, *more: Any, **options: Any) -> StringField:
    """One line of text, trimmed."""
    too_long = Length(max=longest, message=_("At most %(max)d characters."))
    rules = [*more, NoControlCharacters(), too_long]
    return StringField(label, rules, filters=[stripped], **options)


def paragraph(label: Any, longest: int) -> TextAreaField:
    """Several lines of text, trimmed, never mandatory."""
    too_long = Length(max=longest, message=_("At most %(max)d characters."))
    return TextAreaField(label, [NoControlCharacters(), too_long], filters=[stripped])


def phone(label: Any, *more: Any) -> StringField:
    """A telephone number, French or foreign; or nothing, unless ``more`` makes it mandatory."""
    looks_right = Regexp(
        r"\+?[0-9][0-9 .()-]{5,24}$",
        message=_("Enter a telephone number, for example 06 12 34 56 78."),
    )
    return text(label, 30, *(more or (Optional(),)), looks_right)


def email(label: Any, *more: Any) -> StringField:
    """An e-mail address."""
    looks_right = Email(_("Enter an e-mail address, for example name@example.fr."))
    return text(label, 254, *more, looks_right)


def born_on(*more: Any) -> DateField:
    """A date of birth; the service refuses the future."""
    return DateField(_("Date of birth"), [*more])


class Together:
    """The fields of a row are filled in together, or not at all."""

    def __call__(self, form: Form, field: Any) -> None:
        """Raise when this field is empty and another one is not."""
        typed = [bool(one.raw_data and stripped(one.raw_data[0])) for one in form]
        if not (field.raw_data and stripped(field.raw_data[0])):
            field.errors = []
            raise StopValidation(_("Fill in this field.") if any(typed) else "")


class ContactForm(FlaskForm):  # type: ignore[misc]
    """How to reach an adult; applies at once."""

    mobile_phone = phone(_("Mobile phone"))
    home_phone = phone(_("Home phone"))
    work_phone = phone(_("Work phone"))
    email = email(_("E-mail"), Optional())

    def contacts(self) -> Contacts:
        """What was typed."""
        return Contacts(
            mobile_phone=self.mobile_phone.data,
            home_phone=self.home_phone.data,
            work_phone=self.work_phone.data,
            email=self.email.data if "email" in self else "",
        )


class NewChildRow(Form):  # type: ignore[misc]
    """A child to add."""

    first_name = text(_("First name"), 64, Together())
    last_name = text(_("Last name"), 64, Together())
    born_on = born_on(Together())


class NewAdultRow(Form):  # type: ignore[misc]
    """An adult to add."""

    first_name = text(_("First name"), 64, Together())
    last_name = text(_("Last name"), 64, Together())


class Boxes(SelectMultipleField):  # type: ignore[misc]
    """Several boxes to tick."""

    widget = ListWidget(prefix_label=False)
    option_widget = CheckboxInput()


OF_THE_REQUEST = (
    "edition",
    "street",
    "postcode",
    "city",
    "children",
    "adults",
    "leaving_children",
    "leaving_adults",
    "comment",
)


class ProfileForm(ContactForm):
    """The editable profile (A11): own contacts at once, the rest goes to an agent."""

    edition = IntegerField(validators=[Optional()], widget=HiddenInput())
    email = email(_("E-mail"), mandatory())
    street = text(_("Number and street"), 200, mandatory())
    postcode = text(
        _("Postcode"),
        10,
        mandatory(),
        Regexp("[0-9A-Za-z -]{4,10}$", message=_("Enter a postcode.")),
    )
    city = text(_("Town"), 100, mandatory())
    children = FieldList(FormField(NewChildRow), max_entries=MOST_NEW_MEMBERS)
    adults = FieldList(FormField(NewAdultRow), max_entries=MOST_NEW_MEMBERS)
    leaving_children = Boxes(_("Children who no longer live here"), coerce=int)
    leaving_adults = Boxes(_("Adults who no longer live here"), coerce=int)
    comment = paragraph(_("Message for the service"), 1000)

    def keep_contacts_only(self) -> None:
        """An agent has taken what was asked: only the rest can be saved."""
        for name in OF_THE_REQUEST:
            del self[name]

    def asked(self, current: Address) -> Asked:
        """What goes to an agent: only what differs from the household as it is."""
        address = Address(self.street.data, self.postcode.data, self.city.data)
        return Asked(
            address=address if address != current else None,
            children=tuple(NewChild(**row.data) for row in self.children if row.data["born_on"]),
            adults=tuple(NewAdult(**row.data) for row in self.adults if row.data["last_name"]),
            leaving_children=tuple(self.leaving_children.data),
            leaving_adults=tuple(self.leaving_adults.data),
            comment=self.comment.data,
        )


class InviteForm(FlaskForm):  # type: ignore[misc]
    """Whom to invite."""

    email = email(_("E-mail of the person to invite"), mandatory())


class CodeForm(FlaskForm):  # type: ignore[misc]
    """A « code famille » received by letter or e-mail."""

    code = text(_("Family code"), 30, mandatory())


# ---- Agents ------------------------------------------------------------------------------------


class HouseholdForm(FlaskForm):  # type: ignore[misc]
    """Name and address for letters."""

    name = text(_("Name of the household"), 120, mandatory())
    street = text(_("Number and street"), 200)
    postcode = text(_("Postcode"), 10)
    city = text(_("Town"), 100)


class AdultForm(ContactForm):
    """An adult without account."""

    first_name = text(_("First name"), 64, mandatory())
    last_name = text(_("Last name"), 64, mandatory())


class ChildForm(FlaskForm):  # type: ignore[misc]
    """Identity of a child."""

    first_name = text(_("First name"), 64, mandatory())
    last_name = text(_("Last name"), 64, mandatory())
    born_on = born_on(mandatory())


class RightsForm(FlaskForm):  # type: ignore[misc]
    """What a household may do for a child."""

    can_book = BooleanField(_("May book"), default=True)
    can_pay = BooleanField(_("May pay"), default=True)
    can_see_other = BooleanField(_("May see what the other household booked"), default=True)

    def rights(self) -> dict[str, bool]:
        """What was ticked."""
        names = ("can_book", "can_pay", "can_see_other")
        return {name: self[name].data for name in names}


class EndTieForm(FlaskForm):  # type: ignore[misc]
    """End of a tie."""

    ended_on = DateField(_("First day without this child"), [mandatory()])
    reason = text(_("Reason, read by the family"), 200, mandatory())


class RestrictForm(FlaskForm):  # type: ignore[misc]
    """A court restriction; the agent must choose what becomes of the bookings (§3.5)."""

    bookings = RadioField(
        _("Bookings to come of this household"),
        [mandatory()],
        choices=[
            SelectChoice("cancel", _("Cancel them")),
            SelectChoice("keep", _("Keep them")),
        ],
    )
    note = paragraph(_("Decision and date, for agents only"), 2000)
    do_not_hand_to = text(_("Do not hand the child to"), 200)


class LeaveForm(FlaskForm):  # type: ignore[misc]
    """The child leaves the commune's schools."""

    left_on = DateField(_("First day without this child"), [mandatory()])
    reason = text(_("Reason, read by the family"), 200, mandatory())


class TieForm(RightsForm):
    """The child to tie, among those found by name, and its rights in the new household."""

    child_id = RadioField(_("Child"), [mandatory()], coerce=int)
    starts_on = DateField(_("Starting on"), [mandatory()])


class SchoolingForm(FlaskForm):  # type: ignore[misc]
    """School and level of a year."""

    school_year_id = SelectField(_("School year"), [mandatory()], coerce=int)
    school_id = SelectField(_("School"), [mandatory()], coerce=int)
    level_id = SelectField(_("Level"), [mandatory()], coerce=int)

    def offer(self, years: Sequence[Any], schools: Sequence[Any], levels: Sequence[Any]) -> None:
        """Fill the choices: rows whose text is their repr."""
        for field, rows in (
            (self.school_year_id, years),
            (self.school_id, schools),
            (self.level_id, levels),
        ):
            field.choices = [SelectChoice(row.id, repr(row)) for row in rows]


class QuotientForm(FlaskForm):  # type: ignore[misc]
    """A quotient familial and its dates."""

    quotient = IntegerField(
        _("Quotient familial (€)"),
        [
            mandatory(),
            NumberRange(0, MAX_QUOTIENT, _("Enter a whole number between %(min)s and %(max)s.")),
        ],
    )
    valid_from = DateField(_("Starting on"), [mandatory()])
    valid_until = DateField(_("Until, included"), [Optional()])


class ResidenceForm(FlaskForm):  # type: ignore[misc]
    """Resident or not, from a day on."""

    is_resident = RadioField(
        _("Residence"),
        [mandatory()],
        choices=[
            SelectChoice("yes", _("Resident of the commune")),
            SelectChoice("no", _("Outside the commune")),
        ],
    )
    valid_from = DateField(_("Starting on"), [mandatory()])


class ActionForm(FlaskForm):  # type: ignore[misc]
    """A button with nothing to fill in: only the token is checked."""
