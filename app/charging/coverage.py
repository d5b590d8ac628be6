"""The coverage policy (B9): warn, wait, then remove what the prepaid account cannot cover.

A case opens when available falls below zero and bookings can be removed for it; it ends covered,
carried out, or stopped by an agent. A stopped case holds until the household is covered again, so
that the policy does not start afresh the next hour. Every step is in the case's log.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from datetime import date, datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.activities.models import Opening
from app.charging import notices, rules
from app.charging.errors import CaseClosed, HorizonTooShort, ReasonMissing
from app.charging.models import CaseState, CoverageCase
from app.charging.rules import AtStake, Mails
from app.core import audit, clock, settings
from app.core.actor import SYSTEM, Actor
from app.core.errors import NotFound
from app.households.models import Household
from app.reservations import locking, queries
from app.reservations.cancelling import cancel_for_system
from app.reservations.models import Booking, ChangeOrigin
from app.wallet import queries as wallet_queries
from app.wallet import services as wallets

HOLDING = (CaseState.OPEN, CaseState.STOPPED)


def review(session: Session, now: datetime, *, commit: Callable[[], object]) -> str:
    """Job « cover »: end what is covered, warn, remove what was warned of long enough ago.

    Run again at once it does nothing: each mail is sent once, each case is carried out once. Each
    household's removal is its own transaction.
    """
    covered = _end_covered(session, now)
    commit()
    if not settings.get(session, settings.COVER_POLICY_ON):
        return f"{covered} covered, policy off"
    due = list(
        session.scalars(
            sa.select(CoverageCase.id)
            .where(CoverageCase.state == CaseState.OPEN, CoverageCase.grace_until <= now)
            .order_by(CoverageCase.id)
        )
    )
    removed = 0
    for case_id in due:
        removed += carry_out(session, case_id, now)
        commit()
    warned = _warn(session, now)
    commit()
    return f"{covered} covered, {removed} bookings removed, {warned} households warned"


def available(session: Session, household_ids: Collection[int], today: date) -> dict[int, int]:
    """Balance − required cover of each household, in cents (B6). Two statements."""
    ids = list(household_ids)
    balances = wallet_queries.balances(session, ids)
    required = queries.required_cover(session, ids, today)
    return {key: balances[key] - required[key] for key in ids}


def _end_covered(session: Session, now: datetime) -> int:
    """Close the cases of households that are covered again, or exempt."""
    cases = _cases(session, CoverageCase.state.in_(HOLDING))
    standings = available(session, {case.household_id for case in cases}, clock.paris(now).date())
    exempt = _exempt(session)
    ended = [
        case for case in cases if standings[case.household_id] >= 0 or case.household_id in exempt
    ]
    for case in ended:
        _close(case, CaseState.COVERED, now, available_cents=standings[case.household_id])
    session.flush()
    return len(ended)


def _cases(session: Session, where: sa.ColumnElement[bool]) -> list[CoverageCase]:
    return list(
        session.scalars(
            sa.select(CoverageCase)
            .where(where)
            .order_by(CoverageCase.id)
            .with_for_update()
            .execution_options(populate_existing=True)
        )
    )


def _exempt(session: Session) -> set[int]:
    return set(
        session.scalars(sa.select(Household.id).where(Household.exempt_from_cover.is_(True)))
    )


def _close(case: CoverageCase, state: CaseState, now: datetime, **facts: Any) -> None:
    case.state, case.closed_at = state, now
    _note(case, state.value, now, **facts)


def _note(case: CoverageCase, what: str, now: datetime, **facts: Any) -> None:
    """The log is replaced, not changed in place: the column notices a new list only."""
    case.log = [*case.log, {"at": now.isoformat(), "what": what, **facts}]


def _warn(session: Session, now: datetime) -> int:
    """Open a case for each household below zero that has bookings to lose, and tell its holder."""
    short = _short(session, now)
    grace = timedelta(hours=settings.get(session, settings.COVER_GRACE_HOURS))
    bookings = _at_stake(session, list(short), clock.paris(now).date())
    at_stake = {
        household_id: rules.removable(bookings.get(household_id, ()), missing, now + grace)
        for household_id, missing in short.items()
    }
    opened = {key: chosen for key, chosen in at_stake.items() if chosen}
    cases = [_open(key, chosen, short[key], now, grace) for key, chosen in opened.items()]
    session.add_all(cases)
    session.flush()
    if cases:
        notices.warned(session, cases, opened, short)
    return len(cases)


def _open(
    household_id: int,
    chosen: Iterable[AtStake],
    missing_cents: int,
    now: datetime,
    grace: timedelta,
) -> CoverageCase:
    case = CoverageCase(
        household_id=household_id,
        state=CaseState.OPEN,
        opened_at=now,
        warned_at=now,
        grace_until=now + grace,
        log=[],
    )
    _note(case, "warned", now, missing_cents=missing_cents, bookings=[one.id for one in chosen])
    return case


def _short(session: Session, now: datetime) -> dict[int, int]:
    """Household id → cents missing, of those to warn today."""
    households = set(session.scalars(sa.select(Booking.household_id).where(queries.uncharged())))
    standings = available(session, households, clock.paris(now).date())
    below = {key: -cents for key, cents in standings.items() if cents < 0}
    quiet = _exempt(session) | _not_to_warn(session, now)
    return {key: missing for key, missing in below.items() if key not in quiet}


def _not_to_warn(session: Session, now: datetime) -> set[int]:
    """Households with a case in force, or told today already."""
    case = CoverageCase
    rows = session.execute(
        sa.select(case.household_id, case.state, case.warned_at, case.closed_at).where(
            sa.or_(
                case.state.in_(HOLDING),
                case.warned_at > now - timedelta(days=2),
                case.closed_at > now - timedelta(days=2),
            )
        )
    )
    return {
        household_id
        for household_id, state, warned_at, closed_at in rows
        if state in HOLDING
        or Mails([warned_at, closed_at if state is CaseState.REMOVED else None]).told_on(now)
    }


def _at_stake(
    session: Session, household_ids: Collection[int], today: date
) -> Mapping[int, list[AtStake]]:
    """Uncharged bookings inside the horizon, by household."""
    asked = (
        sa.select(
            Booking.id,
            Booking.household_id,
            Booking.child_id,
            Booking.opening_id,
            Opening.slot_id,
            Booking.day,
            Booking.care_cents + Booking.meal_cents,
            Opening.cancel_until,
        )
        .join(Opening, Opening.id == Booking.opening_id)
        .where(queries.uncharged(), Booking.day >= today)
    )
    last_day = queries.last_covered_day(session, today)
    if last_day is not None:
        asked = asked.where(Booking.day <= last_day)
    if len(household_ids) <= queries.SOME:
        asked = asked.where(Booking.household_id.in_(household_ids))
    found: dict[int, list[AtStake]] = {}
    for row in session.execute(asked):
        found.setdefault(row.household_id, []).append(AtStake(*row))
    return found


def carry_out(session: Session, case_id: int, now: datetime) -> int:
    """Remove what the household cannot cover, the latest first; how many bookings went.

    Decided again under the locks: a top-up or an agent may have come in between.
    """
    case = session.get_one(CoverageCase, case_id)
    household_id, today = case.household_id, clock.paris(now).date()
    before = _at_stake(session, [household_id], today).get(household_id, [])
    locking.openings_by_id(session, {one.opening_id for one in before}, lock=True)
    wallets.lock_wallets(session, [household_id])
    [case] = _cases(session, CoverageCase.id == case_id)
    if case.state is not CaseState.OPEN:
        return 0
    cents = available(session, [household_id], today)[household_id]
    if cents >= 0 or household_id in _exempt(session):
        _close(case, CaseState.COVERED, now, available_cents=cents)
        return 0
    known = {one.id for one in before}
    still = _at_stake(session, [household_id], today).get(household_id, [])
    chosen = rules.removable([one for one in still if one.id in known], -cents, now)
    ids = [one.id for one in chosen]
    _close(case, CaseState.REMOVED, now, missing_cents=-cents, bookings=ids)
    session.flush()
    return cancel_for_system(
        session, SYSTEM, booking_ids=ids, origin=ChangeOrigin.COVER, reason="", now=now
    )


def credited(session: Session, household_id: int) -> None:
    """Hook: money came in; a case that it covers ends (B9)."""
    cases = _cases(
        session,
        sa.and_(CoverageCase.household_id == household_id, CoverageCase.state.in_(HOLDING)),
    )
    if not cases:
        return
    now = clock.now()
    cents = available(session, [household_id], clock.paris(now).date())[household_id]
    if cents >= 0:
        for case in cases:
            _close(case, CaseState.COVERED, now, available_cents=cents)
        session.flush()


def stop(session: Session, actor: Actor, case_id: int, *, reason: str, now: datetime) -> None:
    """An agent stops the case: nothing is removed until the household is covered and falls again.

    Raises NotFound, CaseClosed, ReasonMissing.
    """
    if not reason.strip():
        raise ReasonMissing
    cases = _cases(session, CoverageCase.id == case_id)
    if not cases:
        raise NotFound
    [case] = cases
    if case.state is not CaseState.OPEN:
        raise CaseClosed
    _close(case, CaseState.STOPPED, now, by=actor.account_id, reason=reason.strip())
    case.closed_by = actor.account_id
    session.flush()
    audit.record(
        session,
        actor,
        "stop",
        "coverage_case",
        case.id,
        case.household_id,
        reason=reason.strip(),
    )


def check_horizon(session: Session, days: int | None, today: date) -> None:
    """Raise HorizonTooShort for a horizon in which nothing could be removed in time (B6).

    The longest time to cancel is read on the openings to come; without any, every horizon will do.
    """
    if days is None:
        return
    deadlines = session.execute(
        sa.select(Opening.day, sa.func.min(Opening.cancel_until))
        .where(Opening.day >= today)
        .group_by(Opening.day)
    )
    leads = [(day - clock.paris(until).date()).days for day, until in deadlines]
    grace = settings.get(session, settings.COVER_GRACE_HOURS)
    minimum = rules.shortest_horizon(max(leads, default=0), grace)
    if leads and days < minimum:
        raise HorizonTooShort(minimum=minimum)
