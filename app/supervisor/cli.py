"""The commands of ``run.py``, inside the virtual environment."""

from __future__ import annotations

import argparse
import errno
import os
import sys
from pathlib import Path
from typing import Any

import config
from app.supervisor import administrator, archive, jobs, processes, state, supervisor
from app.supervisor.problem import Problem

DESCRIPTION = """\
Portail famille.

Sans commande : démarre tout (site, file d'attente, tâches, planification) jusqu'à Ctrl+C."""


def main(arguments: list[str]) -> int:
    """Run one command; return the status of the process."""
    options = parser().parse_args(arguments)
    try:
        return int(options.command(options) or 0)
    except Problem as problem:
        print(f"portail : {problem}", file=sys.stderr)
    except OSError as error:
        if error.errno != errno.ENOSPC:
            raise
        print(f"portail : le disque est plein ({error.filename or ''}).", file=sys.stderr)
    return 1


def parser() -> argparse.ArgumentParser:
    root = argparse.ArgumentParser(
        prog="run.py",
        description=DESCRIPTION,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    root.set_defaults(command=start)
    commands = root.add_subparsers(title="commandes", metavar="COMMANDE")
    commands.add_parser("test", help="vérifie tout, comme l'intégration continue")
    job_parser = commands.add_parser("job", help="exécute une tâche ; sans nom, les liste")
    job_parser.add_argument("name", metavar="NOM", nargs="?")
    job_parser.set_defaults(command=job)
    add_admin(commands)
    backup_parser = commands.add_parser("backup", help="sauvegarde la base et les fichiers")
    backup_parser.add_argument("file", metavar="FICHIER", type=Path)
    backup_parser.set_defaults(command=backup)
    restore_parser = commands.add_parser("restore", help="rend une sauvegarde")
    restore_parser.add_argument("file", metavar="FICHIER", type=Path)
    restore_parser.add_argument("--force", action="store_true", help="remplace ce qui existe")
    restore_parser.set_defaults(command=restore)
    for name, (command, text) in PRODUCTION.items():
        commands.add_parser(name, help=text).set_defaults(command=command)
    return root


def add_admin(commands: Any) -> None:
    admin_parser = commands.add_parser("admin", help="crée un administrateur et donne son lien")
    admin_parser.add_argument("email", metavar="COURRIEL", type=address)
    admin_parser.add_argument("first_name", metavar="PRÉNOM")
    admin_parser.add_argument("last_name", metavar="NOM")
    admin_parser.add_argument(
        "--identifiant", metavar="IDENTIFIANT", default="", help="sans lui, le début du courriel"
    )
    admin_parser.set_defaults(command=admin)


def address(typed: str) -> str:
    """An e-mail address, as far as one can tell without writing to it."""
    name, _, host = typed.partition("@")
    if not name or "." not in host or any(letter.isspace() for letter in typed):
        raise argparse.ArgumentTypeError(f"{typed} n'est pas une adresse de courriel")
    return typed


def admin(options: argparse.Namespace) -> None:
    link = administrator.install(
        options.email, options.first_name, options.last_name, options.identifiant
    )
    print(f"Ce lien, envoyé aussi à {options.email}, fixe le mot de passe (sept jours) :\n{link}")


def start(_options: argparse.Namespace) -> None:
    supervisor.start()


def job(options: argparse.Namespace) -> None:
    jobs.run(options.name) if options.name else jobs.show()


def backup(options: argparse.Namespace) -> None:
    size = archive.backup(config.settings_from(os.environ), options.file)
    print(f"Sauvegarde faite : {options.file} ({size / 1e6:.1f} Mo)")


def restore(options: argparse.Namespace) -> None:
    archive.restore(config.settings_from(os.environ), options.file, force=options.force)
    print("Sauvegarde rendue. Démarrez le portail : python3 run.py")


def web(_options: argparse.Namespace) -> None:
    processes.alone(processes.web)


def worker(_options: argparse.Namespace) -> None:
    processes.alone(processes.worker)


def schedule(_options: argparse.Namespace) -> None:
    processes.alone(processes.schedule)


def release(_options: argparse.Namespace) -> None:
    state.prepare(config.settings_from(os.environ)["PORTAIL_VAR"])
    changed = processes.prepare_database(processes.create())
    print("Base de données prête." if changed else "Base de données déjà prête.")


PRODUCTION = {
    "release": (release, "prépare la base pour cette version (production)"),
    "web": (web, "le site seul (production)"),
    "worker": (worker, "les tâches de la file d'attente seules (production)"),
    "schedule": (schedule, "la planification seule (production, une seule fois)"),
}
