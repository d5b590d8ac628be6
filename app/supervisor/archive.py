"""Backup and restore: the database, every kept file and the keys in one ``.tar.gz``.

SQLite is copied with its own online backup (the portal may run); PostgreSQL with ``pg_dump`` and
``pg_restore``. The queue is left out: the schedule asks again for what was on it. What lies in
object storage (``STORAGE_URL=s3://…``) and a ``SECRET_KEY`` or
``HEALTH_KEYS`` of the environment are not ours to copy.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import sqlite3
import subprocess
import tarfile
import tempfile
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import sqlalchemy as sa
from sqlalchemy.engine import URL, make_url

from app.supervisor import state
from app.supervisor.problem import Problem

FORMAT = 1
MANIFEST = "manifest.json"
STATE = "var"
OUTSIDE = "files"
SQLITE_COPY = "database.sqlite"
POSTGRESQL_COPY = "database.dump"
PASSING = {"logs", "queue", "queue.sock", state.LOCK_FILE, ".restore"}
"""What the folder holds and a backup does not: logs, and the queue."""


def backup(settings: Mapping[str, Any], target: Path) -> int:
    """Write the backup ``target`` whole or not at all; return its size in bytes."""
    var: Path = settings["PORTAIL_VAR"]
    url = make_url(settings["SQLALCHEMY_DATABASE_URI"])
    if not var.is_dir():
        raise Problem(f"Rien à sauvegarder : ce dossier n'existe pas ({var}).")
    draft = target.with_name(target.name + ".part")
    try:
        with tempfile.TemporaryDirectory(dir=_parent(target)) as folder:
            copy = _copy_database(url, Path(folder))
            _pack(draft, copy, _kept(settings))
        draft.replace(target)
    finally:
        draft.unlink(missing_ok=True)
    return target.stat().st_size


def _parent(target: Path) -> Path:
    if not target.absolute().parent.is_dir():
        raise Problem(f"Ce dossier n'existe pas : {target.absolute().parent}")
    return target.absolute().parent


def _copy_database(url: URL, folder: Path) -> Path:
    if url.get_backend_name() == "sqlite":
        copy = folder / SQLITE_COPY
        _copy_sqlite(Path(url.database or ""), copy)
    else:
        copy = folder / POSTGRESQL_COPY
        run_tool(url, ["pg_dump", "--format=custom", "--no-owner", "--file", str(copy)])
    return copy


def _copy_sqlite(source: Path, copy: Path) -> None:
    if not source.exists():
        raise Problem(f"Rien à sauvegarder : la base de données n'existe pas ({source}).")
    with (
        contextlib.closing(sqlite3.connect(source)) as live,
        contextlib.closing(sqlite3.connect(copy)) as target,
    ):
        live.backup(target)


def _pack(draft: Path, copy: Path, kept: dict[str, Path]) -> None:
    facts = {
        "format": FORMAT,
        "database": "sqlite" if copy.name == SQLITE_COPY else "postgresql",
        "made_at": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
    }
    manifest = copy.with_name(MANIFEST)
    manifest.write_text(json.dumps(facts))
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file, tarfile.open(fileobj=file, mode="w:gz") as archive:
        for name, path in {MANIFEST: manifest, copy.name: copy, **kept}.items():
            archive.add(path, name)


def _kept(settings: Mapping[str, Any]) -> dict[str, Path]:
    """What is worth keeping beside the database: name in the backup → place."""
    var: Path = settings["PORTAIL_VAR"]
    left_out = PASSING | _live_files(settings)
    found = {f"{STATE}/{path.name}": path for path in var.iterdir() if path.name not in left_out}
    outside = _outside_files(settings)
    if outside and outside.is_dir():
        found[OUTSIDE] = outside
    return found


def _live_files(settings: Mapping[str, Any]) -> set[str]:
    url = make_url(settings["SQLALCHEMY_DATABASE_URI"])
    if url.get_backend_name() != "sqlite":
        return set()
    base = Path(url.database or "").name
    return {base, f"{base}-wal", f"{base}-shm", f"{base}-journal"}


def _outside_files(settings: Mapping[str, Any]) -> Path | None:
    """The families' files, when ``STORAGE_URL`` is a folder outside of ours."""
    parts = urlsplit(settings["STORAGE_URL"])
    folder = Path(unquote(parts.path))
    inside = folder.is_relative_to(settings["PORTAIL_VAR"])
    return folder if parts.scheme == "file" and not inside else None


def restore(settings: Mapping[str, Any], source: Path, *, force: bool = False) -> None:
    """Give back ``source`` in place of what is there; refused without ``force`` if there is."""
    var: Path = settings["PORTAIL_VAR"]
    url = make_url(settings["SQLALCHEMY_DATABASE_URI"])
    var.mkdir(mode=0o700, parents=True, exist_ok=True)
    with state.held(var, {"pid": os.getpid()}), _unpacked(source, var) as folder:
        _check_manifest(folder, url)
        _check_empty(var, url, force=force)
        if url.get_backend_name() == "postgresql":
            _restore_postgresql(url, folder / POSTGRESQL_COPY)
        _replace(var, folder, url)
        _replace_outside(folder, _outside_files(settings))


@contextlib.contextmanager
def _unpacked(source: Path, var: Path) -> Iterator[Path]:
    """The content of the backup in a folder beside the data, so that moving it is instant."""
    folder = var / ".restore"
    shutil.rmtree(folder, ignore_errors=True)
    try:
        with tarfile.open(source) as archive:
            archive.extractall(folder, members=_safe(archive))  # noqa: S202  (checked)
        yield folder
    except (tarfile.TarError, FileNotFoundError, EOFError) as error:
        raise Problem(f"Sauvegarde illisible : {source} ({error})") from error
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _safe(archive: tarfile.TarFile) -> list[tarfile.TarInfo]:
    """Plain files and folders that stay inside: a backup may have passed through other hands."""
    members = archive.getmembers()
    for member in members:
        path = Path(member.name)
        if path.is_absolute() or ".." in path.parts or not (member.isfile() or member.isdir()):
            raise Problem(f"Sauvegarde refusée : elle contient « {member.name} ».")
    return members


def _check_manifest(folder: Path, url: URL) -> None:
    facts = json.loads((folder / MANIFEST).read_text())
    if facts["format"] != FORMAT:
        raise Problem(f"Sauvegarde d'un autre format ({facts['format']}).")
    if facts["database"] != url.get_backend_name():
        raise Problem(
            f"Cette sauvegarde vient de {facts['database']} et la base choisie est "
            f"{url.get_backend_name()} : donnez le DATABASE_URL qui convient."
        )


def _check_empty(var: Path, url: URL, *, force: bool) -> None:
    occupied = [path.name for path in var.iterdir() if path.name not in PASSING]
    if url.get_backend_name() == "postgresql" and _has_tables(url):
        occupied.append("base PostgreSQL")
    if occupied and not force:
        raise Problem(
            f"Rien n'a été rendu : il y a déjà des données ({', '.join(sorted(occupied))}) "
            f"dans {var}.\nPour les remplacer : restore --force, ou donnez un PORTAIL_VAR neuf."
        )


def _has_tables(url: URL) -> bool:
    engine = sa.create_engine(url)
    try:
        return bool(sa.inspect(engine).get_table_names())
    finally:
        engine.dispose()


def _restore_postgresql(url: URL, copy: Path) -> None:
    """All of it or nothing: one transaction."""
    command = ["pg_restore", "--clean", "--if-exists", "--no-owner", "--exit-on-error"]
    run_tool(url, [*command, "--single-transaction", "--dbname", url.database or "", str(copy)])


def _replace(var: Path, folder: Path, url: URL) -> None:
    for path in var.iterdir():
        if path.name not in {state.LOCK_FILE, ".restore"}:
            shutil.rmtree(path) if path.is_dir() else path.unlink()
    if url.get_backend_name() == "sqlite":
        database = Path(url.database or "")
        for suffix in ("-wal", "-shm"):
            database.with_name(database.name + suffix).unlink(missing_ok=True)
        (folder / SQLITE_COPY).replace(database)
    for path in (folder / STATE).iterdir() if (folder / STATE).is_dir() else ():
        path.replace(var / path.name)


def _replace_outside(folder: Path, outside: Path | None) -> None:
    if outside and (folder / OUTSIDE).is_dir():
        shutil.rmtree(outside, ignore_errors=True)
        shutil.move(folder / OUTSIDE, outside)


def run_tool(url: URL, command: list[str]) -> None:
    """Run one of PostgreSQL's programs; the password goes through the environment, unseen."""
    if not shutil.which(command[0]):
        raise Problem(
            f"« {command[0]} » manque : installez les outils de PostgreSQL "
            "(postgresql-client), de la version du serveur ou plus récents."
        )
    done = subprocess.run(command, env=os.environ | tool_environment(url), capture_output=True)
    if done.returncode:
        raise Problem(f"{command[0]} a échoué :\n{done.stderr.decode(errors='replace').strip()}")


def tool_environment(url: URL) -> dict[str, str]:
    """The connection as libpq's own variables."""
    query = {name: value for name, value in url.query.items() if isinstance(value, str)}
    values = {
        "PGHOST": url.host or query.get("host"),
        "PGPORT": str(url.port) if url.port else query.get("port"),
        "PGUSER": url.username,
        "PGPASSWORD": url.password,
        "PGDATABASE": url.database,
        "PGSSLMODE": query.get("sslmode"),
    }
    return {name: value for name, value in values.items() if value}
