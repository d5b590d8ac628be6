"""A refused save in words: what is wrong, each line of it, and the way out (B6)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from app.agenda import report, top_up
from app.core.errors import Refusal
from app.core.refusals import sentence
from app.reservations.errors import CannotSave, NegativeBalance, NotEnoughMoney


@dataclass(frozen=True)
class Refused:
    """For the top of the page; ``recharge``: where « Recharger mon compte » leads, if it helps."""

    title: str
    lines: Sequence[str] = ()
    recharge: str = ""


def said(error: Refusal) -> Refused:
    """The refusal as the page shows it."""
    lines = report.reasons(error.plan.left_out) if isinstance(error, CannotSave) else ()
    short = isinstance(error, NotEnoughMoney | NegativeBalance)
    recharge = top_up.url(error.facts["missing_cents"]) if short else ""
    return Refused(sentence(error), lines, recharge)
