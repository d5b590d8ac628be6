"""Everything the portal knows of a household, table by table (§5.10).

Left out: what opens something (passwords, hashes of links), what concerns somebody else (a court
restriction's note), and children whose tie is restricted.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from enum import Enum
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.accounts.models import Account
from app.activities.models import Enrolment
from app.charging.models import Charge
from app.core import clock
from app.core.encryption import unseal_json
from app.core.models import AuditEvent
from app.documents.models import Document, DocumentPage, DocumentReading, Requirement
from app.households.models import (
    Adult,
    Child,
    Guardianship,
    HealthReading,
    Household,
    PickupPerson,
    PickupRight,
    QuotientRecord,
    ResidenceRecord,
    Schooling,
    YearFile,
)
from app.households.queries import holding
from app.notices.models import Notice, OutboxMessage
from app.payments.models import Payment, Refund
from app.requests.models import Request, RequestMessage, RequestMove
from app.reservations.models import Booking, BookingChange
from app.wallet.models import LedgerEntry, LedgerTransaction, Wallet

SECRET = frozenset(
    {
        "password",
        "token_hash",
        "family_code_hash",
        "form_token",
        "submit_token",
        "session_version",
        "restriction_note",
        "do_not_hand_to",
        "storage_key",
        "health_cipher",
        "private_answers",
        "lease_token",
        "html",
    }
)
"""Columns of no table's export."""


@dataclass(frozen=True)
class Part:
    """One file of the export: its rows are those of ``model`` that ``where`` keeps."""

    name: str
    model: Any
    where: Any


def parts(household_id: int) -> Sequence[Part]:
    """What is exported of this household, in the order of the files."""
    own_ties = sa.select(Guardianship.child_id).where(Guardianship.household_id == household_id)
    restricted = own_ties.where(Guardianship.restricted_at.is_not(None))
    seen = own_ties.where(Guardianship.restricted_at.is_(None))
    # A former tie shows what was this household's own, not how the child lives today.
    held = own_ties.join(Child).where(holding(clock.today()))

    def allowed(model: Any) -> Any:
        """A row about no child, or about one whose tie is not restricted (§3.5)."""
        return sa.or_(model.child_id.is_(None), model.child_id.not_in(restricted))

    own_requests = sa.select(Request.id).where(
        Request.household_id == household_id, allowed(Request)
    )
    persons = sa.select(PickupPerson.id).where(PickupPerson.household_id == household_id)
    documents = sa.select(Document.id).where(
        Document.household_id == household_id, allowed(Document)
    )
    wallet = sa.select(Wallet.id).where(Wallet.household_id == household_id)
    written = sa.select(LedgerEntry.transaction_id).where(LedgerEntry.wallet_id.in_(wallet))

    def of_household(name: str, model: Any, *more: Any) -> Part:
        if hasattr(model, "child_id"):
            more = (*more, allowed(model))
        return Part(name, model, sa.and_(model.household_id == household_id, *more))

    return (
        Part("foyer", Household, Household.id == household_id),
        of_household("comptes", Account),
        of_household("adultes", Adult),
        Part("enfants", Child, Child.id.in_(seen)),
        of_household("rattachements", Guardianship),
        Part("scolarites", Schooling, Schooling.child_id.in_(held)),
        of_household("quotients", QuotientRecord),
        of_household("residences", ResidenceRecord),
        of_household("dossiers_annuels", YearFile),
        of_household("personnes_autorisees", PickupPerson),
        Part(
            "autorisations_de_sortie",
            PickupRight,
            sa.and_(PickupRight.person_id.in_(persons), allowed(PickupRight)),
        ),
        Part("inscriptions", Enrolment, Enrolment.child_id.in_(held)),
        of_household("reservations", Booking),
        of_household("saisies", BookingChange),
        of_household("debits", Charge),
        of_household("paiements", Payment),
        of_household("remboursements", Refund),
        Part("ecritures", LedgerEntry, LedgerEntry.wallet_id.in_(wallet)),
        Part("operations", LedgerTransaction, LedgerTransaction.id.in_(written)),
        of_household("demandes", Request),
        Part("suivi_des_demandes", RequestMove, RequestMove.request_id.in_(own_requests)),
        Part("echanges", RequestMessage, RequestMessage.request_id.in_(own_requests)),
        of_household("justificatifs", Document),
        Part("fichiers", DocumentPage, DocumentPage.document_id.in_(documents)),
        of_household("justificatifs_reclames", Requirement),
        of_household("consultations_de_justificatifs", DocumentReading),
        of_household("consultations_de_sante", HealthReading),
        of_household("messages", Notice),
        of_household("courriels", OutboxMessage, OutboxMessage.confidential.is_(False)),
        of_household("journal", AuditEvent),
    )


def rows(session: Session, part: Part) -> Iterator[dict[str, Any]]:
    """The rows of a part, JSON-ready, health data opened for the family itself. One statement."""
    for row in session.scalars(sa.select(part.model).where(part.where).order_by(part.model.id)):
        yield {**_columns(row), **_opened(row)}


def _columns(row: Any) -> dict[str, Any]:
    names = (column.key for column in sa.inspect(type(row)).column_attrs)
    return {name: _plain(getattr(row, name)) for name in names if name not in SECRET}


def _opened(row: Any) -> dict[str, Any]:
    if isinstance(row, YearFile):
        return {"sante": unseal_json(row.health_cipher, f"year_file:{row.id}")}
    if isinstance(row, Request):
        return {"reponses_privees": unseal_json(row.private_answers, f"request:{row.id}")}
    return {}


def _plain(value: Any) -> Any:
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    return value.value if isinstance(value, Enum) else value


def files(session: Session, household_id: int) -> Sequence[Any]:
    """(name in the archive, storage key, sealed) of each file still kept."""
    pages = next(part for part in parts(household_id) if part.model is DocumentPage)
    found = session.execute(
        sa.select(
            DocumentPage.document_id,
            DocumentPage.position,
            DocumentPage.name,
            DocumentPage.storage_key,
            DocumentPage.is_sealed,
        )
        .where(pages.where)
        .order_by(DocumentPage.id)
    )
    return [
        (f"fichiers/{document}-{position}-{name}", key, sealed)
        for document, position, name, key, sealed in found
    ]
