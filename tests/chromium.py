"""Where the browser tests find a Chromium: an installed one, else one that we can install."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from threading import Lock

VARIABLE = "PORTAIL_TEST_CHROMIUM"
_alone = Lock()
WAIT = 240
"""Seconds that one way of installing it may take."""
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
MACOS = (
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
)


class NoChromium(RuntimeError):
    """There is no browser and none can be installed."""


def find() -> str | None:
    """The path of a Chromium that is there already."""
    return next((path for path in _candidates() if path and Path(path).exists()), None)


def _candidates() -> Iterator[str | None]:
    yield os.environ.get(VARIABLE)
    yield from map(shutil.which, NAMES)
    yield from MACOS
    yield _of_playwright()  # last: asking takes half a second


def ensure() -> str:
    """The path of a Chromium, installed if need be. Raise ``NoChromium`` with what to do."""
    with _alone:  # who asks while another installs gets that one
        found = find()
        for install in (_install_by_playwright, _install_by_apt):
            if not found:
                install()
                found = find()
    if found:
        return found
    raise NoChromium(
        "The browser tests need Chromium and none could be installed. Install it (Debian, Ubuntu: "
        "sudo apt install chromium; macOS: brew install --cask chromium) or name one: "
        f"{VARIABLE}=/path/to/chromium"
    )


def _of_playwright() -> str:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        return playwright.chromium.executable_path


def _install_by_playwright() -> None:
    command = [sys.executable, "-m", "playwright", "install", "chromium"]
    _try(command, "Downloading Chromium…")


def _install_by_apt() -> None:
    if os.geteuid() == 0 and shutil.which("apt-get"):
        quiet = {"DEBIAN_FRONTEND": "noninteractive"}
        _try(["apt-get", "update", "-q"], "Installing Chromium by apt-get…", quiet)
        _try(["apt-get", "install", "-q", "-y", "chromium", "fonts-dejavu-core"], "", quiet)


def _try(command: list[str], text: str, variables: dict[str, str] | None = None) -> None:
    """Run it, for so long; whether it worked is seen by looking for a Chromium again."""
    _say(text)
    asked = {"env": os.environ | (variables or {}), "timeout": WAIT, "check": False}
    with contextlib.suppress(subprocess.TimeoutExpired):  # a network that never answers
        done = subprocess.run(command, capture_output=True, text=True, **asked)
        if done.returncode:
            _say(f"$ {' '.join(command)}\n{(done.stdout + done.stderr)[-2000:]}")


def _say(text: str) -> None:
    if text:
        sys.stdout.write(text + "\n")
        sys.stdout.flush()
