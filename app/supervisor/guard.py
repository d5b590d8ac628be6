"""Start a program that dies with its parent, even when the parent is killed with -9.

Run as a script (standard library only, `python -I -S guard.py …`) so that nothing runs between fork and exec in a
process that has threads. Linux: the kernel itself sends the signal (`prctl(PR_SET_PDEATHSIG)`), and the program takes
this process's place. Elsewhere: this process stays, watches its parent and passes signals on.
"""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import sys
import time
from types import FrameType

PR_SET_PDEATHSIG = 1
WATCH_SECONDS = 0.2


def command(
    program: list[str],
    death_signal: signal.Signals = signal.SIGTERM,
    *,
    user: int | None = None,
    group: int | None = None,
    watch: bool | None = None,
) -> list[str]:
    """Return the command line that runs `program` so that it receives `death_signal` when the calling thread's
    process ends. `user` and `group` are numeric ids to change to (root only). `watch` forces the portable way.
    """
    watching = sys.platform != "linux" if watch is None else watch
    numbers = [
        os.getpid(),
        int(death_signal),
        user if user is not None else -1,
        group if group is not None else -1,
    ]
    return [sys.executable, "-I", "-S", __file__, *map(str, numbers), str(int(watching)), *program]


def die_with_parent(parent: int, death_signal: int) -> None:
    """Ask Linux for `death_signal` when `parent` ends; leave at once when it ended before we could ask."""
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(PR_SET_PDEATHSIG, death_signal, 0, 0, 0):
        raise OSError(ctypes.get_errno(), "prctl(PR_SET_PDEATHSIG)")
    if os.getppid() != parent:
        sys.exit(0)


def _become(user: int, group: int) -> None:
    if group != -1:
        os.setgroups([])
        os.setgid(group)
    if user != -1:
        os.setuid(user)


def _watch(program: list[str], parent: int, death_signal: int) -> int:
    """Run `program` until it ends, or until `parent` has: then send `death_signal`, and SIGKILL ten seconds later."""
    child = subprocess.Popen(program)

    def forward(number: int, _frame: FrameType | None) -> None:
        child.send_signal(number)

    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, forward)
    while child.poll() is None and os.getppid() == parent:
        time.sleep(WATCH_SECONDS)
    if child.poll() is None:
        child.send_signal(death_signal)
        try:
            child.wait(10)
        except subprocess.TimeoutExpired:
            child.kill()
    code = child.wait()
    return code if code >= 0 else 128 - code


def main(arguments: list[str]) -> None:
    parent, death_signal, user, group, watching = map(int, arguments[:5])
    program = arguments[5:]
    _become(user, group)
    if watching:
        sys.exit(_watch(program, parent, death_signal))
    die_with_parent(parent, death_signal)
    os.execvp(program[0], program)  # noqa: S606 - the program is the caller's own


if __name__ == "__main__":
    main(sys.argv[1:])
