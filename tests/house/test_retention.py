"""Every table about people is erased at some point, or stays for a reason that is written here."""

from __future__ import annotations

from app.core.db import Base
from app.retention import households
from app.retention.policies import POLICIES

PERSONAL = {
    "household_id",
    "child_id",
    "account_id",
    "email",
    "to_address",
    "first_name",
    "born_on",
}
"""A table with one of these columns is about people."""

ERASED = {
    "account": "pseudonymised with its household",
    "ab_user": "pseudonymised with its household",
    "adult": "with its household",
    "child": "pseudonymised with its last household",
    "data_export": "a week after it was made",
    "household": "pseudonymised",
    "one_time_link": "with its account, and when it has expired",
    "pending_registration": "policy « registrations »",
    "pickup_person": "with its household",
    "pickup_right": "with its person",
    "request": "emptied with its household; drafts by policy",
}
KEPT = {
    "ab_register_user": "the framework's, never written",
    "booking": "accounting: ids only",
    "booking_change": "accounting: ids only",
    "charge": "accounting: ids only",
    "coverage_case": "accounting: ids only",
    "enrolment": "ids only; the child loses its name",
    "guardianship": "ids only; its notes are emptied",
    "payment": "accounting: ids only",
    "refund": "accounting: ids only",
    "schooling": "ids only; the child loses its name",
    "site_staff": "ids only; the account loses its name",
    "core_service": "the commune's own addresses",
    "wallet": "accounting: ids only",
    "document_requirement": "ids only",
}


def test_every_personal_table_has_a_rule() -> None:
    by_policy = {one.model.__tablename__ for one in POLICIES}
    with_household = {model.__tablename__ for model in households.OF_THE_HOUSEHOLD}
    known = by_policy | with_household | set(ERASED) | set(KEPT)
    personal = {
        table.name
        for table in Base.metadata.tables.values()
        if PERSONAL & set(table.columns.keys())
    }
    assert personal - known == set()
