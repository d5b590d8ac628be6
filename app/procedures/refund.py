"""« Demander le remboursement de mon solde »: an amount or all of what is available.

Closing it moves no money: it tells that the régisseur agreed, and the amount was still there. The
IBAN is shown by its last signs, and whole to the régisseur alone (``refund_desk``).
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from app.core.actor import Actor
from app.core.money import euros
from app.core.text import N_
from app.procedures.errors import MoreThanAvailable, NothingToRefund
from app.requests.definition import Condition, Definition, Field, Kind, Once, Step, Theme
from app.requests.effects import Case, Effect
from app.wallet.queries import standing

CODE = "remboursement-du-solde"
DEFINITION = Definition(
    title=N_("Ask for the refund of my balance"),
    theme=Theme.CARE,
    service="care",
    summary=N_("What your bookings do not need, transferred to your bank account."),
    text=N_(
        "Only what is available can be refunded: the balance of the prepaid account, without what "
        "your bookings to come need. Cancel them first if you want the whole balance back."
    ),
    once=Once.HOUSEHOLD,
    effect="refund_agreed",
    steps=(
        Step(
            "amount",
            N_("The amount"),
            (
                Field(
                    "whole",
                    Kind.YES_NO,
                    N_("Do you want everything that is available?"),
                    required=True,
                ),
                Field(
                    "amount",
                    Kind.AMOUNT,
                    N_("Amount to refund"),
                    required=True,
                    minimum=1,
                    show_if=Condition("whole", ("no",)),
                ),
                Field("reason", Kind.LONG_TEXT, N_("Reason"), required=True, max_length=500),
            ),
        ),
        Step(
            "account",
            N_("Your bank account"),
            (
                Field(
                    "account_holder",
                    Kind.TEXT,
                    N_("Name of the account holder"),
                    required=True,
                    max_length=100,
                ),
                Field(
                    "iban",
                    Kind.IBAN,
                    N_("Account number (IBAN)"),
                    help=N_("It stands on your bank details and begins with FR for a French bank."),
                    required=True,
                ),
            ),
        ),
    ),
)


def _check(session: Session, case: Case) -> None:
    """Not more than available now. Raises NothingToRefund, MoreThanAvailable."""
    available = standing(session, case.household).available_cents
    if available <= 0:
        raise NothingToRefund(available=euros(max(available, 0)))
    if not case.answer("whole") and case.answer("amount") > available:
        raise MoreThanAvailable(available=euros(available))


def _apply(session: Session, actor: Actor, case: Case, now: datetime) -> None:
    """The balance may have gone down since it was asked."""
    _check(session, case)


EFFECT = Effect(
    "refund_agreed",
    N_("Checks that the amount is still available"),
    _apply,
    check=_check,
    needs=("whole", "amount", "iban", "account_holder"),
)
