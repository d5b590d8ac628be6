"""The kinds of supporting documents that the built-in démarches ask for (D7).

A commune may rename them, change how long they are valid, or ask for them more widely: only those
that do not exist are made, with the démarche that needs them.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator

import sqlalchemy as sa
from flask_babel import gettext
from sqlalchemy.orm import Session

from app.core.text import N_
from app.documents.models import DocumentType, Owner, Validity
from app.requests.definition import Definition, Kind

FAMILY_RECORD = "livret_de_famille"
ADULT_IDENTITY = "identite_responsables"
HOME_PROOF = "justificatif_domicile"
CUSTODY = "jugement_garde"
INSURANCE = "assurance_scolaire"
VACCINES = "vaccinations"
CARE_PLAN = "pai"

MONTHS, YEAR, DATED, UNLIMITED = (
    Validity.MONTHS,
    Validity.SCHOOL_YEAR,
    Validity.DATE,
    Validity.UNLIMITED,
)
HOUSEHOLD, CHILD = Owner.HOUSEHOLD, Owner.CHILD

Row = tuple[str, str, Owner, Validity, int | None, bool]
KINDS: dict[str, Row] = {
    FAMILY_RECORD: (
        N_("Family record book or birth certificate"),
        N_("The pages of the parents and of the children, or a signed statement on your honour."),
        HOUSEHOLD,
        UNLIMITED,
        None,
        False,
    ),
    ADULT_IDENTITY: (
        N_("Proof of identity of the adults responsible for the child"),
        N_("Identity card, passport or family record book, or a signed statement on your honour."),
        HOUSEHOLD,
        UNLIMITED,
        None,
        False,
    ),
    HOME_PROOF: (
        N_("Proof of address"),
        N_(
            "A bill, a rent receipt or a tax notice of the last three months, or a signed statement on your honour."
        ),
        HOUSEHOLD,
        MONTHS,
        12,
        False,
    ),
    CUSTODY: (
        N_("Court decision on custody"),
        N_("The pages that say where the child lives and who decides."),
        HOUSEHOLD,
        UNLIMITED,
        None,
        False,
    ),
    INSURANCE: (
        N_("School insurance certificate"),
        N_("Civil liability and personal accident, for the school year."),
        CHILD,
        YEAR,
        None,
        False,
    ),
    VACCINES: (
        N_("Vaccination certificate"),
        N_("The vaccination pages of the health record, or a doctor’s certificate."),
        CHILD,
        DATED,
        None,
        True,
    ),
    CARE_PLAN: (
        N_("Individual care plan (PAI)"),
        N_("Signed by the doctor and the school."),
        CHILD,
        YEAR,
        None,
        True,
    ),
}
"""Code → name, help, owner, validity, its months, whether it is health."""


def install(session: Session, codes: Collection[str]) -> None:
    """Make those of these kinds that do not exist, in the language of the moment."""
    there = set(session.scalars(sa.select(DocumentType.code)))
    last = session.scalar(sa.select(sa.func.max(DocumentType.position))) or 0
    new = [code for code in KINDS if code in codes and code not in there]
    session.add_all(_made(code, last + rank) for rank, code in enumerate(new, start=1))
    session.flush()


def _made(code: str, position: int) -> DocumentType:
    name, help_text, owner, validity, months, is_health = KINDS[code]
    return DocumentType(
        code=code,
        name=gettext(name),
        help=gettext(help_text),
        owner=owner,
        validity=validity,
        validity_months=months,
        is_health=is_health,
        position=position,
    )


def named_by(definition: Definition) -> Iterator[str]:
    """The codes that a definition names: documents asked for, fields that hold a file."""
    yield from (one.document_type for one in definition.documents)
    for field in definition.fields():
        for one in (field, *field.fields):
            if one.kind is Kind.FILE:
                yield one.document_type
