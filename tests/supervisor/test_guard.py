"""Children that end with their parent, in the kernel's way and in the portable one."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from tests.supervisor.conftest import ROOT, eventually

pytestmark = pytest.mark.processes

PARENT = """
import subprocess, sys, time
sys.path.insert(0, "app/supervisor")
import guard
child = subprocess.Popen(guard.command(["sleep", "60"], watch={watch}))
print(child.pid, flush=True)
time.sleep(60)
"""


@pytest.mark.parametrize("watch", [False, True])
def test_a_guarded_program_ends_when_its_parent_is_killed(watch: bool) -> None:
    if not watch and sys.platform != "linux":
        pytest.skip("only Linux has prctl")
    program = PARENT.format(watch=watch)
    with subprocess.Popen(
        [sys.executable, "-c", program], cwd=ROOT, stdout=subprocess.PIPE, text=True
    ) as parent:
        assert parent.stdout
        child = psutil.Process(int(parent.stdout.readline()))
        assert eventually(lambda: "sleep" in [child.name(), *names(child)])
        family = [child, *child.children()]
        parent.kill()
    assert eventually(lambda: not any(one.is_running() for one in family))


def names(process: psutil.Process) -> list[str]:
    return [child.name() for child in process.children()]


def test_the_watcher_says_how_its_program_ended(tmp_path: Path) -> None:
    script = Path(ROOT / "app" / "supervisor" / "guard.py")
    parent = str(psutil.Process().pid)
    command = [sys.executable, "-I", "-S", str(script), parent, "15", "-1", "-1", "1"]
    done = subprocess.run([*command, "sh", "-c", "exit 7"], cwd=tmp_path, check=False)
    assert done.returncode == 7
