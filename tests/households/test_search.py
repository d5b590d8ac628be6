"""The agents' search: households by number, adult or child."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from app.households.search import households_like
from tests.factories import Cast


@pytest.mark.parametrize(
    ("typed", "names"),
    [
        ("mart", ["Benali", "Martin"]),
        ("camille martin", ["Martin"]),
        ("Noé", ["Benali", "Martin"]),
        ("jules durand", []),
        ("F-00003", ["Durand"]),
        ("%", []),
        ("_", []),
        ("", []),
        ("' OR 1=1 --", []),
    ],
)
def test_each_word_begins_a_name_or_number(
    session: Session, cast: Cast, typed: str, names: list[str]
) -> None:
    assert [household.name for household in households_like(session, typed)] == names


def test_agents_search_and_families_do_not(
    session: Session, cast: Cast, sign_in: Callable[[Any], FlaskClient]
) -> None:
    session.commit()
    page = sign_in(cast.agent).get("/agents/recherche/?q=martin")
    assert f"/agents/foyers/{cast.home.id}" in page.text
    assert sign_in(cast.camille).get("/agents/recherche/?q=martin").status_code in {302, 403}
