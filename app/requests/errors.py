"""What the engine refuses, by name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from app.core.errors import Refusal
from app.core.text import N_


class Fault(NamedTuple):
    """What is wrong with one answer: a text to translate and its facts."""

    text: str
    facts: Mapping[str, Any] = {}


class Reason(NamedTuple):
    """What is wrong with a definition: where (« steps[0].fields[2].kind », which ``app.requests.words``
    turns into an agent's words), a text to translate, its facts.
    """

    place: str
    text: str
    facts: Mapping[str, Any] = {}


class BadDefinition(Refusal):
    """A definition cannot be read or published: ``faults`` says where and why."""

    status = 400
    text = N_("This definition cannot be used: see what has to be corrected.")

    def __init__(self, faults: Sequence[Reason]) -> None:
        super().__init__()
        self.faults = list(faults)

    def __str__(self) -> str:
        return "; ".join(f"{one.place}: {one.text % one.facts}" for one in self.faults)


class MovedOn(Refusal):
    """The request is not in a state that allows this."""

    text = N_("This request has moved on meanwhile. Look at where it stands.")


class Outdated(Refusal):
    """The page shows an older edition of the request."""

    text = N_("This request was changed on another page meanwhile. Look at it again.")


class DraftOutdated(Refusal):
    """The page shows an older draft of the démarche than the one that is kept."""

    text = N_(
        "Somebody else changed this procedure meanwhile. Nothing of yours is lost: look at it again, then save."
    )


class InUse(Refusal):
    """A démarche that was published is closed, never removed: requests refer to it."""

    text = N_("This procedure was published: close it instead.")


class AlreadyAsked(Refusal):
    """Once per household, child, or child and year."""

    text = N_("This has already been asked: see “My requests”.")


class NotOpen(Refusal):
    """The démarche is closed, or outside its dates."""

    text = N_("This request cannot be made at the moment.")


class NotFinished(Refusal):
    """A step lacks an answer; ``step`` is its key."""

    status = 400
    text = N_("A step is not finished: %(title)s.")

    def __init__(self, step: str, title: str) -> None:
        super().__init__(title=title)
        self.step = step


class BadAnswers(Refusal):
    """``faults``: field → what is wrong."""

    status = 400
    text = N_("Some answers have to be corrected.")

    def __init__(self, faults: dict[str, Fault]) -> None:
        super().__init__()
        self.faults = faults


class DocumentsMissing(Refusal):
    """Required documents that were never given."""

    text = N_("Provide these documents first: %(documents)s.")

    def __init__(self, names: Sequence[str]) -> None:
        super().__init__(documents=", ".join(names))
        self.names = list(names)


class NeedsReason(Refusal):
    """A refusal says why."""

    status = 400
    text = N_("Say why the request is refused.")


class NotSafe(Refusal):
    """Its effect needs a look: it is not closed together with others."""

    text = N_("Closing this kind of request changes the file: open it and close it from its page.")


class EffectBroke(Refusal):
    """Closing failed for a reason that nobody foresaw; the family was told of a refusal (D2)."""

    text = N_("Closing failed because of a technical problem: the request is refused.")


class EmptyMessage(Refusal):
    """Nothing was written, or far too much."""

    status = 400
    text = N_("Write a message of 5,000 characters at the most.")


class ChildFirst(Refusal):
    """A document of a child comes before the child was chosen."""

    status = 400
    text = N_("Choose the child first, then give the document.")


class TiedNoMore(Refusal):
    """The household that asked is not tied to the child any more, or a court restricted it."""

    text = N_("This household may no longer act for the child: the request can only be refused.")
