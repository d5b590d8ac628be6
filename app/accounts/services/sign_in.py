"""Signing in and out, with the lock after wrong passwords (A7, A8).

Three steps, because hashing takes 80 ms and must hold no transaction: ``find_candidate`` reads,
the edge compares the password outside any transaction, ``sign_in`` locks, decides and counts.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from app.accounts import errors, rules
from app.accounts.models import Account, TypedName
from app.accounts.notices import tell_locked
from app.core import audit
from app.core.actor import Actor
from app.core.tokens import hashed


@dataclass(frozen=True)
class Candidate:
    """What a typed name leads to; ``account_id`` and ``kept`` are None for nobody."""

    name_hash: str
    account_id: int | None
    kept: str | None


def find_candidate(session: Session, typed: str) -> Candidate:
    """The account whose username or e-mail was typed, in any case (A7)."""
    name = rules.normal(typed)[:320]
    row = session.execute(
        sa.select(Account.id, Account.password).where(
            sa.or_(Account.username == name, Account.email == name)
        )
    ).first()
    return Candidate(name_key(name), row.id if row else None, row.password if row else None)


def sign_in(session: Session, candidate: Candidate, is_right: bool, now: datetime) -> Account:
    """The account, when the password was right and the account neither locked nor inactive.

    ``now`` is real time. Raises BadCredentials or Blocked after counting one more failure: the
    edge commits in both cases. What is raised depends on the typed name alone, never on whether
    an account has it.
    """
    account = _locked_account(session, candidate.account_id)
    if account is not None and is_right and _opens(account, candidate, now):
        clear_failures(session, account)
        account.last_login = now.replace(tzinfo=None)
        session.flush()
        return account
    if account is not None:
        _count(session, account, now)
    tries = _counted(_locked_name(session, candidate.name_hash, now), now)
    session.flush()
    if tries.until is not None:
        raise errors.Blocked(until=tries.until)
    raise errors.BadCredentials


def sign_out(session: Session, account_id: int) -> None:
    """End every session of this account: a copied cookie opens nothing any more."""
    session.execute(
        sa.update(Account)
        .where(Account.id == account_id)
        .values(session_version=Account.session_version + 1)
    )


def clear_failures(session: Session, account: Account) -> None:
    """No lock any more, for the account and for both names it may be typed by."""
    account.failures_in_a_row, account.locks_in_a_row, account.locked_until = 0, 0, None
    names = [name_key(account.username), name_key(account.email)]
    session.execute(sa.delete(TypedName).where(TypedName.name_hash.in_(names)))


def name_key(name: str) -> str:
    """What is kept of a name that somebody typed (who knows what was typed there by mistake)."""
    return hashed(f"typed-name:{name}")


def _opens(account: Account, candidate: Candidate, now: datetime) -> bool:
    """The password compared is still the account's, and nothing keeps it shut."""
    unchanged = account.password == candidate.kept
    return bool(account.active) and unchanged and not _tries(account).is_locked(now)


def _locked_account(session: Session, account_id: int | None) -> Account | None:
    if account_id is None:
        return None
    # Asked again from the database: another try may have counted since find_candidate.
    return session.get(Account, account_id, with_for_update=True, populate_existing=True)


def _locked_name(session: Session, name_hash: str, now: datetime) -> TypedName:
    """The line of this name, made if it is new, locked until the transaction ends."""
    insert = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
    new = {"name_hash": name_hash, "failures_in_a_row": 0, "locks_in_a_row": 0, "seen_at": now}
    session.execute(insert(TypedName).values(new).on_conflict_do_nothing())
    return session.scalars(
        sa.select(TypedName)
        .where(TypedName.name_hash == name_hash)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one()


def _tries(row: Account | TypedName) -> rules.Tries:
    return rules.Tries(row.failures_in_a_row, row.locks_in_a_row, row.locked_until)


def _counted(row: Account | TypedName, now: datetime) -> rules.Tries:
    """Count a failure on the row; its tries, ``until`` set only while it is locked."""
    tries = rules.after_failure(_tries(row), now)
    row.failures_in_a_row, row.locks_in_a_row = tries.failures, tries.locks
    row.locked_until = tries.until
    if isinstance(row, TypedName):
        row.seen_at = now
    return tries


def _count(session: Session, account: Account, now: datetime) -> None:
    """Count a failure of an account and, when it locks it, tell the person."""
    was_locked = _tries(account).is_locked(now)
    tries = _counted(account, now)
    if tries.until is not None and not was_locked and account.active:
        session.flush()
        audit.record(session, Actor(None), "lock", "account", account.id, account.household_id)
        tell_locked(session, account, tries.until)
