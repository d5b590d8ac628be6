"""The web part's own rules; what it serves is tested room by room."""

from __future__ import annotations

import pytest
from flask import Flask, request

from app.supervisor import web
from app.supervisor.problem import Problem


@pytest.mark.parametrize(
    ("environ", "production", "hops"),
    [
        ({}, False, 0),
        ({}, True, 1),
        ({"TRUSTED_PROXIES": "2"}, True, 2),
        ({"TRUSTED_PROXIES": "0"}, True, 0),
    ],
)
def test_production_stands_behind_one_proxy(
    environ: dict[str, str], production: bool, hops: int
) -> None:
    assert web.proxies(environ, production=production) == hops


@pytest.mark.parametrize(("hops", "address"), [(0, "127.0.0.1"), (1, "192.0.2.7")])
def test_a_visitor_cannot_choose_an_address(hops: int, address: str) -> None:
    app = Flask("tiny")
    app.add_url_rule("/", view_func=lambda: str(request.remote_addr))
    app.wsgi_app = web.behind(app.wsgi_app, hops)  # type: ignore[method-assign, arg-type]
    forwarded = {"X-Forwarded-For": "10.0.0.1, 192.0.2.7"}
    assert app.test_client().get("/", headers=forwarded).text == address


@pytest.mark.parametrize("port", ["0", "65536", "-1", "http"])
def test_a_port_is_a_number_of_its_range(port: str) -> None:
    with pytest.raises(Problem, match="PORT="):
        web.address({"PORT": port})
