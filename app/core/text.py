"""Marking texts that are said later."""

from __future__ import annotations


def N_(message: str) -> str:
    """Mark ``message`` for extraction; the edge translates it when it is said."""
    return message
