"""What the engine refuses, by name."""

from __future__ import annotations

from collections.abc import Sequence

from app.core.errors import Refusal
from app.core.text import N_


class BadDefinition(Refusal):
    """A definition cannot be read or published: ``faults`` says where and why, one line each."""

    status = 400
    text = N_("This definition cannot be used: %(faults)s")

    def __init__(self, faults: Sequence[str]) -> None:
        super().__init__(faults=" ; ".join(faults))
        self.faults = list(faults)
