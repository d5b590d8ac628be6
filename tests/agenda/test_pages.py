"""The agenda's pages through the client (B1–B6): what they show, what a save does."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from app.core import clock, settings
from app.notices.models import OutboxMessage
from app.reservations.models import Booking, BookingState
from tests.factories import Cast, Factory

SignIn = Callable[[Any], FlaskClient]
THURSDAY, FRIDAY = date(2027, 1, 14), date(2027, 1, 15)
MONTH = "2027-01"


def url(child: Any) -> str:
    return f"/agenda/{child.id}/{MONTH}"


def hidden(html: str, name: str) -> str:
    found = re.search(rf'name="{name}" value="([^"]*)"', html)
    assert found, f"no hidden field {name}"
    return found[1]


def live(session: Session, **criteria: Any) -> int:
    session.rollback()
    rows = session.scalars(sa.select(Booking).filter_by(state=BookingState.LIVE, **criteria)).all()
    return len(rows)


@pytest.fixture
def camille(session: Session, cast: Cast, sign_in: SignIn) -> FlaskClient:
    session.commit()
    return sign_in(cast.camille)


def tick(client: FlaskClient, page: str, *openings: Any, **more: str) -> Any:
    """Save the month as the page would: what it showed, and these boxes ticked."""
    html = client.get(page).text
    form = {"shown": hidden(html, "shown"), "token": hidden(html, "token")} | more
    return client.post(page, data=form | {"o": [str(opening.id) for opening in openings]})


def test_the_month_shows_states_with_words_and_a_legend(camille: FlaskClient, cast: Cast) -> None:
    html = camille.get(url(cast.jules)).text
    assert "Agenda de" in html
    assert "Réservable" in html
    assert "Hors délai" in html
    assert "Saisie groupée" in html
    assert "Historique des réservations" in html


def test_saving_books_and_comes_back_to_the_month(
    camille: FlaskClient, cast: Cast, session: Session
) -> None:
    answer = tick(camille, url(cast.jules), cast.opening(cast.midi, THURSDAY))
    assert answer.status_code == 303
    assert live(session, child_id=cast.jules.id) == 1
    html = camille.get(url(cast.jules)).text
    assert "1 réservation ajoutée" in html


def test_the_same_form_sent_twice_books_once(
    camille: FlaskClient, cast: Cast, session: Session
) -> None:
    html = camille.get(url(cast.jules)).text
    form = {
        "shown": "",
        "token": hidden(html, "token"),
        "o": [str(cast.opening(cast.midi, THURSDAY).id)],
    }
    assert [camille.post(url(cast.jules), data=form).status_code for _ in range(2)] == [303, 303]
    assert live(session, child_id=cast.jules.id) == 1


def test_a_page_reached_again_by_back_saves_what_is_ticked_there(
    camille: FlaskClient, cast: Cast, session: Session
) -> None:
    """Same mark, other ticks: another save, not the first one sent twice."""
    html = camille.get(url(cast.jules)).text
    for day, booked in ((THURSDAY, 1), (FRIDAY, 2), (FRIDAY, 2)):
        form = {
            "shown": "",
            "token": hidden(html, "token"),
            "o": [str(cast.opening(cast.midi, day).id)],
        }
        assert camille.post(url(cast.jules), data=form).status_code == 303
        assert live(session, child_id=cast.jules.id) == booked


def test_what_another_tab_booked_is_not_removed(
    camille: FlaskClient, cast: Cast, session: Session
) -> None:
    first = camille.get(url(cast.jules)).text
    tick(camille, url(cast.jules), cast.opening(cast.midi, THURSDAY))
    camille.post(
        url(cast.jules),
        data={
            "shown": hidden(first, "shown"),
            "token": hidden(first, "token"),
            "o": [str(cast.opening(cast.midi, FRIDAY).id)],
        },
    )
    assert live(session, child_id=cast.jules.id) == 2


def test_unticking_what_was_shown_removes_it(
    camille: FlaskClient, cast: Cast, session: Session
) -> None:
    tick(camille, url(cast.jules), cast.opening(cast.midi, THURSDAY))
    answer = tick(camille, url(cast.jules))
    assert answer.status_code == 303
    assert live(session, child_id=cast.jules.id) == 0


def test_a_day_past_its_deadline_by_a_second_is_refused_with_its_reason(
    camille: FlaskClient, cast: Cast, session: Session, frozen_clock: Any, sign_in: SignIn
) -> None:
    html = camille.get(url(cast.jules)).text
    opening = cast.opening(cast.midi, THURSDAY)
    frozen_clock.move_to(opening.book_until + timedelta(seconds=1))
    answer = sign_in(cast.camille).post(
        url(cast.jules),
        data={"shown": "", "token": hidden(html, "token"), "o": [str(opening.id)]},
    )
    assert answer.status_code == 409
    assert "hors délai" in answer.text
    assert live(session, child_id=cast.jules.id) == 0


def test_a_refusal_for_money_keeps_the_ticks_and_says_how_much_is_missing(
    camille: FlaskClient, cast: Cast, session: Session, make: Factory
) -> None:
    make.money(cast.home, -9_900)
    session.commit()
    opening = cast.opening(cast.midi, THURSDAY)
    answer = tick(camille, url(cast.jules), opening)
    assert answer.status_code == 409
    assert "3,20\u00a0€" in answer.text
    assert "Recharger mon compte" in answer.text
    assert 'href="/paiements/?montant=3.20#recharger"' in answer.text
    assert re.search(rf'value="{opening.id}"[^>]* checked', answer.text)
    assert live(session, child_id=cast.jules.id) == 0


def test_the_other_parent_sees_the_booking_without_its_price(
    camille: FlaskClient, cast: Cast, sign_in: SignIn
) -> None:
    opening = cast.opening(cast.midi, THURSDAY)
    tick(camille, url(cast.noe), opening)
    html = sign_in(cast.yanis).get(url(cast.noe)).text
    assert "Autre parent" in html
    assert "Réservé par l’autre parent" in html
    assert f'value="{opening.id}"' not in html


def test_both_parents_cannot_book_the_same_slot(
    camille: FlaskClient, cast: Cast, sign_in: SignIn, session: Session
) -> None:
    opening = cast.opening(cast.midi, THURSDAY)
    yanis = sign_in(cast.yanis)
    html = yanis.get(url(cast.noe)).text
    tick(camille, url(cast.noe), opening)
    answer = yanis.post(
        url(cast.noe), data={"shown": "", "token": hidden(html, "token"), "o": [str(opening.id)]}
    )
    assert answer.status_code == 409
    assert "l’autre parent" in answer.text
    assert live(session, child_id=cast.noe.id) == 1


def test_a_negative_balance_leads_to_the_amount_that_frees_it(
    camille: FlaskClient, cast: Cast, session: Session, make: Factory
) -> None:
    make.money(cast.home, -12_500)
    session.commit()
    notice = 'href="/paiements/?montant=25.00#recharger">Recharger mon compte'
    assert notice in camille.get(url(cast.jules)).text
    assert 'href="/paiements/?montant=25.00#recharger"' in camille.get("/").text


def test_the_message_of_a_save_names_its_price_or_the_difference(
    camille: FlaskClient, cast: Cast, session: Session
) -> None:
    def last() -> str:
        session.rollback()
        texts = session.scalars(sa.select(OutboxMessage.text).order_by(OutboxMessage.id))
        return list(texts)[-1]

    tick(camille, url(cast.jules), cast.opening(cast.midi, THURSDAY))
    assert "Prix de ces réservations\u00a0: 4,20\u00a0€" in last()
    tick(camille, url(cast.jules))
    assert "Différence de prix\u00a0: \u2212\u00a04,20\u00a0€" in last()


@pytest.mark.parametrize(("horizon", "days"), [(None, 31), (10, 22), (0, 12), (400, 31)])
def test_the_page_knows_which_days_must_be_covered(
    camille: FlaskClient, cast: Cast, session: Session, horizon: int | None, days: int
) -> None:
    settings.put(session, settings.COVER_HORIZON_DAYS, horizon)
    session.commit()
    assert f'data-covered="{days}"' in camille.get(url(cast.jules)).text
    february = camille.get(f"/agenda/{cast.jules.id}/2027-02").text
    assert ('data-covered="0"' in february) == (horizon in {10, 0})


@pytest.mark.parametrize("page", [MONTH, "historique"])
def test_another_households_child_is_not_found(camille: FlaskClient, cast: Cast, page: str) -> None:
    assert camille.get(f"/agenda/{cast.ines.id}/{page}").status_code == 404


@pytest.mark.parametrize("month", ["2027-13", "abc", "2027-1", "0001-01", "9999-12"])
def test_a_month_that_does_not_exist_is_not_found(
    camille: FlaskClient, cast: Cast, month: str
) -> None:
    assert camille.get(f"/agenda/{cast.jules.id}/{month}").status_code == 404


def test_openings_of_nobody_here_are_refused(
    camille: FlaskClient, cast: Cast, session: Session, make: Factory
) -> None:
    elsewhere = make.opening(cast.midi, THURSDAY, make.site("École du Centre"))
    session.commit()
    answer = tick(camille, url(cast.jules), elsewhere)
    assert answer.status_code in {404, 409}
    assert live(session, child_id=cast.jules.id) == 0


def test_what_is_no_number_is_ignored(camille: FlaskClient, cast: Cast, session: Session) -> None:
    html = camille.get(url(cast.jules)).text
    answer = camille.post(
        url(cast.jules),
        data={
            "shown": "x,-1,\u0661",
            "token": hidden(html, "token"),
            "o": ["1e3", "", "99999999999999"],
        },
    )
    assert answer.status_code == 303
    assert live(session) == 0


def test_like_last_week_fills_the_ticks(
    camille: FlaskClient, cast: Cast, session: Session, frozen_clock: Any, sign_in: SignIn
) -> None:
    tick(camille, url(cast.jules), cast.opening(cast.midi, THURSDAY))
    frozen_clock.move_to(clock.now() + timedelta(days=7))
    html = sign_in(cast.camille).get(url(cast.jules) + "?fill=week").text
    next_thursday = cast.opening(cast.midi, THURSDAY + timedelta(days=14))
    assert re.search(rf'value="{next_thursday.id}"[^>]* checked', html)
    assert live(session) == 1


def grouped_form(cast: Cast, **more: Any) -> dict[str, Any]:
    return {
        "children": [str(cast.jules.id), str(cast.rose.id)],
        "mode": "create",
        "period": "month",
        "slots": [str(cast.midi.id)],
        "weekdays": ["0", "3"],
        "rhythm": "1",
    } | more


def test_grouped_preview_shows_the_plan_and_writes_nothing(
    camille: FlaskClient, cast: Cast, session: Session
) -> None:
    answer = camille.post("/agenda/saisie-groupee/apercu", data=grouped_form(cast))
    assert answer.status_code == 200
    assert "5 jours pour 2 enfants, 10 créneaux" in answer.text
    assert "42,00\u00a0€" in answer.text
    assert live(session) == 0


def test_grouped_save_writes_exactly_the_plan_previewed(
    camille: FlaskClient, cast: Cast, session: Session
) -> None:
    preview = camille.post("/agenda/saisie-groupee/apercu", data=grouped_form(cast)).text
    kept = {name: hidden(preview, name) for name in ("was", "shown", "fingerprint", "token")} | {
        "day": re.findall(r'name="day" value="([^"]+)" checked', preview)
    }
    answer = camille.post("/agenda/saisie-groupee/enregistrer", data=grouped_form(cast) | kept)
    assert answer.status_code == 303
    assert live(session) == 10
    report = camille.get(answer.location).text
    assert "5 réservés" in report


def test_grouped_save_with_a_changed_plan_saves_nothing_and_shows_the_new_one(
    camille: FlaskClient, cast: Cast, session: Session
) -> None:
    preview = camille.post("/agenda/saisie-groupee/apercu", data=grouped_form(cast)).text
    cast.opening(cast.midi, THURSDAY).capacity = 0
    session.commit()
    kept = {name: hidden(preview, name) for name in ("fingerprint", "token")}
    answer = camille.post("/agenda/saisie-groupee/enregistrer", data=grouped_form(cast) | kept)
    assert answer.status_code == 409
    assert "complet" in answer.text
    assert live(session) == 0


def test_grouped_delete_removes_the_bookings(
    camille: FlaskClient, cast: Cast, session: Session
) -> None:
    tick(camille, url(cast.jules), cast.opening(cast.midi, THURSDAY))
    form = grouped_form(cast, mode="delete")
    preview = camille.post("/agenda/saisie-groupee/apercu", data=form).text
    kept = {name: hidden(preview, name) for name in ("fingerprint", "token")}
    assert camille.post("/agenda/saisie-groupee/enregistrer", data=form | kept).status_code == 303
    assert live(session) == 0


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"children": []}, "Choisissez au moins un enfant."),
        ({"slots": []}, "Choisissez au moins une activité."),
        ({"period": "dates"}, "Indiquez les deux dates de la période."),
        (
            {"period": "dates", "first": "2027-02-01", "last": "2027-01-01"},
            "La période se termine avant de commencer.",
        ),
        (
            {"period": "dates", "first": "9999-12-01", "last": "9999-12-31"},
            "Indiquez une date entre le 01/01/1900 et le 31/12/2199.",
        ),
        (
            {"period": "dates", "first": "2020-02-01", "last": "2027-01-01"},
            "La période est plus longue qu’une année scolaire.",
        ),
    ],
)
def test_bad_choices_get_a_sentence(
    camille: FlaskClient, cast: Cast, change: dict[str, Any], sentence: str
) -> None:
    answer = camille.post("/agenda/saisie-groupee/apercu", data=grouped_form(cast) | change)
    assert answer.status_code == 400
    assert sentence in answer.text


def test_another_households_child_is_no_choice(camille: FlaskClient, cast: Cast) -> None:
    form = grouped_form(cast, children=[str(cast.ines.id)])
    assert camille.post("/agenda/saisie-groupee/apercu", data=form).status_code == 400


def test_another_households_report_is_not_found(
    camille: FlaskClient, cast: Cast, sign_in: SignIn
) -> None:
    preview = camille.post("/agenda/saisie-groupee/apercu", data=grouped_form(cast)).text
    kept = {name: hidden(preview, name) for name in ("fingerprint", "token")}
    answer = camille.post("/agenda/saisie-groupee/enregistrer", data=grouped_form(cast) | kept)
    assert sign_in(cast.lea).get(answer.location).status_code == 404
