"""Processes that die with their parent, even when the parent is killed with -9.

Linux: the kernel itself sends the signal (``prctl(PR_SET_PDEATHSIG)``), as soon as the *thread*
that started the process ends. Elsewhere (macOS): somebody watches whether the parent is still the
parent. Run as a script (standard library only, ``python -I -S guard.py …``), it starts a program
this way, without running anything between fork and exec in a process that has threads.
"""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import sys
import threading
import time
from types import FrameType

PR_SET_PDEATHSIG = 1
WATCH_SECONDS = 0.2
PATIENCE_SECONDS = 10


def command(
    program: list[str],
    death_signal: signal.Signals = signal.SIGTERM,
    *,
    parent: int | None = None,
    user: int | None = None,
    group: int | None = None,
    watch: bool = sys.platform != "linux",
) -> list[str]:
    """The command line that runs ``program`` so that it ends with ``parent`` (default: us).

    ``user`` and ``group``: numeric ids to change to (root only). ``watch``: the portable way.
    """
    numbers = [parent or os.getpid(), int(death_signal), _id(user), _id(group), int(watch)]
    return [sys.executable, "-I", "-S", __file__, *map(str, numbers), *program]


def die_with_parent(parent: int, death_signal: signal.Signals) -> None:
    """Make this process receive ``death_signal`` when ``parent`` ends, or already ended."""
    if sys.platform == "linux":
        libc = ctypes.CDLL(None, use_errno=True)
        if libc.prctl(PR_SET_PDEATHSIG, int(death_signal), 0, 0, 0):
            raise OSError(ctypes.get_errno(), "prctl(PR_SET_PDEATHSIG)")
    else:
        threading.Thread(target=_signal_self, args=(parent, death_signal), daemon=True).start()
    if os.getppid() != parent:
        os._exit(0)


def _signal_self(parent: int, death_signal: signal.Signals) -> None:
    while os.getppid() == parent:
        time.sleep(WATCH_SECONDS)
    os.kill(os.getpid(), death_signal)


def _id(number: int | None) -> int:
    return -1 if number is None else number


def _become(user: int, group: int) -> None:
    if group != -1:
        os.setgroups([])
        os.setgid(group)
    if user != -1:
        os.setuid(user)


def _watch(program: list[str], parent: int, death_signal: int) -> int:
    """Run ``program`` until it or ``parent`` ends; pass on the signals that we receive."""
    child = subprocess.Popen(program)

    def forward(number: int, _frame: FrameType | None) -> None:
        child.send_signal(number)

    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, forward)
    while child.poll() is None and os.getppid() == parent:
        time.sleep(WATCH_SECONDS)
    return _end(child, death_signal)


def _end(child: subprocess.Popen[bytes], death_signal: int) -> int:
    if child.poll() is None:
        child.send_signal(death_signal)
    try:
        child.wait(PATIENCE_SECONDS)
    except subprocess.TimeoutExpired:
        child.kill()
    code = child.wait()
    return code if code >= 0 else 128 - code


def main(arguments: list[str]) -> None:
    parent, death_signal, user, group, watch = map(int, arguments[:5])
    program = arguments[5:]
    _become(user, group)
    if watch:
        sys.exit(_watch(program, parent, death_signal))
    die_with_parent(parent, signal.Signals(death_signal))
    os.execvp(program[0], program)  # noqa: S606  (the caller's own program)


if __name__ == "__main__":
    main(sys.argv[1:])
