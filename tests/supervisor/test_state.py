"""``PORTAIL_VAR``: its secret, its clock, its one holder."""

from __future__ import annotations

import errno
import json
import subprocess
import sys
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from app.core import clock
from app.supervisor import cli, state
from app.supervisor.problem import Problem

PARIS = ZoneInfo("Europe/Paris")
NOW = datetime(2026, 11, 24, 9, 0, tzinfo=PARIS)


def offset(var: Path) -> timedelta:
    return timedelta(seconds=json.loads((var / "clock.json").read_text())["offset_seconds"])


def test_the_secret_is_made_once(tmp_path: Path) -> None:
    state.prepare(tmp_path)
    first = (tmp_path / "secret_key").read_text()
    state.prepare(tmp_path)
    assert (tmp_path / "secret_key").read_text() == first
    assert len(first.strip()) >= 60
    assert sorted(path.name for path in tmp_path.iterdir()) == ["health_keys", "secret_key"]


def test_the_asked_moment_is_now_in_paris(tmp_path: Path) -> None:
    state.set_clock(tmp_path, "2027-01-12T09:00", NOW, PARIS)
    assert NOW + offset(tmp_path) == datetime(2027, 1, 12, 9, 0, tzinfo=PARIS)


def test_without_a_wish_now_is_now_and_may_go_forward_later(tmp_path: Path) -> None:
    state.set_clock(tmp_path, "", NOW, PARIS)
    assert offset(tmp_path) == timedelta(0)
    state.set_clock(tmp_path, "2027-01-12T09:00", NOW, PARIS)
    assert offset(tmp_path) > timedelta(0)


def test_the_clock_never_goes_back(tmp_path: Path) -> None:
    state.set_clock(tmp_path, "2027-01-12T09:00", NOW, PARIS)
    with pytest.raises(Problem, match="ne peut pas reculer"):
        state.set_clock(tmp_path, "2027-01-11T09:00", NOW, PARIS)
    state.set_clock(tmp_path, "2027-01-13T09:00", NOW, PARIS)
    assert NOW + offset(tmp_path) == datetime(2027, 1, 13, 9, 0, tzinfo=PARIS)


def test_a_fresh_folder_may_live_in_the_past_and_a_used_one_not(tmp_path: Path) -> None:
    state.set_clock(tmp_path, "2025-01-12T09:00", NOW, PARIS)
    assert offset(tmp_path) < timedelta(0)
    (tmp_path / "used").mkdir()
    state.set_clock(tmp_path / "used", "", NOW, PARIS)
    with pytest.raises(Problem, match="dossier neuf"):
        state.set_clock(tmp_path / "used", "2025-01-12T09:00", NOW, PARIS)


def test_time_runs_on_when_the_same_start_is_repeated(tmp_path: Path) -> None:
    state.set_clock(tmp_path, "2027-01-12T09:00", NOW, PARIS)
    later = NOW + timedelta(hours=3)
    state.set_clock(tmp_path, "2027-01-12T09:00", later, PARIS)
    assert later + offset(tmp_path) == datetime(2027, 1, 12, 12, 0, tzinfo=PARIS)
    state.set_clock(tmp_path, "", later, PARIS)
    assert later + offset(tmp_path) == datetime(2027, 1, 12, 12, 0, tzinfo=PARIS)


def test_the_portal_reads_the_moment_that_was_written(tmp_path: Path) -> None:
    state.set_clock(tmp_path, "2028-03-01T10:00", clock.real_now(), PARIS)
    clock.configure(tmp_path)
    try:
        assert clock.now() == datetime(2028, 3, 1, 10, 0, tzinfo=PARIS)
    finally:
        clock.configure(None)


def test_an_unreadable_moment_is_explained(tmp_path: Path) -> None:
    with pytest.raises(Problem, match="PORTAIL_CLOCK=demain"):
        state.set_clock(tmp_path, "demain", NOW, PARIS)


def test_a_folder_has_one_holder(tmp_path: Path) -> None:
    program = (
        "import sys; from pathlib import Path; from app.supervisor import state\n"
        f"with state.held(Path({str(tmp_path)!r}), {{}}): pass"
    )
    with state.held(tmp_path, {"pid": 1234, "url": "http://127.0.0.1:8000"}):
        refused = subprocess.run(
            [sys.executable, "-c", program], capture_output=True, text=True, check=False
        )
    assert "Le portail tourne déjà à l'adresse http://127.0.0.1:8000" in refused.stderr
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0


def test_a_full_disk_is_said_and_leaves_the_old_state(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    state.set_clock(tmp_path, "2027-01-12T09:00", NOW, PARIS)
    before = (tmp_path / "clock.json").read_text()

    def full(*_arguments: Any) -> int:
        raise OSError(errno.ENOSPC, "No space left on device", "clock.new")

    monkeypatch.setattr(Path, "write_text", full)
    monkeypatch.setattr(
        cli.supervisor,
        "start",
        lambda: state.set_clock(tmp_path, "2027-02-12T09:00", NOW, PARIS),
    )
    assert cli.main([]) == 1
    assert "le disque est plein" in capsys.readouterr().err
    assert (tmp_path / "clock.json").read_text() == before
