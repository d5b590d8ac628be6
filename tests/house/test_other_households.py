"""Every address of a family that names a row: its owner's, and 404 for everybody else (§5.8)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import Session

from app.accounts.roles import PARENT, RIGHTS
from app.core import clock
from app.documents.models import AskedOf, DocumentType, Owner, Validity
from app.households.models import Invitation, PickupPerson, PickupRight
from app.notices.models import Notice
from app.payments.models import Method, Payment, PaymentState, Purpose
from app.requests.models import ProcedureVersion, Request, Status
from app.reservations.models import BookingChange, ChangeOrigin
from app.wallet.models import LedgerEntry, Wallet
from tests.factories import Cast, Factory

MONTH = "2027-01"
OF_OTHER_ROOMS = {
    # route → the test that holds it, where making the row needs its room's own services
    "/justificatifs/fichier/<int:document_id>/<int:position>": "tests/documents",
    "/profil/donnees/<int:export_id>/telecharger": "tests/retention",
    "/justificatifs/<int:type_id>/fournir": "no row of a family is named",
}


REQUEST_PAGES = ("", "/annuler", "/supprimer", "/message", "/recepisse", "/recepisse.pdf")


@pytest.fixture
def leas(make: Factory, cast: Cast, session: Session) -> Mapping[str, str]:
    """Route → the address of something of Léa's, whom nobody else here has anything to do with."""
    home, lea, now = cast.stranger_home.id, cast.lea.id, clock.now()
    notice = make.add(
        Notice(dedupe_key="t", account_id=lea, template="t", subject="S", body="B", created_at=now)
    )
    invitation = make.add(
        Invitation(
            household_id=home,
            email="zoe@exemple.fr",
            token_hash="t",
            invited_by=lea,
            created_at=now,
            expires_at=now + timedelta(days=7),
        )
    )
    payment = make.add(
        Payment(
            household_id=home,
            purpose=Purpose.TOP_UP,
            method=Method.CASH,
            amount_cents=100,
            provider="counter",
            state=PaymentState.PAID,
            receipt_number="2027-00001",
            created_at=now,
            paid_at=now,
        )
    )
    change = make.add(BookingChange(household_id=home, origin=ChangeOrigin.GROUPED, created_at=now))
    insurance = make.add(
        DocumentType(
            code="t",
            name="Assurance",
            owner=Owner.CHILD,
            validity=Validity.UNLIMITED,
            asked_of=AskedOf.EVERY_CHILD,
        )
    )
    aunt = make.add(
        PickupPerson(
            household_id=home,
            first_name="Zoé",
            last_name="Durand",
            phone="06 00 00 00 01",
            created_at=now,
        )
    )
    right = make.add(PickupRight(person_id=aunt.id, child_id=cast.ines.id, started_at=now))
    pickup = f"/demarches/personnes-autorisees/{cast.ines.id}"
    wish = _request_of(session, make, home, lea).id
    entry = session.scalars(
        sa.select(LedgerEntry.id).join(Wallet).where(Wallet.household_id == home)
    ).one()
    session.commit()
    return {
        "/agenda/<int:child_id>/<month>": f"/agenda/{cast.ines.id}/{MONTH}",
        "/agenda/<int:child_id>/historique": f"/agenda/{cast.ines.id}/historique",
        "/agenda/saisie-groupee/resultat/<int:change_id>": (
            f"/agenda/saisie-groupee/resultat/{change.id}"
        ),
        "/demarches/personnes-autorisees/<int:child_id>": pickup,
        "/profil/dossiers-annuels/<int:child_id>": f"/profil/dossiers-annuels/{cast.ines.id}",
        "/demarches/personnes-autorisees/<int:child_id>/nouvelle": f"{pickup}/nouvelle",
        "/demarches/personnes-autorisees/<int:child_id>/existante": f"{pickup}/existante",
        "/demarches/personnes-autorisees/<int:child_id>/<int:right_id>/retirer": (
            f"{pickup}/{right.id}/retirer"
        ),
        **{
            f"/demandes/demarche/<int:request_id>{more}": f"/demandes/demarche/{wish}{more}"
            for more in REQUEST_PAGES
        },
        "/demarches/demande/<int:id>/<step>": f"/demarches/demande/{wish}/child",
        "/demarches/demande/<int:id>/verification": f"/demarches/demande/{wish}/verification",
        "/demarches/demande/<int:id>/abandonner": f"/demarches/demande/{wish}/abandonner",
        "/justificatifs/<int:type_id>/enfant/<int:child_id>/fournir": (
            f"/justificatifs/{insurance.id}/enfant/{cast.ines.id}/fournir"
        ),
        "/messages/<int:notice_id>": f"/messages/{notice.id}",
        "/paiements/mouvements/<int:entry_id>": f"/paiements/mouvements/{entry}",
        "/paiements/recus/<int:payment_id>": f"/paiements/recus/{payment.id}",
        "/paiements/recus/<int:payment_id>.pdf": f"/paiements/recus/{payment.id}.pdf",
        "/profil/invitation/<int:invitation_id>/annuler": (
            f"/profil/invitation/{invitation.id}/annuler"
        ),
    }


def _request_of(session: Session, make: Factory, household_id: int, account_id: int) -> Request:
    version = session.scalars(sa.select(ProcedureVersion).limit(1)).one()
    return make.add(
        Request(
            procedure_id=version.procedure_id,
            version_id=version.id,
            household_id=household_id,
            account_id=account_id,
            number="D-2027-900001",
            status=Status.PENDING,
            submitted_at=clock.now(),
            created_at=clock.now(),
            changed_at=clock.now(),
        )
    )


def routes_of_families(app: Flask) -> dict[str, set[str]]:
    """Route that names a row by its number → its methods, of the views that parents may use.

    The wizard is open to everybody: each of its pages asks who asks.
    """
    theirs = {name for name, line in RIGHTS.items() if PARENT in line} | {"ProceduresView"}
    found: dict[str, set[str]] = {}
    for rule in app.url_map.iter_rules():
        if rule.endpoint.split(".")[0] in theirs and "<int:" in str(rule):
            found.setdefault(str(rule), set()).update((rule.methods or set()) & {"GET", "POST"})
    return found


def test_every_address_of_a_family_is_tried(app: Flask, leas: Mapping[str, str]) -> None:
    """A new route that names a row needs its line in ``leas``."""
    assert routes_of_families(app).keys() - OF_OTHER_ROOMS.keys() == leas.keys()


def test_another_households_anything_is_not_there(
    app: Flask, cast: Cast, leas: Mapping[str, str], sign_in: Any
) -> None:
    strangers = [sign_in(cast.camille), sign_in(cast.yanis)]
    owner = sign_in(cast.lea)
    for route, methods in routes_of_families(app).items():
        if route in OF_OTHER_ROOMS:
            continue
        for method in sorted(methods):
            for stranger in strangers:
                assert stranger.open(leas[route], method=method).status_code == 404, route
            assert owner.open(leas[route], method=method).status_code < 404, route


def test_nobody_is_allowed_to_collect_the_child_of_others(
    cast: Cast, leas: Mapping[str, str], session: Session, sign_in: Any
) -> None:
    """A whole and valid form, sent by somebody else than the child's own household."""
    typed = {"first_name": "Paul", "last_name": "Martin", "phone": "06 00 00 00 02"}
    path = leas["/demarches/personnes-autorisees/<int:child_id>/nouvelle"]
    known = path.replace("nouvelle", "existante")
    for stranger in (sign_in(cast.camille), sign_in(cast.yanis)):
        assert stranger.post(path, data=typed | {"relation": "Oncle"}).status_code == 404
        assert stranger.post(known, data={"person": "1"}).status_code == 404
    session.rollback()
    assert session.scalar(sa.select(sa.func.count()).select_from(PickupRight)) == 1


def test_ids_of_another_household_in_a_form_change_nothing(
    cast: Cast, leas: Mapping[str, str], session: Session, sign_in: Any
) -> None:
    """Ids sent where ours are expected, beside fields that no form of ours has."""
    camille, opening = sign_in(cast.camille), cast.openings[cast.midi.id, clock.today()]
    forged = {"household_id": cast.stranger_home.id, "child_id": cast.ines.id, "care_cents": 1}
    future = max(one.id for one in cast.openings.values())
    answer = camille.post(
        f"/agenda/{cast.jules.id}/{MONTH}",
        data=forged | {"shown": "", "o": [future], "capacity": 999, "price": "0,01"},
    )
    assert answer.status_code == 303
    session.rollback()
    [booked] = session.execute(sa.text("SELECT household_id, child_id, care_cents FROM booking"))
    assert tuple(booked) == (cast.home.id, cast.jules.id, booked.care_cents)
    assert booked.care_cents > 1
    assert session.scalar(sa.select(type(opening).capacity).filter_by(id=future)) == 50
