"""The schema: one history, reversible, equal to the models, and a ledger that only grows."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from alembic.script import ScriptDirectory
from flask import Flask
from flask_migrate import check, downgrade, upgrade
from sqlalchemy.orm import Session

from app.core.db import db, write_intent
from app.portal.models import ContactMessage
from app.wallet.models import LedgerEntry
from tests.factories import Factory


def test_one_migration_head() -> None:
    folder = Path(__file__).parents[2] / "migrations"
    assert len(ScriptDirectory(str(folder)).get_heads()) == 1


def test_models_match_the_migrated_schema(app: Flask) -> None:
    with app.app_context():
        check()


def test_downgrade_and_upgrade_again(app: Flask) -> None:
    with app.app_context(), write_intent():
        downgrade(revision="base")
        left = set(sa.inspect(db.engine).get_table_names())
        assert left == {"alembic_version"}
        upgrade()
        check()


ASKED = """
INSERT INTO profile_change (household_id, asked_by, asked, state, reason, created_at)
VALUES (:home, :who, :asked, :state, '', :at)
"""


def test_what_families_asked_before_the_engine_reaches_an_agent(
    app: Flask, session: Session, make: Factory
) -> None:
    """0002: what waited becomes a message that an agent handles; what was decided does not."""
    home = make.household("Martin")
    values = {"home": home.id, "who": make.parent("camille.martin", home).id}
    session.commit()
    session.close()
    downgrade(revision="0001")
    with db.engine.begin() as connection:
        for state, street in (("waiting", "1 rue Neuve"), ("accepted", "2 rue Neuve")):
            asked = json.dumps({"address": {"street": street}})
            more = {"asked": asked, "state": state, "at": "2027-01-11 08:00:00+00:00"}
            connection.execute(sa.text(ASKED), values | more)
    upgrade()
    message = session.scalars(sa.select(ContactMessage)).one()
    assert (message.name, message.account_id) == ("Camille Martin", values["who"])
    assert "Foyer Martin" in message.body
    assert "1 rue Neuve" in message.body
    assert message.handled_at is None


REPLACE = {
    "sqlite": "INSERT OR REPLACE INTO ledger_entry (id, transaction_id, account, amount_cents) "
    "SELECT id, transaction_id, 'cash', 1 FROM ledger_entry",
    "postgresql": "INSERT INTO ledger_entry (id, transaction_id, account, amount_cents) "
    "SELECT id, transaction_id, 'cash', 1 FROM ledger_entry "
    "ON CONFLICT (id) DO UPDATE SET amount_cents = 1",
}


@pytest.mark.parametrize(
    "attack",
    [
        "UPDATE ledger_entry SET amount_cents = 1",
        "DELETE FROM ledger_entry",
        "UPDATE ledger_transaction SET reason = 'x'",
        "DELETE FROM ledger_transaction",
        "REPLACE",
        "TRUNCATE ledger_entry",
    ],
)
def test_the_database_refuses_to_change_the_ledger(
    session: Session, make: Factory, attack: str
) -> None:
    make.money(make.household(), 1000)
    session.commit()
    dialect: Any = session.get_bind().dialect.name
    if attack.startswith("TRUNCATE") and dialect == "sqlite":
        attack = "DELETE FROM ledger_entry"  # SQLite has no TRUNCATE; this is what it would be
    with pytest.raises(sa.exc.DBAPIError):
        session.execute(sa.text(REPLACE[dialect] if attack == "REPLACE" else attack))
    session.rollback()
    assert sorted(session.scalars(sa.select(LedgerEntry.amount_cents))) == [-1000, 1000]
