"""What a low room asks of a high one. ``app.registry`` fills these at start (architecture.md)."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from datetime import date, datetime
from typing import Any, NamedTuple

from sqlalchemy.orm import Session

from app.core.actor import Actor

OpeningsClosed = Callable[[Session, Actor, Sequence[int], str], int]
"""(session, actor, opening ids, reason) → bookings cancelled."""
TieEnded = Callable[[Session, Actor, int, int | None, date, str], int]
"""(session, actor, child id, household id or None for all, from day, reason) → cancelled."""
EnrolmentEnded = Callable[[Session, Actor, int, int, date, str], int]
"""(session, actor, child id, activity id, from day, reason) → bookings cancelled."""
PricesChanged = Callable[[Session, Actor, Sequence[int] | None, date], int]
"""(session, actor, household ids or None for all, from day) → bookings repriced."""
CommittedCents = Callable[[Session, Sequence[int]], dict[int, int]]
"""(session, household ids) → required cover in cents of each (B6)."""
BookingsUncharged = Callable[[Session, Actor, Sequence[int], str, datetime], int]
"""(session, actor, ids of charged bookings that were cancelled, reason, now) → charges reversed."""
Settle = Callable[[Session, Any], None]
"""(session, payment): what a paid payment does, once, in the transaction that marks it paid."""
WalletCredited = Callable[[Session, int], None]
"""(session, household id): called after money came in (ends a coverage case, B9)."""
AccountActivated = Callable[[Session, int, Any], None]
"""(session, account id, registration): a new account gets or joins its household (A4, §3.9)."""
EmailChanged = Callable[[Session, int, str], None]
"""(session, account id, new address): a confirmed address is copied where contacts are (A11)."""
HouseholdCreated = Callable[[Session, int], object]
"""(session, household id): a new household gets what every household has (its wallet)."""
HouseholdInUse = Callable[[Session, int], bool]
"""(session, household id): whether something of it would be lost if its only account left."""
DocumentStates = Callable[[Session, int, Sequence[Any]], Sequence[tuple[str, str, str]]]
"""(session, household id, its children of today) → (document, word of its state, kind of tag) for « Mon profil » (A11)."""

ErasureAgreed = Callable[[Session, int, datetime], date]
"""(session, household id, now) → the day from which its file is erased; the same one if called again."""

FoundByNumber = Callable[[Session, str], Sequence[tuple[str, str]]]
"""(session, what an agent typed) → (what it is, its address) of what has this very number."""

FilesInUse = Callable[[Session, Sequence[str]], Collection[str]]
"""(session, keys of the storage) → those that a row of this room still tells of."""


class Panel(NamedTuple):
    """What a high room shows of a household on the agents' page: its account, its bookings…"""

    title: str
    rows: Sequence[tuple[str, Any]]
    """(label, value)"""
    links: Sequence[tuple[str, str]]
    """(text, address)"""
    has_total: bool = False
    """The last row is the sum of the others."""


class ProfileCard(NamedTuple):
    """What a high room shows on « Mon profil »: a request that waits for the service."""

    title: str
    tag: tuple[str, str, str]
    """(word, kind, icon)"""
    lead: str
    rows: Sequence[tuple[str, str]]
    """(label, text)"""
    links: Sequence[tuple[str, str, str]]
    """(text, address, icon)"""


ProfileCards = Callable[[Session, int], ProfileCard | None]
"""(session, household id) → a card at the top of « Mon profil », if there is something to say."""
HouseholdPanels = Callable[[Session, int], Panel | None]
"""(session, household id) → a card of the agents' page, or None for who may not see it."""

openings_closed: list[OpeningsClosed] = []
tie_ended: list[TieEnded] = []
enrolment_ended: list[EnrolmentEnded] = []
prices_changed: list[PricesChanged] = []
committed_cents: list[CommittedCents] = []
bookings_uncharged: list[BookingsUncharged] = []
settle: dict[str, Settle] = {}
wallet_credited: list[WalletCredited] = []
account_activated: list[AccountActivated] = []
email_changed: list[EmailChanged] = []
household_created: list[HouseholdCreated] = []
household_in_use: list[HouseholdInUse] = []
document_states: list[DocumentStates] = []
household_panels: list[HouseholdPanels] = []
profile_cards: list[ProfileCards] = []
files_in_use: list[FilesInUse] = []
found_by_number: list[FoundByNumber] = []
erasure_agreed: list[ErasureAgreed] = []


def reset() -> None:
    """Empty every hook (a fresh application registers them again)."""
    for handlers in (
        openings_closed,
        tie_ended,
        enrolment_ended,
        prices_changed,
        committed_cents,
        bookings_uncharged,
        wallet_credited,
        account_activated,
        email_changed,
        household_created,
        household_in_use,
        document_states,
        household_panels,
        profile_cards,
        files_in_use,
        found_by_number,
        erasure_agreed,
    ):
        handlers.clear()
    settle.clear()
