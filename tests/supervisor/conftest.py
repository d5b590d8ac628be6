"""Real processes for these tests: a queue server, a whole portal."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path

import psutil
import pytest

from app.supervisor import guard, valkey

ROOT = Path(__file__).resolve().parents[2]
START_SECONDS = 60


def eventually(condition: Callable[[], object], seconds: float = 20) -> bool:
    """Whether ``condition`` becomes true in time; looked at often."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@pytest.fixture
def short_folder() -> Iterator[Path]:
    """A folder whose path leaves room for a socket's name."""
    with tempfile.TemporaryDirectory(prefix="portail-", dir="/tmp") as folder:
        yield Path(folder)


@pytest.fixture
def queue_url(short_folder: Path) -> Iterator[str]:
    """The address of a running queue server."""
    listen = short_folder / "queue.sock"
    command = guard.command(valkey.program(listen, short_folder), signal.SIGKILL)
    with (short_folder / "log").open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log)
    valkey.wait_until_ready(listen)
    yield f"unix://{listen}"
    process.kill()
    process.wait()


@dataclass
class Portal:
    """A running ``run.py`` and what it printed."""

    process: subprocess.Popen[bytes]
    var: Path
    port: int
    console: Path

    def parts(self) -> dict[str, psutil.Process]:
        """The direct children by the name of their log file."""
        found = {}
        for child in psutil.Process(self.process.pid).children():
            with contextlib.suppress(OSError):  # it ended meanwhile
                found[Path(os.readlink(f"/proc/{child.pid}/fd/2")).stem] = child
        return found

    def everything(self) -> list[psutil.Process]:
        supervisor = psutil.Process(self.process.pid)
        return [supervisor, *supervisor.children(recursive=True)]

    def status(self) -> int:
        """What the home page answers, 0 when nobody does."""
        connection = HTTPConnection("127.0.0.1", self.port, timeout=5)
        try:
            connection.request("GET", "/")
            return connection.getresponse().status
        except OSError:
            return 0
        finally:
            connection.close()

    def said(self) -> str:
        return self.console.read_text()

    def is_ready(self) -> bool:
        return "est prêt" in self.said()


def environment(var: Path, port: int, **more: str) -> dict[str, str]:
    ours = ("PORTAIL_", "REDIS_", "DATABASE_", "SECRET_KEY", "BASE_URL")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
    return kept | {"PORTAIL_VAR": str(var), "PORT": str(port), "WEB_WORKERS": "1"} | more


def command(var: Path, *arguments: str, **more: str) -> subprocess.CompletedProcess[str]:
    """Run one command of ``run.py`` to its end."""
    return subprocess.run(
        [sys.executable, str(ROOT / "run.py"), *arguments],
        env=environment(var, free_port(), **more),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.fixture
def portal(short_folder: Path) -> Iterator[Portal]:
    """The whole portal, started on a fresh folder."""
    var, port = short_folder / "var", free_port()
    console = short_folder / "console"
    with console.open("wb") as out:
        process = subprocess.Popen(
            [sys.executable, str(ROOT / "run.py")],
            env=environment(var, port),
            stdout=out,
            stderr=subprocess.STDOUT,
        )
    running = Portal(process, var, port, console)
    eventually(lambda: running.is_ready() or process.poll() is not None, START_SECONDS)
    assert running.is_ready(), running.said()
    yield running
    if process.poll() is None:
        process.terminate()
        process.wait(30)
