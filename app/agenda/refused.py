"""A refused save in words: what is wrong, each line of it, and the way out (B6)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from flask import url_for

from app.agenda import report
from app.core.errors import Refusal
from app.core.refusals import sentence
from app.reservations.errors import CannotSave, NegativeBalance, NotEnoughMoney
from app.statements.views import MISSING


@dataclass(frozen=True)
class Refused:
    """For the top of the page; ``recharge``: where « Recharger mon compte » leads, if it helps."""

    title: str
    lines: Sequence[str] = ()
    recharge: str = ""


def top_up_url(cents: int = 0) -> str:
    """« Recharger mon compte », the amount that is missing already typed."""
    missing = {MISSING: f"{cents // 100}.{cents % 100:02d}"} if cents > 0 else {}
    return url_for("AccountView.index", _anchor="recharger", **missing)


def said(error: Refusal) -> Refused:
    """The refusal as the page shows it."""
    lines = report.reasons(error.plan.left_out) if isinstance(error, CannotSave) else ()
    short = isinstance(error, NotEnoughMoney | NegativeBalance)
    recharge = top_up_url(error.facts["missing_cents"]) if short else ""
    return Refused(sentence(error), lines, recharge)
