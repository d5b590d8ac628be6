"""The folder of all local state, ``PORTAIL_VAR``: who holds it, its secret key, its clock."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import secrets
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from app.core.encryption import new_key
from app.supervisor.problem import Problem

LOCK_FILE = "supervisor.lock"
SECRET_FILE = "secret_key"  # noqa: S105  (a file's name)
HEALTH_FILE = "health_keys"
CLOCK_FILE = "clock.json"


def prepare(var: Path) -> None:
    """Make the folder, readable by its owner only, and the keys that are kept in it."""
    try:
        var.mkdir(mode=0o700, parents=True, exist_ok=True)
        _keep_secret(var / SECRET_FILE, secrets.token_urlsafe(48))
        _keep_secret(var / HEALTH_FILE, new_key())
    except OSError as error:
        raise Problem(f"Impossible d'écrire dans le dossier des données : {var}") from error


def _keep_secret(path: Path, value: str) -> None:
    if path.exists():
        return
    # Whole or not at all: a full disk must not leave an empty key behind.
    draft = path.with_suffix(f".{os.getpid()}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(value + "\n")
    with contextlib.suppress(FileExistsError):
        os.link(draft, path)
    draft.unlink()


@contextlib.contextmanager
def held(var: Path, facts: dict[str, Any]) -> Iterator[int]:
    """Hold the folder for this process alone; yield the descriptor, which children must close.

    ``facts`` (``pid``, ``url``) are what a second start says. The lock ends with the process.
    """
    with (var / LOCK_FILE).open("a+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            file.seek(0)
            raise Problem(_already_running(var, file.read())) from error
        file.truncate(0)
        file.write(json.dumps(facts))
        file.flush()
        yield file.fileno()


def _already_running(var: Path, text: str) -> str:
    facts = json.loads(text or "{}")
    where = f"à l'adresse {facts['url']} " if facts.get("url") else ""
    return (
        f"Le portail tourne déjà {where}avec ce dossier (processus {facts.get('pid', '?')}) : "
        f"{var}\nArrêtez-le d'abord, ou donnez un autre dossier : PORTAIL_VAR=autre python3 run.py"
    )


def set_clock(var: Path, asked: str, now: datetime, paris: Any) -> None:
    """Write the offset that makes ``asked`` (``2027-01-12T09:00``, Paris time) the present moment.

    ``now``: this instant, real. The moment asked last time goes on from where it is: starting again
    with the same words is no step back. A real step back needs a fresh folder (product.md §6).
    """
    path = var / CLOCK_FILE
    known = json.loads(path.read_text()) if path.exists() else None
    if known and (not asked or asked == known.get("asked")):
        return
    offset = moment(asked, paris) - now if asked else timedelta(0)
    if known and offset.total_seconds() < known["offset_seconds"]:
        present = (now + timedelta(seconds=known["offset_seconds"])).astimezone(paris)
        raise Problem(
            f"PORTAIL_CLOCK={asked} : l'horloge du portail ne peut pas reculer, "
            f"elle est déjà au {present:%d/%m/%Y à %H:%M}.\n"
            "Pour repartir d'une date plus ancienne, donnez un dossier neuf : PORTAIL_VAR=autre."
        )
    draft = path.with_suffix(".new")
    draft.write_text(json.dumps({"offset_seconds": offset.total_seconds(), "asked": asked}))
    draft.replace(path)


def moment(asked: str, paris: Any) -> datetime:
    """Read ``PORTAIL_CLOCK``; without a zone it is the time of Paris."""
    try:
        read = datetime.fromisoformat(asked)
    except ValueError as error:
        raise Problem(
            f"PORTAIL_CLOCK={asked} : date illisible. Exemple : PORTAIL_CLOCK=2027-01-12T09:00"
        ) from error
    return read if read.tzinfo else read.replace(tzinfo=paris)
