"""The demonstration commune on real servers: site, worker, schedule and queue, e-mails in files.

One prepared folder for the whole run, a copy of it and a portal of its own for each test worker, so
that two workers never write for the same families.
"""

from __future__ import annotations

import fcntl
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

from playwright.sync_api import Locator, Page, expect

from app.core import clock
from app.supervisor import state
from tests.browser import support
from tests.supervisor import conftest as processes

PASSWORD = "Montclair2026"
TUESDAY = "2027-01-12T07:50"
"""A school day, before the morning's deadline of the day after."""
START_SECONDS = 90
LETTER_SECONDS = 30


@dataclass
class Montclair:
    """A running portal: its address, the folder of its state."""

    address: str
    var: Path

    def letters(self, to: str) -> list[EmailMessage]:
        """What was sent to this address, the oldest first."""
        found = [_read(path) for path in sorted((self.var / "mails").glob("*.eml"))]
        return [one for one in found if to.lower() in str(one["To"]).lower()]

    def letter(self, to: str, about: str, saying: str = "") -> str:
        """The newest e-mail to this address whose subject says ``about`` and its text ``saying``."""
        found: list[str] = []

        def arrived() -> bool:
            texts = (
                one.get_body(("plain",)).get_content()  # type: ignore[union-attr]
                for one in self.letters(to)
                if about in str(one["Subject"])
            )
            found.extend(text for text in texts if saying in text)
            return bool(found)

        assert processes.eventually(arrived, LETTER_SECONDS), [
            str(one["Subject"]) for one in self.letters(to)
        ]
        return found[-1]

    def link(self, to: str, about: str) -> str:
        """The address of the portal that stands in that e-mail."""
        text = self.letter(to, about)
        found = re.search(rf"{re.escape(self.address)}/\S+", text)
        assert found, text
        return found[0]

    def job(self, name: str) -> None:
        """``run.py job name``, beside the running portal."""
        done = processes.command(self.var, "job", name, BASE_URL=self.address)
        assert done.returncode == 0, done.stdout + done.stderr


def _read(path: Path) -> EmailMessage:
    return message_from_bytes(path.read_bytes(), _class=EmailMessage, policy=policy.default)


def prepared(shared: Path) -> Path:
    """The folder of a portal that is ready to start, made once for all test workers."""
    template = shared / "montclair"
    with (shared / "montclair.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (template / "ready").exists():
            shutil.rmtree(template, ignore_errors=True)
            template.mkdir(mode=0o700)
            state.set_clock(template, TUESDAY, clock.real_now(), clock.PARIS)
            done = processes.command(template, "release")
            assert done.returncode == 0, done.stdout + done.stderr
            (template / "ready").touch()
    return template


@contextmanager
def started(template: Path, var: Path, at: str = TUESDAY) -> Iterator[Montclair]:
    """A portal on a copy of ``template``, whose clock says ``at``; ended by its own process."""
    shutil.copytree(template, var)
    port = processes.free_port()
    console = var.with_suffix(".console")
    with console.open("wb") as out:
        process = subprocess.Popen(
            [sys.executable, str(processes.ROOT / "run.py")],
            env=processes.environment(var, port, PORTAIL_CLOCK=at),
            stdout=out,
            stderr=subprocess.STDOUT,
        )
    running = processes.Portal(process, var, port, console)
    try:
        processes.eventually(
            lambda: running.is_ready() or process.poll() is not None, START_SECONDS
        )
        assert running.is_ready(), running.said()
        yield Montclair(f"http://127.0.0.1:{port}", var)
    finally:
        process.terminate()
        process.wait(40)


# ---- What every journey does, by the labels that a family reads ------------------------------------


def log_in(page: Page, town: Montclair, name: str, password: str = PASSWORD) -> None:
    """From the home page: « Connexion », identifiant, password."""
    page.goto(town.address)
    page.get_by_role("banner").get_by_role("link", name="Connexion").click()
    type_login(page, name, password)
    expect(page.get_by_role("banner").get_by_text("Mon compte")).to_be_attached()


def type_login(page: Page, name: str, password: str) -> None:
    field(page, "Identifiant ou e-mail").fill(name)
    field(page, "Mot de passe").fill(password)
    page.get_by_role("main").get_by_role("button", name="Connexion").click()


def field(page: Page, label: str) -> Locator:
    """The field of this very label, with its « * » or without."""
    return page.get_by_label(re.compile(rf"^\s*{re.escape(label)}\s*\*?\s*$"))


def tab(page: Page, name: str) -> None:
    """One of the five tabs."""
    page.get_by_role("navigation", name="Menu principal").get_by_role(
        "link", name=name, exact=True
    ).click()


def heading(page: Page, text: str) -> None:
    """The page that is expected now; it and its state are whole and accessible."""
    expect(page.get_by_role("heading", level=1)).to_have_text(text)
    support.check_page(page)


def amount(text: str) -> int:
    """« 1 234,50 € » → 123450."""
    digits = re.sub(r"[^\d,−-]", "", text).replace("−", "-")
    assert re.fullmatch(r"-?\d+,\d\d", digits), text
    return int(digits.replace(",", ""))


def soon(condition: Callable[[], object], seconds: float = 10) -> None:
    """Wait for what no page says."""
    assert processes.eventually(condition, seconds)


def wait(seconds: float) -> None:
    """Let a real interval pass (a script's timer)."""
    time.sleep(seconds)
