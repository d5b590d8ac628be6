"""Addresses of static files carry a mark of their content, so that browsers may keep them for ever."""

from __future__ import annotations

import hashlib
from functools import lru_cache
from pathlib import Path
from typing import Any

from flask import Flask, current_app, g, url_for


def init_app(app: Flask) -> None:
    """Version every ``url_for("static")``; offer ``asset`` and ``sprite`` to templates."""
    app.url_defaults(_add_version)
    app.jinja_env.globals.update(asset=asset, sprite=sprite)


def asset(filename: str) -> str:
    """Address of a file of ``app/static``."""
    return url_for("static", filename=filename)


def sprite() -> str:
    """Address of the icons; a page asks for it at every icon."""
    if "sprite" not in g:
        g.sprite = asset("icons.svg")
    address: str = g.sprite
    return address


def _add_version(endpoint: str, values: dict[str, Any]) -> None:
    if endpoint == "static" and "v" not in values and current_app.static_folder:
        folder = Path(current_app.static_folder)
        read = _mark.__wrapped__ if current_app.debug else _mark
        mark = read(folder, values.get("filename", ""))
        if mark:
            values["v"] = mark


@lru_cache(maxsize=256)
def _mark(folder: Path, filename: str) -> str:
    """Eight characters of the content's hash, empty for no file. Read once per process."""
    path = folder / filename
    return hashlib.sha256(path.read_bytes()).hexdigest()[:8] if path.is_file() else ""
