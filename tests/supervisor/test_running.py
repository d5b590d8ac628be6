"""``python3 run.py`` as a whole: starts, watches, stops, leaves nobody behind."""

from __future__ import annotations

import os
import re
import signal
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from urllib.error import HTTPError
from urllib.parse import urlencode
from urllib.request import HTTPCookieProcessor, build_opener

import psutil
import pytest

from tests.supervisor.conftest import Portal, command, eventually

pytestmark = [
    pytest.mark.processes,
    pytest.mark.skipif(sys.platform != "linux", reason="reads /proc"),
]

PARTS = {"queue", "web", "worker", "schedule"}
ATTEMPTS = 50


def gone(processes: list[psutil.Process]) -> bool:
    return not any(one.is_running() and one.status() != psutil.STATUS_ZOMBIE for one in processes)


def test_it_serves_refuses_a_second_start_and_stops_cleanly(portal: Portal) -> None:
    assert portal.status()
    assert set(portal.parts()) == PARTS
    assert (portal.var / "secret_key").stat().st_mode & 0o777 == 0o600
    assert portal.var.stat().st_mode & 0o777 == 0o700
    again = command(portal.var)
    assert again.returncode == 1
    assert f"Le portail tourne déjà à l'adresse http://127.0.0.1:{portal.port}" in again.stderr
    elsewhere = command(portal.var.with_name("other"), PORT=str(portal.port))
    assert elsewhere.returncode == 1
    assert f"Le port {portal.port} est déjà utilisé" in elsewhere.stderr
    everything = portal.everything()
    portal.process.send_signal(signal.SIGINT)
    assert portal.process.wait(30) == 0
    assert gone(everything)
    assert "Portail arrêté." in portal.said()


def test_fifty_passwords_at_one_instant_get_fifty_answers(portal: Portal) -> None:
    """Each is refused or told to wait, none breaks a page, and the others are served meanwhile."""
    start = threading.Barrier(ATTEMPTS)

    def try_in(number: int) -> int:
        browser = build_opener(HTTPCookieProcessor())
        login = f"http://127.0.0.1:{portal.port}/login/"
        page = browser.open(login, timeout=30).read().decode()
        token = re.findall(r'name="csrf_token"[^>]*value="([^"]+)"', page)[0]
        typed = {"csrf_token": token, "username": "lea.durand", "password": f"Mauvais-Mot-{number}"}
        start.wait(60)
        try:
            return int(browser.open(login, urlencode(typed).encode(), timeout=60).status)
        except HTTPError as refused:
            return refused.code

    with ThreadPoolExecutor(ATTEMPTS) as pool:
        answers = list(pool.map(try_in, range(ATTEMPTS)))
    assert set(answers) <= {400, 429}, answers
    assert 400 in answers
    assert 429 in answers
    assert portal.status() == 200


def test_nobody_survives_a_supervisor_killed_with_9(portal: Portal) -> None:
    everything = portal.everything()
    assert len(everything) > len(PARTS)
    os.kill(portal.process.pid, signal.SIGKILL)
    portal.process.wait()
    assert eventually(lambda: gone(everything), 15), [one.cmdline() for one in everything]
    again = command(portal.var, "release")
    assert again.returncode == 0, again.stderr


def test_each_part_that_dies_starts_again(portal: Portal) -> None:
    before = portal.parts()
    for part in before.values():
        part.kill()

    def all_back() -> bool:
        now = portal.parts()
        return set(now) == PARTS and all(now[name].pid != before[name].pid for name in PARTS)

    assert eventually(all_back), portal.said()
    assert eventually(portal.status)
    assert "« worker » s'est arrêté" in portal.said()
