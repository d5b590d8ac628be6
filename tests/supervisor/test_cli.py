"""The commands of ``run.py``, typed for real."""

from __future__ import annotations

import importlib.util
import json
import os
import socket
import sys
from pathlib import Path
from types import ModuleType
from typing import NamedTuple

import pytest

import config
from app.core.encryption import new_key
from app.supervisor import processes
from app.supervisor.problem import Problem
from tests.supervisor.conftest import ROOT, command

PRODUCTION = {
    "PORTAIL_ENV": "production",
    "SECRET_KEY": "k" * 40,
    "HEALTH_KEYS": new_key(),
    "BASE_URL": "https://famille.example",
    "SMTP_URL": "smtp://mail.example",
    "STRIPE_SECRET_KEY": "sk",
    "STRIPE_WEBHOOK_SECRET": "wh",
}


def problems(**changes: str) -> list[str]:
    environ = {name: value for name, value in (PRODUCTION | changes).items() if value}
    return config.production_problems(config.settings_from(environ), environ)


def test_complete_production_settings_are_accepted() -> None:
    assert problems() == []
    assert problems(STRIPE_SECRET_KEY="", PAYFIP_NUMCLI="12345") == []


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"SECRET_KEY": ""}, "SECRET_KEY"),
        ({"SECRET_KEY": "short"}, "SECRET_KEY"),
        ({"BASE_URL": ""}, "BASE_URL"),
        ({"BASE_URL": "http://famille.example"}, "BASE_URL"),
        ({"SMTP_URL": ""}, "SMTP_URL"),
        ({"STRIPE_WEBHOOK_SECRET": ""}, "STRIPE_WEBHOOK_SECRET"),
        ({"STRIPE_SECRET_KEY": "", "STRIPE_WEBHOOK_SECRET": ""}, "paiement de démonstration"),
        ({"PORTAIL_CLOCK": "2027-01-12T09:00"}, "PORTAIL_CLOCK"),
    ],
)
def test_production_refuses_what_is_missing(change: dict[str, str], said: str) -> None:
    assert any(said in text for text in problems(**change))


def test_a_trial_asks_for_nothing() -> None:
    assert config.production_problems(config.settings_from({}), {}) == []


@pytest.mark.parametrize(
    "keys",
    ["pas une clé", "1:abc", f"0:{new_key()[2:]}"],
    ids=["no key", "too short", "number 0"],  # a random name makes test workers disagree
)
def test_keys_of_another_form_stop_the_start(keys: str) -> None:
    with pytest.raises(Problem, match="HEALTH_KEYS"):
        processes.check_health_keys({"HEALTH_KEYS": keys})


def test_keys_that_seal_and_keys_still_to_be_made_are_fine() -> None:
    for keys in ("", new_key(), f"{new_key()},2:{new_key()[2:]}"):
        processes.check_health_keys({"HEALTH_KEYS": keys})


def test_a_long_path_does_not_break_the_queue_socket(tmp_path: Path) -> None:
    deep = tmp_path / ("very-long-name-" * 8)
    listen = config.queue_socket(deep)
    assert len(os.fsencode(listen)) <= config.SOCKET_PATH_BYTES
    assert listen == config.queue_socket(deep)
    assert config.queue_socket(Path("/srv/portail/var")) == Path("/srv/portail/var/queue.sock")
    with socket.socket(socket.AF_UNIX) as server:
        listen.parent.mkdir(mode=0o700, exist_ok=True)
        listen.unlink(missing_ok=True)
        server.bind(str(listen))
        listen.unlink()
        listen.parent.rmdir()


@pytest.mark.processes
def test_production_does_not_start_with_a_missing_secret(tmp_path: Path) -> None:
    done = command(tmp_path, "web", PORTAIL_ENV="production")
    assert done.returncode == 1
    assert "Réglages refusés en production" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.processes
def test_a_part_alone_wants_the_release_first(tmp_path: Path) -> None:
    done = command(tmp_path, "worker")
    assert done.returncode == 1
    assert "La base de données n'est pas prête" in done.stderr


@pytest.mark.processes
def test_release_then_jobs_then_backup_and_restore(tmp_path: Path) -> None:
    var, other = tmp_path / "var", tmp_path / "other"
    assert "Base de données prête." in command(var, "release").stdout
    listed = command(var, "job")
    assert listed.returncode == 0, listed.stderr
    unknown = command(var, "job", "nothing")
    assert unknown.returncode == 1
    assert "nothing" in unknown.stderr
    file = str(tmp_path / "portail.tar.gz")
    assert command(var, "backup", file).returncode == 0
    assert command(other, "restore", file).returncode == 0
    refused = command(other, "restore", file)
    assert refused.returncode == 1
    assert "--force" in refused.stderr
    assert "déjà prête" in command(other, "release").stdout


@pytest.mark.processes
def test_the_first_administrator_of_an_empty_production(tmp_path: Path) -> None:
    assert command(tmp_path, "release", **PRODUCTION).returncode == 0
    made = command(tmp_path, "admin", "marie@mairie.example", "Marie", "Dupont", **PRODUCTION)
    assert made.returncode == 0, made.stderr
    assert "https://famille.example/compte/nouveau-mot-de-passe/" in made.stdout
    wrong = command(tmp_path, "admin", "marie@", "Marie", "Dupont", **PRODUCTION)
    assert wrong.returncode == 2
    assert "marie@ n'est pas une adresse de courriel" in wrong.stderr


@pytest.mark.processes
@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("PORT", "huit mille", "PORT=huit mille"),
        ("DATABASE_URL", "la base", "DATABASE_URL : adresse illisible"),
        ("DATABASE_URL", "postgresql://x:secret@127.0.0.1:1/x", "La base de données ne répond pas"),
        ("REDIS_URL", "la file", "REDIS_URL : adresse illisible"),
    ],
)
def test_a_setting_that_cannot_work_is_explained(
    tmp_path: Path, name: str, value: str, said: str
) -> None:
    done = command(tmp_path, **{name: value})
    assert done.returncode == 1
    assert said in done.stderr
    assert "Traceback" not in done.stderr
    assert "secret" not in done.stderr


class Version(NamedTuple):
    major: int
    minor: int


def run_py() -> ModuleType:
    """``run.py`` as a module: its name is taken by nothing else."""
    spec = importlib.util.spec_from_file_location("run_py", ROOT / "run.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_an_old_python_is_told_so(monkeypatch: pytest.MonkeyPatch) -> None:
    run = run_py()
    monkeypatch.setattr(run.sys, "version_info", Version(3, 9))
    with pytest.raises(SystemExit, match="est trop ancien"):
        run.check_machine()


def test_windows_is_told_so(monkeypatch: pytest.MonkeyPatch) -> None:
    run = run_py()
    monkeypatch.setattr(run, "os", type("os", (), {"name": "nt"}))
    with pytest.raises(SystemExit, match="WSL"):
        run.check_machine()


def test_libraries_are_installed_again_only_when_their_list_changed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = run_py()
    calls: list[list[str]] = []
    monkeypatch.setattr(run, "ROOT", tmp_path)
    monkeypatch.setattr(run, "VENV", tmp_path / ".venv")
    monkeypatch.setattr(run, "TOOLS", tmp_path / ".tools")
    monkeypatch.setattr(run, "install", calls.append)
    (tmp_path / ".venv" / "bin").mkdir(parents=True)
    (tmp_path / ".venv" / "bin" / "python").symlink_to(sys.executable)
    requirements = tmp_path / "requirements.txt"
    requirements.write_text("flask==1")
    run.prepare(["requirements.txt"])
    run.prepare(["requirements.txt"])
    assert len(calls) == 1
    requirements.write_text("flask==2")
    run.prepare(["requirements.txt"])
    assert len(calls) == 2


@pytest.mark.processes
def test_the_clock_is_refused_when_it_goes_back(tmp_path: Path) -> None:
    (tmp_path / "clock.json").write_text(json.dumps({"offset_seconds": 1e9, "asked": "x"}))
    done = command(tmp_path, PORTAIL_CLOCK="2027-01-12T09:00")
    assert done.returncode == 1
    assert "ne peut pas reculer" in done.stderr
