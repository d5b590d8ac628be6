"""« Paiements » as a family sees it."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.charging.models import Charge
from app.core import clock
from app.reservations.models import Booking, BookingChange, ChangeOrigin
from app.wallet.models import LedgerAccount as A
from app.wallet.models import LedgerEntry, LedgerKind, Wallet
from app.wallet.queries import wallet_of
from app.wallet.rules import Line
from app.wallet.services import lock_wallets, post
from tests.factories import Cast


@pytest.fixture
def camille(session: Session, cast: Cast, sign_in: Any) -> Any:
    session.commit()
    return sign_in(cast.camille)


def book(session: Session, cast: Cast, day: date, cents: int = 420) -> Booking:
    change = BookingChange(
        household_id=cast.home.id, origin=ChangeOrigin.MONTH, created_at=clock.now()
    )
    session.add(change)
    session.flush()
    booking = Booking(
        child_id=cast.jules.id,
        opening_id=cast.opening(cast.midi, day).id,
        household_id=cast.home.id,
        day=day,
        care_cents=100,
        meal_cents=cents - 100,
        created_at=clock.now(),
        created_in=change.id,
    )
    session.add(booking)
    session.flush()
    return booking


def charge(session: Session, cast: Cast, booking: Booking) -> Charge:
    wallet = lock_wallets(session, [cast.home.id])[cast.home.id]
    cents = booking.care_cents + booking.meal_cents
    lines = [
        Line(A.WALLET, -cents, wallet.id),
        Line(A.CARE, booking.care_cents),
        Line(A.MEAL, booking.meal_cents),
    ]
    number = post(
        session, LedgerKind.CHARGE, f"booking:{booking.id}", booking.day, lines, now=clock.now()
    )
    made = Charge(
        booking_id=booking.id,
        household_id=cast.home.id,
        child_id=booking.child_id,
        slot_id=cast.midi.id,
        day=booking.day,
        care_cents=booking.care_cents,
        meal_cents=booking.meal_cents,
        explanation={"quotient": 845, "resident": True, "sibling_rank": 1, "band_id": 2},
        ledger_transaction_id=number,
        created_at=clock.now(),
    )
    booking.charged = True
    session.add(made)
    session.flush()
    return made


def text(response: Any) -> str:
    assert response.status_code == 200
    return response.get_data(as_text=True)


MONDAY = date(2027, 1, 11)


def test_balance_bookings_to_come_and_what_is_left(
    session: Session, cast: Cast, camille: Any
) -> None:
    for offset in (1, 3, 4):
        book(session, cast, MONDAY + timedelta(days=offset))
    session.commit()
    page = text(camille.get("/paiements/"))
    assert "100,00" in page
    assert "15 janvier" in page


def test_movements_carry_their_running_balance(session: Session, cast: Cast, camille: Any) -> None:
    charge(session, cast, book(session, cast, MONDAY))
    session.commit()
    page = text(camille.get("/paiements/"))
    assert "\u2212\u00a04,20" in page
    assert "95,80" in page
    assert "Restaurant scolaire" in page
    assert "Jules" in page


def test_every_line_is_explained(session: Session, cast: Cast, camille: Any) -> None:
    charge(session, cast, book(session, cast, MONDAY))
    session.commit()
    entry = session.scalars(
        sa.select(LedgerEntry.id)
        .where(LedgerEntry.wallet_id.is_not(None))
        .order_by(LedgerEntry.id.desc())
    ).first()
    page = text(camille.get(f"/paiements/mouvements/{entry}"))
    for fact in ("845", "3,20", "1,00", "4,20", "lundi 11 janvier 2027"):
        assert fact in page


def test_another_households_movement_is_404(session: Session, cast: Cast, camille: Any) -> None:
    theirs = session.scalar(
        sa.select(LedgerEntry.id).join(Wallet).where(Wallet.household_id == cast.other_home.id)
    )
    assert camille.get(f"/paiements/mouvements/{theirs}").status_code == 404
    of_no_wallet = session.scalar(sa.select(LedgerEntry.id).where(LedgerEntry.wallet_id.is_(None)))
    assert camille.get(f"/paiements/mouvements/{of_no_wallet}").status_code == 404


def test_movements_are_paged(session: Session, cast: Cast, camille: Any) -> None:
    wallet = lock_wallets(session, [cast.home.id])[cast.home.id]
    for n in range(45):
        lines = [Line(A.WALLET, -100, wallet.id), Line(A.CARE, 100)]
        post(session, LedgerKind.CHARGE, f"charge:{n}", MONDAY, lines, now=clock.now())
    session.commit()
    assert "55,00" in text(camille.get("/paiements/"))
    assert "75,00" in text(camille.get("/paiements/?page=2"))
    last = text(camille.get("/paiements/?page=3"))
    assert "100,00" in last
    for odd in ("0", "-1", "999", "x"):
        text(camille.get(f"/paiements/?page={odd}"))


@pytest.mark.parametrize(("lines", "bookings"), [(1, 1), (40, 6)])
def test_the_page_takes_a_constant_number_of_statements(
    session: Session, cast: Cast, camille: Any, lines: int, bookings: int
) -> None:
    days = [day for (slot, day) in cast.openings if slot == cast.midi.id]
    for day in days[:bookings]:
        charge(session, cast, book(session, cast, day))
    for day in days[10 : 10 + bookings]:
        book(session, cast, day)
    wallet = lock_wallets(session, [cast.home.id])[cast.home.id]
    for n in range(lines):
        rows = [Line(A.WALLET, -10, wallet.id), Line(A.CARE, 10)]
        post(session, LedgerKind.CHARGE, f"charge:{n}", MONDAY, rows, now=clock.now())
    session.commit()
    seen: list[str] = []
    engine = session.get_bind()
    sa.event.listen(engine, "before_cursor_execute", lambda *a: seen.append(a[2]))
    text(camille.get("/paiements/"))
    assert len(seen) <= 18, "\n\n".join(seen)


def test_the_family_chooses_when_to_be_told(session: Session, cast: Cast, camille: Any) -> None:
    home = cast.home.id
    assert camille.post("/paiements/alerte", data={"threshold": "20"}).status_code == 302
    session.rollback()
    wallet = wallet_of(session, home)
    assert wallet is not None
    assert wallet.low_threshold_cents == 2_000
    assert 'value="20,00"' in text(camille.get("/paiements/"))
    for wrong in ("-1", "600", "abc"):
        refused = camille.post("/paiements/alerte", data={"threshold": wrong})
        assert refused.status_code == 400
        assert f'value="{wrong}"' in refused.get_data(as_text=True)
    assert camille.post("/paiements/alerte", data={"threshold": ""}).status_code == 302
    session.rollback()
    wallet = wallet_of(session, home)
    assert wallet is not None
    assert wallet.low_threshold_cents is None


def test_a_page_that_sends_here_says_what_is_missing(camille: Any) -> None:
    assert 'value="255,85"' in text(camille.get("/paiements/?montant=255,85"))
    text(camille.get("/paiements/?montant=<script>"))


def test_the_missing_amount_is_brought_between_the_limits(camille: Any) -> None:
    for asked, shown in (("0.35", "1,00"), ("4000", "1000,00"), ("12.5", "12,50")):
        html = camille.get(f"/paiements/?montant={asked}").get_data(as_text=True)
        assert f'value="{shown}"' in html


def test_a_negative_account_says_what_stays_possible(
    session: Session, cast: Cast, camille: Any
) -> None:
    wallet = lock_wallets(session, [cast.home.id])[cast.home.id]
    lines = [Line(A.WALLET, -12_000, wallet.id), Line(A.CARE, 12_000)]
    post(session, LedgerKind.CHARGE, "charge:1", MONDAY, lines, now=clock.now())
    session.commit()
    page = text(camille.get("/paiements/"))
    assert "\u2212\u00a020,00" in page
    assert "alert-warn" in page


class TestStatement:
    """« Relevé de compte » (P2)."""

    def test_a_year_and_its_months(
        self, session: Session, cast: Cast, camille: Any, frozen_clock: Any
    ) -> None:
        charge(session, cast, book(session, cast, MONDAY))
        session.commit()
        year = text(camille.get("/paiements/releve"))
        assert "95,80" in year
        january = text(camille.get("/paiements/releve?annee=2027&mois=1"))
        assert "Restaurant scolaire" in january
        february = text(camille.get("/paiements/releve?annee=2027&mois=2"))
        assert "Restaurant scolaire" not in february
        assert "95,80" in february

    def test_ready_for_paper(self, camille: Any) -> None:
        page = text(camille.get("/paiements/releve?annee=2027&mois=1&mode=simplifie"))
        assert 'class="tabs"' not in page

    @pytest.mark.parametrize(
        "asked", ["annee=1999", "mois=13", "mois=0", "mois=x", "annee=2027&mois=-1"]
    )
    def test_a_period_that_does_not_exist_is_404(self, camille: Any, asked: str) -> None:
        assert camille.get(f"/paiements/releve?{asked}").status_code == 404


def test_the_tax_certificate_says_from_when(camille: Any) -> None:
    assert "2028" in text(camille.get("/paiements/attestation-fiscale"))


@pytest.mark.parametrize(
    "page", ["/paiements/", "/paiements/releve", "/paiements/attestation-fiscale"]
)
def test_agents_have_no_family_pages(session: Session, cast: Cast, sign_in: Any, page: str) -> None:
    session.commit()
    assert sign_in(cast.agent).get(page).status_code in {302, 403}
