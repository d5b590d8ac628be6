"""The shape of what families and agents send about documents."""

from __future__ import annotations

from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from wtforms import DateField, MultipleFileField, SelectField, TextAreaField
from wtforms.validators import Length, Optional

from app.core.admin_fields import NoControlCharacters


class GiveForm(FlaskForm):  # type: ignore[misc]
    """One file or several pages; what they hold is checked by ``files.check``."""

    files = MultipleFileField(
        _("File or photo"), render_kw={"accept": ".doc,.pdf,.jpg,.jpeg,.png,.odt"}
    )


class ReviewForm(FlaskForm):  # type: ignore[misc]
    """The end of a document accepted, or the reason of a refusal."""

    valid_until = DateField(_("Valid until"), [Optional()], format=["%Y-%m-%d", "%d/%m/%Y"])
    reason = TextAreaField(
        _("Reason of the refusal"),
        [
            Optional(),
            NoControlCharacters(),
            Length(max=1000, message=_("At most %(max)d characters.")),
        ],
    )


class AskForm(FlaskForm):  # type: ignore[misc]
    """A document to ask of one household; its service says what is wrong."""

    document_type = SelectField(_("Document"), validate_choice=False)
    child_id = SelectField(_("Child"), validate_choice=False)
    message = TextAreaField(
        _("Message to the family"),
        [
            Optional(),
            NoControlCharacters(),
            Length(max=1000, message=_("At most %(max)d characters.")),
        ],
    )
