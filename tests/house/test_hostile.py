"""What no page of ours would send, sent to every page: an answer each time, never a crash (§5.7)."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urlencode

import pytest
from flask import Flask
from werkzeug.routing import Rule

from tests.factories import Cast

FORM = "application/x-www-form-urlencoded"
TOO_LARGE = 2**31
"""A number that no row can have: SQLite and PostgreSQL would each raise their own error."""
HOSTILE = {
    "nothing": "",
    "control": "nul \0",
    "first year": "0001-01-01",
    "last year": "9999-12-31",
    "first instant": "0001-01-01T00:00",
    "large": "9" * 25,
    "not utf-8": "%ff%fe",
    "other digits": "²",
}


def rules_of(app: Flask) -> list[Rule]:
    skipped = {"static", "appbuilder.static", "SignInView.logout"}
    return [rule for rule in app.url_map.iter_rules() if rule.endpoint not in skipped]


@pytest.fixture
def people(app: Flask, cast: Cast, session: Any, sign_in: Any) -> Mapping[str, Any]:
    """A parent, and an administrator who opens every agents' page; nobody is slowed."""
    session.commit()
    app.appbuilder.sm.limiter.enabled = False  # type: ignore[attr-defined]
    yield {"parent": sign_in(cast.camille), "admin": sign_in(cast.admin)}
    app.appbuilder.sm.limiter.enabled = True  # type: ignore[attr-defined]


def test_a_number_that_no_row_can_have_is_no_page(app: Flask, people: Mapping[str, Any]) -> None:
    adapter = app.url_map.bind("portail.test")
    numbered = [
        rule
        for rule in rules_of(app)
        if any("Number" in type(rule._converters[name]).__name__ for name in rule.arguments)
    ]
    assert len(numbered) > 40
    for rule in numbered:
        values = dict.fromkeys(rule.arguments, 1)
        path = adapter.build(rule.endpoint, values).replace("/1", f"/{TOO_LARGE}")
        for client in people.values():
            for method in (rule.methods or set()) & {"GET", "POST"}:
                assert client.open(path, method=method).status_code == 404, path


PLACES = (
    *("id", "child", "page", "account_id", "adult_id", "q", "jour", "annee", "mois", "month"),
    *("enfant", "age", "demarche", "theme", "statut", "ecole", "retard", "onglet"),
)
ASKING = (
    "/agenda/choisir",
    "/agenda/1/historique",
    "/messages/",
    "/paiements/",
    "/paiements/releve",
    "/demandes/",
    "/demarches/dossier-annuel-enfant",
    "/demarches/personnes-autorisees/",
    "/agents/demandes/",
    "/agents/justificatifs/",
    "/agents/justificatifs/manquants/",
    "/agents/guichet/",
    "/agents/guichet/jour",
    "/agents/reservations/annuler",
    "/agents/inscriptions/terminer",
    "/agents/ouvertures/fermer",
    "/agents/debits/contre-passer",
    "/agents/foyers/1/rattacher",
)


@pytest.mark.parametrize("value", [*HOSTILE.values(), str(TOO_LARGE)], ids=[*HOSTILE, "too large"])
def test_no_address_makes_a_crash(people: Mapping[str, Any], value: str) -> None:
    typed = value.replace("\0", "%00")
    for path in ASKING:
        client = people["admin" if path.startswith("/agents/") else "parent"]
        for place in PLACES:
            assert client.get(f"{path}?{place}={typed}").status_code < 500, (path, place)


@pytest.mark.parametrize("day", ["0001-01-01", "9999-12-31"])
def test_a_list_is_never_filtered_by_a_day_that_nobody_means(
    app: Flask, people: Mapping[str, Any], day: str
) -> None:
    """A week more, or Paris in UTC, would be a day that does not exist."""
    client, tried = people["admin"], 0
    for rule in rules_of(app):
        if not rule.endpoint.endswith(".list"):
            continue
        offered = set(re.findall(r'"(_flt_0_\w+)"', client.get(str(rule)).text))
        for name in offered:
            answer = client.get(f"{rule}?{name}={day}")
            assert answer.status_code in {200, 302}, (rule, name)
            tried += 1
    assert tried > 40


def fields_of(page: str) -> dict[str, list[str]]:
    """Name of each control of the page → the values that it offers."""
    found: dict[str, list[str]] = defaultdict(list)
    for name, options in re.findall(r'<select[^>]*name="([^"]+)"[^>]*>(.*?)</select>', page, re.S):
        found[name] += re.findall(r'<option[^>]*value="([^"]*)"', options)
    for control in re.findall(r"<(?:input|textarea)[^>]*>", page):
        values = dict(re.findall(r'(name|value|type)="([^"]*)"', control))
        if values.get("name") not in {None, "csrf_token", "password", "again", "current"}:
            offers = values.get("type") in {"radio", "checkbox", "hidden"}
            found[values["name"]] += [values.get("value", "")] if offers else []
    return found


def forms(app: Flask, client: Any) -> Iterator[tuple[str, dict[str, list[str]]]]:
    """(path, controls) of every page that shows a form to this client."""
    adapter = app.url_map.bind("portail.test")
    for rule in rules_of(app):
        methods = rule.methods or set()
        if not methods >= {"GET", "POST"}:
            continue
        path = adapter.build(rule.endpoint, dict.fromkeys(rule.arguments, 1))
        answer = client.get(path)
        if answer.status_code == 200:
            yield path, fields_of(answer.text)


@pytest.mark.parametrize("who", ["parent", "admin"])
@pytest.mark.parametrize("value", HOSTILE.values(), ids=HOSTILE)
def test_no_form_makes_a_crash(app: Flask, people: Mapping[str, Any], who: str, value: str) -> None:
    """Choices as the page offers them, everything that is typed replaced; then all replaced."""
    client, tried = people[who], 0
    for path, fields in forms(app, client):
        likely = {name: offered[-1] if offered else value for name, offered in fields.items()}
        for form in (likely, dict.fromkeys(fields, value)):
            # « %ff » is a byte that is no text, not four letters.
            body = urlencode(form).replace("%25ff%25fe", "%ff%fe")
            answer = client.post(path, data=body, content_type=FORM)
            assert answer.status_code < 500, (path, form)
            tried += 1
    assert tried > (8 if who == "parent" else 40)


def test_nobody_is_led_to_another_site(client: Any) -> None:
    """An empty filter is dropped by a redirect: never to « /\\autre.site », which browsers leave by."""
    for path in ("/\\autre.site/", "//autre.site/", "/%5Cautre.site/", "/%2Fautre.site/"):
        answer = client.get(f"{path}?_flt_0_name=")
        assert "autre.site" not in answer.headers.get("Location", ""), path
