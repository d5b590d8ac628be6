"""The régisseur's counter, page by page (B11)."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.core import clock
from app.core.sheets import safe
from app.notices.models import OutboxMessage
from app.payments.models import Payment, PaymentState, Purpose
from app.payments.providers.base import Fate, Outcome
from app.payments.services import settle
from app.wallet import queries
from app.wallet.models import LedgerEntry, LedgerTransaction
from tests.factories import Cast

TOKEN = "7d0b6b5e-7d5c-4f57-8f10-0d7a5c0f0001"


@pytest.fixture
def regie(session: Session, cast: Cast, sign_in: Any) -> Any:
    session.commit()
    return sign_in(cast.regie)


def receive(client: Any, household_id: int, **more: str) -> Any:
    form = {"token": TOKEN, "amount": "40", "method": "cash"} | more
    return client.post(f"/agents/guichet/foyers/{household_id}", data=form)


def balance(session: Session, household_id: int) -> int:
    session.rollback()
    return queries.balance(session, household_id)


def test_a_household_is_found_by_name_number_or_child(cast: Cast, regie: Any) -> None:
    for typed in ("mart", "MARTIN", "Jules", cast.home.number):
        assert "Martin" in regie.get("/agents/guichet/", query_string={"q": typed}).get_data(
            as_text=True
        )
    for typed in ("%", "_", "Inconnu"):
        page = regie.get("/agents/guichet/", query_string={"q": typed}).get_data(as_text=True)
        assert "/agents/guichet/foyers/" not in page


def test_cash_gives_a_receipt_to_print(session: Session, cast: Cast, regie: Any) -> None:
    home = cast.home.id
    answer = receive(regie, home)
    assert answer.status_code == 303
    page = regie.get(answer.headers["Location"]).get_data(as_text=True)
    assert "2027-00001" in page
    assert "40,00" in page
    assert regie.get(f"{answer.headers['Location']}.pdf").data.startswith(b"%PDF-")
    assert balance(session, home) == 14_000


def test_a_double_click_credits_once(session: Session, cast: Cast, regie: Any) -> None:
    home = cast.home.id
    assert receive(regie, home).headers["Location"] == receive(regie, home).headers["Location"]
    assert balance(session, home) == 14_000


@pytest.mark.parametrize(
    "wrong",
    [
        {"amount": "0"},
        {"amount": "-5"},
        {"amount": "5000,01"},
        {"amount": "douze"},
        {"method": "gold"},
        {"method": "card"},
        {"method": "cheque"},
        {"token": "1"},
    ],
)
def test_what_is_wrong_is_said_and_kept(
    session: Session, cast: Cast, regie: Any, wrong: Any
) -> None:
    home = cast.home.id
    refused = receive(regie, home, **wrong)
    assert refused.status_code == 400
    assert (
        'aria-invalid="true"' in (page := refused.get_data(as_text=True)) or "error-summary" in page
    )
    assert balance(session, home) == 10_000


def test_the_list_of_the_day_and_its_totals(session: Session, cast: Cast, regie: Any) -> None:
    receive(regie, cast.home.id)
    receive(
        regie,
        cast.other_home.id,
        token=TOKEN.replace("0001", "0002"),
        method="cheque",
        amount="60,5",
        bank="La Banque postale",
        cheque_number="0000123",
    )
    page = regie.get("/agents/guichet/jour?jour=2027-01-12").get_data(as_text=True)
    for fact in ("2027-00001", "2027-00002", "100,50", "60,50", "0000123", "Espèces, 1 "):
        assert fact in page
    assert "2027-00001" not in regie.get("/agents/guichet/jour?jour=2027-01-11").get_data(
        as_text=True
    )
    assert regie.get("/agents/guichet/jour?jour=hier").status_code == 404


def test_a_reversal_needs_a_reason_and_leaves_the_line(
    session: Session, cast: Cast, regie: Any
) -> None:
    home = cast.home.id
    receive(regie, home)
    number = session.scalars(sa.select(Payment.id)).one()
    page = f"/agents/guichet/recus/{number}/annulation"
    assert regie.get(page).status_code == 200
    assert regie.post(page, data={"reason": ""}).status_code == 400
    assert regie.post(page, data={"reason": "Chèque refusé"}).status_code == 303
    assert regie.post(page, data={"reason": "Encore"}).status_code == 400
    assert balance(session, home) == 10_000
    day = regie.get("/agents/guichet/jour").get_data(as_text=True)
    assert "Chèque refusé" in day
    assert "40,00" in day


def test_the_export_runs_no_formula(session: Session, make: Any, cast: Cast, regie: Any) -> None:
    evil = make.household("=HYPERLINK(1)").id
    session.commit()
    receive(regie, evil, method="cheque", bank="@bank", cheque_number="+1")
    export = regie.get("/agents/guichet/jour.csv")
    assert export.mimetype == "text/csv"
    text = export.get_data(as_text=True)
    assert text.startswith("\ufeff")
    assert "'=HYPERLINK(1)" in text
    assert "'@bank" in text
    assert "'+1" in text
    assert ";40,00;" in text


@pytest.mark.parametrize("text", ["=1", "+1", "-1", "@x", "\t=1", "\r=1"])
def test_formulas_are_disarmed(text: str) -> None:
    assert safe(text) == f"'{text}"
    assert safe("Martin") == "Martin"


def test_a_refund_is_recorded(session: Session, cast: Cast, regie: Any) -> None:
    home = cast.home.id
    page = f"/agents/guichet/foyers/{home}/remboursement"
    form = {"token": TOKEN, "amount": "30", "method": "transfer", "reason": "Départ"}
    assert regie.get(page).status_code == 200
    assert regie.post(page, data=form | {"amount": "100,01"}).status_code == 400
    assert regie.post(page, data=form | {"reason": ""}).status_code == 400
    assert regie.post(page, data=form).status_code == 303
    assert regie.post(page, data=form).status_code == 303
    assert balance(session, home) == 7_000


class TestReview:
    """Money that does not match what was asked."""

    @pytest.fixture
    def odd(self, session: Session, cast: Cast) -> int:
        payment = Payment(
            household_id=cast.home.id,
            purpose=Purpose.TOP_UP,
            amount_cents=5_000,
            provider="stripe",
            created_at=clock.now(),
        )
        session.add(payment)
        session.flush()
        settle(session, payment.id, Outcome(Fate.PAID, 4_000), clock.now())
        session.commit()
        return payment.id

    def test_is_credited_as_received(
        self, session: Session, cast: Cast, odd: int, regie: Any
    ) -> None:
        home, page = cast.home.id, f"/agents/guichet/a-verifier/{odd}"
        assert "40,00" in regie.get(page).get_data(as_text=True)
        assert regie.post(page, data={"reason": "", "decision": "credit"}).status_code == 400
        done = regie.post(page, data={"reason": "Vu au relevé", "decision": "credit"})
        assert done.status_code == 303
        assert balance(session, home) == 14_000
        assert regie.get(page).status_code == 404

    def test_or_dismissed(self, session: Session, cast: Cast, odd: int, regie: Any) -> None:
        home = cast.home.id
        form = {"reason": "Rendu par la plateforme", "decision": "dismiss"}
        assert regie.post(f"/agents/guichet/a-verifier/{odd}", data=form).status_code == 303
        assert balance(session, home) == 10_000
        assert session.get_one(Payment, odd).state is PaymentState.FAILED

    def test_the_list_leads_to_the_decision(self, odd: int, regie: Any) -> None:
        answer = regie.post(f"/agents/paiements/action/review/{odd}")
        assert answer.headers["Location"].endswith(f"/agents/guichet/a-verifier/{odd}")

    def test_the_regisseur_is_told(self, session: Session, cast: Cast, odd: int) -> None:
        mails = session.scalars(
            sa.select(OutboxMessage).where(OutboxMessage.template == "payment_to_review")
        ).all()
        assert [mail.to_address for mail in mails] == [cast.regie.email]
        assert f"/agents/guichet/a-verifier/{odd}" in mails[0].text


def test_a_parent_has_no_counter(session: Session, cast: Cast, sign_in: Any) -> None:
    session.commit()
    for account in (cast.camille, cast.agent):
        client = sign_in(account)
        for page in ("/agents/guichet/", "/agents/guichet/jour.csv"):
            assert client.get(page).status_code in {302, 403}
        assert receive(client, cast.home.id).status_code in {302, 403}


@pytest.mark.parametrize(
    "page", ["paiements", "remboursements", "comptes-d-avance", "operations", "ecritures"]
)
def test_lists_are_read_and_never_edited(
    session: Session, cast: Cast, regie: Any, page: str
) -> None:
    receive(regie, cast.home.id)
    assert regie.get(f"/agents/{page}/list/").status_code == 200
    for act in ("add", "edit/1", "delete/1"):
        assert regie.post(f"/agents/{page}/{act}", data={}).status_code in {404, 405}


def test_an_operation_shows_its_lines(session: Session, cast: Cast, regie: Any) -> None:
    first, other = session.scalars(
        sa.select(LedgerTransaction.id).order_by(LedgerTransaction.id).limit(2)
    ).all()
    page = regie.get(f"/agents/operations/show/{first}").text
    lines = session.scalars(
        sa.select(LedgerEntry.id).where(LedgerEntry.transaction_id == first)
    ).all()
    assert len(lines) == 2
    for line in lines:
        assert f"/agents/ecritures/show/{line}" in page
    foreign = session.scalar(
        sa.select(sa.func.min(LedgerEntry.id)).where(LedgerEntry.transaction_id == other)
    )
    assert f'/agents/ecritures/show/{foreign}"' not in page
