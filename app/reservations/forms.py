"""What agents type about bookings."""

from __future__ import annotations

from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from wtforms import SelectField, StringField
from wtforms.validators import InputRequired, Length

from app.core.admin_fields import DateField, NoControlCharacters


def _mandatory() -> InputRequired:
    return InputRequired(_("Fill in this field."))


class ReasonForm(FlaskForm):  # type: ignore[misc]
    """Why something is done for a family (§3.2)."""

    reason = StringField(
        _("Reason"),
        [_mandatory(), NoControlCharacters(), Length(max=200)],
        description=_("The family reads it."),
        filters=[lambda value: (value or "").strip()],
    )


class BookForm(ReasonForm):
    """One child, one slot, one day. ``tie``: « child-household »."""

    tie = SelectField(_("Child"), [_mandatory()])
    slot = SelectField(_("Slot"), [_mandatory()], coerce=int)
    day = DateField(_("Day"), [_mandatory()])
