"""The ledger only grows, and every transaction in it balances (§5.2)."""

from __future__ import annotations

from datetime import date

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from app.core import clock
from app.wallet import queries
from app.wallet.errors import AlreadyPosted, ReasonMissing, Unbalanced
from app.wallet.models import LedgerAccount as A
from app.wallet.models import LedgerEntry, LedgerKind, LedgerTransaction
from app.wallet.money import reverse
from app.wallet.rules import Line
from app.wallet.services import NewTransaction, ensure_wallet, lock_wallets, post, post_many
from tests.factories import Cast, Factory

DAY = date(2027, 1, 11)


def care(wallet_id: int, cents: int = 420) -> list[Line]:
    return [Line(A.WALLET, -cents, wallet_id), Line(A.CARE, 100), Line(A.MEAL, cents - 100)]


def wallet_id(session: Session, cast: Cast) -> int:
    return lock_wallets(session, [cast.home.id])[cast.home.id].id


def test_a_transaction_moves_the_balance(session: Session, cast: Cast) -> None:
    post(
        session, LedgerKind.CHARGE, "charge:1", DAY, care(wallet_id(session, cast)), now=clock.now()
    )
    assert queries.balance(session, cast.home.id) == 10_000 - 420
    assert queries.balance(session, cast.other_home.id) == 10_000


def test_the_same_reference_is_written_once(session: Session, cast: Cast) -> None:
    lines = care(wallet_id(session, cast))
    post(session, LedgerKind.CHARGE, "charge:1", DAY, lines, now=clock.now())
    with pytest.raises(AlreadyPosted):
        post(session, LedgerKind.CHARGE, "charge:1", DAY, lines, now=clock.now())
    session.commit()
    assert queries.balance(session, cast.home.id) == 10_000 - 420


def test_an_unbalanced_transaction_is_never_written(session: Session, cast: Cast) -> None:
    lines = [Line(A.WALLET, -420, wallet_id(session, cast)), Line(A.MEAL, 400)]
    with pytest.raises(Unbalanced):
        post(session, LedgerKind.CHARGE, "charge:1", DAY, lines, now=clock.now())


def test_many_transactions_come_back_in_order(session: Session, cast: Cast) -> None:
    wallet = wallet_id(session, cast)
    rows = [
        NewTransaction(LedgerKind.CHARGE, f"charge:{n}", DAY, care(wallet, 200 + n))
        for n in range(2_500)
    ]
    ids = post_many(session, rows, clock.now())
    refs = dict(
        session.execute(
            sa.select(LedgerTransaction.id, LedgerTransaction.ref).where(
                LedgerTransaction.id.in_(ids)
            )
        ).all()
    )
    assert [refs[one] for one in ids] == [row.ref for row in rows]
    assert queries.balance(session, cast.home.id) == 10_000 - sum(200 + n for n in range(2_500))


def test_many_are_all_or_nothing(session: Session, cast: Cast) -> None:
    wallet = wallet_id(session, cast)
    post(session, LedgerKind.CHARGE, "charge:7", DAY, care(wallet), now=clock.now())
    rows = [NewTransaction(LedgerKind.CHARGE, f"charge:{n}", DAY, care(wallet)) for n in range(10)]
    with pytest.raises(AlreadyPosted):
        post_many(session, rows, clock.now())
    assert queries.balance(session, cast.home.id) == 10_000 - 420


def test_a_reversal_undoes_once_with_reason_and_author(session: Session, cast: Cast) -> None:
    first = post(
        session, LedgerKind.CHARGE, "charge:1", DAY, care(wallet_id(session, cast)), now=clock.now()
    )
    with pytest.raises(ReasonMissing):
        reverse(session, first, reason=" ", author_id=cast.regie.id, now=clock.now())
    undone = reverse(session, first, reason="Erreur", author_id=cast.regie.id, now=clock.now())
    with pytest.raises(AlreadyPosted):
        reverse(session, first, reason="Erreur", author_id=cast.regie.id, now=clock.now())
    row = session.get_one(LedgerTransaction, undone)
    assert (row.reverses_id, row.reason, row.author_id) == (first, "Erreur", cast.regie.id)
    assert row.value_date == DAY
    assert queries.balance(session, cast.home.id) == 10_000


def test_balances_of_many_take_one_statement(session: Session, make: Factory, cast: Cast) -> None:
    homes = [cast.home.id, cast.other_home.id, make.household("Sans argent").id, 999_999]
    assert queries.balances(session, homes) == dict(zip(homes, [10_000, 10_000, 0, 0], strict=True))


def test_wallets_are_made_when_missing(session: Session, make: Factory) -> None:
    household = make.household()
    session.execute(sa.text("DELETE FROM wallet"))
    session.expire_all()
    made = lock_wallets(session, [household.id])[household.id]
    assert ensure_wallet(session, household.id).id == made.id


TOUCHES = {
    "update": "UPDATE {table} SET id = id + 1000",
    "delete": "DELETE FROM {table}",
    "truncate": "TRUNCATE {table} CASCADE",
}


@pytest.mark.parametrize("table", ["ledger_transaction", "ledger_entry"])
@pytest.mark.parametrize("verb", TOUCHES)
def test_the_database_itself_refuses(session: Session, cast: Cast, table: str, verb: str) -> None:
    session.commit()
    if verb == "truncate" and session.get_bind().dialect.name == "sqlite":
        pytest.skip("SQLite has no TRUNCATE; DELETE without a condition is refused above")
    with pytest.raises(DBAPIError, match="only grows"):
        session.execute(sa.text(TOUCHES[verb].format(table=table)))
    session.rollback()
    assert queries.balance(session, cast.home.id) == 10_000


@pytest.mark.parametrize("recursive", ["ON", "OFF"])
def test_sqlite_refuses_replace(session: Session, cast: Cast, recursive: str) -> None:
    """By id and by (kind, ref), with and without the pragma that makes DELETE triggers fire."""
    session.commit()
    if session.get_bind().dialect.name != "sqlite":
        pytest.skip("REPLACE is SQLite's")
    session.execute(sa.text(f"PRAGMA recursive_triggers={recursive}"))
    entry = session.scalars(sa.select(LedgerEntry)).first()
    known = session.scalars(sa.select(LedgerTransaction)).first()
    assert entry is not None
    assert known is not None
    by_id = "INSERT OR REPLACE INTO ledger_entry (id, transaction_id, account, amount_cents) VALUES (:id, 1, 'cash', 1)"
    by_ref = (
        "INSERT OR REPLACE INTO ledger_transaction (kind, ref, accounted_at, value_date, reason) "
        "VALUES (:kind, :ref, '2027-01-01', '2027-01-01', '')"
    )
    for statement, values in (
        (by_id, {"id": entry.id}),
        (by_ref, {"kind": known.kind.value, "ref": known.ref}),
    ):
        with pytest.raises(DBAPIError, match="only grows"):
            session.execute(sa.text(statement), values)
    session.rollback()


@pytest.mark.postgresql
def test_postgresql_refuses_an_unbalanced_commit(session: Session, cast: Cast) -> None:
    known = session.scalars(sa.select(LedgerTransaction)).first()
    assert known is not None
    session.add(LedgerEntry(transaction_id=known.id, account=A.CASH, amount_cents=1))
    with pytest.raises(DBAPIError, match="does not sum to zero"):
        session.commit()
    session.rollback()
