"""``run.py job``: one scheduled job, at once and in this process."""

from __future__ import annotations

from flask_babel import gettext

from app.core import refusals, scheduling
from app.core.db import db
from app.core.errors import Refusal
from app.supervisor import processes
from app.supervisor.problem import Problem


def show() -> None:
    """Print the jobs by name."""
    with processes.ready().app_context():
        for job in sorted(scheduling.jobs().values(), key=lambda job: job.name):
            print(f"{job.name:<16} {gettext(job.summary)}")


def run(name: str) -> None:
    """Run the job ``name`` and print what it answers."""
    with processes.ready().app_context():
        try:
            result = scheduling.execute(db.session(), scheduling.find(name))
        except Refusal as refusal:
            raise Problem(refusals.sentence(refusal)) from refusal
        print(f"{name} : {'fait' if result is None else result}")
