"""What stops a command, said to the person who typed it."""

from __future__ import annotations


class Problem(Exception):
    """A sentence in French for the console; the command ends with status 1."""
