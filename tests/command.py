"""``python3 run.py test``: everything that has to pass, in one command, here and on the server.

Checks of the text first (style, types, rooms, templates, translations), then the tests on SQLite,
on an embedded PostgreSQL, and in a real browser. Ends with a table of the steps and their seconds.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
import xml.etree.ElementTree as ElementTree
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from threading import Thread

from tests import chromium

ROOT = Path(__file__).resolve().parent.parent
LINT_IMPORTS = """import sys
from importlinter.cli import lint_imports
sys.exit(lint_imports(no_cache=True, no_logo=True))"""
BYTECODE = Path(sys.prefix) / "bytecode"
"""Beside the libraries that it belongs to."""
OURS = ("PORTAIL_", "STRIPE_", "PAYFIP_", "SMTP_", "DATABASE_", "REDIS_", "STORAGE_", "BASE_URL")
"""Variables of a developer's portal that must not reach the tests."""
STRICT_NAMES = {"rules.py", "services.py", "queries.py", "jobs.py"}


@dataclass(frozen=True)
class Result:
    """What one step said: counts of tests (or of itself) and its time."""

    name: str
    passed: int = 0
    failed: int = 0
    skipped: int = 0
    seconds: float = 0.0


Step = Callable[[Path, Sequence[str]], Result]
"""(folder for reports, more arguments for pytest) → result"""


def main(arguments: list[str]) -> int:
    """Run the steps asked for (all by default); return the status of the process."""
    parser = argparse.ArgumentParser(prog="run.py test", description=__doc__)
    parser.add_argument("--only", metavar="STEP,…", help=", ".join([*CHECKS, *TESTS]))
    options, more = parser.parse_known_args(arguments)
    names = options.only.split(",") if options.only else [*CHECKS, *TESTS]
    unknown = set(names) - set(CHECKS) - set(TESTS)
    if unknown:
        parser.error(f"unknown step: {', '.join(sorted(unknown))}")
    with tempfile.TemporaryDirectory(prefix="portail-test-") as folder:
        results = list(run(names, Path(folder), more))
    return report(results)


def run(names: list[str], folder: Path, more: Sequence[str]) -> Iterator[Result]:
    """The checks two by two (they are single-threaded), then each kind of tests."""
    if "browser" in names:
        Thread(target=look_for_chromium, daemon=True).start()
    with ThreadPoolExecutor(max_workers=2) as pool:
        chosen = [name for name in names if name in CHECKS]
        yield from pool.map(lambda name: check(name, CHECKS[name]()), chosen)
    for name in names:
        if name in TESTS:
            print(f"\n── {name} " + "─" * (70 - len(name)), flush=True)
            started = time.monotonic()
            yield replace(TESTS[name](folder, more), seconds=time.monotonic() - started)


def look_for_chromium() -> None:
    """Install it while others work; the browser's own step says what went wrong."""
    with suppress(chromium.NoChromium):
        chromium.ensure()


def check(name: str, commands: list[list[str]]) -> Result:
    """Run the commands of one check; its output is shown when it fails."""
    started = time.monotonic()
    said = []
    for command in commands:
        done = subprocess.run(
            command, cwd=ROOT, env=environment(), capture_output=True, text=True, check=False
        )
        if done.returncode:
            said.append(f"$ {' '.join(command[:6])}\n{done.stdout}{done.stderr}")
    failed = bool(said)
    print(f"{'✗' if failed else '✓'} {name}", *said, sep="\n" if failed else "", flush=True)
    return Result(name, int(not failed), int(failed), 0, time.monotonic() - started)


def module(*words: str) -> list[str]:
    """A tool by its module: a script of ``.venv`` breaks when the folder is moved."""
    return [sys.executable, "-m", *words]


def style() -> list[list[str]]:
    return [module("ruff", "check", "."), module("ruff", "format", "--check", ".")]


def types() -> list[list[str]]:
    return [module("mypy", "--strict", *strict_files())]


def strict_files() -> list[str]:
    """Where types are checked: what decides and what writes."""
    app = ROOT / "app"
    found = [
        path
        for path in app.rglob("*.py")
        if path.name in STRICT_NAMES or path.parent.name == "services"
    ]
    found += [*(app / "core").rglob("*.py"), *(app / "supervisor").rglob("*.py")]
    found += [ROOT / "config.py"]
    found += [ROOT / "tests" / name for name in ("command.py", "databases.py", "postgres.py")]
    return sorted({str(path.relative_to(ROOT)) for path in found})


def rooms() -> list[list[str]]:
    return [[sys.executable, "-c", LINT_IMPORTS]]


def templates() -> list[list[str]]:
    return [module("djlint", "app/templates", "--lint", "--quiet")]


def translations() -> list[list[str]]:
    return [module("app.translate", "--check")]


def sqlite(folder: Path, more: Sequence[str]) -> Result:
    return pytest("sqlite", folder, ["-m", "not browser and not postgresql", *more])


def postgresql(folder: Path, more: Sequence[str]) -> Result:
    """What touches the database, and the races that only a real server shows."""
    more = ["-m", "(db or postgresql) and not browser", *more]
    return pytest("postgresql", folder, more, {"PORTAIL_TEST_DB": "postgresql"})


def browser(folder: Path, more: Sequence[str]) -> Result:
    path = chromium.ensure()
    return pytest("browser", folder, ["-m", "browser", *more], {chromium.VARIABLE: path})


def pytest(
    name: str, folder: Path, arguments: Sequence[str], variables: dict[str, str] | None = None
) -> Result:
    report_file = folder / f"{name}.xml"
    command = module(
        "pytest", "-q", "-n", "logical", "--dist", "worksteal", f"--junitxml={report_file}"
    )
    done = subprocess.run(
        [*command, *arguments], cwd=ROOT, env=environment() | (variables or {}), check=False
    )
    result = read(name, report_file)
    # Collection errors and « no test at all » are failures, whatever the counts say.
    return result if not done.returncode else replace(result, failed=max(result.failed, 1))


def read(name: str, report_file: Path) -> Result:
    if not report_file.exists():
        return Result(name, failed=1)
    suite = ElementTree.parse(report_file).getroot().find("testsuite")  # noqa: S314  (our own)
    counts = (
        {key: int(value) for key, value in suite.attrib.items() if value.isdecimal()}
        if (suite is not None)
        else {}
    )
    failed = counts.get("failures", 0) + counts.get("errors", 0)
    skipped = counts.get("skipped", 0)
    return Result(name, counts.get("tests", 0) - failed - skipped, failed, skipped)


def environment() -> dict[str, str]:
    """This one's, without what belongs to a developer's portal, and with a place for bytecode.

    Some machines tell Python to keep none: each of the hundred processes that the tests start
    would then compile every library again, for two seconds.
    """
    kept = {name: value for name, value in os.environ.items() if not name.startswith(OURS)}
    kept.pop("PYTHONDONTWRITEBYTECODE", None)
    return kept | {"PYTHONPYCACHEPREFIX": str(BYTECODE)}


def report(results: list[Result]) -> int:
    print(f"\n{'step':<14}{'passed':>8}{'failed':>8}{'skipped':>9}{'seconds':>9}")
    for one in results:
        print(f"{one.name:<14}{one.passed:>8}{one.failed:>8}{one.skipped:>9}{one.seconds:>9.1f}")
    passed, failed, skipped = (
        sum(getattr(one, what) for one in results) for what in ("passed", "failed", "skipped")
    )
    print(f"\n{passed} passed, {failed} failed, {skipped} skipped", flush=True)
    return 1 if failed else 0


CHECKS: dict[str, Callable[[], list[list[str]]]] = {
    "types": types,
    "lint": style,
    "rooms": rooms,
    "templates": templates,
    "translations": translations,
}
TESTS: dict[str, Step] = {"sqlite": sqlite, "postgresql": postgresql, "browser": browser}
