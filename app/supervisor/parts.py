"""One running part of the portal: a forked process, its log, its restarts."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from app.supervisor import guard

STEADY_SECONDS = 60
"""A part that lived this long starts again at once when it dies."""
LONGEST_PAUSE = 30
LOG_BYTES = 5_000_000


@dataclass
class Part:
    """``run(parent pid)`` is the whole life of the process. ``death_signal``: what it receives
    when the supervisor is killed; ``close`` are descriptors that only the supervisor may hold.
    """

    name: str
    run: Callable[[int], object]
    log: Path
    death_signal: signal.Signals = signal.SIGTERM
    close: tuple[int, ...] = ()
    pid: int = 0
    failures: int = 0
    started_at: float = 0.0
    restart_at: float = 0.0

    def start(self) -> None:
        """Fork; must be called from the main thread, whose end is the children's (guard.py)."""
        parent = os.getpid()
        rotate(self.log)
        sys.stdout.flush()
        sys.stderr.flush()
        self.started_at = time.monotonic()
        self.pid = os.fork()
        if self.pid == 0:
            self._live(parent)

    def _live(self, parent: int) -> None:
        """In the child, whatever happens, never come back into the supervisor's code."""
        code = 1
        try:
            self._settle(parent)
            self.run(parent)
            code = 0
        except SystemExit as end:
            code = end.code if isinstance(end.code, int) else 1
        except BaseException:  # the last frame of a process: the log is all that is left to tell
            traceback.print_exc()
        finally:
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(code)

    def _settle(self, parent: int) -> None:
        os.setsid()
        guard.die_with_parent(parent, self.death_signal)
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, signal.SIG_DFL)
        for descriptor in self.close:
            os.close(descriptor)
        out = os.open(self.log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        nothing = os.open(os.devnull, os.O_RDONLY)
        for source, target in ((nothing, 0), (out, 1), (out, 2)):
            os.dup2(source, target)

    def ended(self) -> bool:
        """Whether the process is gone; its status is collected."""
        if not self.pid:
            return True
        done, _status = os.waitpid(self.pid, os.WNOHANG)
        if done:
            self.pid = 0
        return not self.pid

    def plan_restart(self) -> float:
        """After a death: when to start again. Each early death doubles the pause."""
        now = time.monotonic()
        self.failures = 0 if now - self.started_at > STEADY_SECONDS else self.failures + 1
        pause = min(2**self.failures / 2, LONGEST_PAUSE) if self.failures else 0.0
        self.restart_at = now + pause
        return pause

    def send(self, number: signal.Signals) -> None:
        if self.pid:
            os.kill(self.pid, number)

    def kill(self) -> None:
        """The process and all that it started in its session's group."""
        if self.pid:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.pid, signal.SIGKILL)
            os.waitpid(self.pid, 0)
            self.pid = 0


def rotate(log: Path) -> None:
    """Keep one older log beside the current one, so that logs stay small."""
    if log.exists() and log.stat().st_size > LOG_BYTES:
        log.replace(log.with_suffix(".old.log"))


def tail(log: Path, lines: int = 15) -> str:
    text = log.read_text(errors="replace") if log.exists() else ""
    return "\n".join(text.splitlines()[-lines:])
