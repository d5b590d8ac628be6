"""« Mes demandes » (D1)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from app.core import clock
from app.households.models import ProfileChange, ProfileChangeState
from tests.factories import Cast, Factory

SignIn = Callable[[Any], FlaskClient]


def change(make: Factory, cast: Cast, state: ProfileChangeState, **more: Any) -> ProfileChange:
    return make.add(
        ProfileChange(
            household_id=cast.home.id,
            asked_by=cast.camille.id,
            asked={"comment": "Nous déménageons"},
            state=state,
            created_at=clock.now(),
            **more,
        )
    )


def test_requests_stand_in_progress_or_past_with_their_state(
    session: Session, make: Factory, cast: Cast, sign_in: SignIn
) -> None:
    change(make, cast, ProfileChangeState.WAITING)
    refused = change(make, cast, ProfileChangeState.REFUSED, reason="Pièce manquante")
    session.commit()
    html = sign_in(cast.camille).get("/demandes/").text
    assert html.index("En cours") < html.index("en attente") < html.index("Passées")
    assert "refusé" in html
    detail = sign_in(cast.camille).get(f"/demandes/{refused.id}").text
    assert "Pièce manquante" in detail
    assert "Nous déménageons" in detail


def test_another_households_request_is_not_found(
    session: Session, make: Factory, cast: Cast, sign_in: SignIn
) -> None:
    one = change(make, cast, ProfileChangeState.ACCEPTED)
    session.commit()
    assert sign_in(cast.lea).get(f"/demandes/{one.id}").status_code == 404
    assert "Mettre à jour mon foyer" not in sign_in(cast.lea).get("/demandes/").text
