"""``python3 run.py``: starts every part, keeps them alive, stops them cleanly."""

from __future__ import annotations

import contextlib
import os
import signal
import time
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from pathlib import Path
from types import FrameType
from typing import Any

import config
from app import demo
from app.core import clock
from app.supervisor import processes, state, valkey, web
from app.supervisor.parts import Part, tail
from app.supervisor.problem import Problem

STOP_SECONDS = 20
READY_SECONDS = 60
HOPELESS_FAILURES = 3
POLL_SECONDS = 0.1


def say(text: str) -> None:
    print(text, flush=True)


class Supervisor:
    """The running parts, in the order in which they started; they stop in the other one."""

    def __init__(self, logs: Path, close: tuple[int, ...]) -> None:
        logs.mkdir(mode=0o700, exist_ok=True)
        self.logs = logs
        self.close = close
        self.parts: list[Part] = []
        self.stopping = False

    def ask_to_stop(self, _number: int = 0, _frame: FrameType | None = None) -> None:
        self.stopping = True

    def add(
        self, name: str, run: Callable[[int], object], death: signal.Signals = signal.SIGTERM
    ) -> Part:
        part = Part(name, run, self.logs / f"{name}.log", death, self.close)
        self.parts.append(part)
        part.start()
        return part

    def watch(self) -> None:
        """Start again what died, one look."""
        for part in self.parts:
            if part.pid and part.ended():
                pause = part.plan_restart()
                say(f"« {part.name} » s'est arrêté ; il repart dans {pause:.0f} s ({part.log}).")
            if not part.pid and time.monotonic() >= part.restart_at:
                part.start()

    def wait_for(self, part: Part, ready: Callable[[], bool]) -> None:
        """Wait until ``ready``, as long as there is hope."""
        deadline = time.monotonic() + READY_SECONDS
        while not self.stopping and not ready():
            if part.failures >= HOPELESS_FAILURES or time.monotonic() > deadline:
                raise Problem(f"« {part.name} » ne démarre pas :\n{tail(part.log)}")
            self.watch()
            time.sleep(POLL_SECONDS)

    def run_until_stopped(self) -> None:
        while not self.stopping:
            self.watch()
            time.sleep(POLL_SECONDS)

    def stop(self) -> None:
        """The queue server last: the worker finishes its job with it."""
        for group in (self.parts[1:], self.parts[:1]):
            for part in reversed(group):
                part.send(signal.SIGTERM)
            deadline = time.monotonic() + STOP_SECONDS
            left = group
            while left and time.monotonic() < deadline:
                time.sleep(0.02)
                left = [part for part in left if not part.ended()]
            for part in left:
                part.kill()


@contextlib.contextmanager
def signals(supervisor: Supervisor) -> Iterator[None]:
    """Until the end, Ctrl+C and friends ask for a clean stop."""
    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    before = [signal.signal(number, supervisor.ask_to_stop) for number in numbers]
    try:
        yield
    finally:
        for number, handler in zip(numbers, before, strict=True):
            signal.signal(number, handler)


def start() -> None:
    """Everything, until Ctrl+C."""
    settings = config.settings_from(os.environ)
    var: Path = settings["PORTAIL_VAR"]
    host, port = web.address(os.environ)
    state.prepare(var)
    facts = {"pid": os.getpid(), "url": settings["BASE_URL"]}
    with state.held(var, facts) as descriptor:
        web.check_free(host, port)
        prepare_clock(var, settings)
        supervisor = Supervisor(var / "logs", (descriptor,))
        with signals(supervisor):
            try:
                launch(supervisor, var, host, port)
                supervisor.run_until_stopped()
            finally:
                supervisor.stop()
                say("Portail arrêté.")


def prepare_clock(var: Path, settings: dict[str, Any]) -> None:
    if not settings["PRODUCTION"]:
        asked = os.environ.get("PORTAIL_CLOCK", "").strip()
        state.set_clock(var, asked, clock.real_now(), clock.PARIS)


def launch(supervisor: Supervisor, var: Path, host: str, port: int) -> None:
    if not os.environ.get("REDIS_URL"):
        start_queue(supervisor, var)
    app = processes.create()  # the secret key exists now
    say("Préparation de la base de données…")
    processes.prepare_database(app)
    if supervisor.stopping:
        return
    part = supervisor.add("web", lambda _parent: processes.web(app))
    # A job must not outlive its queue server: it runs again after the next start.
    supervisor.add("worker", lambda _parent: processes.worker(app), signal.SIGKILL)
    supervisor.add("schedule", lambda _parent: processes.schedule(app), signal.SIGKILL)
    supervisor.wait_for(part, partial(web.answers, host, port))
    if not supervisor.stopping:
        welcome(app.config["BASE_URL"], var, () if app.config["PRODUCTION"] else demo.SIGN_IN)


def start_queue(supervisor: Supervisor, var: Path) -> None:
    listen = valkey.socket_path(config.settings_from(os.environ)["REDIS_URL"])
    part = supervisor.add("queue", lambda parent: valkey.become(listen, var / "queue", parent))
    supervisor.wait_for(part, lambda: valkey.answers(listen))


def welcome(url: str, var: Path, lines: Iterable[str]) -> None:
    say(f"\nLe portail famille est prêt : {url}\n")
    for line in lines:
        say(f"  {line}")
    say(f"\n  Données, courriels et journaux : {var}\n  Ctrl+C pour arrêter.\n")
