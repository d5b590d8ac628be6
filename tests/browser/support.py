"""Driving a real Chromium: launching, accessibility, pictures of what failed."""

from __future__ import annotations

import os
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import gettempdir
from typing import Any

from axe_playwright_python.sync_playwright import Axe
from flask import Flask
from playwright.sync_api import Browser, Page, sync_playwright
from playwright.sync_api import Error as PlaywrightError
from werkzeug.serving import make_server

from tests import chromium

WIDE = {"width": 1280, "height": 900}
PHONE = {"width": 390, "height": 844}
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
]
WCAG = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"], "resultTypes": ["violations"]}


class BrowserMissing(RuntimeError):
    """No Chromium on this machine: ``python3 run.py test`` installs one."""


@contextmanager
def launched() -> Iterator[Browser]:
    """A Chromium, closed at the end; raises BrowserMissing with what to do."""
    path = chromium.find()
    if path is None:
        raise BrowserMissing(
            "No Chromium found. Run « python3 run.py test » once, install the package chromium, "
            f"or name one: {chromium.VARIABLE}=/path/to/chromium"
        )
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        try:
            yield browser
        finally:
            browser.close()


@contextmanager
def served(app: Flask) -> Iterator[str]:
    """``app`` on a free port of this machine; gives its address."""
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def sign_in(page: Page, app: Flask, account: Any, address: str) -> None:
    """Give the page this account's session, without the login page."""
    client = app.test_client()
    with client.session_transaction() as web:
        web["_user_id"] = account.get_id()
        web["_fresh"] = True
    cookie = client.get_cookie("session", domain=app.config["SERVER_NAME"] or "localhost")
    assert cookie is not None
    page.context.add_cookies([{"name": "session", "value": cookie.value, "url": address}])


@contextmanager
def new_page(
    browser: Browser, *, phone: bool = False, dark: bool = False, **options: Any
) -> Iterator[Page]:
    """A page of its own context (cookies, size, theme); French, Paris, no motion.

    Whatever the page writes to its console as an error fails at the end: a refused script or style
    (CSP), a missing file, an exception.
    """
    context = browser.new_context(
        viewport=PHONE if phone else WIDE,
        color_scheme="dark" if dark else "light",
        has_touch=phone,
        locale="fr-FR",
        timezone_id="Europe/Paris",
        reduced_motion="reduce",
        **options,
    )
    page = context.new_page()
    page.set_default_timeout(10_000)
    complaints: list[str] = []
    page.on("console", lambda said: complaints.append(said.text) if _is_fault(said) else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    try:
        yield page
    except BaseException:
        keep(page, os.environ.get("PYTEST_CURRENT_TEST", "page"))
        raise
    finally:
        context.close()
    assert complaints == []


def _is_fault(said: Any) -> bool:
    # A refused request (400, 404, 409…) is written there too: the tests look at its page instead.
    return said.type == "error" and "the server responded with a status of" not in said.text


def axe_check(page: Page) -> list[str]:
    """Violations of WCAG 2.1 A and AA on the page as it is now, one readable line each."""
    found = _axe(page)
    return [
        f"{rule['id']} ({rule['help']}): {node['html'][:160]} – {node.get('failureSummary', '')[:200]}"
        for rule in found
        for node in rule["nodes"]
    ]


def _axe(page: Page, tries: int = 3) -> list[dict[str, Any]]:
    # A click may still be replacing the document while axe reads it: read the one that has arrived.
    page.wait_for_load_state()
    try:
        violations: list[dict[str, Any]] = Axe().run(page, options=WCAG).response["violations"]
    except PlaywrightError:
        if tries == 1:
            raise
        return _axe(page, tries - 1)
    return violations


def overflow(page: Page) -> int:
    """Pixels by which the page is wider than the window; 0 on a page that is whole."""
    return int(
        page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    )


def check_page(page: Page) -> None:
    """What every page and every state must hold: no violation, nothing cut, one ``h1``."""
    assert axe_check(page) == []
    assert overflow(page) <= 0, f"{page.url} is {overflow(page)} px too wide"
    assert page.locator("h1").count() == 1


def picture(page: Page, name: str) -> None:
    """Keep a picture of a page that is well, for somebody who asks to see it: a tenth of the time."""
    if os.environ.get("PORTAIL_TEST_PICTURES"):
        keep(page, name)


def keep(page: Page, name: str) -> Path:
    """Keep a picture of the page in ``PORTAIL_VAR``/screenshots (else the temporary folder)."""
    folder = Path(os.environ.get("PORTAIL_VAR") or gettempdir()) / "screenshots"
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{re.sub(r'[^A-Za-z0-9]+', '-', name).strip('-')[-120:]}.png"
    page.screenshot(path=path, full_page=True)
    return path
