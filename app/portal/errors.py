"""What this room refuses."""

from __future__ import annotations

from app.core.errors import Refusal
from app.core.text import N_


class TopUpLimitsCross(Refusal):
    """The smallest top-up would be larger than the largest."""

    status = 400
    text = N_("The smallest top-up cannot exceed the largest.")


class AlreadyHandled(Refusal):
    """Somebody has dealt with this message."""

    text = N_("A message is handled already.")
