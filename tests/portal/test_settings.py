"""The settings page: typed, checked, all or none, the Administrateur alone."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.core import clock, settings
from app.core.models import AuditEvent
from tests.factories import Cast
from tests.portal.page import text_of

URL = "/agents/reglages/"
FORM = {
    "commune_name": "Montclair",
    "portal_accent": "",
    "rules_url": "",
    "password_min_length": "10",
    "cover_horizon_days": "",
    "cover_policy_on": "y",
    "cover_grace_hours": "48",
    # a box that is not ticked is not sent: "year_file_required"
    "top_up_min_cents": "5",
    "top_up_max_cents": "500",
    "keep_drafts_months": "3",
    "keep_refused_months": "1",
    "keep_messages_months": "24",
    "keep_trail_months": "36",
    "keep_households_months": "36",
}


def kept(session: Session, setting: Any) -> Any:
    session.rollback()
    return settings.get(session, setting)


def test_an_administrator_changes_settings_and_the_trail_says_which(
    session: Session, cast: Cast, sign_in: Any
) -> None:
    session.commit()
    assert sign_in(cast.admin).post(URL, data=FORM).status_code == 302
    assert kept(session, settings.PASSWORD_MIN_LENGTH) == 10
    assert kept(session, settings.TOP_UP_MIN_CENTS) == 500
    assert kept(session, settings.COVER_HORIZON_DAYS) is None
    event = session.scalars(sa.select(AuditEvent).where(AuditEvent.subject == "settings")).one()
    assert set(event.details["keys"]) == {
        "commune_name",
        "password_min_length",
        "top_up_min_cents",
        "top_up_max_cents",
    }


def test_every_setting_has_its_field_and_a_french_label(
    session: Session, cast: Cast, sign_in: Any
) -> None:
    session.commit()
    page = sign_in(cast.admin).get(URL)
    html = page.get_data(as_text=True)
    for one in settings.ALL:
        assert f'name="{one.key}"' in html
        assert one.label not in text_of(page)


@pytest.mark.parametrize(
    ("field", "typed"),
    [
        ("commune_name", ""),
        ("password_min_length", "7"),
        ("password_min_length", "douze"),
        ("cover_horizon_days", "0"),
        ("cover_grace_hours", "721"),
        ("top_up_min_cents", "0,99"),
        ("top_up_max_cents", "1000,01"),
        ("top_up_max_cents", "1e3"),
        ("top_up_min_cents", "600"),
        ("portal_accent", "#FFFF00"),
        ("portal_accent", "rouge"),
        ("rules_url", "javascript:alert(1)"),
        ("rules_url", "www.montclair.example/reglement.pdf"),
    ],
)
def test_a_refused_value_saves_nothing(
    session: Session, cast: Cast, sign_in: Any, field: str, typed: str
) -> None:
    session.commit()
    page = sign_in(cast.admin).post(URL, data=FORM | {field: typed})
    assert page.status_code == 400
    assert f'id="{field}-error"' in page.get_data(as_text=True)
    assert kept(session, settings.PASSWORD_MIN_LENGTH) == 8


@pytest.mark.parametrize(("days", "status"), [("5", 400), ("6", 302)])
def test_a_horizon_shorter_than_cancelling_allows_is_refused(
    session: Session, cast: Cast, sign_in: Any, days: str, status: int
) -> None:
    """Monday is cancelled on Friday: 3 days, grace 48 h: 2, and one: 6 (B6)."""
    session.commit()
    page = sign_in(cast.admin).post(URL, data=FORM | {"cover_horizon_days": days})
    assert page.status_code == status
    assert kept(session, settings.COVER_HORIZON_DAYS) == (6 if status == 302 else None)


def test_an_agent_may_not_touch_the_settings(session: Session, cast: Cast, sign_in: Any) -> None:
    session.commit()
    assert sign_in(cast.agent).post(URL, data=FORM).status_code == 403
    assert kept(session, settings.PASSWORD_MIN_LENGTH) == 8


def test_the_commune_and_its_colour_reach_every_page(
    session: Session, cast: Cast, sign_in: Any, client: Any
) -> None:
    session.commit()
    changed = FORM | {"commune_name": "Belmont", "portal_accent": "#7a2048"}
    assert sign_in(cast.admin).post(URL, data=changed).status_code == 302
    page = client.get("/contact")
    assert "Belmont" in text_of(page)
    assert "7A2048" in page.get_data(as_text=True)


def test_news_are_hidden_and_put_back(
    session: Session, cast: Cast, sign_in: Any, client: Any
) -> None:
    session.commit()
    agent = sign_in(cast.agent)
    moment = clock.paris(clock.now() - timedelta(hours=1)).strftime("%Y-%m-%dT%H:%M")
    added = agent.post(
        "/agents/actualites/add",
        data={"title": "Piscine fermée", "body": "Jusqu’à lundi.", "published_at": moment},
    )
    assert added.status_code == 302
    assert "Piscine fermée" in text_of(client.get("/"))
    agent.post("/agents/actualites/action/hide/1")
    assert "Piscine fermée" not in text_of(client.get("/"))
    agent.post("/agents/actualites/action/publish/1")
    assert "Piscine fermée" in text_of(client.get("/"))
