"""A commune is set up from an empty database through screens alone (issue 2, Activities)."""

from __future__ import annotations

import re
from functools import partial
from typing import Any

from flask import url_for
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from tests.activities import setting_up
from tests.factories import Factory


def fill(client: FlaskClient, page: str, **typed: Any) -> None:
    """Post the form of a page (its endpoint, or its address) and follow to what says it is saved."""
    url = page if page.startswith("/") else address(client, page)
    answer = client.post(url, data=typed, follow_redirects=True)
    assert answer.status_code == 200, (url, answer.request.path, words(answer.text))
    assert answer.history, (url, words(answer.text))


def address(client: FlaskClient, endpoint: str) -> str:
    """The address of a page without arguments."""
    with client.application.test_request_context():
        return url_for(endpoint, _external=False)


def words(page: str) -> str:
    """The text of the main part of a page."""
    main = page.partition("<main")[2].partition("</main>")[0]
    return " ".join(re.sub(r"<[^>]+>", " ", main).split())


def test_from_nothing_to_a_bookable_opening(make: Factory, session: Session, sign_in: Any) -> None:
    agent = make.account("agent", role="Agent")
    session.commit()
    setting_up.set_up(partial(fill, sign_in(agent)), session)
