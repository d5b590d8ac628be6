#!/usr/bin/env python3
"""The portal's one command: `python3 run.py` starts it, `python3 run.py --help` lists the rest.

Needs Python 3.11 and nothing else: it makes `.tools` (uv) and `.venv` (the libraries of
requirements.txt, checked by hash) beside this file, then runs again inside. Only the standard
library may be imported before that.
"""

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent
VENV = ROOT / ".venv"
TOOLS = ROOT / ".tools"
INSIDE = Path(sys.prefix).resolve() == VENV.resolve()
PYTHON = getattr(sys, "_base_executable", sys.executable)  # the machine's, which has pip


def main():
    check_machine()
    wanted = ["requirements.txt"]
    if sys.argv[1:2] == ["test"]:
        wanted.append("requirements-test.txt")
    prepare(wanted)
    if not INSIDE:
        python = str(VENV / "bin" / "python")
        os.execv(python, [python, str(ROOT / "run.py"), *sys.argv[1:]])
    if sys.argv[1:2] == ["test"]:  # works on code that does not even load
        from tests.command import main as test

        sys.exit(test(sys.argv[2:]))
    from app.supervisor.cli import main as command

    sys.exit(command(sys.argv[1:]))


def check_machine():
    if os.name != "posix":
        stop(
            "Il fonctionne sous Linux et macOS. Sous Windows, lancez-le dans WSL 2 : wsl --install"
        )
    if sys.version_info < (3, 11):
        newer = next(filter(shutil.which, ["python3.13", "python3.12", "python3.11"]), None)
        advice = f"Essayez : {newer} run.py" if newer else "Installez Python 3.11 ou plus récent."
        stop(f"Python {sys.version.split()[0]} est trop ancien. {advice}")


def prepare(wanted):
    """Install what `wanted` (requirements files) asks for, unless the stamps say that it is done."""
    if (VENV / "bin" / "python").exists() and all(stamp(name).exists() for name in wanted):
        return
    TOOLS.mkdir(exist_ok=True)
    with (TOOLS / "lock").open("w") as lock:
        import fcntl

        fcntl.flock(lock, fcntl.LOCK_EX)  # two first starts at once wait for each other
        print("Installation des bibliothèques (une seule fois)…", flush=True)
        install(wanted)
        for name in wanted:
            stamp(name).touch()


def stamp(name):
    """The empty file whose presence says that this very content of `name` is installed."""
    digest = hashlib.sha256((ROOT / name).read_bytes()).hexdigest()[:16]
    return VENV / f".{name}.{digest}"


def install(wanted):
    files = [part for name in wanted for part in ("-r", str(ROOT / name))]
    fresh = not (VENV / "bin" / "python").exists()
    uv = find_uv()
    if uv:
        if fresh:
            run([uv, "venv", "--quiet", "--clear", "--python", PYTHON, str(VENV)])
        run([uv, "pip", "install", "--quiet", "--python", str(VENV), "--require-hashes", *files])
        return
    if fresh:
        run([PYTHON, "-m", "venv", "--clear", str(VENV)])
    run(pip(VENV / "bin" / "python", *files))


def find_uv():
    """uv installs in seconds what pip installs in a minute; without it, None: pip does."""
    ours = TOOLS / "bin" / "uv"
    if not ours.exists():
        file = str(ROOT / "requirements-tools.txt")
        command = pip(PYTHON, "--upgrade", "--target", str(TOOLS), "-r", file)
        subprocess.run(command, capture_output=True)
    return str(ours) if ours.exists() else shutil.which("uv")


def pip(python, *arguments):
    return [str(python), "-m", "pip", "install", "--quiet", "--require-hashes", *arguments]


def run(command):
    if subprocess.run(command, cwd=str(ROOT)).returncode:
        stop(
            "L'installation des bibliothèques a échoué (voir ci-dessus). Il faut un accès au dépôt "
            "de paquets de Python et, sous Debian ou Ubuntu : sudo apt install python3-venv"
        )


def stop(message):
    sys.exit("portail : " + message)


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        stop("interrompu.")
