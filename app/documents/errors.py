"""Why a document cannot be taken or reviewed."""

from __future__ import annotations

from app.core.errors import Refusal
from app.core.text import N_


class FileRefused(Refusal):
    """A file that is not taken; each reason has its own name. ``name``: the file, to be shown."""

    status = 400


class NoFile(FileRefused):
    """« Valider » without a file."""

    text = N_("Choose a file.")


class EmptyFile(FileRefused):
    """0 byte."""

    text = N_("The file “%(name)s” is empty. Choose it again, or scan it again.")


class WrongKind(FileRefused):
    """Its extension is not one of those taken."""

    text = N_(
        "The file “%(name)s” is of a kind that is not taken. "
        "Kinds taken: .doc, .pdf, .jpg, .jpeg, .png, .odt."
    )


class NotWhatItSays(FileRefused):
    """Content of another kind than the extension, or damaged."""

    text = N_(
        "The file “%(name)s” is damaged, or is not really a %(kind)s file. "
        "Open it on your device, save it again, then send it again."
    )


class TooLarge(FileRefused):
    """More than 2 MB and not a picture."""

    status = 413
    text = N_(
        "The file “%(name)s” is larger than 2 MB. Scan it at a lower resolution (150 dpi), "
        "send fewer pages, or take a photo of it: photos are reduced by the portal."
    )


class PictureTooLarge(FileRefused):
    """More than 12 MB."""

    status = 413
    text = N_("The photo “%(name)s” is larger than 12 MB. Take it again at a lower resolution.")


class TooManyPixels(FileRefused):
    """A picture that would fill the memory once opened."""

    text = N_(
        "The photo “%(name)s” is too large to be opened. Take it again at a lower resolution."
    )


class Locked(FileRefused):
    """A PDF or a text that asks a password."""

    text = N_("The file “%(name)s” is protected by a password. Send it without password.")


class ActiveContent(FileRefused):
    """JavaScript, macros, embedded files: nothing of a family's document."""

    text = N_(
        "The file “%(name)s” holds a program or another file, which is not taken. "
        "Print it as PDF, then send that PDF."
    )


class Bomb(FileRefused):
    """A few bytes that would unfold to gigabytes."""

    text = N_("The file “%(name)s” is too large once opened. Send a simpler one.")


class TooManyPages(FileRefused):
    """More files at once than a document has."""

    text = N_("A document has %(maximum)s files at most. Put several pages in one PDF.")


class StillValid(Refusal):
    """A valid document is never asked nor taken again (D7)."""

    text = N_("This document is already valid: there is nothing to give.")


class AlreadyWaiting(Refusal):
    """The other parent gave it meanwhile, or this one did twice."""

    text = N_("This document has just been given: the service is going to look at it.")


class AlreadyReviewed(Refusal):
    """Another agent decided first."""

    text = N_("This document has already been accepted or refused.")


class NeedsReason(Refusal):
    """A refusal without a word helps nobody."""

    status = 400
    text = N_("Say why the document is refused: the family reads it.")


class NeedsEndDate(Refusal):
    """The end is written on the document: the agent reads it."""

    status = 400
    text = N_("Enter the date until which the document is valid.")


class EndsInThePast(Refusal):
    """An expired document is refused, not accepted."""

    status = 400
    text = N_("This date is past: refuse the document instead.")


class NeedsMonths(Refusal):
    """« Some months » without a number."""

    status = 400
    text = N_("Enter for how many months the document is good.")


class NeedsChild(Refusal):
    """A document of a child was asked for without saying of which."""

    status = 400
    text = N_("This document is a child’s: choose the child.")


class NeedsType(Refusal):
    """No kind of document was chosen."""

    status = 400
    text = N_("Choose the document to ask for.")
