"""From a fresh clone to a page: the first start and a later one (packages in the user's cache).

``python -m bench.start``
"""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

from bench.base import say

ROOT = Path(__file__).resolve().parents[1]
FIRST_SECONDS, LATER_SECONDS = 20.0, 5.0
GIVE_UP_SECONDS = 180
PYTHON = "python3"
"""The machine's, not the environment's: what a new user has."""


def main() -> int:
    """Start twice on the same folder."""
    with tempfile.TemporaryDirectory(prefix="portail-") as folder:
        clone, var = Path(folder) / "clone", Path(folder) / "var"
        subprocess.run(["git", "clone", "--quiet", str(ROOT), str(clone)], check=True)
        first, later = seconds_to_page(clone, var), seconds_to_page(clone, var)
    kept = first <= FIRST_SECONDS, later <= LATER_SECONDS
    say("first start, s", f"{first:.1f}", FIRST_SECONDS, kept[0])
    say("later start, s", f"{later:.1f}", LATER_SECONDS, kept[1])
    return 0 if all(kept) else 1


def seconds_to_page(clone: Path, var: Path) -> float:
    """Seconds from the command to a home page that answers; the portal is then stopped."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    variables = {**os.environ, "PORTAIL_VAR": str(var), "PORT": str(port)}
    started = time.perf_counter()
    with running([PYTHON, "run.py"], clone, variables) as process:
        while not answers(port):
            if process.poll() is not None or time.perf_counter() - started > GIVE_UP_SECONDS:
                raise RuntimeError("the portal did not start")
            time.sleep(0.05)
        return time.perf_counter() - started


@contextmanager
def running(
    command: list[str], folder: Path, variables: dict[str, str]
) -> Iterator[subprocess.Popen[bytes]]:
    """The command while it lasts, ended by its own process id."""
    process = subprocess.Popen(command, cwd=folder, env=variables, stdout=subprocess.DEVNULL)
    try:
        yield process
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(60)


def answers(port: int) -> bool:
    """Whether the home page is there."""
    try:
        with urlopen(f"http://127.0.0.1:{port}/", timeout=5) as page:
            return bool(page.status == 200)
    except (URLError, ConnectionError, TimeoutError):
        return False


if __name__ == "__main__":
    sys.exit(main())
