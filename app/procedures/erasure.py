"""« Demander la suppression de mes données »: the household's file is erased a month later (§5.10)."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from app.core import clock, dates, hooks
from app.core.actor import Actor
from app.core.text import N_
from app.requests.definition import Definition, Field, Kind, Once, Step, Theme
from app.requests.effects import Case, Effect

CODE = "suppression-des-donnees"
DEFINITION = Definition(
    title=N_("Ask for my data to be erased"),
    theme=Theme.UPDATES,
    service="care",
    summary=N_("Close my account and erase what the portal knows of my household."),
    text=N_(
        "An agent answers within a month. Thirty days after the answer, the file of your household, "
        "your documents, your messages and your accounts are erased.\n"
        "A child who also belongs to another household stays in it. The accounting entries stay, "
        "without any name, as long as the law asks for them.\n"
        "Before that, your prepaid account has to be empty and your bookings to come cancelled. You "
        "can first download everything in “My data”."
    ),
    once=Once.HOUSEHOLD,
    delay_days=30,  # GDPR, art. 12(3): one month
    effect="erase_household",
    steps=(
        Step(
            "erasure",
            N_("What you ask for"),
            (
                Field("reason", Kind.LONG_TEXT, N_("Message for the service"), max_length=1000),
                Field(
                    "understood",
                    Kind.STATEMENT,
                    N_("I understand that my data and my account cannot be brought back."),
                    required=True,
                ),
            ),
        ),
    ),
)


def _apply(session: Session, actor: Actor, case: Case, now: datetime) -> None:
    for forget in hooks.erasure_agreed:
        forget(session, case.household, now)


def _says(session: Session, case: Case) -> tuple[str, dict[str, str]]:
    days = [forget(session, case.household, clock.now()) for forget in hooks.erasure_agreed]
    return (
        N_("Your data will be erased from %(day)s on. Until then you can still change your mind."),
        {"day": dates.day(max(days))},
    )


EFFECT = Effect(
    "erase_household",
    N_("Erases the file of the household a month later"),
    _apply,
    needs=("understood",),
    says=_says,
)
